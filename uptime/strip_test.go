package uptime_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// The days of the tests: the first two are closed, of the third one hour is not.
var (
	cutDays = uptime.SpanOf(time.Date(2024, 4, 29, 0, 0, 0, 0, time.UTC), time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC))
	openDay = cutDays.From + 2*uptime.SlotsPerDay
)

// cutDevices fill more shards than are cut at a time; the last strip is not full.
const cutDevices = 9*uptime.LanesPerShard + 33

// cutter is a database with random chunks of all of the days.
type cutter struct {
	*closedHour
	t      *testing.T
	random *rand.Rand
}

func newCutter(t *testing.T) *cutter {
	t.Helper()
	db := pgtest.New(t)
	c := &cutter{t: t, random: rand.New(rand.NewPCG(3, 4)), closedHour: &closedHour{
		bench: &bench{DB: db}, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace"),
	}}
	c.exec(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT n, gen_random_uuid(), n, '2024-04-01Z', 'registration', gen_random_uuid(), 'H100', 1, 'high', now() FROM generate_series(0, $1 - 1) n`, cutDevices)
	first, end := cutDays.Hours()
	c.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		if err := uptime.RequestSpan(ctx, tx, cutDays); err != nil {
			return err
		}
		for h := first; h < end; h++ {
			for _, shard := range []int32{0, 1, 8, 9} {
				if c.random.IntN(8) == 0 { // nobody was up
					continue
				}
				if err := insertChunk(ctx, tx, shard, h, c.random); err != nil {
					return err
				}
			}
		}
		return nil
	})
	c.exec(`UPDATE uptime_coverage SET observed = (random() * 4095)::integer::bit(12), final = B'111111111111', closed_at = now() WHERE hour <> '2024-05-01 22:00Z'`)
	return c
}

func (c *cutter) exec(statement string, arguments ...any) {
	c.t.Helper()
	if _, err := c.Owner.Exec(c.t.Context(), statement, arguments...); err != nil {
		c.t.Fatalf("%s: %v", statement, err)
	}
}

func (c *cutter) cut(day uptime.Slot) error {
	return c.try(func(ctx context.Context, tx pgx.Tx) error { return uptime.CutDay(ctx, tx, day) })
}

func (c *cutter) uncut() (days []uptime.Slot) {
	c.tx(c.t, func(ctx context.Context, tx pgx.Tx) (err error) {
		days, err = uptime.UncutDays(ctx, tx)
		return err
	})
	return days
}

// strips is how many there are of the day.
func (c *cutter) strips(day uptime.Slot) (n int) {
	c.t.Helper()
	if err := c.Owner.QueryRow(c.t.Context(), `SELECT count(*) FROM uptime_strip WHERE day = $1::date`, day.Start()).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// reopen opens an hour of the day again, and returns when it is.
func (c *cutter) reopen(k uptime.Slot) error {
	hour := uptime.Span{From: k.Hour().First(), To: (k.Hour() + 1).First()}
	id, err := c.propose(hour)
	if err == nil {
		_, err = c.approve(id, c.grace)
	}
	return err
}

// check reads random devices over random spans, and holds them against the chunks.
func (c *cutter) check() {
	c.t.Helper()
	c.tx(c.t, func(ctx context.Context, tx pgx.Tx) error {
		for range 60 {
			device := uptime.DeviceNumber([]int{0, 1, 2, 8, 9}[c.random.IntN(5)]*uptime.LanesPerShard + c.random.IntN(100))
			from := cutDays.From + uptime.Slot(c.random.IntN(cutDays.Len()-1))
			span := uptime.Span{From: from, To: from + 1 + uptime.Slot(c.random.IntN(int(cutDays.To-from)))}
			block, err := uptime.ReadBlock(ctx, tx, span, device.Shard(), 1)
			if err != nil {
				return err
			}
			var lanes uptime.Lanes
			block.Transpose(device.Shard(), &lanes)
			was := lanes.Timeline(device.Lane())
			hours, err := uptime.CoverageOf(ctx, tx, span)
			if err != nil {
				return err
			}
			seen := uptime.Observed(hours, span)
			observed, up, err := uptime.ReadObserved(ctx, tx, device, span)
			if err != nil {
				return err
			}
			all, err := uptime.ReadTimeline(ctx, tx, device, span)
			if err != nil {
				return err
			}
			if !slices.Equal(all.Words(), was.Words()) || !slices.Equal(observed.Words(), seen.Words()) || !slices.Equal(up.Words(), was.And(seen).Words()) {
				c.t.Fatalf("device %d from %s, %d slots: up %x, observed %x, up in them %x\nwant %x, %x, %x", device, span.From.Start(), span.Len(),
					all.Words(), observed.Words(), up.Words(), was.Words(), seen.Words(), was.And(seen).Words())
			}
		}
		return nil
	})
}

// Strips say what the chunks and the coverage say, whichever days have been cut.
func TestStripsSayWhatTheChunksSay(t *testing.T) {
	t.Parallel()
	c := newCutter(t)
	first, second := cutDays.From, cutDays.From+uptime.SlotsPerDay
	c.check()
	if days := c.uncut(); !slices.Equal(days, []uptime.Slot{first, second}) {
		t.Errorf("to be cut: %v, want the two closed days", days)
	}
	for i, day := range []uptime.Slot{second, first} { // a day before it is missing, then none
		if err := c.cut(day + 100); err != nil {
			t.Fatal(err)
		}
		if n, want := c.strips(day), (cutDevices+uptime.DevicesPerStrip-1)/uptime.DevicesPerStrip; n != want {
			t.Errorf("%d strips, want %d", n, want)
		}
		if days := c.uncut(); len(days) != 1-i {
			t.Errorf("to be cut: %v", days)
		}
		c.check()
	}
	if err := c.cut(first); err != nil {
		t.Errorf("cut again: %v", err)
	}
}

func TestOnlyClosedDaysAreCut(t *testing.T) {
	t.Parallel()
	c := newCutter(t)
	for _, day := range []uptime.Slot{openDay, cutDays.To} { // an hour is open; never requested
		if err := c.cut(day); !errors.Is(err, uptime.ErrHourOpen) || c.strips(day) != 0 {
			t.Errorf("%s: %v, %d strips", day.Start(), err, c.strips(day))
		}
	}
	first, second := cutDays.From, cutDays.From+uptime.SlotsPerDay
	if err := errors.Join(c.cut(first), c.cut(second), c.reopen(first+13)); err != nil {
		t.Fatal(err)
	}
	if c.strips(first) != 0 || c.strips(second) == 0 || len(c.uncut()) != 0 {
		t.Errorf("an hour is opened again: %d strips of its day, %d of the other, to be cut %v", c.strips(first), c.strips(second), c.uncut())
	}
	c.check()
}

// Whoever opens an hour again waits for whoever cuts its day, and takes the strips out.
func TestADayIsNotOpenedWhileItIsCut(t *testing.T) {
	t.Parallel()
	c := newCutter(t)
	cutting, err := c.App.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cutting.Rollback(context.Background()) }()
	if err := uptime.CutDay(t.Context(), cutting, cutDays.From); err != nil {
		t.Fatal(err)
	}
	reopened := make(chan error)
	go func() { reopened <- c.reopen(cutDays.From) }()
	c.awaitWaiter(reopened)
	if err := errors.Join(cutting.Commit(t.Context()), <-reopened); err != nil {
		t.Fatal(err)
	}
	if n := c.strips(cutDays.From); n != 0 {
		t.Errorf("%d strips of a day that is open", n)
	}
}

// Of days that are to be cut, one is opened meanwhile: it is left, and the other is cut.
func TestADayThatIsOpenedMeanwhileIsLeft(t *testing.T) {
	t.Parallel()
	c := newCutter(t)
	id, err := c.propose(uptime.Span{From: cutDays.From, To: cutDays.From + uptime.SlotsPerHour})
	if err != nil {
		t.Fatal(err)
	}
	opening, err := c.App.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opening.Rollback(context.Background()) }()
	if _, err := uptime.ApproveReopening(t.Context(), opening, id, c.grace); err != nil {
		t.Fatal(err)
	}
	cut := make(chan error)
	go func() { cut <- uptime.CutDays(context.Background(), c.App) }()
	c.awaitWaiter(cut)
	if err := errors.Join(opening.Commit(t.Context()), <-cut); err != nil {
		t.Fatal(err)
	}
	if first, second := c.strips(cutDays.From), c.strips(cutDays.From+uptime.SlotsPerDay); first != 0 || second == 0 {
		t.Errorf("%d strips of the day that is open, %d of the other", first, second)
	}
}

// awaitWaiter returns when somebody waits for a lock, who must not have ended.
func (c *cutter) awaitWaiter(ended <-chan error) {
	c.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for waiting := 0; waiting == 0; {
		select {
		case err := <-ended:
			c.t.Fatalf("ended (%v) without waiting", err)
		case <-tick.C:
		}
		if err := c.Owner.QueryRow(c.t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting); err != nil {
			c.t.Fatal(err)
		}
	}
}
