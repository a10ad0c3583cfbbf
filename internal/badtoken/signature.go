package badtoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/uptally/uptally/api/auth"
)

// algorithms are what RFC 8725, section 2.1, warns of.
func (f *forge) algorithms() {
	payload := base64url(encode(f.claims))
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		header := base64url(encode(changed(f.header, map[string]any{"alg": none})))
		f.add(auth.ErrMalformed, "algorithm "+none+", unsigned", header+"."+payload+".")
		f.with(auth.ErrAlgorithm, "algorithm "+none+", signed", map[string]any{"alg": none}, nil)
	}
	keys := f.issuer.Keys().Keys
	for name, secret := range secrets(keys[len(keys)-1]) {
		input := base64url(encode(changed(f.header, map[string]any{"alg": "HS256"}))) + "." + payload
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		f.add(auth.ErrAlgorithm, "HS256 with the public key as "+name, input+"."+base64url(mac.Sum(nil)))
	}
	for _, name := range []string{"ES384", "PS256", "EdDSA", "es256", "ES256K", "dir"} {
		f.with(auth.ErrAlgorithm, "algorithm "+name+", which is not pinned", map[string]any{"alg": name}, nil)
	}
	f.with(auth.ErrAlgorithm, "no algorithm", map[string]any{"alg": nil}, nil)
	f.with(auth.ErrMalformed, "an algorithm that is a list", map[string]any{"alg": []string{"ES256"}}, nil)
	f.with(auth.ErrSignature, "the other pinned algorithm", map[string]any{"alg": f.otherAlgorithm()}, nil)
}

// otherAlgorithm is RS256 for a key of ES256, and the other way round.
func (f *forge) otherAlgorithm() string {
	if f.header["alg"] == "RS256" {
		return "ES256"
	}
	return "RS256"
}

// secrets are the forms of a public key that a careless verifier takes for a secret.
func secrets(key jose.JSONWebKey) map[string][]byte {
	der, err := x509.MarshalPKIXPublicKey(key.Key)
	if err != nil {
		panic(err) // a development issuer's key is ECDSA or RSA
	}
	text, err := json.Marshal(key)
	if err != nil {
		panic(err)
	}
	return map[string][]byte{"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "JWK": text, "nothing": {}}
}

// keys are tokens that the named key did not sign, or that name none.
func (f *forge) keys() {
	f.with(auth.ErrNoKeyID, "no key id", map[string]any{"kid": nil}, nil)
	f.with(auth.ErrNoKeyID, "an empty key id", map[string]any{"kid": ""}, nil)
	f.with(auth.ErrMalformed, "a key id that is a number", map[string]any{"kid": 1}, nil)
	f.with(auth.ErrUnknownKey, "an unknown key id", map[string]any{"kid": "unknown"}, nil)
	f.with(auth.ErrUnknownKey, "a key id that is a path", map[string]any{"kid": "../../../../dev/null"}, nil)
	f.with(auth.ErrUnknownKey, "a key id that is SQL", map[string]any{"kid": "x' UNION SELECT 'secret"}, nil)

	header, payload := encode(f.header), encode(f.claims)
	f.signedBy(f.other, auth.ErrSignature, "another key under the same id", header, payload)
	keys := f.other.Keys().Keys
	foreign := encode(changed(f.header, map[string]any{"kid": keys[len(keys)-1].KeyID}))
	f.signedBy(f.other, auth.ErrUnknownKey, "a good key of another issuer", foreign, payload)
	f.with(auth.ErrUnknownKey, "the name of another issuer", nil, map[string]any{"iss": f.other.URL()})

	segments := strings.Split(f.good, ".")
	altered := changed(f.claims, map[string]any{"sub": "ada"})
	f.add(auth.ErrSignature, "an altered payload", segments[0]+"."+base64url(encode(altered))+"."+segments[2])
	retyped := changed(f.header, map[string]any{"typ": "JWT"})
	f.add(auth.ErrSignature, "an altered header", base64url(encode(retyped))+"."+segments[1]+"."+segments[2])
	f.add(auth.ErrSignature, "an altered signature", segments[0]+"."+segments[1]+"."+flipped(segments[2]))
	f.add(auth.ErrSignature, "a signature of zeroes", segments[0]+"."+segments[1]+"."+base64url(make([]byte, 64)))
}

// flipped changes one bit in the middle of a signature.
func flipped(signature string) string {
	bytes, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		panic(err) // a good token's signature is base64url
	}
	bytes[len(bytes)/2] ^= 1
	return base64url(bytes)
}

// headers ask for what is not supported. Those with keys are signed by another, with
// the key that they bring along: RFC 8725, sections 2.9 and 2.10.
func (f *forge) headers() {
	payload := encode(f.claims)
	keys := f.other.Keys().Keys
	own := keys[len(keys)-1]
	for name, value := range map[string]any{
		"jwk": own, "jku": f.other.URL() + "/jwks", "x5u": f.other.URL() + "/certificate", "x5c": []string{"MIIB"},
	} {
		header := encode(changed(f.header, map[string]any{name: value, "kid": own.KeyID}))
		f.signedBy(f.other, auth.ErrHeader, "a key of its own by "+name, header, payload)
		f.with(auth.ErrHeader, name+", signed rightly", map[string]any{name: value}, nil)
	}
	f.with(auth.ErrHeader, "critical extensions", map[string]any{"crit": []string{"exp"}}, nil)
	f.with(auth.ErrHeader, "a payload that is not encoded", map[string]any{"b64": false, "crit": []string{"b64"}}, nil)
	f.with(auth.ErrHeader, "an encoding that is said twice", map[string]any{"b64": true}, nil)
	f.with(auth.ErrHeader, "a token within", map[string]any{"cty": "JWT"}, nil)
	f.with(auth.ErrHeader, "a compressed payload", map[string]any{"zip": "DEF"}, nil)
	f.with(auth.ErrHeader, "an encrypted payload", map[string]any{"enc": "A256GCM"}, nil)
	for _, kind := range []string{"id+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt"} {
		f.with(auth.ErrType, "the type "+kind, map[string]any{"typ": kind}, nil)
	}
}
