package solana

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
)

func TestSignAndCheck(t *testing.T) {
	t.Parallel()
	src := sourceOf("payer", "a", "b")
	ready := mustReady(t, mustBatch(t, src, addressOf("nonce"), transfersOf(3, true)), recent, 1)
	transaction, id, err := Sign(ready, keyOf("b"), keyOf("stranger"), keyOf("payer"), keyOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := solanago.TransactionFromBytes(transaction)
	if err != nil {
		t.Fatal(err)
	}
	if err := decoded.VerifySignatures(); err != nil {
		t.Error("the library: ", err)
	}
	if !bytes.Equal(id[:], ed25519.Sign(keyOf("payer"), ready)) {
		t.Error("the id is not the fee payer's signature")
	}
	if found, err := CheckSigned(ready, transaction); err != nil || found != id {
		t.Errorf("checked: %s, %v, want %s", found, err, id)
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	b := mustBatch(t, sourceOf("payer"), Key{}, transfersOf(1, false))
	if _, _, err := Sign(mustReady(t, b, recent, 0), keyOf("payer")); !errors.Is(err, ErrSigner) || !strings.Contains(err.Error(), addressOf("owner").String()) {
		t.Errorf("without the owner: error %v, want ErrSigner that names it", err)
	}
	if _, _, err := Sign(b.Message, keyOf("payer"), keyOf("owner")); !errors.Is(err, ErrMessage) {
		t.Errorf("without a blockhash: error %v, want ErrMessage", err)
	}
	if _, _, err := Sign(b.Message[1:], keyOf("payer"), keyOf("owner")); !errors.Is(err, ErrMessage) {
		t.Errorf("half a message: error %v, want ErrMessage", err)
	}
}

func TestCheckSignedRefuses(t *testing.T) {
	t.Parallel()
	b := mustBatch(t, sourceOf("payer"), Key{}, transfersOf(2, false))
	ready := mustReady(t, b, recent, 3)
	sign := func(message []byte) []byte {
		transaction, _, err := Sign(message, keyOf("payer"), keyOf("owner"))
		if err != nil {
			t.Fatal(err)
		}
		return transaction
	}
	bend := func(at int) []byte {
		transaction := sign(ready)
		transaction[at] ^= 1
		return transaction
	}
	unsigned, _ := Unsigned(ready)
	for _, test := range []struct {
		name        string
		transaction []byte
		want        error
	}{
		{"nothing", nil, ErrDifferent},
		{"another blockhash", sign(mustReady(t, b, Hash(wallets[0]), 3)), ErrDifferent},
		{"another price", sign(mustReady(t, b, recent, 4)), ErrDifferent},
		{"the message alone", ready, ErrDifferent},
		{"another count", bend(0), ErrDifferent},
		{"a byte after it", append(sign(ready), 0), ErrDifferent},
		{"a byte before it", append([]byte{2}, sign(ready)...), ErrDifferent},
		{"no signatures", unsigned, ErrSignature},
		{"a bent first signature", bend(1), ErrSignature},
		{"a bent last signature", bend(128), ErrSignature},
	} {
		if _, err := CheckSigned(ready, test.transaction); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
	}
}

// TestASmallOrderKeySignsNothing shows a forgery that crypto/ed25519 accepts: under a
// key of small order there are signatures that nobody's key made.
func TestASmallOrderKeySignsNothing(t *testing.T) {
	t.Parallel()
	neutral := Key{1} // the neutral point, of order 1
	forged := slices.Concat(neutral[:], make([]byte, 32))
	message := []byte("anything")
	if !ed25519.Verify(neutral[:], message, forged) {
		t.Fatal("the forgery is none")
	}
	if isSignature(neutral, message, forged) {
		t.Error("a signature under a key of small order is accepted")
	}
	if isSignature(addressOf("owner"), message, forged) {
		t.Error("a forged signature is accepted")
	}
}
