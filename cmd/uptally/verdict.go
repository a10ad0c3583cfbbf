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
	List    verdictList    `cmd:"" help:"List the verdicts, in the order that counts."`
	Suggest verdictSuggest `cmd:"" help:"List likely fakes: devices that rise and fall together beyond chance. Advice only."`
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
	Seq         int64     `json:"seq"`
}

// Run lists verdicts by the instant at which they were decided.
func (c verdictList) Run(ctx context.Context, a *app) error {
	if c.Limit < 1 {
		return usage("--limit %d: give 1 or more", c.Limit)
	}
	var verdicts []uptime.Verdict
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		verdicts, err = uptime.Verdicts(ctx, tx, c.Device, c.Limit)
		return err
	}); err != nil {
		return err
	}
	views := make([]verdictView, len(verdicts))
	for i, v := range verdicts {
		views[i] = verdictView{
			v.DeviceID, string(v.Kind), v.EffectiveAt.UTC(), v.DecidedAt.UTC(), v.Reason, v.Evidence, v.ByHand, v.Seq,
		}
	}
	if len(views) == c.Limit {
		a.say("The last %s only; --limit lists more.", count(c.Limit))
	}
	return a.show(views, func(out io.Writer) {
		g := newGrid("device", "verdict", "effective", "decided", "reason", "evidence", "by hand")
		for _, v := range views {
			g.add(v.DeviceID, v.Verdict, utc(v.EffectiveAt), utc(v.DecidedAt), v.Reason, v.Evidence, yesNo(v.ByHand))
		}
		g.print(out)
	})
}
