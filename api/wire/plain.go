package wire

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// errUnreadable refuses what is no text: PostgreSQL keeps none with a zero in it, and
// none that is not UTF-8.
var errUnreadable = Refuse(http.StatusBadRequest, "malformed", "The request holds what is no text: send UTF-8 without U+0000.")

// readable says whether the path and the query of a request are text.
func readable(address *url.URL) bool {
	query, err := url.QueryUnescape(address.RawQuery)
	return err == nil && isText(address.Path) && isText(query)
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// readableBody says whether a body is text. What does not say that it is a table is
// looked at as JSON, as which it would be read.
func readableBody(mediaType string, body []byte) bool {
	if strings.HasPrefix(mediaType, typeCSV) {
		return utf8.Valid(body) && bytes.IndexByte(body, 0) < 0
	}
	return readableJSON(body)
}

// readableJSON says whether what stands in a body is text: UTF-8, and no escape of
// U+0000.
func readableJSON(body []byte) bool {
	if !utf8.Valid(body) {
		return false
	}
	for rest := body; ; {
		at := bytes.IndexByte(rest, '\\')
		if at < 0 || at+1 >= len(rest) {
			return true
		}
		if bytes.HasPrefix(rest[at+1:], []byte("u0000")) {
			return false
		}
		rest = rest[at+2:] // past what is escaped, which may be a backslash
	}
}
