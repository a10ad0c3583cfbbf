package rewards

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// guard is one thing that stands between a snapshot and its seal.
type guard struct {
	Guard     string     `json:"guard" example:"coverage" doc:"What it looks at."`
	Passed    bool       `json:"passed" example:"true" doc:"Whether it lets the seal pass: passed, overridden, or only a warning."`
	Verdict   string     `json:"verdict" enum:"passed,warning,failed" example:"passed" doc:"What it says by itself."`
	Figure    string     `json:"figure" example:"50388 of 50400 slots" doc:"What it found."`
	Threshold string     `json:"threshold" example:"999 of 1000" doc:"What it asks for."`
	Remedy    string     `json:"remedy" example:"" doc:"What to do; empty if it passed."`
	Firm      bool       `json:"firm" example:"false" doc:"Whether nobody can override it."`
	Override  *overrided `json:"override,omitempty" doc:"The override by which it does not bar the seal."`
}

// overrided names the override of a guard.
type overrided struct {
	ID         int64  `json:"id" example:"1" doc:"Its number."`
	Reason     string `json:"reason" example:"The network confirmed the gap." doc:"Why it was asked for."`
	AskedBy    string `json:"asked_by" example:"ada" doc:"Who asked for it."`
	ApprovedBy string `json:"approved_by" example:"grace" doc:"Who approved it: another person."`
}

// readGuards evaluates the guards of a revision that has lines.
func readGuards(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) ([]guard, error) {
	board, err := snapshot.BoardOf(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	overrides, names, err := readOverrides(ctx, tx, s)
	return viewBoard(board, overrides, names), err
}

func viewBoard(board snapshot.Board, overrides []snapshot.Override, names names) []guard {
	views := make([]guard, len(board))
	for i, g := range board {
		views[i] = guard{
			Guard: g.Code, Passed: g.Verdict != snapshot.GuardFailed, Verdict: string(g.Verdict),
			Figure: g.Figure, Threshold: g.Threshold, Remedy: wire.OverHTTP(g.Remedy), Firm: g.Firm,
		}
		if o := snapshot.OverrideOf(overrides, g); o != nil {
			views[i].Passed = true
			views[i].Override = &overrided{ID: o.ID, Reason: o.Reason, AskedBy: names.of(o.AskedBy), ApprovedBy: names.of(*o.ApprovedBy)}
		}
	}
	return views
}
