package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
)

type pullCommands struct {
	Run    pullSpan   `cmd:"" default:"withargs" help:"Read a span of heartbeats, its logs and job minutes, now."`
	Status pullStatus `cmd:"" help:"Show what was read, what failed and why, and what was given up."`
	Import pullImport `cmd:"" help:"Import archived pages of before the network was pulled: one person proposes, another approves."`
	GiveUp pullGiveUp `cmd:"" help:"Stop waiting for slots that were not read; they stay unobserved."`
	Reopen pullReopen `cmd:"" help:"Open closed hours again, to read them once more: one person proposes, another approves."`
}

// spanFlags are the bounds of a span of slots.
type spanFlags struct {
	From instant `required:"" placeholder:"TIME" help:"First instant: RFC 3339, or a day (midnight UTC)."`
	To   instant `required:"" placeholder:"TIME" help:"End, exclusive."`
}

// span returns the slots that the flags stand for, at least one.
func (f spanFlags) span() (uptime.Span, error) {
	span := uptime.SpanOf(f.From.Time, f.To.Time)
	if span.Empty() {
		return span, usage("--from %s --to %s holds no slot: let it end at least five minutes after it begins", utc(f.From.Time), utc(f.To.Time))
	}
	return span, nil
}

type pullSpan struct {
	spanFlags
	Workers int `default:"4" help:"Windows read at once."`
}

// Run reads the span by jobs, in this process, and returns when nothing of it is
// awaited any longer.
func (c pullSpan) Run(ctx context.Context, a *app) error {
	span, err := c.span()
	if err != nil {
		return err
	}
	if c.Workers < 1 {
		return usage("--workers %d: give 1 or more", c.Workers)
	}
	if now := time.Now(); span.To.Start().After(now) {
		return usage("--to %s has not come yet: a slot can be read once it is over; it is %s", utc(c.To.Time), utc(now))
	}
	feed, err := a.feed()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		if a.DryRun {
			return a.tellCoverage(ctx, db, span, "Dry run: nothing was read.", nil)
		}
		began := time.Now()
		err := withJobs(ctx, db, jobs.Options{Work: jobs.Pulls, Feed: feed, Workers: c.Workers}, func(client *jobs.Client) error {
			return a.backfill(ctx, client, span, "Reading heartbeats")
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			a.tellFit(ctx, db, feed, span)
		}
		return a.tellCoverage(ctx, db, span, fmt.Sprintf("Ended after %s.", time.Since(began).Round(time.Millisecond)), err)
	})
}

// tellFit holds the span against the service's own counts, and says how they fit. It
// is no part of the reading: whatever comes of it, what was read was read.
func (a *app) tellFit(ctx context.Context, db *database, feed *uptime.Feed, span uptime.Span) {
	refusal, err := reconcile.ReadMissing(ctx, db.pool, feed, span, time.Now())
	if err == nil && refusal == "" {
		var state *reconcile.State
		if state, err = stateOf(ctx, db, span); err == nil {
			a.say("Against the service's own counts: %s. See: uptally reconcile ingest --from %s --to %s",
				state, utc(span.From.Start()), utc(span.To.Start()))
		}
	}
	if err != nil || refusal != "" {
		a.say("Not held against the service's own counts: %s", cmp.Or(refusal, fmt.Sprint(err)))
	}
}

// backfill pulls the span and closes what can be closed.
func (a *app) backfill(ctx context.Context, client *jobs.Client, span uptime.Span, title string) error {
	ids, err := client.Backfill(ctx, span)
	if err != nil {
		return err
	}
	failed := a.await(ctx, client, ids, title)
	if ctx.Err() != nil {
		return failed
	}
	return errors.Join(failed, client.CloseHours(ctx))
}

// await waits for jobs, and shows how far they are.
func (a *app) await(ctx context.Context, client *jobs.Client, ids []int64, title string) error {
	bar := a.newProgress(title, len(ids))
	defer bar.end()
	return client.Wait(ctx, ids, func(unfinished int) { bar.at(len(ids) - unfinished) })
}

// spanView is a run of slots as --json prints it, with why it is not observed.
type spanView struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"` // exclusive
	Slots  int       `json:"slots"`
	Reason string    `json:"reason"`
}

// coverageView is what is known of a span.
type coverageView struct {
	From     time.Time  `json:"from"`
	To       time.Time  `json:"to"` // exclusive
	Slots    int        `json:"slots"`
	Observed int        `json:"observed"`
	GivenUp  []spanView `json:"given_up"`
	Awaited  []spanView `json:"awaited"`
	Hours    int        `json:"hours"`
	Closed   int        `json:"closed"`
}

