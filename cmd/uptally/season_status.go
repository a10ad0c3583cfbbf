package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

type seasonStatus struct {
	Code string `arg:"" help:"Code of the season."`
}

// seasonStatusView is a season on its way to a seal, as --json prints it.
type seasonStatusView struct {
	Season   string      `json:"season"`
	Revision int         `json:"revision"` // 0: none was taken
	State    string      `json:"state"`
	AsOf     *time.Time  `json:"as_of"`
	Guards   []guardView `json:"guards"`
	Next     string      `json:"next"` // the one next step
}

// guardView is one thing that stands between a snapshot and its seal.
type guardView struct {
	Guard     string                `json:"guard"`
	Passed    bool                  `json:"passed"` // or overridden, or a warning
	Verdict   snapshot.GuardVerdict `json:"verdict"`
	Figure    string                `json:"figure"`
	Threshold string                `json:"threshold"`
	Remedy    string                `json:"remedy"`
	Override  *overrideView         `json:"override,omitempty"` // by which it does not bar the seal
}

// overrideView is two people's word, as --json prints it.
type overrideView struct {
	ID         int64   `json:"id"`
	Reason     string  `json:"reason"`
	AskedBy    string  `json:"asked_by"`
	ApprovedBy *string `json:"approved_by"`
}

// Run shows the board of guards and the one next step.
func (c seasonStatus) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		season, err := snapshot.SeasonByCode(ctx, tx, c.Code)
		if err != nil {
			return err
		}
		s, err := latest(ctx, tx, season.Code)
		if err != nil {
			return err
		}
		view, err := viewSeasonStatus(ctx, tx, season.Code, s)
		if err != nil {
			return err
		}
		return a.show(view, func(out io.Writer) { a.printSeasonStatus(out, view) })
	})
}

// latest returns the season's latest revision, nil if none was taken.
func latest(ctx context.Context, tx pgx.Tx, season string) (*snapshot.Snapshot, error) {
	all, err := snapshot.List(ctx, tx, season)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[len(all)-1], nil
}

func viewSeasonStatus(ctx context.Context, tx pgx.Tx, season string, s *snapshot.Snapshot) (seasonStatusView, error) {
	view := seasonStatusView{Season: season, State: "not taken"}
	if s != nil {
		view.Revision, view.State, view.AsOf = s.Revision, string(s.State), new(s.AsOf.UTC())
	}
	if s == nil || !underWay(s) && s.State != snapshot.Sealed {
		board, err := snapshot.BoardBefore(ctx, tx, season)
		if err != nil {
			return view, err
		}
		view.Guards = viewBoard(board, nil, nil)
	} else {
		guards, err := viewGuards(ctx, tx, *s)
		if err != nil {
			return view, err
		}
		view.Guards = guards
	}
	view.Next = nextStep(season, s, view.Guards)
	return view, nil
}

// underWay reports whether the revision has figures and may still be sealed.
func underWay(s *snapshot.Snapshot) bool {
	return s.State == snapshot.Draft || s.State == snapshot.Approved
}

// viewGuards evaluates the guards of a revision that has lines.
func viewGuards(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) ([]guardView, error) {
	board, err := snapshot.BoardOf(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	overrides, err := snapshot.Overrides(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	var persons []*int64
	for i := range overrides {
		persons = append(persons, &overrides[i].AskedBy, overrides[i].ApprovedBy)
	}
	names, err := readNames(ctx, tx, persons...)
	return viewBoard(board, overrides, names), err
}

func viewBoard(board snapshot.Board, overrides []snapshot.Override, names personNames) []guardView {
	views := make([]guardView, len(board))
	for i, g := range board {
		v := guardView{
			Guard: g.Code, Passed: g.Verdict != snapshot.GuardFailed, Verdict: g.Verdict,
			Figure: g.Figure, Threshold: g.Threshold, Remedy: g.Remedy,
		}
		if o := snapshot.OverrideOf(overrides, g); o != nil {
			v.Passed = true
			v.Override = &overrideView{ID: o.ID, Reason: o.Reason, AskedBy: names.of(o.AskedBy), ApprovedBy: new(names.of(*o.ApprovedBy))}
		}
		views[i] = v
	}
	return views
}

// nextStep is the one thing to do next: of a season on its way, what the first guard
// that has failed asks for.
func nextStep(season string, s *snapshot.Snapshot, guards []guardView) string {
	switch {
	case s != nil && s.State == snapshot.Taking:
		return "wait until it is taken"
	case s != nil && s.State == snapshot.Sealed:
		return "pay it: uptally distribution prepare; or, if facts have changed since, correct it: uptally snapshot take " + season
	}
	for _, g := range guards {
		if !g.Passed {
			return g.Guard + ": " + g.Remedy
		}
	}
	switch {
	case s == nil:
		return "take it: uptally snapshot take " + season
	case s.State == snapshot.Failed:
		return "mend it and take it again: uptally snapshot take " + season + " (" + s.Failure + ")"
	case s.State == snapshot.Draft:
		return "another person approves it: uptally snapshot approve " + s.Name()
	case s.State == snapshot.Approved:
		return "seal it: uptally snapshot seal " + s.Name()
	}
	return "take it again: uptally snapshot take " + season
}

func (a *app) printSeasonStatus(out io.Writer, v seasonStatusView) {
	name := v.Season
	if v.Revision > 0 {
		name = fmt.Sprintf("%s/r%d", v.Season, v.Revision)
	}
	fmt.Fprintf(out, "%s is %s\n\n", a.bold(name), v.State)
	printBoard(out, v.Guards)
	fmt.Fprintf(out, "\nNext: %s\n", v.Next)
}

// printBoard is the table of guards.
func printBoard(out io.Writer, guards []guardView) {
	g := newGrid("", "guard", "found", "asked for")
	for _, v := range guards {
		g.add(v.mark(), v.Guard, v.Figure, v.Threshold)
	}
	g.print(out)
	for _, v := range guards {
		if v.Remedy != "" {
			fmt.Fprintf(out, "  %s %s: %s\n", v.mark(), v.Guard, v.Remedy)
		}
		if v.Override != nil {
			fmt.Fprintf(out, "  overridden by %s and %s: %s\n", v.Override.AskedBy, *v.Override.ApprovedBy, v.Override.Reason)
		}
	}
}

// mark is how the board shows a verdict without colour.
func (v guardView) mark() string {
	switch {
	case v.Override != nil:
		return "over"
	case v.Verdict == snapshot.GuardPassed:
		return "ok"
	case v.Verdict == snapshot.GuardWarning:
		return "look"
	}
	return "FAIL"
}
