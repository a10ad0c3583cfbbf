package rewards

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Pulls is all that is known of the reading of a span.
type Pulls struct {
	From       time.Time   `json:"from" example:"2024-04-25T00:00:00Z" doc:"First slot."`
	To         time.Time   `json:"to" example:"2024-04-26T00:00:00Z" doc:"End, exclusive."`
	Slots      int         `json:"slots" example:"288" doc:"Slots of the span."`
	Observed   int         `json:"observed" example:"276" doc:"Slots that were read in full."`
	GivenUp    slotsList   `json:"given_up" doc:"Slots that are not waited for any longer, and stay unobserved."`
	Awaited    slotsList   `json:"awaited" doc:"Slots that are still to be read."`
	Hours      hours       `json:"hours" doc:"Its hours."`
	Late       int64       `json:"late" example:"0" doc:"Heartbeats that came for hours that were closed by then: left out."`
	Passes     []passes    `json:"passes" nullable:"false" doc:"What its passes amount to, by outcome."`
	Failures   []failure   `json:"failures" nullable:"false" doc:"The last passes that failed, newest first."`
	Logs       []logState  `json:"logs" nullable:"false" doc:"How far the network's logs were read."`
	Reopenings []Reopening `json:"reopenings" nullable:"false" doc:"Hours that were opened again, or should be."`
}

// slotsList is some slots of a span.
type slotsList struct {
	Slots int        `json:"slots" example:"12" doc:"How many."`
	Spans []slotsRun `json:"spans" nullable:"false" doc:"Which, as runs: the first 1,000 of them."`
}

// runsTold bounds how many runs of slots are named.
const runsTold = 1000

// slotsRun is a run of slots of one reason.
type slotsRun struct {
	Span
	Slots  int    `json:"slots" example:"12" doc:"Its slots."`
	Reason string `json:"reason,omitempty" example:"The network has lost these hours." doc:"Why they were given up."`
}

// add lengthens the last run by the slot, or begins another.
func (l *slotsList) add(k uptime.Slot, reason string) {
	l.Slots++
	if n := len(l.Spans); n > 0 && l.Spans[n-1].To.Equal(k.Start()) && l.Spans[n-1].Reason == reason {
		l.Spans[n-1].To, l.Spans[n-1].Slots = k.End(), l.Spans[n-1].Slots+1
	} else if n < runsTold {
		l.Spans = append(l.Spans, slotsRun{Span{k.Start(), k.End()}, 1, reason})
	}
}

// passes is what the passes of one outcome amount to.
type passes struct {
	Outcome     string `json:"outcome" enum:"merged,malformed,unauthorised,unavailable" example:"merged" doc:"How they ended."`
	Passes      int64  `json:"passes" example:"24" doc:"How many."`
	Pages       int64  `json:"pages" example:"240" doc:"Pages read."`
	Heartbeats  int64  `json:"heartbeats" example:"2400000" doc:"Heartbeats read."`
	Accepted    int64  `json:"accepted" example:"2399990" doc:"Of them, accepted."`
	Unknown     int64  `json:"unknown" example:"10" doc:"Of ids that no registration names."`
	OutOfWindow int64  `json:"out_of_window" example:"0" doc:"Outside of the window that was asked for."`
	Late        int64  `json:"late" example:"0" doc:"Of hours that were closed by then."`
}

// failure is one pass that failed.
type failure struct {
	Span
	EndedAt time.Time `json:"ended_at" example:"2024-04-25T09:00:00Z" doc:"When it failed."`
	Outcome string    `json:"outcome" example:"unavailable" doc:"How."`
	Cause   string    `json:"cause" example:"503 Service Unavailable" doc:"Why."`
}

func readPulls(ctx context.Context, tx pgx.Tx, span uptime.Span, failures int) (v Pulls, err error) {
	if v, err = coverageOf(ctx, tx, span); err != nil {
		return v, err
	}
	totals, err := uptime.PullTotals(ctx, tx, span)
	if err != nil {
		return v, err
	}
	v.Passes = make([]passes, len(totals))
	for i, t := range totals {
		v.Late += t.Late
		v.Passes[i] = passes{string(t.Outcome), t.Passes, t.Pages, t.Heartbeats, t.Accepted, t.Unknown, t.OutOfWindow, t.Late}
	}
	failed, err := uptime.Pulls(ctx, tx, span, true, failures)
	if err != nil {
		return v, err
	}
	v.Failures = make([]failure, len(failed))
	for i, p := range failed {
		v.Failures[i] = failure{Span{p.Window.From.Start(), p.Window.To.Start()}, p.EndedAt.UTC(), string(p.Outcome), p.Cause}
	}
	v.Logs, err = readLogs(ctx, tx)
	return v, err
}

// coverageOf reads what is known of the span, slot by slot.
func coverageOf(ctx context.Context, tx pgx.Tx, span uptime.Span) (v Pulls, err error) {
	read, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return v, err
	}
	given, err := uptime.GivenUpOf(ctx, tx, span)
	if err != nil {
		return v, err
	}
	totals := uptime.SumCoverage(read, span)
	settled, final := uptime.Observed(read, span), uptime.Final(read, span)
	v = Pulls{
		From: span.From.Start(), To: span.To.Start(), Slots: totals.Slots, Observed: totals.Observed,
		Hours:   hours{totals.Hours, totals.Closed, totals.Hours - totals.Closed},
		GivenUp: slotsList{Spans: []slotsRun{}}, Awaited: slotsList{Spans: []slotsRun{}},
	}
	for _, g := range given {
		if !settled.Has(g.Slot) && final.Has(g.Slot) { // else read after all, or awaited again since its hour was reopened
			settled.Add(g.Slot)
			v.GivenUp.add(g.Slot, g.Reason)
		}
	}
	for k := span.From; k < span.To; k++ {
		if !settled.Has(k) {
			v.Awaited.add(k, "")
		}
	}
	return v, nil
}
