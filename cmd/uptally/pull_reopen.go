package main

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

type pullReopen struct {
	From    *instant `placeholder:"TIME" help:"First hour to open again: RFC 3339, or a day (midnight UTC)."`
	To      *instant `placeholder:"TIME" help:"End, exclusive."`
	Reason  string   `help:"Why they are opened again."`
	Approve *int64   `placeholder:"ID" help:"Approve what another person proposed, instead: the hours are then open."`
}

// Run proposes a reopening, or approves one.
func (c pullReopen) Run(ctx context.Context, a *app) error {
	if c.Approve != nil {
		if c.From != nil || c.To != nil || c.Reason != "" {
			return usage("pull reopen --approve %d: give nothing else; what is approved was said when it was proposed", *c.Approve)
		}
		return c.approve(ctx, a)
	}
	if c.From == nil || c.To == nil || c.Reason == "" {
		return usage("pull reopen: give --from, --to and --reason to propose it, or --approve")
	}
	for _, at := range []instant{*c.From, *c.To} {
		if !at.Truncate(time.Hour).Equal(at.Time) {
			return usage("pull reopen: %s is no whole hour: hours are opened as they were closed, give whole hours", at.Format(time.RFC3339Nano))
		}
	}
	span, err := spanFlags{*c.From, *c.To}.span()
	if err != nil {
		return err
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		id, err := uptime.ProposeReopening(ctx, tx, span, c.Reason, person)
		if err != nil {
			return err
		}
		a.say("Reopening %d proposed by %s. Another person approves it with: uptally pull reopen --approve %d", id, a.Actor, id)
		return a.showReopening(ctx, tx, id)
	})
}

func (c pullReopen) approve(ctx context.Context, a *app) error {
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		hours, err := uptime.ApproveReopening(ctx, tx, *c.Approve, person)
		if err != nil {
			return err
		}
		a.say("%s hours are open again. Pull them with uptally pull, then take a new revision of each snapshot that stands on them.", count(hours))
		return a.showReopening(ctx, tx, *c.Approve)
	})
}

// reopeningView is a reopening as --json prints it.
type reopeningView struct {
	ID         int64      `json:"id"`
	From       time.Time  `json:"from"`
	To         time.Time  `json:"to"` // exclusive
	Reason     string     `json:"reason"`
	ProposedBy string     `json:"proposed_by"`
	ProposedAt time.Time  `json:"proposed_at"`
	ApprovedBy *string    `json:"approved_by"` // null while proposed only
	ApprovedAt *time.Time `json:"approved_at"`
}

// showReopening prints the one of the number.
func (a *app) showReopening(ctx context.Context, tx pgx.Tx, id int64) error {
	views, err := readReopenings(ctx, tx, allSlots)
	if err != nil {
		return err
	}
	for _, v := range views {
		if v.ID == id {
			return a.show(v, func(out io.Writer) { printReopenings(out, []reopeningView{v}) })
		}
	}
	return nil
}

// readReopenings reads those that touch the span.
func readReopenings(ctx context.Context, tx pgx.Tx, span uptime.Span) ([]reopeningView, error) {
	all, err := uptime.Reopenings(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	var persons []*int64
	for i := range all {
		persons = append(persons, &all[i].ProposedBy, all[i].ApprovedBy)
	}
	names, err := readNames(ctx, tx, persons...)
	if err != nil {
		return nil, err
	}
	views := make([]reopeningView, len(all))
	for i, r := range all {
		views[i] = reopeningView{
			ID: r.ID, From: r.Span.From.Start(), To: r.Span.To.Start(), Reason: r.Reason,
			ProposedBy: names.of(r.ProposedBy), ProposedAt: r.ProposedAt.UTC(),
		}
		if r.ApprovedBy != nil {
			views[i].ApprovedBy, views[i].ApprovedAt = new(names.of(*r.ApprovedBy)), new(r.ApprovedAt.UTC())
		}
	}
	return views, nil
}

func printReopenings(out io.Writer, views []reopeningView) {
	g := newGrid(">reopening", "from", "to", "proposed by", "approved by", "at", "reason")
	for _, v := range views {
		g.add(v.ID, utc(v.From), utc(v.To), v.ProposedBy, orDash(v.ApprovedBy), utcOr(v.ApprovedAt, "-"), v.Reason)
	}
	g.print(out)
}
