package main

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

type verdictCommands struct {
	Suggest verdictSuggest `cmd:"" help:"List likely fakes: devices that rise and fall together beyond chance. Advice only."`
	Add     verdictAdd     `cmd:"" help:"Record a verdict by hand; it stands over every earlier one on the device."`
	Import  verdictImport  `cmd:"" help:"Record the verdicts of a file, all of them or none."`
	List    verdictList    `cmd:"" help:"List the verdicts, in the order that counts."`
}

type verdictList struct {
	Device *uuid.UUID `placeholder:"ID" help:"Only those on this device."`
	Limit  int        `default:"1000" help:"How many of the last to list at most."`
}

// verdictView is a verdict as --json prints it.
type verdictView struct {
	DeviceID    uuid.UUID `json:"device_id"`
	Verdict     string    `json:"verdict"`
	EffectiveAt time.Time `json:"effective_at"`
	DecidedAt   time.Time `json:"decided_at"`
	Reason      string    `json:"reason"`
	Evidence    string    `json:"evidence"`
	ByHand      bool      `json:"by_hand"`
	Person      *string   `json:"person"` // who entered it by hand; null: the network decided
	Seq         int64     `json:"seq"`
}

func viewVerdict(v uptime.Verdict) verdictView {
	return verdictView{
		DeviceID: v.DeviceID, Verdict: string(v.Kind), EffectiveAt: v.EffectiveAt.UTC(), DecidedAt: v.DecidedAt.UTC(),
		Reason: v.Reason, Evidence: v.Evidence, ByHand: v.ByHand, Seq: v.Seq,
	}
}

// Run lists verdicts by the instant at which they were decided.
func (c verdictList) Run(ctx context.Context, a *app) error {
	if c.Limit < 1 {
		return usage("--limit %d: give 1 or more", c.Limit)
	}
	var views []verdictView
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		views, err = readVerdicts(ctx, tx, c.Device, c.Limit)
		return err
	}); err != nil {
		return err
	}
	if len(views) == c.Limit {
		a.say("The last %s only; --limit lists more.", count(c.Limit))
	}
	return a.showVerdicts(views, views)
}

func readVerdicts(ctx context.Context, tx pgx.Tx, device *uuid.UUID, limit int) ([]verdictView, error) {
	verdicts, err := uptime.Verdicts(ctx, tx, device, limit)
	if err != nil {
		return nil, err
	}
	persons := make([]*int64, len(verdicts))
	for i, v := range verdicts {
		persons[i] = v.PersonID
	}
	names, err := readNames(ctx, tx, persons...)
	if err != nil {
		return nil, err
	}
	views := make([]verdictView, len(verdicts))
	for i, v := range verdicts {
		views[i] = viewVerdict(v.Verdict)
		if v.PersonID != nil {
			views[i].Person = new(names.of(*v.PersonID))
		}
	}
	return views, nil
}

// showVerdicts prints verdicts as a table, or the data.
func (a *app) showVerdicts(data any, views []verdictView) error {
	return a.show(data, func(out io.Writer) {
		g := newGrid("device", "verdict", "effective", "decided", "by", "reason", "evidence")
		for _, v := range views {
			by := "the network"
			if v.ByHand {
				by = orDash(v.Person)
			}
			g.add(v.DeviceID, v.Verdict, utc(v.EffectiveAt), utc(v.DecidedAt), by, v.Reason, v.Evidence)
		}
		g.print(out)
	})
}
