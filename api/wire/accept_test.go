package wire

import "testing"

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