// tellCoverage prints what of the span was read. Whatever kept a pull from reading
// everything is an error that names the slots that are awaited still, and why.
func (a *app) tellCoverage(ctx context.Context, db *database, span uptime.Span, talk string, failed error) error {
	var (
		view     coverageView
		failures []uptime.Pull
	)
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) (err error) {
		if view, err = coverageOf(ctx, tx, span); err != nil {
			return err
		}
		failures, err = uptime.Pulls(ctx, tx, span, true, 1)
		return err
	})
	if err != nil {
		return err
	}
	a.say("%s", talk)
	a.tellSpans("Given up, and left unobserved", view.GivenUp)
	if err := a.show(view, func(out io.Writer) {
		fmt.Fprintf(out, "%s to %s: %s of %s slots observed, %s of %s hours closed\n",
			utc(view.From), utc(view.To), count(view.Observed), count(view.Slots), count(view.Closed), count(view.Hours))
	}); err != nil || a.DryRun {
		return err
	}
	a.tellSpans("Awaited still", view.Awaited)
	if failed == nil && len(view.Awaited) > 0 && len(failures) > 0 {
		failed = errors.New(string(failures[0].Outcome) + ": " + failures[0].Cause)
	}
	return view.incomplete(failed)
}

// incomplete is the error of a pull that did not read everything, nil if it did.
func (v coverageView) incomplete(cause error) error {
	switch {
	case cause == nil && len(v.Awaited) == 0:
		return nil
	case len(v.Awaited) == 0:
		return fmt.Errorf("%w: %w; run the same command again", errIncomplete, cause)
	case cause == nil:
		cause = errors.New("nothing is known to have failed")
	}
	return fmt.Errorf("%w: %s slots are awaited, from %s to %s: %w; run the same command again once that is mended",
		errIncomplete, count(slotsOf(v.Awaited)), utc(v.Awaited[0].From), utc(v.Awaited[len(v.Awaited)-1].To), cause)
}

func slotsOf(spans []spanView) (slots int) {
	for _, s := range spans {
		slots += s.Slots
	}
	return slots
}

// spansTold bounds how many spans are named on a screen; --json has them all.
const spansTold = 10

func (a *app) tellSpans(title string, spans []spanView) {
	if len(spans) == 0 {
		return
	}
	a.say("%s: %s slots", title, count(slotsOf(spans)))
	for i, s := range spans {
		if i == spansTold {
			a.say("  and %d spans more; --json names them all", len(spans)-i)
			return
		}
		a.say("  %s to %s%s", utc(s.From), utc(s.To), strings.TrimSuffix(": "+s.Reason, ": "))
	}
}

// coverageOf reads what is known of the span, slot by slot.
func coverageOf(ctx context.Context, tx pgx.Tx, span uptime.Span) (coverageView, error) {
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return coverageView{}, err
	}
	givenUp, err := uptime.GivenUpOf(ctx, tx, span)
	if err != nil {
		return coverageView{}, err
	}
	totals := uptime.SumCoverage(hours, span)
	settled := uptime.Observed(hours, span)
	final := uptime.Final(hours, span)
	view := coverageView{
		From: span.From.Start(), To: span.To.Start(), Slots: totals.Slots, Observed: totals.Observed,
		GivenUp: []spanView{}, Awaited: []spanView{}, Hours: totals.Hours, Closed: totals.Closed,
	}
	for _, g := range givenUp {
		if !settled.Has(g.Slot) && final.Has(g.Slot) { // else read after all, or awaited again since its hour was reopened
			settled.Add(g.Slot)
			view.GivenUp = appendSlot(view.GivenUp, g.Slot, g.Reason)
		}
	}
	for at := span.From; at < span.To; at++ {
		if !settled.Has(at) {
			view.Awaited = appendSlot(view.Awaited, at, "")
		}
	}
	return view, nil
}

// appendSlot lengthens the last span by the slot, or begins another.
func appendSlot(spans []spanView, slot uptime.Slot, reason string) []spanView {
	if n := len(spans); n > 0 && spans[n-1].To.Equal(slot.Start()) && spans[n-1].Reason == reason {
		spans[n-1].To, spans[n-1].Slots = slot.End(), spans[n-1].Slots+1
		return spans
	}
	return append(spans, spanView{From: slot.Start(), To: slot.End(), Slots: 1, Reason: reason})
}

type pullGiveUp struct {
	spanFlags
	Reason string `required:"" help:"Why they are not waited for any longer."`
}

// Run gives up the slots of the span that are not observed.
func (c pullGiveUp) Run(ctx context.Context, a *app) error {
	span, err := c.span()
	if err != nil {
		return err
	}
	if err := a.confirm("Slots from %s to %s that were not read stay unobserved.", utc(span.From.Start()), utc(span.To.Start())); err != nil {
		return err
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		if err := uptime.RequestSpan(ctx, tx, span); err != nil {
			return err
		}
		slots, err := uptime.GiveUp(ctx, tx, span, time.Now(), &person, c.Reason)
		if err != nil {
			return err
		}
		a.say("%s slots given up.", count(slots))
		return a.show(map[string]any{"given_up": slots}, func(io.Writer) {})
	})
}
