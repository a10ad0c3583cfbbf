package snapshot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// The pool must hold the season's pool, to the unit.
func TestGuardOfFunds(t *testing.T) {
	t.Parallel()
	pool := villageSeason.Pool
	want := func(held int64, remedy string) []snapshot.Guard {
		return []snapshot.Guard{firm(failing("funded", fmt.Sprintf("season/may-2/pool holds %d", held), fmt.Sprint(pool), "fund it: `uptally ledger fund may-2 "+remedy+"`"))}
	}
	o := courthouse(t)
	for _, c := range []struct {
		funds int64
		fails []snapshot.Guard
	}{{0, want(0, "1000000007")}, {pool - 1, want(pool-1, "1 --key fund-may-2/r1")}, {pool, nil}, {pool + 1, nil}} {
		t.Run(fmt.Sprint(c.funds), func(t *testing.T) {
			o.in(t).trial(villageSeason, func(x *trial) {
				x.fund(ledger.SeasonPool(x.season.Code), c.funds)
				x.take()
				x.approve()
				if c.fails != nil {
					x.refused(c.fails...)
					return
				}
				x.sealed()
				if left, err := ledger.Balance(x.ctx, x.tx, ledger.SeasonPool(x.season.Code)); err != nil || int64(left) != c.funds-pool {
					t.Errorf("%d are left (%v)", left, err)
				}
			})
		})
	}
}

// correction seals the season, lets the facts change, and takes it again.
func (x *trial) correction(change func(*trial)) (sealed snapshot.Snapshot) {
	x.t.Helper()
	x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
	x.take()
	x.approve()
	x.sealed()
	sealed = x.s
	change(x)
	x.take()
	x.approve()
	return sealed
}

func cleared(x *trial) { x.t.Helper(); x.verdict(cheat, uptime.Genuine) }

// The reserve must hold all increases of a correction, whatever goes back into it.
func TestGuardOfTheReserve(t *testing.T) {
	t.Parallel()
	o := courthouse(t)
	for name, change := range map[string]func(*trial){
		"increases":               cleared,
		"increases and decreases": both(cleared, func(x *trial) { x.verdict(attacked, uptime.Spoofed) }),
	} {
		for _, missing := range []int64{1, 0} {
			t.Run(fmt.Sprintf("%s, %d missing", name, missing), func(t *testing.T) {
				o.in(t).trial(villageSeason, func(x *trial) {
					x.correction(change)
					if x.s.Drawn == 0 || x.s.Corrects == nil {
						t.Fatalf("nothing is drawn: %+v", x.s)
					}
					x.fund(ledger.SeasonReserve(x.season.Code), x.s.Drawn-missing)
					if missing == 0 {
						x.sealed()
						return
					}
					x.refused(firm(failing("reserve", fmt.Sprintf("season/may-2/reserve holds %d", x.s.Drawn-1), fmt.Sprint(x.s.Drawn),
						"fund it: `uptally ledger fund may-2 1 --reserve --key fund-may-2/r2`")))
				})
			})
		}
	}
	t.Run("decreases alone", func(t *testing.T) {
		o.in(t).trial(villageSeason, func(x *trial) {
			x.correction(func(x *trial) { x.verdict(sold, uptime.Spoofed) })
			x.sealed()
		})
	})
}

