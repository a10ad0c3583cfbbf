package main

import (
	"context"
	"io"
	"os"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

type verdictAdd struct {
	Device      uuid.UUID `arg:"" help:"Device that the verdict is on."`
	Verdict     string    `arg:"" enum:"spoofed,genuine" help:"What it is found to be: spoofed or genuine."`
	EffectiveAt instant   `required:"" placeholder:"TIME" help:"From when the verdict holds."`
	Reason      string    `required:"" help:"Why."`
	Evidence    string    `required:"" help:"What shows it, such as the name of a run."`
}

// Run records the verdict. A correction is another verdict.
func (c verdictAdd) Run(ctx context.Context, a *app) error {
	entry := uptime.VerdictEntry{
		DeviceID: c.Device, Kind: uptime.VerdictKind(c.Verdict), EffectiveAt: c.EffectiveAt.Time, Reason: c.Reason, Evidence: c.Evidence,
	}
	if err := entry.Validate(); err != nil {
		return usage("%w", err)
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		added, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{entry}, person)
		if err != nil {
			return err
		}
		a.say("%s is %s in every snapshot taken from now on, until another verdict says otherwise.", c.Device, c.Verdict)
		view := viewVerdict(added[0])
		view.Person = &a.Actor
		return a.showVerdicts(view, []verdictView{view})
	})
}

type verdictImport struct {
	File string `arg:"" help:"CSV with the header device_id,verdict,effective_at,reason,evidence, or JSON, an array of objects with these names; '-' is stdin."`
}

// unchangedView is a row of a file that was left out.
type unchangedView struct {
	Line     int       `json:"line"`
	DeviceID uuid.UUID `json:"device_id"`
}

// importView is what became of a file of verdicts.
type importView struct {
	Added     int             `json:"added"`
	Unchanged []unchangedView `json:"unchanged"` // rows that say what the device's last verdict says, by hand
}

// Run records the verdicts of the file, or names every bad row.
func (c verdictImport) Run(ctx context.Context, a *app) error {
	content, err := a.readFile(c.File)
	if err != nil {
		return usage("%w", err)
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		outcome, err := uptime.ImportVerdicts(ctx, tx, c.File, content, person)
		if err != nil {
			return err
		}
		view := importView{Added: len(outcome.Added), Unchanged: make([]unchangedView, len(outcome.Unchanged))}
		for i, row := range outcome.Unchanged {
			view.Unchanged[i] = unchangedView{row.Line, row.DeviceID}
		}
		a.say("%s verdicts recorded; %s say what was entered last on their device, and were left out.",
			count(len(outcome.Added)), count(len(outcome.Unchanged)))
		return a.show(view, func(out io.Writer) {
			g := newGrid(">line", "device left out")
			for _, row := range view.Unchanged {
				g.add(row.Line, row.DeviceID)
			}
			if len(view.Unchanged) > 0 {
				g.print(out)
			}
		})
	})
}

// readFile reads a file that the person named, or what they type or pipe.
func (a *app) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.in)
	}
	return os.ReadFile(name)
}
