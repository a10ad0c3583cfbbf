package snapshot_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// A bureau corrects a season over and over, pays in between, and holds the books
// against what was sealed after each revision.
type bureau struct {
	*office
	random  *rand.Rand
	amounts map[uuid.UUID]int64 // by the last sealed revision
	windows int
	journal int // keys of payments

	happened *sync.Map
}

const (
	bureauDevices   = 14
	bureauSuppliers = 5
	bureauReserve   = 4_000_000_000 // four times the pool
)

// newBureau draws a village of devices that are up for most of three days.
func newBureau(t *testing.T, seed uint64) *bureau {
	random := rand.New(rand.NewPCG(seed, 3))
	v := &village{observed: uptime.NewTimeline(villageSpan), season: villageSeason, rules: villageRules,
		facts: facts{minutes: map[string][]any{}, up: map[uuid.UUID]uptime.Timeline{}}}
	v.observed.AddSpan(villageSpan)
	for i := range bureauDevices {
		v.change(i, "registration", may(1, 0).AddDate(0, -1, i), row{
			"supplier_id": supplierID(random.IntN(bureauSuppliers)), "gpu_model": "NVIDIA T4", "gpu_count": 1 + random.IntN(3), "connectivity": "high",
		})
		v.up[deviceID(i)] = uptime.NewTimeline(villageSpan)
		v.up[deviceID(i)].AddSpan(villageSpan)
		for range random.IntN(4) {
			from := villageSpan.From + uptime.Slot(random.IntN(villageSpan.Len()-40))
			v.down(i, uptime.Span{From: from, To: from + 1 + uptime.Slot(random.IntN(39))})
		}
		if random.IntN(3) == 0 {
			v.verdict(i, uptime.Spoofed, may(1, random.IntN(24)))
		}
	}
	b := &bureau{office: v.settle(t), random: random, amounts: map[uuid.UUID]int64{}}
	b.readDays(villageSeason)
	b.fund(villageSeason, villageSeason.Pool)
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Fund(ctx, tx, ledger.SeasonReserve(villageSeason.Code), bureauReserve, b.ada, "for corrections", "reserve")
		return err
	})
	return b
}

// TestCorrections seals a season and corrects it twice and more, after random
// verdicts, clears, windows, sales and reopened hours, with payments in between.
func TestCorrections(t *testing.T) {
	var happened sync.Map // what the worlds went through: a test of nothing is none
	t.Run("worlds", func(t *testing.T) {
		for seed := range uint64(8) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				b := newBureau(t, seed)
				b.happened = &happened
				for revision := 1; revision <= 4; revision++ {
					for range 2 + b.random.IntN(3) {
						b.act()
					}
					b.sealNext(revision)
					b.checkBooks()
					b.payOut()
					b.checkBooks()
				}
			})
		}
	})
	for _, what := range []string{"increase", "reversal", "receivable", "set off"} {
		if _, did := happened.Load(what); !did {
			t.Errorf("no world had a case of %s", what)
		}
	}
}

// act changes what is known.
func (b *bureau) act() {
	b.t.Helper()
	device := b.random.IntN(bureauDevices)
	switch b.random.IntN(5) {
	case 0, 1:
		kind := []uptime.VerdictKind{uptime.Spoofed, uptime.Genuine}[b.random.IntN(2)]
		b.network.do(func(f *facts) { f.verdict(device, kind, may(5, b.random.IntN(24))) })
		b.syncVerdicts()
	case 2:
		b.network.do(func(f *facts) {
			f.change(device, "user", may(2, b.random.IntN(24)), row{"supplier_id": supplierID(b.random.IntN(bureauSuppliers))})
		})
		b.syncChanges()
	case 3:
		w := villageWindow
		w.From = may(2, 3*b.windows)
		w.To = w.From.Add(3 * time.Hour)
		b.window(villageSeason.Code, w)
		b.windows++
	case 4:
		b.rewrite(uptime.HourOf(may(2, b.random.IntN(24))), uptime.DeviceNumber(device))
	}
}

