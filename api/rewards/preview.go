package rewards

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) previews() {
	op := acting("/seasons/{season}/preview", "preview-season", "Preview a season",
		"Computes a season as it would be now, with other rules, windows, holds or verdicts, and compares it with a revision. No result is written.")
	op.Metadata = map[string]any{wire.Long: computing, wire.WhileHalted: true}
	wire.Act(d.Service, op, team, d.preview)
}

// supposition is what a preview supposes to be otherwise than it is on record.
type supposition struct {
	Rules
	Set            []string   `json:"set,omitempty" maxItems:"100" example:"[\"eligibility.min_uptime=0.6\"]" doc:"Other values in the ruleset, KEY=VALUE."`
	WithWindows    []int64    `json:"with_windows,omitempty" maxItems:"100" example:"[4]" doc:"As if these proposed windows were approved."`
	AddWindows     []Rule     `json:"add_windows,omitempty" maxItems:"100" doc:"As if these windows were proposed and approved."`
	WithoutWindows []int64    `json:"without_windows,omitempty" maxItems:"100" example:"[3]" doc:"As if these approved windows were not."`
	WithHolds      []Interval `json:"with_holds,omitempty" maxItems:"100" doc:"As if changes in these intervals were held."`
	WithoutHolds   []int64    `json:"without_holds,omitempty" maxItems:"100" example:"[2]" doc:"As if these holds were released."`
	Verdicts       []Entry    `json:"verdicts,omitempty" maxItems:"1000" doc:"As if these verdicts were entered now."`
	Against        int        `json:"against,omitempty" minimum:"1" maximum:"2147483647" example:"1" doc:"Revision of the season to compare with; absent: the last one that stands."`
	Top            int        `json:"top,omitempty" minimum:"1" maximum:"200" default:"20" example:"20" doc:"How many of the suppliers and devices that move most are named."`
}

// whatIf returns what is supposed, checked as far as that needs no database.
func (in supposition) whatIf() (what snapshot.WhatIf, err error) {
	what = snapshot.WhatIf{Set: in.Set, WithWindows: in.WithWindows, WithoutWindows: in.WithoutWindows, WithoutHolds: in.WithoutHolds}
	if what.Ruleset, err = in.Rules.text(); err != nil {
		return what, err
	}
	for i, r := range in.AddWindows {
		w, err := r.window(fmt.Sprintf("body.add_windows[%d]", i))
		if err != nil {
			return what, err
		}
		what.AddWindows = append(what.AddWindows, w)
	}
	for i, h := range in.WithHolds {
		hold, err := h.hold(fmt.Sprintf("body.with_holds[%d]", i))
		if err != nil {
			return what, err
		}
		what.WithHolds = append(what.WithHolds, hold)
	}
	if what.Verdicts, err = entriesOf(in.Verdicts); err != nil {
		return what, err
	}
	var errs []error
	for _, e := range what.Verdicts {
		errs = append(errs, e.Validate())
	}
	return what, errors.Join(errs...)
}

type previewSeason struct {
	OneSeason
	Body supposition
}

// preview computes beside its transaction, which writes nothing but that it was asked
// for: the one exception to an act's working in its own transaction alone. It is bounded
// to one at a time, so that it cannot wait for a connection that another one holds.
func (d *desk) preview(ctx context.Context, _ wire.Acting, in *previewSeason) (*body[Preview], error) {
	what, err := in.Body.whatIf()
	if err != nil {
		return nil, err
	}
	o := snapshot.PreviewOptions{Top: in.Body.Top, Workers: computeWorkers}
	if in.Body.Against != 0 {
		o.Against = fmt.Sprintf("%s/r%d", in.Season, in.Body.Against)
	}
	leave, err := d.alone()
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := snapshot.Preview(ctx, d.App, in.Season, what, o)
	if err != nil {
		return nil, err
	}
	return &body[Preview]{viewPreview(p, what.String())}, nil
}
