package wallet

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
	"pgregory.net/rapid"
)

// forms are texts in envelopes and their signatures, as Node made them: the envelopes
// of versions 0 and 1 by @solana/offchain-messages 8.4.0, the signatures by tweetnacl
// 1.0.3. That of the command line was laid out by hand.
type forms struct {
	Address, Domain, Text string
	Cases                 []struct{ Name, Form, Signed, Base58, Base64 string }
}

func readForms(t testing.TB) (f forms, text Text) {
	t.Helper()
	data, err := os.ReadFile("testdata/forms.json")
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err = ParseText(f.Text); err != nil {
		t.Fatal(err)
	}
	return f, text
}

func TestVerifyWhatOthersSigned(t *testing.T) {
	t.Parallel()
	f, text := readForms(t)
	if string(text.Wallet) != f.Address || text.Domain != f.Domain {
		t.Fatalf("got %+v", text)
	}
	for _, c := range f.Cases {
		short, err := ParseSignature(c.Base58)
		if err != nil {
			t.Fatal(err)
		}
		if long, err := ParseSignature(c.Base64); err != nil || long != short {
			t.Errorf("%s: base64: %v", c.Name, err)
		}
		form, err := text.Verify(short)
		if string(form) != c.Form || (c.Form == "") != errors.Is(err, ErrSignature) {
			t.Errorf("%s: got %q, %v, want %q", c.Name, form, err, c.Form)
		}
		known := slices.ContainsFunc(text.candidates(), func(d candidate) bool {
			return string(d.form) == c.Form && hex.EncodeToString(d.bytes) == c.Signed
		})
		if known != (c.Form != "") {
			t.Errorf("%s: its bytes are among ours: %t", c.Name, known)
		}
	}
}

// TestEnvelopeOfTheCommandLine holds the layout to the example that the source of the
// command line is tested with.
func TestEnvelopeOfTheCommandLine(t *testing.T) {
	t.Parallel()
	head := "\xffsolana offchain\x00\x00\x0c\x00" // of "Test Message", twelve bytes
	_, text := readForms(t)
	line := text.String()
	want := head[:18] + string([]byte{byte(len(line)), byte(len(line) >> 8)}) + line
	if !slices.ContainsFunc(text.candidates(), func(c candidate) bool { return c.form == Offchain && string(c.bytes) == want }) {
		t.Error("no envelope is that of the command line")
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	text := anyText(0, 0)
	signature := [64]byte(ed25519.Sign(keyOf(0), []byte(text.String())))
	if form, err := text.Verify(signature); form != Raw || err != nil {
		t.Fatalf("got %q, %v", form, err)
	}
	// S + l signs the same in a check that does not ask whether S is below l.
	order, _ := hex.DecodeString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	malleable, carry := signature, 0
	for i, digit := range order {
		carry += int(signature[32+i]) + int(digit)
		malleable[32+i] = byte(carry)
		carry >>= 8
	}
	later := text
	later.Expires = later.Expires.Add(1e9)
	for name, c := range map[string]struct {
		text      Text
		signature [64]byte
	}{
		"another key":         {text, [64]byte(ed25519.Sign(keyOf(1), []byte(text.String())))},
		"another text":        {later, signature},
		"a scalar beyond l":   {text, malleable},
		"nothing":             {text, [64]byte{}},
		"a changed signature": {text, changed(signature, 0)},
	} {
		if form, err := c.text.Verify(c.signature); form != "" || !errors.Is(err, ErrSignature) {
			t.Errorf("%s: got %q, %v, want ErrSignature", name, form, err)
		}
	}
}

func changed(signature [64]byte, bit int) [64]byte {
	signature[bit/8] ^= 1 << (bit % 8)
	return signature
}

// TestVerifyTakesTheFormThatWasSigned signs random texts in each form, and then holds
// every one-bit change against it.
func TestVerifyTakesTheFormThatWasSigned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		c := rapid.SampledFrom(text.candidates()).Draw(t, "signed")
		key := keyOf(slices.IndexFunc(someWallets(), func(w Wallet) bool { return w == text.Wallet }))
		signature := [64]byte(ed25519.Sign(key, c.bytes))
		if form, err := text.Verify(signature); form != c.form || err != nil {
			t.Fatalf("got %q, %v, want %q", form, err, c.form)
		}
		if form, err := text.Verify(changed(signature, rapid.IntRange(0, 511).Draw(t, "bit"))); err == nil {
			t.Fatalf("a changed signature is one: %q", form)
		}
		for _, c := range text.candidates()[1:] {
			if _, err := ParseText(string(c.bytes)); err == nil {
				t.Fatalf("an envelope is a text: %q", c.bytes)
			}
		}
	})
}

func TestParseSignatureRefuses(t *testing.T) {
	t.Parallel()
	signature := ed25519.Sign(keyOf(0), []byte("text"))
	f, _ := readForms(t)
	for name, text := range map[string]string{
		"nothing":              "",
		"no base58":            strings.Repeat("0", 88),
		"63 bytes":             base58.Encode(signature[:63]),
		"65 bytes":             base58.Encode(append([]byte{1}, signature...)),
		"a key":                address(0),
		"hexadecimal":          hex.EncodeToString(signature),
		"base64 without ==":    strings.TrimSuffix(f.Cases[0].Base64, "=="),
		"base64 of 61 bytes":   "AAAA" + f.Cases[0].Base64[8:],
		"base64 of other bits": f.Cases[0].Base64[:85] + "/==",
		"base64 of two lines":  f.Cases[0].Base64[:40] + "\n" + f.Cases[0].Base64[40:],
		"a long text":          strings.Repeat("2", 1<<20),
	} {
		if _, err := ParseSignature(text); !errors.Is(err, ErrSignatureSyntax) {
			t.Errorf("%s: got %v, want ErrSignatureSyntax", name, err)
		}
	}
}
