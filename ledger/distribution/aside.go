package distribution

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// AsideReason says why a payout is not attempted any more.
type AsideReason string

// The reasons.
const (
	AsideFrozen  AsideReason = "wallet_frozen"    // a person froze the supplier's wallet
	AsideRefused AsideReason = "refused_by_chain" // its account cannot take it
)

// SetAside takes payouts out of what is attempted; the rest of the distribution goes
// on. They stay in transit until they are settled as returned. Those that are aside
// or ended already are passed over; one with an attempt that may still land is
// ErrMayLand.
func SetAside(ctx context.Context, tx pgx.Tx, id string, payouts []int, reason AsideReason, detail string, actor int64) error {
	if err := setAside(ctx, tx, id, payouts, reason, detail, actor); err != nil {
		return fmt.Errorf("distribution: set aside of %s: %w", id, err)
	}
	return nil
}

func setAside(ctx context.Context, tx pgx.Tx, id string, numbers []int, reason AsideReason, detail string, actor int64) error {
	d, err := LockPaying(ctx, tx, id)
	if err != nil {
		return err
	}
	payouts, err := readStatuses(ctx, tx, d, numbers)
	if err != nil {
		return err
	}
	var waiting []int
	for _, number := range numbers {
		switch p := payouts[number]; p.State {
		case Live, Landed:
			return fmt.Errorf("%w: payout %d has an attempt, %s: wait until that has expired", ErrMayLand, number, p.Signature)
		case Waiting:
			waiting = append(waiting, number)
		case Aside, Paid, Returned:
		}
	}
	return insertAside(ctx, tx, d.number, waiting, reason, detail, actor)
}

// Frozen is what a freeze found of a supplier's payouts that had not ended.
type Frozen struct {
	Aside    []string // ids of payouts that will not be attempted
	MayLand  []string // ids of payouts with an attempt that may still land, or has
	Exported []string // ids of those aside whose files are out: somebody could pay them by hand
}

// FreezeWallet stops all payment to a supplier at once: no distribution pays them
// until the wallet is released, and payouts that were not submitted are set aside.
// It says which are beyond our reach.
func FreezeWallet(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) (Frozen, error) {
	frozen, err := freezeWallet(ctx, tx, supplier, reason, actor)
	if err != nil {
		return Frozen{}, fmt.Errorf("distribution: freeze the wallet of supplier %s: %w", supplier, err)
	}
	return frozen, nil
}

func freezeWallet(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) (f Frozen, err error) {
	// No distribution is being prepared while we look for those that pay the supplier.
	if err := ledger.Lock(ctx, tx); err != nil {
		return f, err
	}
	if err := wallet.Freeze(ctx, tx, supplier, reason, actor); err != nil {
		return f, err
	}
	return stopPayouts(ctx, tx, supplier, reason, actor)
}

// StopPayouts sets a supplier's payouts aside as FreezeWallet does, after a freeze by
// others, such as wallet.TheProgram. The caller took the ledger's lock before the
// freeze.
func StopPayouts(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) (Frozen, error) {
	frozen, err := stopPayouts(ctx, tx, supplier, reason, actor)
	if err != nil {
		return Frozen{}, fmt.Errorf("distribution: stop the payouts of supplier %s: %w", supplier, err)
	}
	return frozen, nil
}

func stopPayouts(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) (f Frozen, err error) {
	open, err := openPayouts(ctx, tx, supplier)
	if err != nil {
		return f, err
	}
	for _, o := range open {
		if err := f.stop(ctx, tx, o, reason, actor); err != nil {
			return f, err
		}
	}
	return f, nil
}

// openPayout is a payout of a supplier that had not ended when it was looked for.
type openPayout struct {
	distribution string
	number       int
}

// stop sets the payout aside, unless it may land.
func (f *Frozen) stop(ctx context.Context, tx pgx.Tx, o openPayout, reason string, actor int64) error {
	d, err := LockPaying(ctx, tx, o.distribution)
	if err != nil {
		return err
	}
	payouts, err := readStatuses(ctx, tx, d, []int{o.number})
	if err != nil {
		return err
	}
	id := payoutID(d.ID, o.number)
	switch payouts[o.number].State {
	case Paid, Returned:
		return nil
	case Live, Landed:
		f.MayLand = append(f.MayLand, id)
		return nil
	case Waiting, Aside:
	}
	f.Aside = append(f.Aside, id)
	if d.FilesOut() {
		f.Exported = append(f.Exported, id)
	}
	return insertAside(ctx, tx, d.number, []int{o.number}, AsideFrozen, reason, actor)
}
