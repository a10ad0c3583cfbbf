package wallet

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Proof is what a proof is recorded with.
type Proof struct {
	Hold  time.Duration // before a new wallet counts: 0 to 90 days; see HoldDefault
	Now   time.Time     // the database's clock, see Now
	Actor int64         // the person's id
}

// Record says of a supplier's wallet how it stands.
type Record struct {
	Supplier   uuid.UUID
	Wallet     Wallet
	State      State
	How        How       // it was shown to be the supplier's
	ActiveFrom time.Time // UTC; zero if Unproven
	RecordedBy int64     // the person's id; of two, who approved
	RecordedAt time.Time // UTC
}

// How says how a wallet was shown to be a supplier's.
type How string

// The ways.
const (
	ByChallenge How = "challenge" // a signature of a text that we issued
	ByText      How = "text"      // a signature of a text that came with it
	ByAllowance How = "allowance" // two people's word
	ByNothing   How = "nothing"   // it was recorded before proofs were asked for
)

// Prove records that the challenge was signed by its wallet: the signature, base58 or
// base64, is of its text in one of the forms of Form. The wallet counts once the hold
// is over; until then the one before it does. One that is shown during the hold takes
// the place of the one that waits. The wallet that counts already changes nothing.
//
// A challenge is used once. The errors are ErrUnknownChallenge, ErrUsed, ErrExpired,
// ErrSignatureSyntax, ErrSignature and ErrHold; nothing is recorded then.
func Prove(ctx context.Context, tx pgx.Tx, challenge, signature string, o Proof) (Record, error) {
	r, err := prove(ctx, tx, challenge, signature, o)
	if err != nil {
		return Record{}, fmt.Errorf("wallet: challenge %q: %w", challenge, err)
	}
	return r, nil
}

func prove(ctx context.Context, tx pgx.Tx, challenge, signature string, o Proof) (Record, error) {
	c, err := selectChallenge(ctx, tx, challenge)
	if err != nil {
		return Record{}, err
	}
	e, err := newEntry(c.Text, signature)
	if err != nil {
		return Record{}, err
	}
	_, bad, err := enter(ctx, tx, []Entry{e}, o)
	if err != nil {
		return Record{}, err
	}
	if len(bad) > 0 {
		return Record{}, bad[0].Cause
	}
	return recordOf(ctx, tx, c.Supplier, c.Wallet, o.Now)
}

// recordOf returns how a wallet stands that was just shown to be the supplier's.
func recordOf(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, w Wallet, now time.Time) (Record, error) {
	records, err := selectRecords(ctx, tx, now, []uuid.UUID{supplier})
	if err != nil {
		return Record{}, err
	}
	for _, r := range records {
		if r.Wallet == w {
			return r, nil
		}
	}
	return Record{}, fmt.Errorf("supplier %s: %s is on record, and yet it is not", supplier, w)
}
