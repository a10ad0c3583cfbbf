package uptime_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

func TestMergedPassStandsInChunksCoverageAndAccount(t *testing.T) {
	b := setup(t)
	b.register(0, 1)
	b.beat(0, hour.First())
	b.beat(1, hour.First()+11)
	b.beat(1, hour.First()+11)                                                             // twice
	b.beat(77, hour.First()+3)                                                             // no registration names it
	b.do(func() { b.heartbeats[0]["unknown_field"] = map[string]any{"nested": []int{1}} }) //
	b.beat(0, hour.First()+40)                                                             // outside the window
	b.do(func() { b.heartbeats[len(b.heartbeats)-1]["stray"] = true })                     // and sent all the same
	pull := b.merge(t, b.read(t, slots(0, 12), later))

	want := uptime.Pull{Window: slots(0, 12), Pages: 1, Heartbeats: 5, Accepted: 3, Unknown: 1, OutOfWindow: 1, Outcome: uptime.PullMerged,
		StartedAt: later, EndedAt: later, BodiesSHA256: pull.BodiesSHA256}
	if pull != want {
		t.Errorf("account\n%+v, want\n%+v", pull, want)
	}
	if up := b.up(t, 0, slots(0, 24)); !slices.Equal(up, []int{0}) {
		t.Errorf("device 0 is up in %v", up)
	}
	if up := b.up(t, 1, slots(0, 24)); !slices.Equal(up, []int{11}) {
		t.Errorf("device 1 is up in %v", up)
	}
	hours, totals := b.coverage(t, slots(0, 24))
	if hours[0].Observed != uptime.AllSlots || hours[0].Final != uptime.AllSlots || hours[1].Observed != 0 {
		t.Errorf("coverage %+v", hours)
	}
	if totals.Observed != 12 || totals.Awaited() != 12 || totals.Slots != 24 {
		t.Errorf("totals %+v", totals)
	}
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		pulls, err := uptime.Pulls(ctx, tx, slots(0, 12), false, 10)
		if len(pulls) != 1 || pulls[0].Heartbeats != 5 || !pulls[0].StartedAt.Equal(later) {
			t.Errorf("on record: %+v", pulls)
		}
		return err
	})
}

func TestReadingAgainOnlyAdds(t *testing.T) {
	b := setup(t)
	b.register(0)
	b.beat(0, hour.First()+2)
	first := b.read(t, slots(0, 12), soon)
	b.beat(0, hour.First()+5) // committed late
	second := b.read(t, slots(0, 12), soon)
	for _, pass := range []*uptime.Pass{second, first, first, second} { // any order, any number of times
		b.merge(t, pass)
	}
	if up := b.up(t, 0, slots(0, 12)); !slices.Equal(up, []int{2, 5}) {
		t.Errorf("up in %v", up)
	}
}

func TestFailedPassLeavesOnlyItsAccount(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(*bench)
		outcome uptime.PullOutcome
		cause   string
	}{
		{"one row without a time", func(b *bench) {
			b.do(func() {
				b.heartbeats = append(b.heartbeats, map[string]any{"device_id": deviceID(0), "at": "2024-04-25T08:05:61Z"})
			})
		}, uptime.PullMalformed, "at"},
		{"unauthorised", func(b *bench) { b.do(func() { b.refuse = http.StatusUnauthorized }) }, uptime.PullUnauthorised, "401"},
		{"forbidden", func(b *bench) { b.do(func() { b.refuse = http.StatusForbidden }) }, uptime.PullUnauthorised, "403"},
		{"down", func(b *bench) { b.do(func() { b.refuse = http.StatusServiceUnavailable }) }, uptime.PullUnavailable, "503"},
		{"cursors that always expire", func(b *bench) { b.do(func() { b.refuse = http.StatusGone }) }, uptime.PullUnavailable, "410"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t)
			b.register(0)
			b.beat(0, hour.First())
			c.spoil(b)
			ctx := context.Background()
			pass, err := uptime.ReadWindow(ctx, b.App, b.feed, &b.devices, slots(0, 12), clock(later))
			if err == nil {
				t.Fatal("the pass was whole")
			}
			b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
				_, err := uptime.RecordFailure(ctx, tx, pass, err)
				return err
			})
			if up := b.up(t, 0, slots(0, 12)); len(up) != 0 {
				t.Errorf("up in %v", up)
			}
			if _, totals := b.coverage(t, slots(0, 12)); totals.Observed != 0 || totals.GivenUp != 0 {
				t.Errorf("coverage %+v", totals)
			}
			b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
				pulls, err := uptime.Pulls(ctx, tx, slots(0, 12), true, 10)
				if len(pulls) != 1 || pulls[0].Outcome != c.outcome || !strings.Contains(pulls[0].Cause, c.cause) || pulls[0].Accepted != 0 {
					t.Errorf("on record: %+v, want %s with %q", pulls, c.outcome, c.cause)
				}
				return err
			})
		})
	}
}

