package solana

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
)

func TestWhatNoBatchHolds(t *testing.T) {
	t.Parallel()
	src := sourceOf("payer")
	one := transfersOf(1, false)[0]
	with := func(change func(*Transfer)) []Transfer {
		changed := one
		change(&changed)
		return []Transfer{changed}
	}
	tooMany := transfersOf(9, true)
	for i := range tooMany {
		tooMany[i].Wallet = wallets[0] // so that they would fit
	}
	for _, test := range []struct {
		name      string
		id        string
		nonce     Key
		transfers []Transfer
		want      error
		says      string
	}{
		{"an id with a blank", "d1 b1", Key{}, []Transfer{one}, ErrTransfer, `"d1 b1"`},
		{"a long id", strings.Repeat("b", 33), Key{}, []Transfer{one}, ErrTransfer, "1 to 32"},
		{"nobody", "d1-b1", Key{}, nil, ErrTransfer, "no transfers"},
		{"a payout of two lines", "d1-b1", Key{}, with(func(t *Transfer) { t.Payout = "d1-1\nd1-2" }), ErrTransfer, `d1-1\nd1-2`},
		{"no payout", "d1-b1", Key{}, with(func(t *Transfer) { t.Payout = "" }), ErrTransfer, "payout"},
		{"a payout twice", "d1-b1", Key{}, []Transfer{one, one}, ErrTransfer, "d12-1 stands twice"},
		{"no wallet", "d1-b1", Key{}, with(func(t *Transfer) { t.Wallet = Key{} }), ErrTransfer, "wallet: missing"},
		{"no amount", "d1-b1", Key{}, with(func(t *Transfer) { t.Amount = 0 }), ErrTransfer, "amount: 0"},
		{"a nonce of the source", "d1-b1", src.FeePayer, []Transfer{one}, ErrTransfer, "nonce: " + src.FeePayer.String()},
		{"18 transfers", "d1-b1", Key{}, transfersOf(18, false), ErrTooLarge, "18 transfers"},
		{"9 accounts", "d1-b1", Key{}, tooMany, ErrTooLarge, "create 9 accounts"},
		{"17 with another fee payer", "d1-b1", Key{}, transfersOf(17, false), ErrTooLarge, "bytes with signatures"},
	} {
		_, err := NewBatch(src, test.id, test.nonce, test.transfers)
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %v with %q", test.name, err, test.want, test.says)
		}
	}
}

func TestABatchDoesNotPayItsOwnSource(t *testing.T) {
	t.Parallel()
	src := sourceOf("owner")
	src.Account, _ = AssociatedAccount(src.Owner, src.Mint)
	_, err := NewBatch(src, "d1-b1", Key{}, []Transfer{{"d1-1", src.Owner, 1, false}})
	if !errors.Is(err, ErrTransfer) {
		t.Errorf("error %v, want ErrTransfer", err)
	}
}

func TestPackRefusesAPayoutInTwoBatches(t *testing.T) {
	t.Parallel()
	transfers := append(transfersOf(20, false), transfersOf(1, true)...)
	if _, err := Pack(sourceOf("owner"), batchID, nil, transfers); !errors.Is(err, ErrTransfer) {
		t.Errorf("error %v, want ErrTransfer", err)
	}
}

func TestPackRefusesASourceThatFitsNoTransfer(t *testing.T) {
	t.Parallel()
	src := sourceOf("payer", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k")
	if _, err := Pack(src, batchID, []Key{addressOf("nonce")}, transfersOf(1, true)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
}

func TestTheMemoNamesWhoGetsWhat(t *testing.T) {
	t.Parallel()
	memoOf := func(change func(*Source, []Transfer)) string {
		src, transfers := sourceOf("owner"), transfersOf(3, false)
		change(&src, transfers)
		b, err := NewBatch(src, "d1-b3", Key{}, transfers)
		if err != nil {
			t.Fatal(err)
		}
		return b.Memo
	}
	usual := memoOf(func(*Source, []Transfer) {})
	digest := sha256.Sum256([]byte("d12-1 " + wallets[0].String() + " " + addressOf("mint").String() + " 100000000\n" +
		"d12-2 " + wallets[1].String() + " " + addressOf("mint").String() + " 200000000\n" +
		"d12-3 " + wallets[2].String() + " " + addressOf("mint").String() + " 300000000\n"))
	if want := "d1-b3 " + base58.Encode(digest[:16]); usual != want {
		t.Errorf("memo %q, want %q", usual, want)
	}
	for name, changed := range map[string]string{
		"payout": memoOf(func(_ *Source, ts []Transfer) { ts[1].Payout = "d12-9" }),
		"wallet": memoOf(func(_ *Source, ts []Transfer) { ts[1].Wallet = wallets[9] }),
		"amount": memoOf(func(_ *Source, ts []Transfer) { ts[1].Amount++ }),
		"mint":   memoOf(func(src *Source, _ []Transfer) { src.Mint = addressOf("another mint") }),
		"order":  memoOf(func(_ *Source, ts []Transfer) { slices.Reverse(ts) }),
	} {
		if changed == usual {
			t.Errorf("another %s, and the memo is the same: %q", name, changed)
		}
	}
	if same := memoOf(func(_ *Source, ts []Transfer) { ts[1].Create = true }); same != usual {
		t.Errorf("memo %q, want %q: creating an account pays nobody", same, usual)
	}
}

func TestAnInstructionBelongsToATransfer(t *testing.T) {
	t.Parallel()
	transfers := transfersOf(3, false)
	transfers[1].Create = true
	for _, test := range []struct {
		nonce Key
		want  []int
	}{
		{Key{}, []int{-1, -1, 0, 1, 1, 2, -1, -1}}, // limit, price, …, memo, none
		{addressOf("nonce"), []int{-1, -1, -1, 0, 1, 1, 2, -1, -1}},
	} {
		b, err := NewBatch(sourceOf("owner"), "d1-b1", test.nonce, transfers)
		if err != nil {
			t.Fatal(err)
		}
		for instruction, want := range test.want {
			if got := b.TransferAt(instruction); got != want {
				t.Errorf("instruction %d belongs to transfer %d, want %d", instruction, got, want)
			}
		}
	}
}
