package jobs_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// One world gives one result: whatever the windows, their order, repetition and
// interleaving, the workers, the faults on the way, and the time zone.
func TestOneWorldGivesOneResult(t *testing.T) {
	const devices = 24
	calm := serve(t, devices, simulator.Options{})
	rough := serve(t, devices, simulator.Options{Gzip: true, Faults: simulator.Faults{
		Seed: 7, TooMany: 40, Unavailable: 40, Internal: 40, CursorExpired: 30, CutOff: 40, NotJSON: 40, Reset: 40,
		RepeatPage: 100, RepeatRows: 200, OutOfWindow: 200, ExtraFields: 200,
	}})
	for _, c := range []struct {
		name  string
		feed  string
		hours int
		work  int
		pulls int
		zone  string
	}{
		{"one worker, days in order", calm, 24, 1, 1, "UTC"},
		{"eight workers, hours in any order, twice over", calm, 1, 8, 2, "Asia/Kathmandu"},
		{"faults", rough, 7, 4, 2, "America/St_Johns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := settle(t, c.feed)
			w.spawn(task{Workers: c.work, Zone: c.zone})
			got := w.season(w.client(jobs.Options{Hours: c.hours}), c.pulls)
			if first == "" {
				first = got
			} else if got != first {
				t.Errorf("another result:\n%s\nwant:\n%s", got, first)
			}
		})
	}
}

// first is the result of the first run, that every other must equal.
var first string

// season pulls so many times over, in pieces of any order, and seals the season.
func (w *town) season(c *jobs.Client, pulls int) string {
	w.t.Helper()
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range pulls {
		pieces := []uptime.Span{pulled}
		if pulls > 1 {
			pieces = cutAnyhow(pulled, random)
		}
		var all []int64
		if round > 0 { // a backfill leaves out what is final: read it all the same
			for _, piece := range pieces {
				w.check(c.Work(ctx, jobs.PullWindow{From: piece.From.Start(), To: piece.To.Start()}, 1))
			}
			continue
		}
		for _, piece := range pieces {
			ids, err := c.Backfill(ctx, piece)
			w.check(err)
			all = append(all, ids...)
		}
		w.check(c.Wait(ctx, all, nil))
	}
	w.check(c.CloseHours(ctx))
	w.check(c.Work(ctx, jobs.CutDays{}, 1))
	w.prepare(season)
	s, err := c.Take(ctx, season.Code, w.ada)
	w.check(err)
	s, err = c.WaitTaken(ctx, s.ID, nil)
	w.check(err)
	w.approve(s)
	w.check(w.spawn(task{Seal: s.ID, Person: w.ada}).wait())
	return w.result(s)
}

// cutAnyhow cuts the span into pieces that overlap, in any order.
func cutAnyhow(span uptime.Span, random *rand.Rand) []uptime.Span {
	var pieces []uptime.Span
	for from := span.From; from < span.To; {
		to := min(span.To, from+1+uptime.Slot(random.IntN(600)))
		pieces = append(pieces, uptime.Span{From: max(span.From, from-uptime.Slot(random.IntN(20))), To: to})
		from = to
	}
	random.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	return pieces
}
