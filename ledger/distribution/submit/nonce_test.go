package submit_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

// vault has an SPL multisig, 2 of 3, hold the tokens. The treasury's key pays fees.
func (w *world) vault() {
	w.t.Helper()
	members := []solana.Key{address(2_001), address(2_002), address(2_003)}
	multisig := w.NewMultisig(2, members...)
	w.CreateTokenAccountsWith(1_000_000_000, multisig)
	w.source.Owner, w.source.Account, w.source.Signers = multisig, w.Associated(multisig), members[:2]
	w.TreasuryAccount = w.source.Account // of whom is decoded what was paid
	w.signers = []ed25519.PrivateKey{w.Treasury, walletKey(2_001), walletKey(2_002)}
}

func (w *world) handOut(id string, replace bool, price uint64) []submit.HandedOut {
	w.t.Helper()
	o := w.options()
	o.Price = &price
	all, r, err := submit.HandOut(w.t.Context(), w.App, w.client, id, replace, o)
	if err != nil {
		w.t.Fatalf("%v\n%+v", err, r)
	}
	return all
}

// signed has web3.js sign what was handed out, and returns the file that comes back.
func (w *world) signed(all ...submit.HandedOut) []byte {
	w.t.Helper()
	all = slices.Clone(all)
	for i, h := range all {
		message := h.Transaction[1+64*int(h.Transaction[0]):]
		all[i].Transaction = w.SignElsewhere(message, w.signers...)
	}
	text, err := submit.Encode(all)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

func (w *world) takeBack(id string, file []byte) (submit.Result, error) {
	w.t.Helper()
	return submit.TakeBack(w.t.Context(), w.App, w.client, id, bytes.NewReader(file), w.options())
}

// A multisig pays: transactions are handed out, one a nonce, signed in Node, and
// taken back, until all have landed.
func TestHandedOutSignedElsewhereTakenBackAndLanded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.vault()
	id := w.approved(40, everybody, w.NewNonce(w.TreasuryKey()), w.NewNonce(w.TreasuryKey()))
	w.Freeze(address(1))
	for rounds := 0; ; rounds++ {
		all := w.handOut(id, false, 0)
		if len(all) == 0 {
			break
		}
		if len(all) > 2 || rounds > 9 {
			t.Fatalf("%d are out, in round %d", len(all), rounds)
		}
		// What was lost is handed out again, to the last byte.
		if again := w.handOut(id, false, 99); !equal(again, all) {
			t.Errorf("got %+v\nwant %+v", again, all)
		}
		w.DropSends(1)
		if _, err := w.takeBack(id, w.signed(all...)); err != nil {
			t.Fatal(err)
		}
	}
	w.wantStates(id, "landed 39, aside 1")
	w.wantPaid(40, 1)
	if live := w.rows(`SELECT nonce_account FROM distribution_attempt WHERE nonce_account IS NULL OR last_valid IS NOT NULL`); len(live) > 0 {
		t.Errorf("%q", live)
	}
}

// Two messages on one value of a nonce are out. Both come back; one of them lands.
func TestOfAReplacementOnTheSameNonceOneLands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.vault()
	id := w.approved(10, everybody, w.NewNonce(w.TreasuryKey()))
	first := w.handOut(id, false, 0)
	second := w.handOut(id, true, 500)
	if len(first) != 1 || len(second) != 1 || first[0].NonceValue != second[0].NonceValue || bytes.Equal(first[0].Transaction, second[0].Transaction) {
		t.Fatalf("first %+v\nsecond %+v", first, second)
	}
	if third := w.handOut(id, true, 500); !equal(third, second) {
		t.Errorf("the same price made another: %+v", third)
	}
	w.wantEnds("b1 live, b1 live")
	if _, err := w.takeBack(id, append(w.signed(second...), w.signed(first...)...)); err != nil {
		t.Fatal(err)
	}
	w.wantStates(id, "landed 10")
	w.wantPaid(10)
	if landed := w.rows(`SELECT DISTINCT e.signature FROM distribution_attempt_end e WHERE outcome = 'landed'`); len(landed) != 1 {
		t.Errorf("landed by %q", landed)
	}
	if live := w.handOut(id, true, 700); len(live) > 0 {
		t.Errorf("%+v", live)
	}
}