// rewrite turns the bits of a device over in an hour that was reopened for it, and is
// closed again.
func (b *bureau) rewrite(hour uptime.Hour, device uptime.DeviceNumber) {
	b.t.Helper()
	bits := []byte(strings.Repeat("0", uptime.SlotsPerHour*uptime.LanesPerShard))
	for slot := range uptime.SlotsPerHour {
		bits[slot*uptime.LanesPerShard+device.Lane()] = '1'
	}
	ctx := context.Background()
	b.check(pgx.BeginFunc(ctx, b.Owner, func(tx pgx.Tx) error {
		for _, statement := range []string{
			`SET LOCAL session_replication_role = replica`, // past what two people must agree to
			`UPDATE uptime_coverage SET reopened = reopened + 1 WHERE hour = '` + hour.Start().Format(time.RFC3339) + `'`,
			`UPDATE uptime_chunk SET up = up # B'` + string(bits) + `' WHERE shard = 0 AND hour = '` + hour.Start().Format(time.RFC3339) + `'`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}))
}

// sealNext takes the season and seals it. Nobody's money moves but that of the
// suppliers whose amount the revision changes.
func (b *bureau) sealNext(revision int) {
	b.t.Helper()
	s := b.take(villageSeason.Code)
	if s.Allocated+s.Residual != villageSeason.Pool+s.Drawn {
		b.t.Fatalf("%s: %d allocated + %d residual of %d + %d drawn", s.Name(), s.Allocated, s.Residual, villageSeason.Pool, s.Drawn)
	}
	before := b.balances()
	b.approve(s)
	if len(failedOf(b.board(s))) > 0 {
		b.override(s, "it is a test of the books")
	}
	journal, err := b.seal(s)
	b.check(err)
	if corrects := journal.Act == ledger.ActCorrect; corrects != (revision > 1) {
		b.t.Fatalf("revision %d was posted as %s", revision, journal.Act)
	}
	after, amounts := b.balances(), b.amountsOf(s)
	source := ledger.SeasonReserve(villageSeason.Code)
	reserve := before[source]
	for i := range bureauSuppliers {
		reserve += b.checkPosted(s, supplierID(i), ledger.Amount(amounts[supplierID(i)]-b.amounts[supplierID(i)]), before, after)
	}
	if revision > 1 && after[source] != reserve {
		b.t.Errorf("%s: the reserve holds %d, want %d", s.Name(), after[source], reserve)
	}
	b.amounts = amounts
}

// checkPosted holds a supplier's accounts against what they were before and what the
// supplier got more or less, and returns the change of the reserve that goes with it.
func (b *bureau) checkPosted(s snapshot.Snapshot, supplier uuid.UUID, change ledger.Amount, before, after map[ledger.Account]ledger.Amount) ledger.Amount {
	b.t.Helper()
	a := accountsOf(supplier)
	earned, owing, reserve := before[a[0]], before[a[3]], -change
	note := func(what string, amount ledger.Amount) {
		if amount > 0 {
			b.happened.Store(what, true)
		}
	}
	if change > 0 {
		setOff := min(change, owing)
		note("increase", change)
		note("set off", setOff)
		earned, owing = earned+change-setOff, owing-setOff
	} else {
		reversed := min(-change, earned)
		note("reversal", reversed)
		note("receivable", -change-reversed)
		earned, owing, reserve = earned-reversed, owing-change-reversed, reversed
	}
	want := [4]ledger.Amount{earned, before[a[1]], before[a[2]], owing}
	for i, account := range a {
		if after[account] != want[i] {
			b.t.Errorf("%s: %s holds %d, want %d, after a change of %d", s.Name(), account, after[account], want[i], change)
		}
	}
	return reserve
}

func failedOf(board map[string]snapshot.Guard) (codes []string) {
	for code, g := range board {
		if g.Verdict == snapshot.GuardFailed {
			codes = append(codes, code)
		}
	}
	return codes
}

// checkBooks holds every account against the last sealed revision.
func (b *bureau) checkBooks() {
	b.t.Helper()
	balances := b.balances()
	var sum, given ledger.Amount
	for _, balance := range balances {
		sum += balance
	}
	for i := range bureauSuppliers {
		a := accountsOf(supplierID(i))
		earned, transit, paid, owing := balances[a[0]], balances[a[1]], balances[a[2]], balances[a[3]]
		if net := earned + transit + paid - owing; int64(net) != b.amounts[supplierID(i)] {
			b.t.Errorf("supplier %d has %d earned + %d in transit + %d paid - %d owing = %d, was sealed %d",
				i, earned, transit, paid, owing, net, b.amounts[supplierID(i)])
		}
		given += earned + transit + paid - owing
	}
	if sum != 0 {
		b.t.Errorf("all accounts sum to %d", sum)
	}
	if pool := balances[ledger.SeasonPool(villageSeason.Code)]; pool != 0 {
		b.t.Errorf("%d are left in the pool", pool)
	}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		reconciled, err := snapshot.ReconcileLedger(ctx, tx)
		if err != nil {
			return err
		}
		if !reconciled.Fits() || reconciled.HeldTotal != int64(given) {
			b.t.Errorf("reconciliation: %+v", reconciled)
		}
		report, err := ledger.Verify(ctx, tx)
		if !report.OK() {
			b.t.Errorf("ledger: %v", report.Faults)
		}
		return err
	})
}

