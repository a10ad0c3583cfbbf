package wallet

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"github.com/mr-tron/base58"
)

func encoded(t testing.TB, key string) string {
	t.Helper()
	data, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	return base58.Encode(data)
}

func TestParseWallet(t *testing.T) {
	t.Parallel()
	for i := range 50 {
		if got, err := ParseWallet(address(i)); string(got) != address(i) || err != nil {
			t.Errorf("%s: got %q, %v", address(i), got, err)
		}
	}
	for name, c := range map[string]struct{ address, says string }{
		"nothing":         {"", "0 characters"},
		"a short text":    {address(0)[:31], "31 characters"},
		"a long text":     {address(0) + address(1), "8"},
		"31 bytes":        {base58.Encode(slices.Repeat([]byte{9}, 31)), "31 bytes"},
		"33 bytes":        {base58.Encode(slices.Repeat([]byte{1}, 33))[:44], "bytes"},
		"a blank":         {" " + address(0)[1:], "not base58"},
		"a zero":          {"0" + address(0)[1:], "not base58"},
		"hexadecimal":     {hex.EncodeToString(make([]byte, 16))[:32], "not base58"},
		"off the curve":   {encoded(t, strings.Repeat("02", 32)), "no private key"},
		"a vault":         {"GThUX1Atko4tqhN2NaiTazWSeFWMuiUvfFnyJyUghFMJ", "no private key"}, // the address Solana's documentation derives
		"the identity":    {encoded(t, "01"+strings.Repeat("00", 31)), "small order"},
		"order 2":         {encoded(t, "ec"+strings.Repeat("ff", 30)+"7f"), "small order"},
		"order 4":         {encoded(t, strings.Repeat("00", 31)+"80"), "small order"},
		"order 8":         {encoded(t, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "small order"},
		"order 8, other":  {encoded(t, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "small order"},
		"not canonical":   {encoded(t, "ee"+strings.Repeat("ff", 30)+"7f"), "no private key"},
		"system program":  {"11111111111111111111111111111111", "the system program"},
		"token program":   {"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "the token program"},
		"the mint itself": {"BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K", "the mint of IO"},
	} {
		_, err := ParseWallet(c.address)
		if !errors.Is(err, ErrWallet) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.address) {
			t.Errorf("%s: got %v, want ErrWallet that says %q", name, err, c.says)
		}
	}
}

func TestNotWalletsAreAddresses(t *testing.T) {
	t.Parallel()
	for address, what := range notWallets {
		if _, err := decode(address); err != nil {
			t.Errorf("%s (%s): %v", address, what, err)
		}
	}
}

// FuzzParseWallet holds what is accepted to the group's own arithmetic: 8 P is not
// the identity, and the bytes are the encoding of P.
func FuzzParseWallet(f *testing.F) {
	for i := range 3 {
		f.Add(address(i))
	}
	for address := range notWallets {
		f.Add(address)
	}
	f.Add("")
	f.Add(encoded(f, strings.Repeat("02", 32)))
	f.Fuzz(func(t *testing.T, address string) {
		got, err := ParseWallet(address)
		if err != nil {
			if got != "" || !errors.Is(err, ErrWallet) {
				t.Fatalf("%q: %q, %v", address, got, err)
			}
			return
		}
		key, err := base58.Decode(string(got))
		if err != nil || string(got) != address || base58.Encode(key) != address {
			t.Fatalf("%q: %q, %v", address, got, err)
		}
		point, err := new(edwards25519.Point).SetBytes(key)
		if err != nil {
			t.Fatalf("%q is off the curve", address)
		}
		for range 3 {
			point.Add(point, point)
		}
		if point.Equal(edwards25519.NewIdentityPoint()) == 1 {
			t.Fatalf("%q is of small order", address)
		}
	})
}
