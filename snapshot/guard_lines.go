package snapshot

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// guardWindows: no grace window of the season was approved after the moment as of
// which the revision counts.
func guardWindows(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	if g.snapshot == nil {
		return nil, nil
	}
	late, err := countWindowsSince(ctx, tx, g.season(), g.basis.AsOf)
	return []Guard{{
		Code: "grace_counted", Verdict: verdict(late == 0), Figure: fmt.Sprintf("%d windows approved since it was taken", late),
		Threshold: "none", Remedy: unless(late == 0, g.again()),
	}}, err
}

// guardPending: no device has still to prove itself.
func guardPending(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	if g.snapshot == nil {
		return nil, nil
	}
	pending, err := countNoted(ctx, tx, g.snapshot.ID, NoteGracePending)
	return []Guard{{
		Code: "grace_pending", Verdict: verdict(pending == 0), Figure: fmt.Sprintf("%d lines", pending), Threshold: "none",
		Remedy: unless(pending == 0, "wait until every reconnect_by has passed, pull until then, and take it again"),
	}}, err
}

// guardPartition: the lines of each device partition its slots of the season, by the
// database's own count.
func guardPartition(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	if g.snapshot == nil {
		return nil, nil
	}
	broken, err := countBroken(ctx, tx, *g.snapshot, g.basis.Season.Span())
	return []Guard{{
		Code: "partition", Verdict: verdict(broken == 0), Figure: fmt.Sprintf("%d devices whose lines do not cover their slots once", broken),
		Threshold: "none", Remedy: unless(broken == 0, g.again()), Firm: true,
	}}, err
}

// guardAmounts: amounts + residual = pool + what was drawn from the reserve.
func guardAmounts(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	if g.snapshot == nil {
		return nil, nil
	}
	s := g.snapshot
	sum, err := sumAmounts(ctx, tx, s.ID)
	met := sum == s.Allocated && sum+s.Residual == g.basis.Season.Pool+s.Drawn
	return []Guard{{
		Code: "amounts", Verdict: verdict(met), Firm: true,
		Figure:    fmt.Sprintf("%d in lines + %d residual", sum, s.Residual),
		Threshold: fmt.Sprintf("pool %d + %d drawn", g.basis.Season.Pool, s.Drawn), Remedy: unless(met, g.again()),
	}}, err
}

// guardFunds: the pool holds the season's pool, or for a correction the reserve its
// increases.
func guardFunds(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	if g.snapshot != nil && g.snapshot.State == Sealed {
		return nil, nil
	}
	code, account, need, flags := "funded", ledger.SeasonPool(g.season()), g.basis.Season.Pool, ""
	if g.basis.Corrects != nil {
		code, account, need, flags = "reserve", ledger.SeasonReserve(g.season()), 0, " --reserve"
		if g.snapshot != nil {
			need = g.snapshot.Drawn - g.basis.Corrects.Sealed.Drawn
		}
	}
	held, err := ledger.Held(ctx, tx, account)
	met := int64(held) >= need
	if held > 0 || g.basis.Corrects != nil { // funded before, maybe by just that: under a key of its own
		flags += " --key fund-" + g.name()
	}
	return []Guard{{
		Code: code, Verdict: verdict(met), Figure: fmt.Sprintf("%s holds %d", account, held), Threshold: strconv.FormatInt(need, 10), Firm: true,
		Remedy: unless(met, fmt.Sprintf("fund it: `uptally ledger fund %s %d%s`", g.season(), need-int64(held), flags)),
	}}, err
}

// guardLedger: what was sealed before is in the ledger to the unit.
func guardLedger(ctx context.Context, tx pgx.Tx, _ guarded) ([]Guard, error) {
	r, err := ReconcileLedger(ctx, tx)
	if err != nil {
		return nil, err
	}
	met := r.Fits()
	return []Guard{{
		Code: "ledger_reconciled", Verdict: verdict(met), Figure: r.String(), Threshold: "nothing differs", Firm: true,
		Remedy: unless(met, "look at what differs: `uptally reconcile ledger`; then at the ledger itself: `uptally ledger verify`"),
	}}, nil
}

// What people should look at before a seal: more than a twentieth of the pool was
// gained or lost since the last revision, or one supplier gets more than a fifth of what is given.
const (
	changeWarnsOver = 20
	shareWarnsOver  = 5
)

// guardChange warns of a large change against the revision before.
func guardChange(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	if g.snapshot == nil {
		return nil, nil
	}
	previous, err := previousOf(ctx, tx, *g.snapshot)
	if err != nil || previous == nil {
		return nil, err
	}
	differences, err := selectDifferences(ctx, tx, previous.ID, g.snapshot.ID)
	if err != nil {
		return nil, err
	}
	var gained, lost int64
	for _, d := range differences {
		gained, lost = gained+max(d.Amount, 0), lost-min(d.Amount, 0)
	}
	met := max(gained, lost) <= g.basis.Season.Pool/changeWarnsOver
	return []Guard{{
		Code: "change", Verdict: warning(met), Threshold: fmt.Sprintf("at most 1 in %d of the pool", changeWarnsOver),
		Figure: fmt.Sprintf("%d suppliers differ from %s, gaining %d and losing %d", len(differences), previous.Name(), gained, lost),
		Remedy: unless(met, fmt.Sprintf("see why: `uptally snapshot diff %s %s`", previous.Name(), g.snapshot.Name())),
	}}, nil
}

// previousOf returns the last revision before s that has lines, nil if there is none.
func previousOf(ctx context.Context, tx pgx.Tx, s Snapshot) (*Snapshot, error) {
	all, err := selectSnapshots(ctx, tx, s.Season)
	if err != nil {
		return nil, err
	}
	var previous *Snapshot
	for i := range all {
		if all[i].Revision < s.Revision && all[i].Digest != nil {
			previous = &all[i]
		}
	}
	return previous, nil
}

// guardShare warns of a supplier who gets a large part of what is given.
func guardShare(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	if g.snapshot == nil {
		return nil, nil
	}
	amounts, err := selectSupplierAmounts(ctx, tx, g.snapshot.ID)
	if err != nil {
		return nil, err
	}
	var largest SupplierAmount
	for _, a := range amounts {
		if a.Amount > largest.Amount {
			largest = a
		}
	}
	met := largest.Amount <= g.snapshot.Allocated/shareWarnsOver
	return []Guard{{
		Code: "largest_share", Verdict: warning(met), Threshold: fmt.Sprintf("at most 1 in %d of what is allocated", shareWarnsOver),
		Figure: fmt.Sprintf("%d of %d to one of %d suppliers", largest.Amount, g.snapshot.Allocated, len(amounts)),
		Remedy: unless(met, fmt.Sprintf("look at supplier %s: `uptally snapshot lines %s`", largest.SupplierID, g.snapshot.Name())),
	}}, nil
}
