package wallet

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// anyText returns a text of the i-th supplier and the w-th wallet.
func anyText(i, w int) Text {
	return Text{Domain: "test.example", Supplier: supplier(i), Wallet: Wallet(address(w)), Nonce: Nonce{byte(i), byte(w)},
		Issued: start, Expires: start.Add(time.Hour)}
}

// someWallets are the wallets of drawn texts.
func someWallets() []Wallet {
	return []Wallet{Wallet(address(0)), Wallet(address(1)), Wallet(address(2))}
}

func drawText(t *rapid.T) Text {
	issued := time.Unix(rapid.Int64Range(946684800, 4102444800).Draw(t, "issued"), 0).UTC()
	return Text{
		Domain:   rapid.StringMatching(`[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?`).Draw(t, "domain"),
		Supplier: uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "supplier")),
		Wallet:   rapid.SampledFrom(someWallets()).Draw(t, "wallet"),
		Nonce:    Nonce(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "nonce")),
		Issued:   issued,
		Expires:  issued.Add(time.Duration(rapid.Int64Range(60, 90*24*3600).Draw(t, "seconds")) * time.Second),
	}
}

func TestATextIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		line := text.String()
		if got, err := ParseText(line); got != text || err != nil {
			t.Fatalf("got %+v, %v of %q", got, err, line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < 0x20 || r > 0x7e || r == ',' || r == '"' }) || len(line) > 400 {
			t.Fatalf("%d characters: %q", len(line), line)
		}
		at := rapid.IntRange(0, len(line)-1).Draw(t, "at")
		other := line[:at] + string(rune(rapid.IntRange(0x20, 0x7e).Draw(t, "character"))) + line[at+1:]
		if got, err := ParseText(other); err == nil && (got.String() != other || got == text && other != line) {
			t.Fatalf("%q is read as %q", other, got)
		}
	})
}

func TestParseTextRefuses(t *testing.T) {
	t.Parallel()
	good := anyText(0, 0).String()
	if _, err := ParseText(good); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":                "",
		"a line feed":            good + "\n",
		"a blank before":         " " + good,
		"another version":        strings.Replace(good, "proof 1", "proof 2", 1),
		"two blanks":             strings.Replace(good, ". Nonce", ".  Nonce", 1),
		"capital hex":            strings.Replace(good, strings.ToLower(supplier(0).String()), strings.ToUpper(supplier(0).String()), 1),
		"no supplier":            strings.Replace(good, supplier(0).String(), strings.Repeat("-", 36), 1),
		"a program":              strings.Replace(good, address(0), "11111111111111111111111111111111", 1),
		"a vault":                strings.Replace(good, address(0), "GThUX1Atko4tqhN2NaiTazWSeFWMuiUvfFnyJyUghFMJ", 1),
		"another zone":           strings.Replace(good, "09:00:00Z", "10:00:00+01:00", 1),
		"the 31st of November":   strings.Replace(good, "2026-11-21T09", "2026-11-31T09", 1),
		"it ends as it begins":   strings.Replace(good, "T10:", "T09:", 1),
		"it ends before":         strings.Replace(good, "T10:", "T08:", 1),
		"it lasts 91 days":       strings.Replace(good, "2026-11-21T10", "2027-02-20T10", 1),
		"a domain of a dot":      strings.Replace(good, "test.example", ".", 1),
		"a domain in capitals":   strings.Replace(good, "test.example", "Test.example", 1),
		"a domain of 65":         strings.Replace(good, "test.example", strings.Repeat("a", 65), 1),
		"a look-alike of Latin":  strings.Replace(good, "wallet", "w\u0430llet", 1),
		"hours beyond a day":     strings.Replace(good, "T09:", "T24:", 1),
		"a time before our days": strings.ReplaceAll(good, "2026-", "1999-"),
	} {
		if got, err := ParseText(text); got != (Text{}) || !errors.Is(err, ErrText) {
			t.Errorf("%s: got %+v, %v, want ErrText", name, got, err)
		}
	}
}

func FuzzParseText(f *testing.F) {
	f.Add(anyText(0, 0).String())
	f.Add(anyText(1, 2).String() + " ")
	f.Fuzz(func(t *testing.T, line string) {
		text, err := ParseText(line)
		if err != nil {
			if text != (Text{}) || !errors.Is(err, ErrText) {
				t.Fatalf("%q: %+v, %v", line, text, err)
			}
			return
		}
		if text.String() != line || text.check() != nil {
			t.Fatalf("%q is read as %q", line, text)
		}
	})
}
