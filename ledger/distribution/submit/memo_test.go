package submit_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"testing"

	"github.com/uptally/uptally/ledger/distribution/submit"
)

var memoField = regexp.MustCompile(`"memo":"[^"]*"`)

// withoutMemos is the runtime behind a node that leaves memos out of its histories.
func (w *world) withoutMemos() string {
	w.t.Helper()
	target, err := url.Parse(w.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			body = memoField.ReplaceAll(body, []byte(`"memo":null`))
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	}
	server := httptest.NewServer(proxy)
	w.t.Cleanup(server.Close)
	return server.URL
}

func TestANodeThatLeavesMemosOutIsNotPaidBy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(20, everybody)
	w.payByHand(w.batches(id)[0])
	blind := dial(t, w.withoutMemos())
	result, err := submit.Run(t.Context(), w.App, blind, id, w.options())
	w.wants(err, submit.ErrStopped, "leaves memos out")
	if result.Signed != 0 {
		t.Errorf("%+v", result)
	}
	w.mustRun(id) // another node tells them, and what was paid is found
	w.wantPaid(20)
}
