package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxToken is the longest token that is looked at, in bytes.
const MaxToken = 8 << 10

// accessTokenType is the type of RFC 9068, section 2.1.
const accessTokenType = "at+jwt"

// header is what counts of a token's JOSE header (RFC 7515, section 4).
type header struct{ algorithm, keyID, kind string }

// object is a JSON object whose members are still text.
type object map[string]json.RawMessage

// split takes a token apart: header.payload.signature, each base64url without
// padding, in its one spelling (RFC 7515, section 7.1).
func split(token string) (head, payload []byte, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil, because(ErrMalformed, "it has %d parts", len(parts))
	}
	decoded := make([][]byte, len(parts))
	for i, part := range parts {
		if strings.ContainsAny(part, "\r\n") { // which the decoder would pass over
			return nil, nil, because(ErrMalformed, "line breaks in part %d", i+1)
		}
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil || len(part) == 0 {
			return nil, nil, because(ErrMalformed, "part %d is no base64url", i+1)
		}
	}
	return decoded[0], decoded[1], nil
}

// parseHeader reads a JOSE header. Whatever would choose the key, or change what is
// signed, is refused rather than passed over.
func parseHeader(text []byte) (header, error) {
	members, err := parseObject(text)
	if err != nil {
		return header{}, err
	}
	for _, name := range []string{"crit", "b64", "jku", "jwk", "x5u", "x5c", "cty", "enc", "zip"} {
		if _, found := members[name]; found {
			return header{}, because(ErrHeader, "%s", name)
		}
	}
	var h header
	for name, to := range map[string]*string{"alg": &h.algorithm, "kid": &h.keyID, "typ": &h.kind} {
		if raw, found := members[name]; found && json.Unmarshal(raw, to) != nil {
			return header{}, because(ErrMalformed, "%s is no string", name)
		}
	}
	if media, _, err := mime.ParseMediaType(h.kind); err == nil { // lower case, and without parameters
		h.kind = strings.TrimPrefix(media, "application/")
	}
	return h, nil
}

// parseObject reads a JSON object and nothing else. A name that stands there twice, or
// twice but for its case, is refused: readers differ on which of them counts.
func parseObject(text []byte) (object, error) {
	if !utf8.Valid(text) {
		return nil, because(ErrMalformed, "it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, because(ErrMalformed, "a part is no JSON object")
	}
	members, folded := object{}, map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return nil, because(ErrMalformed, "a part is no JSON object")
		}
		text, _ := name.(string)
		if folded[strings.ToLower(text)] {
			return nil, because(ErrMalformed, "a name stands there twice")
		}
		folded[strings.ToLower(text)] = true
		members[text] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, because(ErrMalformed, "a part is no JSON object")
	}
	if _, err := decoder.Token(); err == nil || decoder.InputOffset() != int64(len(bytes.TrimRight(text, " \t\r\n"))) {
		return nil, because(ErrMalformed, "something follows the JSON object")
	}
	return members, nil
}

// text returns a member that is a string.
func (o object) text(name string) (string, bool) {
	raw, found := o[name]
	var text *string
	if !found || json.Unmarshal(raw, &text) != nil || text == nil {
		return "", false
	}
	return *text, true
}

// at returns the value at a path: one name if it is a URL's, else names parted by dots.
func (o object) at(path string) (json.RawMessage, bool, error) {
	names := strings.Split(path, ".")
	if strings.Contains(path, "://") {
		names = []string{path}
	}
	for _, name := range names[:len(names)-1] {
		raw, found := o[name]
		if !found {
			return nil, false, nil
		}
		inner, err := parseObject(raw)
		if err != nil {
			return nil, false, err
		}
		o = inner
	}
	raw, found := o[names[len(names)-1]]
	return raw, found && string(raw) != "null", nil
}

// texts reads a list of strings, or one string of words parted by spaces.
func texts(raw json.RawMessage) ([]string, bool) {
	var list []*string
	if json.Unmarshal(raw, &list) == nil {
		if slices.Contains(list, nil) {
			return nil, false
		}
		words := make([]string, len(list))
		for i, word := range list {
			words[i] = *word
		}
		return words, true
	}
	var one string
	if json.Unmarshal(raw, &one) != nil {
		return nil, false
	}
	return strings.Fields(one), true
}