// payOut sends what some suppliers earned on its way, and settles or returns some of
// what is on its way.
func (b *bureau) payOut() {
	b.t.Helper()
	for i := range bureauSuppliers {
		balances, supplier := b.balances(), supplierID(i)
		earned, transit, paid := ledger.SupplierEarned(supplier), ledger.SupplierTransit(supplier), ledger.SupplierPaid(supplier)
		if b.random.IntN(3) > 0 {
			b.post(ledger.ActPrepare, earned, transit, balances[earned])
		}
		switch b.random.IntN(5) {
		case 0, 1:
			b.post(ledger.ActSettle, transit, paid, b.balances()[transit])
		case 2:
			b.post(ledger.ActReturn, transit, earned, b.balances()[transit])
		}
	}
}

func (b *bureau) post(act ledger.Act, debit, credit ledger.Account, amount ledger.Amount) {
	b.t.Helper()
	if amount == 0 {
		return
	}
	b.journal++
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Post(ctx, tx, ledger.Entry{
			Act: act, Key: fmt.Sprint("payment ", b.journal), Actor: b.ada, Reason: "paid out",
			Transfers: []ledger.Transfer{{Debit: debit, Credit: credit, Amount: amount}},
		})
		return err
	})
}

func (b *bureau) balances() map[ledger.Account]ledger.Amount {
	b.t.Helper()
	held := map[ledger.Account]ledger.Amount{}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		all, err := ledger.Balances(ctx, tx, "")
		for _, a := range all {
			held[a.Account] = a.Balance
		}
		return err
	})
	return held
}

func (b *bureau) amountsOf(s snapshot.Snapshot) map[uuid.UUID]int64 {
	b.t.Helper()
	amounts := map[uuid.UUID]int64{}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		all, err := snapshot.SupplierAmounts(ctx, tx, s)
		for _, a := range all {
			amounts[a.SupplierID] = a.Amount
		}
		return err
	})
	return amounts
}

// accountsOf are the accounts of a supplier: earned, transit, paid, owing.
func accountsOf(supplier uuid.UUID) [4]ledger.Account {
	return [4]ledger.Account{
		ledger.SupplierEarned(supplier), ledger.SupplierTransit(supplier), ledger.SupplierPaid(supplier), ledger.SupplierOwing(supplier),
	}
}
