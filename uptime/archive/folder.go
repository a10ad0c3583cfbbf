package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/uptally/uptally/uptime"
)

// fileBytesMax bounds a file, as it lies there and decompressed: four times what the
// network's own pages are allowed.
const fileBytesMax = 64 << 20

// folder is an archive as it lies on disk.
type folder struct {
	Manifest
	sha256 [32]byte // of the manifest's text
	root   *os.Root
}

// openFolder reads the folder's manifest, which must have the SHA-256 if one is
// proposed, and checks that its files are there, and nothing else. The caller closes
// it.
func openFolder(dir string, proposed *[32]byte, now time.Time) (_ *folder, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{root: root}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	text, err := f.read(ManifestName)
	if err != nil {
		return nil, err
	}
	f.sha256 = sha256.Sum256(text)
	if proposed != nil && f.sha256 != *proposed {
		return nil, fmt.Errorf("%w: its %s has the SHA-256 %x, not %x; propose the folder anew", ErrChanged, ManifestName, f.sha256, *proposed)
	}
	if f.Manifest, err = ParseManifest(text, now); err != nil {
		return nil, err
	}
	return f, f.checkNames(dir)
}

func (f *folder) close() { _ = f.root.Close() } // only read

// checkNames compares the manifest's files with those of the folder.
func (f *folder) checkNames(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	missing := make(map[string]bool, len(f.Files))
	for _, file := range f.Files {
		missing[file.Name] = true
	}
	var mistakes []error
	for _, entry := range entries {
		switch name := entry.Name(); {
		case !missing[name] && name != ManifestName:
			mistakes = append(mistakes, fmt.Errorf("%s: the manifest does not name it: take it away, or name it", name))
		case !entry.Type().IsRegular():
			mistakes = append(mistakes, fmt.Errorf("%s: it is no plain file", name))
		}
		delete(missing, entry.Name())
	}
	for _, file := range f.Files {
		if missing[file.Name] {
			mistakes = append(mistakes, fmt.Errorf("%s: it is missing", file.Name))
		}
	}
	if len(mistakes) > 0 {
		return fmt.Errorf("%w: %w", ErrFaulty, errors.Join(mistakes...))
	}
	return nil
}

// read returns the bytes of a file.
func (f *folder) read(name string) ([]byte, error) {
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w: %s: it is missing", ErrFaulty, name)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s: it is no plain file", ErrFaulty, name)
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file, name)
}

// readAll reads to the end, which must come within bounds.
func readAll(from io.Reader, name string) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, fileBytesMax+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrFaulty, name, err)
	case len(content) > fileBytesMax:
		return nil, fmt.Errorf("%w: %s: larger than %d MiB: give a page a file", ErrFaulty, name, fileBytesMax>>20)
	}
	return content, nil
}

// eachPage visits the pages in the order of the manifest. Each is checked before it
// is visited; the first that is not what the manifest says ends it with ErrFaulty.
func (f *folder) eachPage(ctx context.Context, visit func(*uptime.HeartbeatPage) error) error {
	var page uptime.HeartbeatPage
	for _, file := range f.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		content, err := f.read(file.Name)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(content); sum != file.SHA256 {
			return fmt.Errorf("%w: %s: its SHA-256 is %x, the manifest says %x: get the file anew", ErrFaulty, file.Name, sum, file.SHA256)
		}
		if content, err = expand(file.Name, content); err != nil {
			return err
		}
		if err := page.Decode(content); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrFaulty, file.Name, err)
		}
		if err := visit(&page); err != nil {
			return err
		}
	}
	return nil
}

// expand decompresses the content of a file whose name says that it is compressed.
func expand(name string, content []byte) ([]byte, error) {
	if !strings.HasSuffix(name, ".gz") {
		return content, nil
	}
	zip, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFaulty, name, err)
	}
	return readAll(zip, name)
}

// windows cuts the complete spans into windows of so many whole hours at most,
// counted from the epoch, in order.
func (m Manifest) windows(hours int) (cut []uptime.Span) {
	length := uptime.Slot(hours * uptime.SlotsPerHour)
	for _, span := range m.Complete {
		for from := span.From; from < span.To; {
			to := min(span.To, (from/length+1)*length)
			cut = append(cut, uptime.Span{From: from, To: to})
			from = to
		}
	}
	return slices.Clip(cut)
}