// What a second correction draws is only what it adds.
func TestGuardOfTheReserveTwice(t *testing.T) {
	t.Parallel()
	courthouse(t).trial(villageSeason, func(x *trial) {
		x.correction(cleared)
		first := x.s.Drawn
		x.fund(ledger.SeasonReserve(x.season.Code), first)
		x.sealed()
		x.verdict(attacked, uptime.Spoofed) // its amount goes back into the reserve
		x.take()
		back := x.s.Residual
		x.approve()
		x.sealed()
		x.exec(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
			VALUES ($1, false, 2000, 'genuine', '2024-05-06', '2024-05-06', 'pow', '', fact_stamp())`, attacked)
		x.take()
		x.approve()
		if g := x.board()["reserve"]; g.Threshold != fmt.Sprint(x.s.Drawn-first) || x.s.Drawn <= first || x.s.Residual != back {
			t.Errorf("%+v of %+v", g, x.s)
		}
		x.sealed()
	})
}

// What was sealed before must be in the ledger, whatever the season.
func TestGuardOfTheLedger(t *testing.T) {
	t.Parallel()
	o := courthouse(t)
	for _, c := range []struct {
		name    string
		change  func(*trial)
		differs int // 0: it is sealed
	}{
		{"nothing", func(*trial) {}, 0},
		{"a balance", exec(`UPDATE ledger_account SET balance = balance + 1 WHERE path = 'supplier/00005000-0000-4000-8000-000000000000/earned'`), 1},
		{"somebody owes nothing any more", exec(`INSERT INTO ledger_account (kind, supplier_id, balance) VALUES ('owing', '00005000-0000-4000-8000-000000000000', 1)`), 1},
		{"a transfer", exec(`UPDATE ledger_transfer SET amount = amount + 1 WHERE number = 1 AND journal = (SELECT max(number) FROM ledger_journal)`), 1},
		{"a sealed line", exec(`UPDATE snapshot_line SET amount = amount - 1 WHERE device = 0`), 2}, // against its journal and the balance
		{"a sealed line of another", exec(`UPDATE snapshot_line SET supplier_id = '00005077-0000-4000-8000-000000000000' WHERE device = 0`), 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.in(t).trial(villageSeason, func(x *trial) {
				x.correction(func(*trial) {})
				if c.differs == 0 {
					x.sealed()
					return
				}
				x.s = snapshot.Snapshot{}
				c.change(x)
				x.season.Code, x.season.Pool = "may-2-again", 0
				x.check(snapshot.CreateSeason(x.ctx, x.tx, x.season, []byte(villageRules), x.ada))
				x.take()
				x.approve()
				g := firm(failing("ledger_reconciled", fmt.Sprintf("1 sealed revisions, %d suppliers, %d differences", suppliersOf(x), c.differs), "nothing differs",
					"`uptally reconcile ledger`; then at the ledger itself: `uptally ledger verify`"))
				x.refused(g)
			})
		})
	}
}

// suppliersOf is how many suppliers the reconciliation looked at.
func suppliersOf(x *trial) int {
	x.t.Helper()
	r, err := snapshot.ReconcileLedger(x.ctx, x.tx)
	x.check(err)
	return r.Suppliers
}

// Warnings are for people to look at, and bar nothing.
func TestWarnings(t *testing.T) {
	t.Parallel()
	o := courthouse(t)
	t.Run("a large change", func(t *testing.T) {
		o.in(t).trial(villageSeason, func(x *trial) {
			x.correction(cleared)
			x.fund(ledger.SeasonReserve(x.season.Code), x.s.Drawn)
			g := x.board()["change"]
			if g.Verdict != snapshot.GuardWarning || g.Figure != fmt.Sprintf("1 suppliers differ from may-2/r1, gaining %d and losing 0", x.s.Drawn) ||
				g.Threshold != "at most 1 in 20 of the pool" || g.Remedy != "see why: `uptally snapshot diff may-2/r1 may-2/r2`" {
				t.Errorf("guard %+v", g)
			}
			x.sealed()
		})
	})
	t.Run("no change", func(t *testing.T) {
		o.in(t).trial(villageSeason, func(x *trial) {
			x.correction(func(*trial) {})
			if g := x.board()["change"]; g.Verdict != snapshot.GuardPassed || g.Figure != "0 suppliers differ from may-2/r1, gaining 0 and losing 0" {
				t.Errorf("guard %+v", g)
			}
		})
	})
	t.Run("a large loss", func(t *testing.T) {
		o.in(t).trial(villageSeason, func(x *trial) {
			sealed := x.correction(func(x *trial) { x.verdict(sold, uptime.Spoofed) })
			lost := x.s.Residual - sealed.Residual
			if g := x.board()["change"]; g.Verdict != snapshot.GuardWarning || lost == 0 ||
				g.Figure != fmt.Sprintf("2 suppliers differ from may-2/r1, gaining 0 and losing %d", lost) {
				t.Errorf("guard %+v", g)
			}
			x.sealed()
		})
	})
	t.Run("a large share", func(t *testing.T) {
		o.in(t).trial(villageSeason, func(x *trial) {
			x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
			x.take()
			x.approve()
			board := x.board()
			if _, has := board["change"]; has {
				t.Error("a first revision has changed")
			}
			g := board["largest_share"]
			if g.Verdict != snapshot.GuardWarning || !strings.HasSuffix(g.Figure, fmt.Sprintf("of %d to one of 4 suppliers", x.s.Allocated)) ||
				g.Threshold != "at most 1 in 5 of what is allocated" || !strings.Contains(g.Remedy, "supplier 00005000-0000-4000-8000-000000000000: `uptally snapshot lines may-2/r1`") {
				t.Errorf("guard %+v", g)
			}
			x.sealed()
		})
	})
	t.Run("even shares", func(t *testing.T) {
		o.in(t).trial(villageSeason, func(x *trial) {
			x.exec(`UPDATE device SET supplier_id = id`)
			x.exec(`DELETE FROM device_change`)
			x.verdict(cheat, uptime.Genuine)
			x.exec(`UPDATE uptime_chunk SET up = repeat('1', 12288)::bit(12288)`)
			x.exec(`DELETE FROM job_minutes`)
			x.take()
			if g := x.board()["largest_share"]; g.Verdict != snapshot.GuardPassed || !strings.HasSuffix(g.Figure, "to one of 6 suppliers") {
				t.Errorf("guard %+v", g)
			}
		})
	})
}
