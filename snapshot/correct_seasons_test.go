package snapshot_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// What a supplier owes from one season is kept back from what they earn in others,
// once, though two of those are sealed at the same time.
func TestWhatIsOwingIsSetOffOnceAcrossSeasons(t *testing.T) {
	t.Parallel()
	v := newVillage()
	b := &bureau{office: v.settle(t)}
	supplier := supplierID(steady) // of the outaged device, too
	earned, transit, paid, owing := ledger.SupplierEarned(supplier), ledger.SupplierTransit(supplier), ledger.SupplierPaid(supplier), ledger.SupplierOwing(supplier)
	ready := func(season snapshot.Season) snapshot.Snapshot {
		t.Helper()
		s := b.take(season.Code)
		b.approve(s)
		return s
	}
	open := func(code string, day int) (season snapshot.Season) {
		t.Helper()
		season = snapshot.Season{Code: code, FirstDay: may(day, 0), LastDay: may(day, 0), Pool: 600_000_000}
		b.create(season, []byte(villageRules))
		b.readDays(season)
		b.fund(season, season.Pool)
		return season
	}

	b.readDays(v.season)
	b.fund(v.season, v.season.Pool)
	first := ready(v.season)
	b.check(b.trySeal(first))
	was := b.amountsOf(first)[supplier]
	b.post(ledger.ActPrepare, earned, transit, ledger.Amount(was))
	b.post(ledger.ActSettle, transit, paid, ledger.Amount(was))
	b.network.do(func(f *facts) { f.verdict(outaged, uptime.Spoofed, may(5, 0)) })
	b.syncVerdicts()
	second := ready(v.season)
	b.check(b.trySeal(second))
	owed := was - b.amountsOf(second)[supplier]
	if held := b.balances(); owed == 0 || int64(held[owing]) != owed || held[earned] != 0 || held[ledger.SeasonReserve(v.season.Code)] != 0 {
		t.Fatalf("%d owed, balances %v", owed, held)
	}

	both := []snapshot.Snapshot{ready(open("may-3", 3)), ready(open("may-3-too", 3))}
	var total int64
	treasury := b.balances()[ledger.Treasury()]
	for _, s := range both {
		total += b.amountsOf(s)[supplier]
		treasury += ledger.Amount(s.Residual)
	}
	if owed <= total/2 || owed >= total {
		t.Fatalf("%d owed of %d: it takes both", owed, total)
	}
	b.sealTogether(both)
	held := b.balances()
	if held[owing] != 0 || int64(held[earned]) != total-owed || int64(held[paid]) != was || held[ledger.Treasury()] != treasury+ledger.Amount(2*owed) {
		t.Errorf("of %d, %d owed: %v", total, owed, held)
	}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		reconciled, err := snapshot.ReconcileLedger(ctx, tx)
		if err != nil || !reconciled.Fits() || len(reconciled.Revisions) != 4 {
			t.Errorf("reconciliation: %+v (%v)", reconciled, err)
		}
		report, err := ledger.Verify(ctx, tx)
		if !report.OK() {
			t.Errorf("ledger: %v", report.Faults)
		}
		return err
	})
}

func (o *office) sealTogether(snapshots []snapshot.Snapshot) {
	o.t.Helper()
	var group sync.WaitGroup
	errs := make([]error, len(snapshots))
	for i, s := range snapshots {
		group.Go(func() { errs[i] = o.trySeal(s) })
	}
	group.Wait()
	for _, err := range errs {
		o.check(err)
	}
}

// A supplier whom no earlier revision knew is paid out of the reserve; one whom a later
// one does not know any more gives back all.
func TestSuppliersComeAndGo(t *testing.T) {
	t.Parallel()
	courthouse(t).trial(villageSeason, func(x *trial) {
		x.correction(func(x *trial) { // the attacked device was another's from the first day on
			x.exec(`UPDATE device SET supplier_id = '00005077-0000-4000-8000-000000000000' WHERE number = $1`, attacked)
		})
		gone, come := supplierID(attacked/2), uuid.MustParse("00005077-0000-4000-8000-000000000000")
		x.fund(ledger.SeasonReserve(x.season.Code), x.s.Drawn)
		amount := earnedOf(x, gone)
		x.sealed()
		if amount == 0 || earnedOf(x, gone) != 0 || earnedOf(x, come) != amount || int64(amount) != x.s.Drawn {
			t.Errorf("%d: gone %d, come %d, %d drawn", amount, earnedOf(x, gone), earnedOf(x, come), x.s.Drawn)
		}
		if reserve, err := ledger.Balance(x.ctx, x.tx, ledger.SeasonReserve(x.season.Code)); err != nil || reserve != amount {
			t.Errorf("the reserve holds %d (%v)", reserve, err) // what one gave back
		}
	})
}

func earnedOf(x *trial, supplier uuid.UUID) ledger.Amount {
	x.t.Helper()
	held, err := ledger.Held(x.ctx, x.tx, ledger.SupplierEarned(supplier))
	x.check(err)
	return held
}
