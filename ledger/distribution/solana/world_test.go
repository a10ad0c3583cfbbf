package solana

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/uptally/uptally/internal/svm"
)

// world is a chain, and a client of it.
type world struct {
	*svm.Runtime

	client *Client
	payees int // how many were made
}

func startWorld(t *testing.T) *world {
	t.Helper()
	chain := svm.Start(t)
	client, err := Dial(chain.URL, Options{PerSecond: 100_000, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	client.calls.pause = time.Microsecond
	t.Cleanup(client.Close)
	for _, name := range []string{"payer", "owner", "a"} {
		chain.Airdrop(addressOf(name), 1e12)
	}
	return &world{Runtime: chain, client: client}
}

// source is the treasury's own account, and it pays its own fees.
func (w *world) source() Source {
	return Source{
		Mint: w.Mint, Decimals: svm.Decimals, Account: w.TreasuryAccount, Owner: w.TreasuryKey(), FeePayer: w.TreasuryKey(),
	}
}

// sourceWith has another pay its fees.
func (w *world) sourceWith(feePayer string) Source {
	src := w.source()
	src.FeePayer = addressOf(feePayer)
	return src
}

// multisig is the account of a multisig of which two of three sign.
func (w *world) multisig(feePayer string) Source {
	owner := w.NewMultisig(2, addressOf("a"), addressOf("b"), addressOf("c"))
	w.CreateTokenAccountsWith(1e16, owner)
	return Source{
		Mint: w.Mint, Decimals: svm.Decimals, Account: w.Associated(owner), Owner: owner,
		Signers: []Key{addressOf("a"), addressOf("c")}, FeePayer: addressOf(feePayer),
	}
}

// keys are all that sign anywhere.
func (w *world) keys() []ed25519.PrivateKey {
	return []ed25519.PrivateKey{w.Treasury, keyOf("payer"), keyOf("owner"), keyOf("a"), keyOf("c")}
}

// signers are the keys that must sign a message, and no others: web3.js minds.
func (w *world) signers(t *testing.T, message []byte) []ed25519.PrivateKey {
	t.Helper()
	m, err := parseLegacy(message)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(w.keys(), func(key ed25519.PrivateKey) bool { return !m.IsSigner(PublicKey(key)) })
}

// transfers returns transfers of 1, 2, … base units to wallets that nobody has paid
// before, with their accounts or without.
func (w *world) transfers(count int, create bool) []Transfer {
	transfers := make([]Transfer, count)
	for i := range transfers {
		w.payees++
		name := fmt.Sprintf("d1-%d", w.payees)
		transfers[i] = Transfer{name, addressOf(name), uint64(w.payees), create}
		if !create {
			w.CreateTokenAccounts(transfers[i].Wallet)
		}
	}
	return transfers
}

// ready fills in a batch with what the chain says.
func (w *world) ready(t *testing.T, b Batch) []byte {
	t.Helper()
	hash, _, err := w.client.Blockhash(t.Context())
	if !b.Nonce.IsZero() {
		hash, _, err = w.client.Nonce(t.Context(), b.Nonce)
	}
	if err != nil {
		t.Fatal(err)
	}
	return mustReady(t, b, hash, 1)
}

// sign signs a batch with what the chain says.
func (w *world) sign(t *testing.T, b Batch) (transaction []byte, id Signature) {
	t.Helper()
	transaction, id, err := Sign(w.ready(t, b), w.keys()...)
	if err != nil {
		t.Fatal(err)
	}
	return transaction, id
}

// land sends a transaction and returns it as it landed.
func (w *world) land(t *testing.T, transaction []byte, id Signature) *Landed {
	t.Helper()
	if err := w.client.Send(t.Context(), transaction); err != nil {
		t.Fatal(err)
	}
	landed, err := w.client.Transaction(t.Context(), id)
	if err != nil || landed == nil {
		t.Fatalf("landed %v, %v", landed, err)
	}
	return landed
}
