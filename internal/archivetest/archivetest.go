// Package archivetest makes archives for tests, out of the pages that a network
// serves over HTTP, as a network that kept its own past would have.
package archivetest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
)

// Network is where pages are asked for.
type Network struct {
	URL   string
	Token string
	Limit int // rows of a page
}

// Export writes every page of the span, asked for in windows of so many slots, into
// a new folder: every other one compressed, each a file, with a manifest that
// declares the spans complete.
func Export(t testing.TB, n Network, span uptime.Span, window int, complete ...uptime.Span) (dir string) {
	t.Helper()
	dir, files := t.TempDir(), 0
	for from := span.From; from < span.To; from += uptime.Slot(window) {
		to := min(span.To, from+uptime.Slot(window))
		for cursor, more := "", true; more; more = cursor != "" {
			var body []byte
			body, cursor = n.page(t, uptime.Span{From: from, To: to}, cursor)
			name := fmt.Sprintf("%06d.json", files)
			if files++; files%2 == 0 {
				name, body = name+".gz", Compress(t, body)
			}
			Write(t, dir, name, body)
		}
	}
	Seal(t, dir, complete...)
	return dir
}

// page asks for one page, and returns it with the cursor of the next, "" at the end.
func (n Network) page(t testing.TB, window uptime.Span, cursor string) (body []byte, next string) {
	t.Helper()
	query := url.Values{
		"from": {window.From.Start().Format(time.RFC3339)}, "to": {window.To.Start().Format(time.RFC3339)}, "limit": {strconv.Itoa(n.Limit)},
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+"/v1/heartbeats?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+n.Token)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err = io.ReadAll(reply.Body)
	if err = errors.Join(err, reply.Body.Close()); err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %v", request.URL.Path, reply.Status, err)
	}
	var page struct {
		Next string `json:"next_cursor"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatal(err)
	}
	return body, page.Next
}

// Compress returns the bytes as a gzip file.
func Compress(t testing.TB, content []byte) []byte {
	t.Helper()
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zip.Bytes()
}

// Write writes a file of the folder.
func Write(t testing.TB, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Seal writes the manifest of what is in the folder, in the order of the names.
func Seal(t testing.TB, dir string, complete ...uptime.Span) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, spans := []map[string]string{}, []map[string]string{}
	for _, entry := range entries {
		if entry.Name() == archive.ManifestName {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		files = append(files, map[string]string{"name": entry.Name(), "sha256": hex.EncodeToString(sum[:])})
	}
	for _, s := range complete {
		spans = append(spans, map[string]string{"from": s.From.Start().Format(time.RFC3339), "to": s.To.Start().Format(time.RFC3339)})
	}
	manifest, err := json.MarshalIndent(map[string]any{"source": "the network's own archive", "complete": spans, "files": files}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	Write(t, dir, archive.ManifestName, manifest)
}
