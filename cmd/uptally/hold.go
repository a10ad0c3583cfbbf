package main

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

type holdCommands struct {
	Add     holdAdd     `cmd:"" help:"Set aside changes through the untrusted channel in an interval."`
	List    holdList    `cmd:"" help:"List the holds."`
	Review  holdReview  `cmd:"" help:"List what holds set aside, what each change would alter, and whom it would pay."`
	Release holdRelease `cmd:"" help:"Believe what a hold set aside after all: all of it, or changes one by one."`
	Refuse  holdRefuse  `cmd:"" help:"Put on record that changes were looked at and are not believed."`
}

type holdAdd struct {
	From   instant `required:"" placeholder:"TIME" help:"First instant."`
	To     instant `required:"" placeholder:"TIME" help:"End, exclusive."`
	Reason string  `required:"" help:"Why the changes are not believed."`
}

// Run records the hold.
func (c holdAdd) Run(ctx context.Context, a *app) error {
	if !c.To.After(c.From.Time) {
		return usage("--from %s --to %s: let the hold end after it begins", utc(c.From.Time), utc(c.To.Time))
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		id, err := snapshot.AddHold(ctx, tx, snapshot.Hold{From: c.From.Time, To: c.To.Time}, c.Reason, person)
		if err != nil {
			return err
		}
		a.say("Hold %d counts in every snapshot taken from now on.", id)
		return a.showHolds(ctx, tx, &id)
	})
}

type holdList struct{}

// Run lists the holds by beginning.
func (holdList) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error { return a.showHolds(ctx, tx, nil) })
}

// holdView is a hold as --json prints it.
type holdView struct {
	ID            int64      `json:"id"`
	From          time.Time  `json:"from"`
	To            time.Time  `json:"to"` // exclusive
	Reason        string     `json:"reason"`
	Person        string     `json:"person"`
	RecordedAt    time.Time  `json:"recorded_at"`
	Changes       int64      `json:"changes"` // through the untrusted channel that lie in it
	ReleasedAt    *time.Time `json:"released_at"`
	ReleaseReason string     `json:"release_reason"`
}

// showHolds prints every hold, or the one of the number.
func (a *app) showHolds(ctx context.Context, tx pgx.Tx, only *int64) error {
	holds, err := snapshot.Holds(ctx, tx, everRecorded)
	if err != nil {
		return err
	}
	persons := make([]*int64, len(holds))
	for i := range holds {
		persons[i] = &holds[i].PersonID
	}
	names, err := readNames(ctx, tx, persons...)
	if err != nil {
		return err
	}
	views := []holdView{}
	for _, h := range holds {
		if only == nil || *only == h.ID {
			views = append(views, viewHold(h, names))
		}
	}
	var data any = views
	if only != nil && len(views) == 1 {
		data = views[0]
	}
	return a.show(data, func(out io.Writer) {
		g := newGrid(">hold", "from", "to", ">changes", "recorded by", "released", "reason")
		for _, v := range views {
			g.add(v.ID, utc(v.From), utc(v.To), count(v.Changes), v.Person, utcOr(v.ReleasedAt, "-"), v.Reason)
		}
		g.print(out)
	})
}

func viewHold(h snapshot.HoldRecord, names personNames) holdView {
	v := holdView{
		ID: h.ID, From: h.From.UTC(), To: h.To.UTC(), Reason: h.Reason, Person: names.of(h.PersonID),
		RecordedAt: h.RecordedAt.UTC(), Changes: h.Changes, ReleaseReason: h.ReleaseReason,
	}
	if h.ReleasedAt != nil {
		v.ReleasedAt = new(h.ReleasedAt.UTC())
	}
	return v
}