// An id that turns up before its registration was read is asked for once more.
func TestIDsThatTurnUpDuringAPassAreAskedForOnceMore(t *testing.T) {
	b := setup(t)
	b.beat(0, hour.First()+4)
	b.beat(1, hour.First()+4)
	b.do(func() { b.onPage = sync.OnceFunc(func() { b.register(0) }) })
	pass := b.read(t, slots(0, 12), later)
	pull := b.merge(t, pass)
	if pull.Accepted != 1 || pull.Unknown != 1 {
		t.Errorf("accepted %d and unknown %d, want 1 and 1", pull.Accepted, pull.Unknown)
	}
	if up := b.up(t, 0, slots(0, 12)); !slices.Equal(up, []int{4}) {
		t.Errorf("up in %v", up)
	}
}

func TestAWindowIsReadOnlyWhenItIsOver(t *testing.T) {
	b := setup(t)
	for _, window := range []uptime.Span{slots(0, 24), slots(5, 5)} {
		_, err := uptime.ReadWindow(context.Background(), b.App, b.feed, &b.devices, window, clock(soon.Add(-time.Second)))
		if err == nil {
			t.Errorf("window %v was read", window)
		}
	}
}

// Eight writers on one hour, each with bits of its own in every shard, merged in
// any order: nothing is lost and nobody is refused.
func TestEightWritersOnOneHour(t *testing.T) {
	const writers, shards, rounds = 8, 6, 5
	b := setup(t)
	all := make([]int, shards*uptime.LanesPerShard)
	for i := range all {
		all[i] = i
	}
	b.register(all...)
	for round := range rounds {
		for w := range writers {
			for s := range shards {
				b.beat(s*uptime.LanesPerShard+w, hour.First()+uptime.Slot((round+w)%12))
			}
		}
	}
	var passes []*uptime.Pass
	for k := range 12 {
		passes = append(passes, b.read(t, slots(k, k+1), later))
	}
	var group sync.WaitGroup
	errs := make(chan error, writers*len(passes))
	for w := range writers {
		group.Go(func() {
			for i := range passes {
				pass := passes[(i*5+w*3)%len(passes)]
				errs <- pgx.BeginFunc(context.Background(), b.App, func(tx pgx.Tx) error {
					_, err := uptime.Merge(context.Background(), tx, pass)
					return err
				})
			}
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	for w := range writers {
		var want []int
		for round := range rounds {
			want = append(want, (round+w)%12)
		}
		slices.Sort(want)
		for s := range shards {
			if up := b.up(t, uptime.DeviceNumber(s*uptime.LanesPerShard+w), slots(0, 12)); !slices.Equal(up, want) {
				t.Fatalf("shard %d, lane %d: up in %v, want %v", s, w, up, want)
			}
		}
	}
}

// A closing hour and a late merge never interleave: whatever the race, either the
// merge came first and its bits stand, or it came late and is counted so.
func TestClosingAndLateMergesNeverInterleave(t *testing.T) {
	b := setup(t)
	b.register(0)
	for round := range 20 {
		h := hour + uptime.Hour(100+round)
		window := uptime.Span{From: h.First(), To: h.First() + 12}
		now := h.Start().Add(30 * time.Hour)
		b.tx(t, func(ctx context.Context, tx pgx.Tx) error { return uptime.RequestSpan(ctx, tx, window) })
		b.merge(t, b.read(t, window, now)) // nobody is up; every slot is final
		b.beat(0, h.First()+3)
		late := b.read(t, window, now)
		var (
			group  sync.WaitGroup
			merged uptime.Pull
		)
		errs := make([]error, 2)
		group.Go(func() {
			errs[0] = pgx.BeginFunc(context.Background(), b.App, func(tx pgx.Tx) (err error) {
				merged, err = uptime.Merge(context.Background(), tx, late)
				return err
			})
		})
		group.Go(func() {
			errs[1] = pgx.BeginFunc(context.Background(), b.App, func(tx pgx.Tx) error {
				_, err := uptime.CloseHours(context.Background(), tx, now)
				return err
			})
		})
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		hours, _ := b.coverage(t, window)
		if hours[0].ClosedAt == nil {
			t.Fatal("the hour is open")
		}
		up := len(b.up(t, 0, window))
		if int64(up) != merged.Accepted || merged.Accepted+merged.Late != 1 {
			t.Fatalf("accepted %d, late %d, and %d bits stand", merged.Accepted, merged.Late, up)
		}
	}
}

func TestAClosedHourRefusesEverything(t *testing.T) {
	b := setup(t)
	b.register(0)
	b.merge(t, b.read(t, slots(0, 12), later))
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		closed, err := uptime.CloseHours(ctx, tx, later)
		if closed != 1 {
			t.Errorf("closed %d hours", closed)
		}
		return err
	})
	b.beat(0, hour.First())
	b.beat(0, hour.First()+12) // of the next hour, which is open
	pull := b.merge(t, b.read(t, slots(0, 24), later.Add(time.Hour)))
	if pull.Late != 1 || pull.Accepted != 1 {
		t.Errorf("late %d and accepted %d, want 1 and 1", pull.Late, pull.Accepted)
	}
	if up := b.up(t, 0, slots(0, 24)); !slices.Equal(up, []int{12}) {
		t.Errorf("up in %v", up)
	}
	_, err := b.Owner.Exec(context.Background(), `UPDATE uptime_coverage SET observed = B'000000000000' WHERE hour = $1`, hour.Start())
	if err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("the database let a closed hour change: %v", err)
	}
}

