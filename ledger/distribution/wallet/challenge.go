package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Errors of proofs.
var (
	ErrUnknownChallenge = errors.New("unknown challenge")
	ErrExpired          = errors.New("expired")
	ErrUsed             = errors.New("used already")
)

// Challenge is a text that was issued for the holder of a wallet to sign.
type Challenge struct {
	ID string // "c1", "c2" …
	Text
	IssuedBy int64 // the person's id

	number int64
}

// Terms are what a challenge is issued on.
type Terms struct {
	Domain  string        // which installation asks; see Text
	Expires time.Duration // how long it is good for: 1 minute to 90 days, whole seconds
	Nonce   Nonce         // from a cryptographic source; not one that was used before
	Now     time.Time     // the database's clock, see Now
	Actor   int64         // the person's id
}

// Issue records a challenge for the supplier to prove that they hold the wallet. The
// errors are ErrWallet, ErrTerms, and ErrUsed for a nonce that was used before.
func Issue(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, address string, o Terms) (Challenge, error) {
	text, err := newText(supplier, address, o)
	if err != nil {
		return Challenge{}, err
	}
	c, err := insertChallenge(ctx, tx, text, o.Actor)
	if err != nil {
		return Challenge{}, fmt.Errorf("wallet: challenge for supplier %s: %w", supplier, err)
	}
	return c, nil
}

func newText(supplier uuid.UUID, address string, o Terms) (Text, error) {
	w, err := ParseWallet(address)
	if err != nil {
		return Text{}, err
	}
	issued := o.Now.UTC().Truncate(time.Second)
	t := Text{o.Domain, supplier, w, o.Nonce, issued, issued.Add(o.Expires)}
	if err := t.check(); err != nil {
		return Text{}, fmt.Errorf("wallet: %w: %w", ErrTerms, err)
	}
	return t, nil
}

// Lookup returns the challenge with the id, or ErrUnknownChallenge.
func Lookup(ctx context.Context, tx pgx.Tx, id string) (Challenge, error) {
	c, err := selectChallenge(ctx, tx, id)
	if err != nil {
		return Challenge{}, fmt.Errorf("wallet: challenge %q: %w", id, err)
	}
	return c, nil
}

// Now returns the database's clock, UTC.
func Now(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	now, err := clock(ctx, tx)
	return now.UTC(), err
}
