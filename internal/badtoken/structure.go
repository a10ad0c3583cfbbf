package badtoken

import (
	"bytes"
	"strings"

	"github.com/uptally/uptally/api/auth"
)

// shapes are no signed JWTs, or not the one spelling of one.
func (f *forge) shapes() {
	segments := strings.Split(f.good, ".")
	header, payload, signature := segments[0], segments[1], segments[2]
	add := func(name, token string) { f.add(auth.ErrMalformed, name, token) }
	add("empty", "")
	add("dots alone", "..")
	add("no token at all", "mallory")
	add("a user's number", "42")
	add("truncated to two parts", header+"."+payload)
	add("no signature", header+"."+payload+".")
	add("no payload", header+".."+signature)
	add("four parts", f.good+"."+signature)
	add("five parts, as an encrypted one has", header+"."+payload+"."+signature+"."+payload+"."+signature)
	add("Bearer twice", "Bearer "+f.good)
	add("two tokens", f.good+" "+f.good)
	add("a space before", " "+f.good)
	add("a line break within", header+".\n"+payload+"."+signature)
	add("padded", f.good+"==")
	add("another spelling of the signature", f.good[:len(f.good)-1]+respelt(f.good[len(f.good)-1]))
	add("base64 of the other alphabet", header+"."+payload+"."+strings.Repeat("+/", 43))
	add("the JSON serialisation", `{"protected":"`+header+`","payload":"`+payload+`","signature":"`+signature+`"}`)
	f.add(auth.ErrTooLong, "oversized", header+"."+payload+"."+strings.Repeat(signature, auth.MaxToken/len(signature)))
	f.with(auth.ErrTooLong, "oversized and signed", nil, map[string]any{"padding": strings.Repeat("x", auth.MaxToken)})
	f.add(auth.ErrSignature, "truncated signature", header+"."+payload+"."+signature[:len(signature)/8*4])
	f.payloads()
}

// payloads are signed rightly, but read differently by different readers.
func (f *forge) payloads() {
	header, payload := encode(f.header), encode(f.claims)
	raw := func(name string, payload []byte) { f.raw(auth.ErrMalformed, name, header, payload) }
	raw("a list for claims", []byte(`[`+string(payload)+`]`))
	raw("null for claims", []byte(`null`))
	raw("something after the claims", append(bytes.Clone(payload), payload...))
	raw("claims that break off", payload[:len(payload)-1])
	raw("claims that are not UTF-8", bytes.Replace(payload, []byte("mallory"), []byte("mallor\xff"), 1))
	raw("a claim twice", append([]byte(`{"sub":"ada",`), payload[1:]...))
	raw("an issuer twice", append([]byte(`{"iss":"`+f.other.URL()+`",`), payload[1:]...))
	raw("a claim twice but for its case", append([]byte(`{"Sub":"ada",`), payload[1:]...))
	f.raw(auth.ErrMalformed, "a header member twice", append([]byte(`{"alg":"none",`), header[1:]...), payload)
}

// respelt returns the last character of a signature with one of its unused bits set:
// lenient decoders read the same bytes.
func respelt(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)|1])
}
