package distribution

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Request asks for a distribution of all that is earned.
type Request struct {
	Key     string         // the idempotency key: 1 to 200 characters
	Actor   int64          // the person's id
	Reason  string         // why, in a phrase
	Minimum *ledger.Amount // the least that is paid, 0 or more; nil: the highest of the seasons that are due
	Rail    Rail           // "": solana-tokens
	Source  *solana.Source // what pays, on the rail transactions and on no other
	Nonces  []solana.Key   // durable nonce accounts, for signing that takes long; rail transactions only
	Chain   Chain          // what was seen of the chain before
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
	r, earlier, err := plan(ctx, tx, request)
	if err != nil || r == nil {
		return earlier, err
	}
	if err := r.build(); err != nil {
		return Distribution{}, err
	}
	if err := r.post(ctx, tx); err != nil {
		return Distribution{}, err
	}
	return r.store(ctx, tx)
}

// plan decides whom a request pays what. If the request was granted before
// there is no run, but that distribution.
func plan(ctx context.Context, tx pgx.Tx, request Request) (*run, Distribution, error) {
	request = request.onRail()
	if err := request.check(); err != nil {
		return nil, Distribution{}, err
	}
	// From here on no balance moves but by us.
	if err := ledger.Lock(ctx, tx); err != nil {
		return nil, Distribution{}, err
	}
	earlier, err := distributionByKey(ctx, tx, request.Key)
	if err == nil {
		return nil, earlier, request.sameAs(earlier)
	}
	if !errors.Is(err, ErrUnknown) {
		return nil, Distribution{}, err
	}
	r, err := newRun(ctx, tx, request)
	return r, Distribution{}, err
}

// onRail stands the rail for none.
func (r Request) onRail() Request {
	if r.Rail == RailNone {
		r.Rail = RailSolanaTokens
	}
	return r
}

// Check refuses a request that Prepare would refuse whatever is on record, with
// ErrInvalid. It asks no database.
func (r Request) Check() error {
	if err := r.onRail().check(); err != nil {
		return fmt.Errorf("distribution: prepare %q: %w", r.Key, err)
	}
	return nil
}

func (r Request) check() error {
	switch {
	case r.Key == "" || utf8.RuneCountInString(r.Key) > 200:
		return fmt.Errorf("%w: key %q: give 1 to 200 characters", ErrInvalid, r.Key)
	case r.Reason == "":
		return fmt.Errorf("%w: no reason: say in a phrase why", ErrInvalid)
	case r.Minimum != nil && *r.Minimum < 0:
		return fmt.Errorf("%w: minimum %s: give 0 or more base units", ErrInvalid, *r.Minimum)
	case !slices.Contains(Rails, r.Rail):
		return fmt.Errorf("%w: rail %q: use one of %v", ErrInvalid, r.Rail, Rails)
	case (r.Rail == RailTransactions) != (r.Source != nil):
		return fmt.Errorf("%w: what pays is named on the rail %s, and on no other: name the mint and the treasury there, and leave them out elsewhere",
			ErrInvalid, RailTransactions)
	case r.Source == nil && len(r.Nonces) > 0:
		return fmt.Errorf("%w: nonce accounts on the rail %s: leave them out", ErrInvalid, r.Rail)
	}
	return r.checkSource()
}

func (r Request) checkSource() error {
	if r.Source == nil {
		return nil
	}
	if err := r.Source.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if r.Source.Decimals != ledger.DecimalPlaces {
		return fmt.Errorf("%w: the mint has %d decimals, amounts have %d: name the mint of the token that is owed",
			ErrInvalid, r.Source.Decimals, ledger.DecimalPlaces)
	}
	return nil
}

// sameAs returns ErrConflict unless the distribution is what this request asked
// for.
func (r Request) sameAs(d Distribution) error {
	sameMinimum := (r.Minimum == nil) == (d.minimumAsked == nil) && (r.Minimum == nil || *r.Minimum == *d.minimumAsked)
	if r.Actor != d.PreparedBy || r.Reason != d.Reason || !sameMinimum || r.Rail != d.Rail || !sameSource(r.Source, d.Source) {
		return fmt.Errorf("%w: the key stands for %s, prepared because of %q, on the rail %q: repeat it unchanged and as the same person, or use another key",
			ErrConflict, d.ID, d.Reason, d.Rail)
	}
	return nil
}

func sameSource(a, b *solana.Source) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Equal(*b))
}