func TestAnHourIsClosedWhenNothingOfItIsAwaited(t *testing.T) {
	b := setup(t)
	b.register(0)
	closed := func(now time.Time) (n int64) {
		b.tx(t, func(ctx context.Context, tx pgx.Tx) (err error) {
			n, err = uptime.CloseHours(ctx, tx, now)
			return err
		})
		return n
	}
	b.merge(t, b.read(t, slots(0, 12), soon))
	if closed(later) != 0 {
		t.Error("closed before it was read again")
	}
	b.merge(t, b.read(t, slots(0, 11), later))
	if closed(later) != 0 {
		t.Error("closed with a slot that was not read again")
	}
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		n, err := uptime.GiveUp(ctx, tx, slots(11, 24), soon, nil, "the network never answered")
		if n != 12 { // slot 11 is observed already: only the next hour's are given up
			t.Errorf("gave up %d slots", n)
		}
		return err
	})
	young := later.Add(-time.Second)
	if n := closed(young); n != 0 {
		t.Errorf("closed %d hours, though a slot of one is not final, and the other is young", n)
	}
	b.merge(t, b.read(t, slots(11, 12), later))
	if n := closed(young); n != 1 {
		t.Errorf("closed %d hours, want the first", n)
	}
	if n := closed(later); n != 1 {
		t.Errorf("closed %d hours, want the one that was given up", n)
	}
}

