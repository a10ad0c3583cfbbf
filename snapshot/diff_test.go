package snapshot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// Each act is followed by a revision, and is all that explains how it differs from
// the one before.
func TestOneCause(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.down(outaged, uptime.SpanOf(may(2, 13), may(2, 14))) // not yet in a window
	o := v.settle(t)
	sync := func(act func(*facts)) func(*office) {
		return func(o *office) {
			o.network.do(act)
			o.syncChanges()
			o.syncVerdicts()
			o.readMinutes()
		}
	}
	var hold int64
	revision := o.take(v.season.Code)
	for _, c := range []struct {
		name  string
		act   func(*office)
		cause snapshot.Cause // 0: none
		lines string         // whose figures differ; the amounts of others may too
	}{
		{"nothing", func(*office) {}, 0, ""},
		{"a verdict", sync(func(f *facts) { f.verdict(neverSeen, uptime.Spoofed, may(2, 4)) }), snapshot.CauseVerdict,
			`
5 00: outcome never_seen→spoofed notes grace_inactive_before→ +0`},
		{"a verdict that clears", sync(func(f *facts) { f.verdict(cheat, uptime.Genuine, may(2, 5)) }), snapshot.CauseVerdict,
			`
2 00: outcome spoofed→eligible +200278165`},
		{"a verdict once more", sync(func(f *facts) { f.verdict(cheat, uptime.Spoofed, may(2, 6)) }), snapshot.CauseVerdict, `
2 00: outcome eligible→spoofed -200278165`},
		{"a window approved", func(o *office) {
			w := villageWindow
			w.From, w.To = may(2, 13), may(2, 14)
			o.window(v.season.Code, w)
		}, snapshot.CauseGrace, `
1 00: grace 12→24 run 156→288 +7848537`},
		{"a window that is only proposed", func(o *office) {
			w := villageWindow
			w.From, w.To = may(2, 14), may(2, 15)
			o.propose(v.season.Code, w)
		}, 0, ""},
		{"a model changed", sync(func(f *facts) {
			f.change(steady, "user", may(2, 15), row{"gpu_model": "NVIDIA H100"})
		}), snapshot.CauseFacts, `
0 00: weight 1000000→8500000 +489203548`},
		{"a model that is not listed", sync(func(f *facts) {
			f.change(steady, "user", may(2, 16), row{"gpu_model": "NVIDIA ?"})
		}), snapshot.CauseFacts, `
0 00: weight 8500000→0 outcome eligible→unlisted_gpu -745657938`},
		{"job minutes", sync(func(f *facts) { f.job(sold, "2024-05-02", 77) }), snapshot.CauseFacts, `
3 12: minutes 0→77 +7361096`},
		{"job minutes corrected", sync(func(f *facts) {
			f.minutes["2024-05-02"] = nil
			f.job(steady, "2024-05-02", 100)
			f.job(sold, "2024-05-02", 78)
		}), snapshot.CauseFacts, `
3 12: minutes 77→78 +94743`},
		{"a registration", sync(func(f *facts) {
			f.change(villagers, "registration", may(2, 3), row{
				"supplier_id": supplierID(9), "gpu_model": "NVIDIA T4", "gpu_count": 1, "connectivity": "high",
			})
			f.change(villagers, "user", may(2, 4), row{"gpu_count": 2})
		}), snapshot.CauseFacts, `
6 03: none→never_seen of 00005009 +0`},
		{"a sale", sync(func(f *facts) { f.change(outaged, "user", may(2, 18), row{"supplier_id": supplierID(8)}) }),
			snapshot.CauseOwnership, `
1 00: end 00→18 observed 288→216 up 264→192 run 288→216 notes grace_applied→grace_applied;owner_changed -82587750
1 18: none→eligible of 00005008 +82587750`},
		{"a sale through the untrusted channel", sync(func(f *facts) {
			f.change(outaged, "worker-api", may(2, 20), row{"supplier_id": supplierID(66)})
		}), snapshot.CauseOwnership, `
1 18: end 00→20 observed 72→24 up 72→24 run 72→24 -55058500
1 20: none→eligible of 00005042 +55058500`},
		{"a hold on it", func(o *office) { hold = o.hold(snapshot.Hold{From: may(2, 19), To: may(2, 21)}) }, snapshot.CauseHold,
			`
1 00: notes grace_applied;owner_changed→grace_applied;metadata_held;owner_changed +0
1 18: end 20→00 observed 24→72 up 24→72 run 24→72 notes owner_changed→metadata_held;owner_changed +55058500
1 20: eligible of 00005042→none -55058500`},
		{"the hold released", func(o *office) { o.check(o.releaseHold(hold)) }, snapshot.CauseHold, `
1 00: notes grace_applied;metadata_held;owner_changed→grace_applied;owner_changed +0
1 18: end 00→20 observed 72→24 up 72→24 run 72→24 notes metadata_held;owner_changed→owner_changed -55058500
1 20: none→eligible of 00005042 +55058500`},
		{"a change released", func(o *office) { o.releaseChange(attackSeq) }, snapshot.CauseHold, `
4 00: end 00→06 observed 288→72 up 288→72 run 288→72 notes metadata_held→owner_changed -247763250
4 06: none→eligible of 00005042 +247763250`},
		{"a hold on nothing", func(o *office) { o.hold(snapshot.Hold{From: may(1, 2), To: may(1, 3)}) }, 0, ""},
		{"a change into a hold that stands", sync(func(f *facts) {
			f.change(neverSeen, "worker-api", may(2, 6), row{"supplier_id": supplierID(66)})
		}), snapshot.CauseOwnership, `
5 00: notes →metadata_held +0`},
		{"hours reopened", func(o *office) { o.rewriteHour(attacked, may(2, 3)) }, snapshot.CauseHours, `
4 00: up 72→71 run 72→36 -1053529`},
		{"an hour reopened and pulled again", func(o *office) { o.repull(villagers, may(2, 22)) }, snapshot.CauseHours, `
6 03: up 0→12 run 0→12 outcome never_seen→below_min_uptime +0`},
		{"a slot that is no longer observed", func(o *office) {
			o.past(`UPDATE uptime_coverage SET observed = B'011111111111', reopened = reopened + 1 WHERE hour = '2024-05-02 23:00+00'`)
		}, snapshot.CauseHours, `
0 00: observed 288→287 up 288→287 run 288→287 +0
1 20: observed 48→47 up 48→47 run 48→47 -961782
2 00: observed 288→287 up 288→287 run 288→287 +0
3 12: observed 144→143 up 144→143 run 144→143 -549704
4 06: observed 216→215 up 216→215 run 216→215 -294833
5 00: observed 288→287 +0
6 03: observed 252→251 +0`},
	} {
		ok := t.Run(c.name, func(t *testing.T) {
			o := o.in(t)
			c.act(o)
			next := o.take(v.season.Code)
			d := o.explained(revision, next)
			var want []snapshot.Cause
			if c.cause != 0 {
				want = []snapshot.Cause{c.cause}
			}
			if got := causesOf(d); !slices.Equal(got, want) {
				t.Errorf("causes %v, want %v", got, want)
			}
			o.inverse(revision, next)
			if got := o.told(revision, next); got != strings.TrimPrefix(c.lines, "\n") {
				t.Errorf("lines\n%s\nwant\n%s", got, c.lines)
			}
			revision = next
		})
		if !ok {
			t.FailNow()
		}
	}
}

