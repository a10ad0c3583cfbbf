package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
)

type reconcileCommands struct {
	Ingest reconcileIngest `cmd:"" help:"Hold every slot that was read against the service's own count of it."`
	Ledger reconcileLedger `cmd:"" help:"Hold every sealed revision against its journal and the balances, to the unit."`
	Chain  reconcileChain  `cmd:"" help:"Hold what was earned, paid and is owed against each other, and against the chain."`
}

type reconcileIngest struct {
	Season string  `placeholder:"CODE" help:"The slots of this season."`
	From   instant `placeholder:"TIME" help:"First instant, in place of a season."`
	To     instant `placeholder:"TIME" help:"End, exclusive."`
	Mend   bool    `negatable:"" default:"true" help:"Read again what may be mended."`
}

// differenceView is a run of slots that are not equal, as --json prints it.
type differenceView struct {
	From    time.Time         `json:"from"`
	To      time.Time         `json:"to"` // exclusive
	Verdict reconcile.Verdict `json:"verdict"`
	Fits    bool              `json:"fits"`
	Cause   string            `json:"cause"`
	Size    int64             `json:"size"`    // devices, summed over the slots
	Largest int64             `json:"largest"` // devices, of one slot
}

// ingestView is how a span stands, as --json prints it.
type ingestView struct {
	From        time.Time        `json:"from"`
	To          time.Time        `json:"to"` // exclusive
	Fits        bool             `json:"fits"`
	Slots       int              `json:"slots"`
	Equal       int              `json:"equal"`
	OursShort   int              `json:"ours_short"`
	TheirsShort int              `json:"theirs_short"`
	Unobserved  int              `json:"unobserved"`
	NotCompared int              `json:"not_compared"`
	Refusal     string           `json:"refusal,omitempty"`
	Heartbeats  heartbeatsView   `json:"heartbeats"`
	Differences []differenceView `json:"differences"`
}

// heartbeatsView are heartbeats of slots whose last whole pass can be told by itself.
type heartbeatsView struct {
	Slots  int   `json:"slots"`
	Theirs int64 `json:"theirs"`
	Ours   int64 `json:"ours"` // rows, repeated ones included
}

// span returns the slots that the flags name.
func (c reconcileIngest) span(ctx context.Context, db *database) (span uptime.Span, err error) {
	switch {
	case c.Season != "" && (!c.From.IsZero() || !c.To.IsZero()):
		return span, usage("--season and --from, --to: choose one")
	case c.Season != "":
		err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
			season, err := snapshot.SeasonByCode(ctx, tx, c.Season)
			span = season.Span()
			return err
		})
		return span, err
	case c.From.IsZero() || c.To.IsZero():
		return span, usage("name a season with --season, or a span with --from and --to")
	}
	return spanFlags{c.From, c.To}.span()
}

// Run compares, with a feed by what the service counts now, and mends what it can.
func (c reconcileIngest) Run(ctx context.Context, a *app) error {
	return a.withDatabase(ctx, func(db *database) error {
		span, err := c.span(ctx, db)
		if err != nil {
			return err
		}
		if url, _ := a.lookup("UPTALLY_FEED_URL"); url != "" && !a.DryRun {
			if err := a.compare(ctx, db, span, c.Mend); err != nil {
				return err
			}
		}
		state, err := stateOf(ctx, db, span)
		if err != nil {
			return err
		}
		view := viewIngest(span, state)
		if err := a.show(view, func(out io.Writer) { printIngest(out, view) }); err != nil {
			return err
		}
		return state.Check()
	})
}

func stateOf(ctx context.Context, db *database, span uptime.Span) (state *reconcile.State, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		state, err = reconcile.StateOf(ctx, tx, span)
		return err
	})
	return state, err
}

// compare reads what the service counts and, if so asked, reads again what may be
// mended by that.
func (a *app) compare(ctx context.Context, db *database, span uptime.Span, mend bool) error {
	feed, err := a.feed()
	if err != nil {
		return err
	}
	refusal, err := reconcile.Read(ctx, db.pool, feed, span, time.Now())
	if err != nil {
		return err
	}
	if refusal != "" {
		a.say("The service's own counts were not had: %s", refusal)
		return nil
	}
	if !mend {
		return nil
	}
	return withJobs(ctx, db, jobs.Options{Work: jobs.Pulls, Feed: feed}, func(client *jobs.Client) error {
		for {
			ids, err := client.Mend(ctx, span)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				return client.CloseHours(ctx)
			}
			if err := a.await(ctx, client, ids, "Reading again"); err != nil {
				return err
			}
		}
	})
}

func viewIngest(span uptime.Span, s *reconcile.State) ingestView {
	view := ingestView{
		From: span.From.Start(), To: span.To.Start(), Fits: s.Fits(), Slots: s.Slots, Equal: s.Equal, OursShort: s.OursShort,
		TheirsShort: s.TheirsShort, Unobserved: s.Unobserved, NotCompared: s.NotCompared, Refusal: s.Refusal,
		Heartbeats: heartbeatsView{s.HeartbeatSlots, s.TheirHeartbeats, s.OurHeartbeats}, Differences: []differenceView{},
	}
	for _, d := range s.Differences {
		view.Differences = append(view.Differences, differenceView{
			d.From.Start(), d.To.Start(), d.Verdict, d.Fits, d.Cause, d.Size, d.Largest,
		})
	}
	return view
}

func printIngest(out io.Writer, v ingestView) {
	fmt.Fprintf(out, "%s to %s: %s of %s slots equal, %s ours short, %s theirs short, %s unobserved, %s not compared\n",
		utc(v.From), utc(v.To), count(v.Equal), count(v.Slots), count(v.OursShort), count(v.TheirsShort), count(v.Unobserved), count(v.NotCompared))
	if v.Heartbeats.Slots > 0 {
		fmt.Fprintf(out, "Heartbeats of %s slots: the service counts %s, we read %s rows, repeated ones included.\n",
			count(v.Heartbeats.Slots), count(v.Heartbeats.Theirs), count(v.Heartbeats.Ours))
	}
	if v.Refusal != "" {
		fmt.Fprintf(out, "The service's counts were last asked for in vain: %s\n", v.Refusal)
	}
	if len(v.Differences) == 0 {
		return
	}
	fmt.Fprintln(out)
	g := newGrid("", "from", "to", "finding", ">devices", ">largest", "likely cause")
	for _, d := range v.Differences {
		mark := "ok"
		if !d.Fits {
			mark = "FAIL"
		}
		g.add(mark, utc(d.From), utc(d.To), d.Verdict, count(d.Size), count(d.Largest), d.Cause)
	}
	g.print(out)
}