// A slot that was observed early and never read again keeps its hour open until it
// is read, or given up on.
func TestSlotsToBeReadAgainAreAwaitedAndCanBeGivenUp(t *testing.T) {
	b := setup(t)
	b.merge(t, b.read(t, slots(-12, 12), soon))
	awaited := func(now time.Time) (slots []uptime.Slot) {
		b.tx(t, func(ctx context.Context, tx pgx.Tx) (err error) {
			slots, err = uptime.AwaitedOf(ctx, tx, uptime.Span{From: hour.First(), To: hour.First() + 12}, now)
			return err
		})
		return slots
	}
	if got := awaited(soon); len(got) != 0 {
		t.Errorf("awaited while young: %v", got)
	}
	if got := awaited(later.Add(-90 * time.Minute)); len(got) != 6 {
		t.Errorf("awaited when half of the hour is a day old: %v", got)
	}
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		early, err := uptime.GiveUp(ctx, tx, slots(0, 12), soon, nil, "too early")
		late, err2 := uptime.GiveUp(ctx, tx, slots(0, 12), later, nil, "the network never answered again")
		closed, err3 := uptime.CloseHours(ctx, tx, later)
		if early != 0 || late != 12 || closed != 1 {
			t.Errorf("gave up %d when young and %d when old, and closed %d hours", early, late, closed)
		}
		return errors.Join(err, err2, err3)
	})
	if hours, totals := b.coverage(t, slots(0, 12)); totals.Observed != 12 || totals.GivenUp != 0 || hours[0].ClosedAt == nil {
		t.Errorf("coverage %+v", totals)
	}
}

func TestGivingUpIsOnRecordWithItsReason(t *testing.T) {
	b := setup(t)
	person := pgtest.Person(t, b.Owner, "ada")
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		for range 2 { // the second time there is nothing left to give up
			if _, err := uptime.GiveUp(ctx, tx, slots(3, 5), soon, &person, "the network lost them"); err != nil {
				return err
			}
		}
		given, err := uptime.GivenUpOf(ctx, tx, slots(0, 12))
		if len(given) != 2 || given[0].Slot != hour.First()+3 || *given[1].PersonID != person || given[0].Reason != "the network lost them" {
			t.Errorf("given up: %+v", given)
		}
		awaited, err2 := uptime.Awaited(ctx, tx, hour.Start().Add(time.Hour))
		want := []uptime.Span{slots(-12, 0), slots(0, 3), slots(5, 12)}
		if !slices.Equal(awaited, want) {
			t.Errorf("awaited %v, want %v", awaited, want)
		}
		return errors.Join(err, err2)
	})
}

func TestPopulationLeavesOutTheSpoofed(t *testing.T) {
	b := setup(t)
	b.register(0, 1, 2)
	for _, d := range []int{0, 1, 2} {
		b.beat(d, hour.First()+1)
	}
	b.verdict(0, "spoofed")
	b.verdict(1, "spoofed")
	b.verdict(1, "genuine")
	if err := uptime.SyncVerdicts(context.Background(), b.App, b.feed); err == nil {
		b.merge(t, b.read(t, slots(0, 2), later)) // the devices are registered by now; the verdicts were kept aside
	} else {
		t.Fatal(err)
	}
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		got, err := uptime.PopulationOf(ctx, tx, slots(0, 3), time.Now().Add(time.Hour))
		want := []uptime.Population{
			{Slot: hour.First(), Observed: true}, {Slot: hour.First() + 1, Observed: true, Up: 3, Genuine: 2}, {Slot: hour.First() + 2},
		}
		if !slices.Equal(got, want) {
			t.Errorf("population\n%+v, want\n%+v", got, want)
		}
		return err
	})
}
