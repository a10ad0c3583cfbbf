package distribution

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// Request asks for a distribution of all that is earned.
type Request struct {
	Key     string         // the idempotency key: 1 to 200 characters
	Actor   int64          // the person's id
	Reason  string         // why, in a phrase
	Minimum *ledger.Amount // the least that is paid, 0 or more; nil: the highest of the seasons that are due
}

// Prepare turns every earned balance into a payout or carries it forward: one
// journal moves what is paid from earned to transit, and every file is built and
// stored, byte by byte. Equal ledgers and wallets give equal tables.
//
// A request whose key is on record returns the first distribution again, or
// ErrConflict if it differs from the first. If no balance can be paid, the error is
// ErrNothingToPay and nothing is recorded.
func Prepare(ctx context.Context, tx pgx.Tx, request Request) (Distribution, error) {
	d, err := prepare(ctx, tx, request)
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: prepare %q: %w", request.Key, err)
	}
	return d, nil
}

func prepare(ctx context.Context, tx pgx.Tx, request Request) (Distribution, error) {
	if err := request.check(); err != nil {
		return Distribution{}, err
	}
	// From here on no balance moves but by us.
	if err := ledger.Lock(ctx, tx); err != nil {
		return Distribution{}, err
	}
	earlier, err := distributionByKey(ctx, tx, request.Key)
	if err == nil {
		return earlier, request.sameAs(earlier)
	}
	if !errors.Is(err, ErrUnknown) {
		return Distribution{}, err
	}
	r, err := newRun(ctx, tx, request)
	if err != nil {
		return Distribution{}, err
	}
	if err := r.post(ctx, tx); err != nil {
		return Distribution{}, err
	}
	return r.store(ctx, tx)
}

func (r Request) check() error {
	switch {
	case r.Key == "" || utf8.RuneCountInString(r.Key) > 200:
		return fmt.Errorf("%w: key %q: give 1 to 200 characters", ErrInvalid, r.Key)
	case r.Reason == "":
		return fmt.Errorf("%w: no reason: say in a phrase why", ErrInvalid)
	case r.Minimum != nil && *r.Minimum < 0:
		return fmt.Errorf("%w: minimum %s: give 0 or more base units", ErrInvalid, *r.Minimum)
	}
	return nil
}

// sameAs returns ErrConflict unless the distribution is what this request asked
// for.
func (r Request) sameAs(d Distribution) error {
	sameMinimum := (r.Minimum == nil) == (d.minimumAsked == nil) && (r.Minimum == nil || *r.Minimum == *d.minimumAsked)
	if r.Actor != d.PreparedBy || r.Reason != d.Reason || !sameMinimum {
		return fmt.Errorf("%w: the key stands for %s, prepared by person %d because of %q: repeat it unchanged, or use another key",
			ErrConflict, d.ID, d.PreparedBy, d.Reason)
	}
	return nil
}
