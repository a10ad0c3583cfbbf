package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Entry is a text with its wallet's signature, which was verified.
type Entry struct {
	Text
	Form      Form
	Signature [64]byte

	challenge int64 // its number; 0: not known yet, or issued elsewhere
	line      int   // of the table; 0: none
}

// newEntry verifies a signature of a text.
func newEntry(t Text, signature string) (e Entry, err error) {
	e.Text = t
	if e.Signature, err = ParseSignature(signature); err != nil {
		return Entry{}, err
	}
	e.Form, err = t.Verify(e.Signature)
	return e, err
}

// Entered says what entries came to.
type Entered struct {
	Proofs  int // recorded, each by an entry
	Changes int // wallets that are new or changed
}

// Enter records proofs, in the way of Prove, all or nothing. A text must have been
// issued by now and must not have expired; one that we issued is its challenge's. A
// nonce is used once, whoever issued it. If entries of a table are refused, the error
// is a *BadRows that names each by its line, with ErrUsed, ErrExpired or ErrText.
func Enter(ctx context.Context, tx pgx.Tx, entries []Entry, o Proof) (Entered, error) {
	entered, bad, err := enter(ctx, tx, entries, o)
	if err != nil {
		return Entered{}, fmt.Errorf("wallet: %w", err)
	}
	if len(bad) > 0 {
		return Entered{}, &BadRows{bad}
	}
	return entered, nil
}

func enter(ctx context.Context, tx pgx.Tx, entries []Entry, o Proof) (Entered, []BadRow, error) {
	if err := checkHold(o.Hold); err != nil || len(entries) == 0 {
		return Entered{}, nil, err
	}
	if err := lock(ctx, tx); err != nil {
		return Entered{}, nil, err
	}
	bad, err := admit(ctx, tx, entries, o.Now)
	if err != nil || len(bad) > 0 {
		return Entered{}, bad, err
	}
	if err := insertProofs(ctx, tx, entries, o); err != nil {
		return Entered{}, nil, err
	}
	changes, err := change(ctx, tx, entries, o)
	return Entered{len(entries), changes}, nil, err
}

// admit says which entries cannot be recorded, and finds the challenges of the rest.
func admit(ctx context.Context, tx pgx.Tx, entries []Entry, now time.Time) (bad []BadRow, err error) {
	nonces := make([]string, len(entries))
	for i, e := range entries {
		nonces[i] = e.Nonce.String()
	}
	used, err := usedNonces(ctx, tx, nonces)
	if err != nil {
		return nil, err
	}
	issued, err := challengesByNonce(ctx, tx, nonces)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		ours, found := issued[e.Nonce]
		if err := errors.Join(e.fresh(used[e.Nonce.String()], now), e.matches(ours, found)); err != nil {
			bad = append(bad, BadRow{e.line, err})
		}
		e.challenge = ours.number
	}
	return bad, nil
}

func (e Entry) fresh(used bool, now time.Time) error {
	switch {
	case used:
		return fmt.Errorf("%w: nonce %s: a signed text counts once; have a new one signed", ErrUsed, e.Nonce)
	case !now.Before(e.Expires):
		return fmt.Errorf("%w: the text was good until %s: have a new one signed", ErrExpired, e.Expires.Format(time.RFC3339))
	case e.Issued.After(now):
		return fmt.Errorf("%w: it is issued at %s, which has not come: set the clock of whoever issued it", ErrText, e.Issued.Format(time.RFC3339))
	}
	return nil
}

func (e Entry) matches(ours Challenge, found bool) error {
	if found && ours.Text != e.Text {
		return fmt.Errorf("%w: nonce %s is of our challenge %s, whose text is another", ErrText, e.Nonce, ours.ID)
	}
	return nil
}

// change records the wallets that are new or changed by the proofs, and what
// happened.
func change(ctx context.Context, tx pgx.Tx, entries []Entry, o Proof) (int, error) {
	suppliers := make([]uuid.UUID, len(entries))
	for i, e := range entries {
		suppliers[i] = e.Supplier
	}
	now, err := currents(ctx, tx, o.Now, suppliers)
	if err != nil {
		return 0, err
	}
	var rows []row
	for _, e := range entries {
		if from, changes := now[e.Supplier].next(e.Wallet, o.Now, o.Hold); changes {
			rows = append(rows, row{supplier: e.Supplier, wallet: e.Wallet, nonce: e.Nonce.String(), activeFrom: from})
		}
	}
	if err := insertProved(ctx, tx, entries, o); err != nil {
		return 0, err
	}
	return len(rows), insertWallets(ctx, tx, rows, o)
}

// row is a wallet to record, shown by a proof or by an allowance.
type row struct {
	supplier   uuid.UUID
	wallet     Wallet
	nonce      string // "": by the allowance
	allowance  int64
	activeFrom time.Time
}