// past runs a statement past the triggers that keep closed hours as they are.
func (o *office) past(statement string, arguments ...any) {
	o.t.Helper()
	ctx := context.Background()
	o.check(pgx.BeginFunc(ctx, o.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statement, arguments...)
		return err
	}))
}

// rewriteHour turns the device's first bit of a closed hour over, as a reopening with
// other heartbeats would leave it.
func (o *office) rewriteHour(device int, hour time.Time) {
	o.t.Helper()
	o.past(`UPDATE uptime_chunk SET up = set_bit(up, $1, 1 - get_bit(up, $1)) WHERE shard = 0 AND hour = $2`, device, hour)
	o.past(`UPDATE uptime_coverage SET reopened = reopened + 1 WHERE hour = $1`, hour)
}

// repull reopens an hour, as two people do, and pulls it again, now with heartbeats
// of the device.
func (o *office) repull(device int, hour time.Time) {
	o.t.Helper()
	span := uptime.SpanOf(hour, hour.Add(time.Hour))
	o.network.do(func(f *facts) {
		if f.up[deviceID(device)].Span().Empty() {
			f.up[deviceID(device)] = uptime.NewTimeline(villageSpan)
		}
		f.up[deviceID(device)].AddSpan(span)
	})
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		id, err := uptime.ProposeReopening(ctx, tx, span, "an archive was found", o.ada)
		if err != nil {
			return err
		}
		_, err = uptime.ApproveReopening(ctx, tx, id, o.grace)
		return err
	})
	observed := uptime.NewTimeline(span)
	observed.AddSpan(span)
	o.pull(observed)
}

// told tells every line whose figures differ, not its amount alone, and its amount.
func (o *office) told(a, b snapshot.Snapshot) string {
	o.t.Helper()
	_, changed := o.diff(a, b)
	var lines []string
	for _, l := range changed {
		if what := toldLine(l.Before(), l.After()); what != "" {
			lines = append(lines, fmt.Sprintf("%d %s:%s %+d", l.Device, l.First.Start().Format("15"), what, l.Change()))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func toldLine(a, b snapshot.Line) (what string) {
	if a.Span.Empty() || b.Span.Empty() {
		return fmt.Sprintf(" %v→%v", orNone(a), orNone(b))
	}
	for _, f := range []struct {
		name string
		a, b any
	}{
		{"owner", a.SupplierID.String()[:8], b.SupplierID.String()[:8]}, {"end", a.Span.To.Start().Format("15"), b.Span.To.Start().Format("15")},
		{"observed", a.Observed, b.Observed}, {"up", a.Up, b.Up}, {"grace", a.Grace, b.Grace}, {"run", a.LongestRun, b.LongestRun},
		{"weight", a.WeightMillionths, b.WeightMillionths}, {"minutes", a.JobMinutes, b.JobMinutes},
		{"outcome", a.Outcome, b.Outcome}, {"notes", a.Notes, b.Notes},
	} {
		if f.a != f.b {
			what += fmt.Sprintf(" %s %v→%v", f.name, f.a, f.b)
		}
	}
	return what
}

func orNone(l snapshot.Line) string {
	if l.Span.Empty() {
		return "none"
	}
	return fmt.Sprintf("%s of %s", l.Outcome, l.SupplierID.String()[:8])
}
