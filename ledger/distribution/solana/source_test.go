package solana

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	solanago "github.com/gagliardetto/solana-go"
)

func TestWhatIsNoSource(t *testing.T) {
	t.Parallel()
	vault, _ := AssociatedAccount(addressOf("owner"), addressOf("mint")) // off the curve
	smallOrder := solanago.SystemProgramID                               // 111…1: anybody can sign for it
	smallOrder[0] = 1                                                    // the neutral point
	for _, test := range []struct {
		name   string
		change func(*Source)
		says   string
	}{
		{"no mint", func(s *Source) { s.Mint = Key{} }, "mint: missing"},
		{"no account", func(s *Source) { s.Account = Key{} }, "account: missing"},
		{"no owner", func(s *Source) { s.Owner = Key{} }, "owner: missing"},
		{"no fee payer", func(s *Source) { s.FeePayer = Key{} }, "fee_payer: missing"},
		{"mint as account", func(s *Source) { s.Account = s.Mint }, "account: " + addressOf("mint").String()},
		{"owner as account", func(s *Source) { s.Owner = s.Account }, "owner: " + addressOf("account").String()},
		{"account pays fees", func(s *Source) { s.FeePayer = s.Account }, "fee_payer: "},
		{"a vault as owner", func(s *Source) { s.Owner = vault }, "owner: " + vault.String() + " cannot sign"},
		{"a vault pays fees", func(s *Source) { s.FeePayer = vault }, "fee_payer: " + vault.String() + " cannot sign"},
		{"small order", func(s *Source) { s.Owner = smallOrder }, "owner: " + smallOrder.String() + " cannot sign"},
		{"not canonical", func(s *Source) { s.Owner = notCanonical(t) }, "cannot sign"},
		{"a vault as member", func(s *Source) { s.Signers = []Key{vault} }, "signers[0]: " + vault.String() + " cannot sign"},
		{"a member twice", func(s *Source) { s.Signers = []Key{wallets[0], wallets[0]} }, "signers[1]: " + wallets[0].String()},
		{"the owner as member", func(s *Source) { s.Signers = []Key{s.Owner} }, "signers[0]: "},
		{"12 members", func(s *Source) { s.Signers = wallets[:12] }, "signers: 12"},
	} {
		src := sourceOf("payer")
		test.change(&src)
		if err := src.Check(); !errors.Is(err, ErrSource) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want ErrSource with %q", test.name, err, test.says)
		}
	}
}

func TestASourceWithAVaultAsMultisigAccountSigns(t *testing.T) {
	t.Parallel()
	src := sourceOf("a", "a", "b")
	src.Owner, _ = AssociatedAccount(addressOf("owner"), addressOf("mint"))
	if err := src.Check(); err != nil {
		t.Error(err)
	}
}

// notCanonical returns a second encoding of a point of large order: its coordinate y
// with 2^255-19 added, which fits for a y below 19.
func notCanonical(t *testing.T) Key {
	t.Helper()
	for y := byte(2); y < 19; y++ {
		key := Key(bytes.Repeat([]byte{0xff}, 32))
		key[0], key[31] = 0xed+y, 0x7f
		point, err := new(edwards25519.Point).SetBytes(key[:])
		if err == nil && !isSmallOrder(point) && !bytes.Equal(point.Bytes(), key[:]) {
			return key
		}
	}
	t.Fatal("there is none")
	return Key{}
}
