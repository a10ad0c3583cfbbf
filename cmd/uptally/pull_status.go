package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

type pullStatus struct {
	From     *instant `placeholder:"TIME" help:"First instant; without it, the first hour that was asked for."`
	To       *instant `placeholder:"TIME" help:"End, exclusive; without it, the last hour that was asked for."`
	Failures int      `default:"10" help:"How many of the last failures to show."`
}

// passView is what the passes of one outcome amount to.
type passView struct {
	Outcome     string `json:"outcome"`
	Passes      int64  `json:"passes"`
	Pages       int64  `json:"pages"`
	Heartbeats  int64  `json:"heartbeats"`
	Accepted    int64  `json:"accepted"`
	Unknown     int64  `json:"unknown"`
	OutOfWindow int64  `json:"out_of_window"`
	Late        int64  `json:"late"`
}

// failureView is one pass that failed.
type failureView struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	EndedAt time.Time `json:"ended_at"`
	Outcome string    `json:"outcome"`
	Cause   string    `json:"cause"`
}

// logView is how far a log was read.
type logView struct {
	Name      string     `json:"name"`
	Rows      int64      `json:"rows"`
	ReadToEnd *time.Time `json:"read_to_end"`
}

// statusView is all that `pull status` prints.
type statusView struct {
	Coverage   coverageView    `json:"coverage"`
	Passes     []passView      `json:"passes"`
	Failures   []failureView   `json:"failures"`
	Archives   []archiveView   `json:"archives"`
	Reopenings []reopeningView `json:"reopenings"`
	Logs       []logView       `json:"logs"`
}

// allSlots is wider than anything that can be asked for.
var allSlots = uptime.SpanOf(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))

// Run shows the span, or everything that was ever asked for.
func (c pullStatus) Run(ctx context.Context, a *app) error {
	var view statusView
	err := a.read(ctx, func(tx pgx.Tx) error {
		asked, err := c.asked()
		if err != nil {
			return err
		}
		span, err := c.span(ctx, tx, asked)
		if err != nil {
			return err
		}
		if view, err = readStatus(ctx, tx, span, c.Failures); err != nil {
			return err
		}
		// What is proposed may be of hours that were never asked for.
		if view.Archives, err = readArchives(ctx, tx, asked); err != nil {
			return err
		}
		view.Reopenings, err = readReopenings(ctx, tx, asked)
		return err
	})
	if err != nil {
		return err
	}
	a.tellSpans("Given up, and left unobserved", view.Coverage.GivenUp)
	a.tellSpans("Awaited still", view.Coverage.Awaited)
	return a.show(view, view.print)
}

// asked returns the bounds that were given, wide ones for those that were not.
func (c pullStatus) asked() (uptime.Span, error) {
	span := allSlots
	if c.From != nil {
		span.From = uptime.SlotAtOrAfter(c.From.Time)
	}
	if c.To != nil {
		span.To = uptime.SlotAtOrAfter(c.To.Time)
	}
	if span.Empty() {
		return span, usage("--from is not before --to: let the span end after it begins")
	}
	return span, nil
}

// span returns the bounds that were given, and for those that were not the bounds
// of what was asked for.
func (c pullStatus) span(ctx context.Context, tx pgx.Tx, span uptime.Span) (uptime.Span, error) {
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return span, err
	}
	if len(hours) == 0 {
		span.To = span.From
	}
	if c.From == nil && len(hours) > 0 {
		span.From = hours[0].Hour.First()
	}
	if c.To == nil && len(hours) > 0 {
		span.To = (hours[len(hours)-1].Hour + 1).First()
	}
	return span, nil
}

func readStatus(ctx context.Context, tx pgx.Tx, span uptime.Span, failuresMax int) (view statusView, err error) {
	if view.Coverage, err = coverageOf(ctx, tx, span); err != nil {
		return view, err
	}
	totals, err := uptime.PullTotals(ctx, tx, span)
	if err != nil {
		return view, err
	}
	view.Passes = make([]passView, len(totals))
	for i, t := range totals {
		view.Passes[i] = passView{string(t.Outcome), t.Passes, t.Pages, t.Heartbeats, t.Accepted, t.Unknown, t.OutOfWindow, t.Late}
	}
	failed, err := uptime.Pulls(ctx, tx, span, true, failuresMax)
	if err != nil {
		return view, err
	}
	view.Failures = make([]failureView, len(failed))
	for i, p := range failed {
		view.Failures[i] = failureView{p.Window.From.Start(), p.Window.To.Start(), p.EndedAt.UTC(), string(p.Outcome), p.Cause}
	}
	logs, err := uptime.Logs(ctx, tx)
	if err != nil {
		return view, err
	}
	view.Logs = make([]logView, len(logs))
	for i, l := range logs {
		view.Logs[i] = logView{Name: l.Name, Rows: l.Rows}
		if l.ReadToEnd != nil {
			view.Logs[i].ReadToEnd = new(l.ReadToEnd.UTC())
		}
	}
	return view, nil
}

func (v statusView) print(out io.Writer) {
	if v.Coverage.Slots == 0 {
		fmt.Fprintln(out, "Nothing was asked for yet; begin with: uptally pull --from 2023-11-04 --to 2024-06-01")
	} else {
		v.printPasses(out)
	}
	if len(v.Archives) > 0 {
		fmt.Fprintln(out)
		printArchives(out, v.Archives)
	}
	if len(v.Reopenings) > 0 {
		fmt.Fprintln(out)
		printReopenings(out, v.Reopenings)
	}
}

func (v statusView) printPasses(out io.Writer) {
	c := v.Coverage
	fmt.Fprintf(out, "%s to %s: %s of %s slots observed, %s given up, %s awaited; %s of %s hours closed\n\n",
		utc(c.From), utc(c.To), count(c.Observed), count(c.Slots), count(slotsOf(c.GivenUp)), count(slotsOf(c.Awaited)),
		count(c.Closed), count(c.Hours))
	passes := newGrid("passes", ">number", ">pages", ">heartbeats", ">accepted", ">unknown", ">out of window", ">late")
	for _, p := range v.Passes {
		passes.add(p.Outcome, count(p.Passes), count(p.Pages), count(p.Heartbeats), count(p.Accepted), count(p.Unknown), count(p.OutOfWindow), count(p.Late))
	}
	passes.print(out)
	if len(v.Failures) > 0 {
		fmt.Fprintln(out)
		failures := newGrid("failed pass from", "to", "at", "outcome", "cause")
		for _, f := range v.Failures {
			failures.add(utc(f.From), utc(f.To), utc(f.EndedAt), f.Outcome, f.Cause)
		}
		failures.print(out)
	}
	fmt.Fprintln(out)
	logs := newGrid("log", ">rows", "read to its end")
	for _, l := range v.Logs {
		logs.add(l.Name, count(l.Rows), utcOr(l.ReadToEnd, "never"))
	}
	logs.print(out)
}
