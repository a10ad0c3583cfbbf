package wire

import (
	"net/http"
	"testing"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	both := []string{typeJSON, typeCSV}
	for accept, want := range map[string]string{
		"*/*":                              typeJSON,
		"application/*":                    typeJSON,
		"text/*":                           typeCSV,
		"text/csv":                         typeCSV,
		"TEXT/CSV":                         typeCSV,
		"text/csv;q=0.4, application/json": typeJSON,
		"text/csv, application/json":       typeJSON,
		"text/csv, */*;q=0.5":              typeCSV,
		"application/json;q=0, text/csv":   typeCSV,
		"application/json;q=0":             "",
		"image/png":                        "",
		";q=1, /, text/csv;":               typeCSV,
		"text/csv;q":                       "",
	} {
		if got := negotiate(accept, both); got != want {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
	}
	if got := negotiate("text/csv, */*;q=0.1", []string{typeJSON}); got != typeJSON {
		t.Errorf("anything but a table: %q", got)
	}
}

func TestTakesGzip(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"gzip": true, "GZIP": true, "br, gzip;q=0.1": true, "*": true, "gzip, deflate, br": true,
		"": false, "identity": false, "gzip;q=0": false, "identity, gzip;q=0, *": false, "*;q=0": false, "deflate": false, "xgzip": false,
	} {
		if got := TakesGzip(&http.Request{Header: http.Header{"Accept-Encoding": {accept}}}); got != want {
			t.Errorf("%q: %t, want %t", accept, got, want)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("text/csv;q=0.4, application/json")
	f.Fuzz(func(t *testing.T, accept string) {
		switch got := negotiate(accept, []string{typeJSON, typeCSV}); got {
		case "", typeJSON, typeCSV:
		default:
			t.Errorf("%q was not offered", got)
		}
	})
}