// The signers send it themselves, and nothing comes back to us.
func TestWhatLandsWithoutComingBackIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.vault()
	id := w.approved(10, everybody, w.NewNonce(w.TreasuryKey()))
	all := w.handOut(id, false, 0)
	if _, err := submit.Poll(t.Context(), w.App, w.client); err != nil {
		t.Fatal(err)
	}
	w.wantEnds("b1 live")
	var line submit.HandedOut
	if err := json.Unmarshal(w.signed(all...), &line); err != nil {
		t.Fatal(err)
	}
	if err := w.client.Send(t.Context(), line.Transaction); err != nil {
		t.Fatal(err)
	}
	if _, err := submit.Poll(t.Context(), w.App, w.client); err != nil {
		t.Fatal(err)
	}
	w.wantEnds("b1 landed")
	w.wantStates(id, "landed 10")
	w.wantPaid(10)
	// It comes back all the same.
	_, err := w.takeBack(id, w.signed(all...))
	w.wants(err, submit.ErrHandedOut, "has landed or expired")
}

// A nonce that somebody advanced by hand ends what was handed out on it; only then is
// the batch handed out anew.
func TestANonceThatMovedOnExpiresItsAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.vault()
	nonce := w.NewNonce(w.TreasuryKey())
	id := w.approved(10, everybody, nonce)
	first := w.handOut(id, false, 0)
	w.AdvanceHeight(100_000)
	if again := w.handOut(id, false, 0); !equal(again, first) {
		t.Errorf("time alone made another: %+v", again)
	}
	w.advanceNonce(nonce)
	second := w.handOut(id, false, 0)
	if len(second) != 1 || second[0].NonceValue == first[0].NonceValue {
		t.Fatalf("%+v", second)
	}
	w.wantEnds("b1 expired, b1 live")
	_, err := w.takeBack(id, w.signed(first...))
	w.wants(err, submit.ErrHandedOut)
	if _, err := w.takeBack(id, w.signed(second...)); err != nil {
		t.Fatal(err)
	}
	w.wantPaid(10)
}

// Who holds all keys signs what was handed out: the very same messages.
func TestAKeyFileSignsWhatWasHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.vault()
	id := w.approved(40, everybody, w.NewNonce(w.TreasuryKey()), w.NewNonce(w.TreasuryKey()))
	w.handOut(id, false, 0)
	w.DropSends(2)
	w.mustRun(id)
	w.wantPaid(40)
	if ends := w.ends(); strings.Contains(ends, "live") || strings.Contains(ends, "expired") {
		t.Error(ends)
	}
}

// A file that holds one wrong line is refused whole.
func TestAFileThatIsWrongIsRefusedWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.vault()
	id := w.approved(20, everybody, w.NewNonce(w.TreasuryKey()), w.NewNonce(w.TreasuryKey()))
	all := w.handOut(id, false, 0)
	good := w.signed(all[0])
	keys := w.signers
	w.signers = keys[:2]
	halfSigned := w.signed(all[1])
	w.signers = keys
	changed := all[1]
	changed.Transaction = slices.Clone(changed.Transaction)
	changed.Transaction[len(changed.Transaction)-1] ^= 1 // of the memo
	for name, c := range map[string]struct {
		line []byte
		want error
	}{
		"not signed by all": {halfSigned, solana.ErrSignature},
		"changed":           {w.signed(changed), submit.ErrHandedOut},
		"no JSON":           {[]byte("x\n"), submit.ErrHandedOut},
		"no transaction":    {[]byte("{}\n"), submit.ErrHandedOut},
	} {
		_, err := w.takeBack(id, append(slices.Clone(good), c.line...))
		w.wants(err, submit.ErrHandedOut)
		w.wants(err, c.want)
		if signed := w.rows(`SELECT signature FROM distribution_attempt_signed`); len(signed) > 0 {
			t.Fatalf("%s: recorded %q", name, signed)
		}
	}
	w.wantEnds("b1 live, b2 live")
}

func TestADistributionWithoutNoncesIsNotHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(5, everybody)
	_, _, err := submit.HandOut(t.Context(), w.App, w.client, id, false, w.options())
	w.wants(err, submit.ErrNonce, "prepare it with nonce accounts")
	w.wantEnds("")
}

func equal(a, b []submit.HandedOut) bool {
	return slices.EqualFunc(a, b, func(a, b submit.HandedOut) bool {
		return a.Batch == b.Batch && a.NonceValue == b.NonceValue && bytes.Equal(a.Transaction, b.Transaction)
	})
}
