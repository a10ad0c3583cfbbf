package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

type snapshotPreview struct {
	Season        string         `arg:"" help:"Season to compute as it would be now."`
	Set           []string       `sep:"none" placeholder:"KEY=VALUE" help:"Another value in the ruleset, such as eligibility.min_uptime=0.6; may be repeated."`
	Ruleset       string         `placeholder:"NAME|FILE" help:"Another ruleset: a TOML file, or the name of a shipped one."`
	WithWindow    []int64        `placeholder:"ID" help:"As if this proposed grace window were approved; may be repeated."`
	WithoutWindow []int64        `placeholder:"ID" help:"As if this approved grace window were not; may be repeated."`
	WithHold      []holdInterval `placeholder:"FROM/TO" help:"As if changes in this interval were held; may be repeated."`
	WithoutHold   []int64        `placeholder:"ID" help:"As if this hold were released; may be repeated."`
	Verdicts      string         `placeholder:"FILE" help:"As if these verdicts were entered now: CSV or JSON as for: verdict import."`
	Against       string         `placeholder:"REVISION" help:"Revision to compare with, such as ignition-s1/r2; by default the last one that stands."`
	Top           int            `default:"20" help:"How many of the suppliers and devices that move most are named."`
	Workers       int            `default:"4" help:"Groups of devices read at once."`
}

// holdInterval is a flag's FROM/TO, two instants.
type holdInterval struct{ snapshot.Hold }

// UnmarshalText reads the flag.
func (h *holdInterval) UnmarshalText(text []byte) error {
	from, to, found := strings.Cut(string(text), "/")
	if !found {
		return fmt.Errorf("%q is no interval: write FROM/TO, such as 2024-04-25T08:00:00Z/2024-04-25T12:00:00Z", text)
	}
	var begin, end instant
	if err := errors.Join(begin.UnmarshalText([]byte(from)), end.UnmarshalText([]byte(to))); err != nil {
		return err
	}
	h.From, h.To = begin.Time, end.Time
	return h.Validate()
}

// whatIf returns what the flags suppose.
func (c snapshotPreview) whatIf(a *app) (what snapshot.WhatIf, err error) {
	what = snapshot.WhatIf{Set: c.Set, WithWindows: c.WithWindow, WithoutWindows: c.WithoutWindow, WithoutHolds: c.WithoutHold}
	for _, h := range c.WithHold {
		what.WithHolds = append(what.WithHolds, h.Hold)
	}
	if c.Ruleset != "" {
		if what.Ruleset, err = findRuleset(c.Ruleset); err != nil {
			return what, err
		}
	}
	if c.Verdicts == "" {
		return what, nil
	}
	file, err := a.readFile(c.Verdicts)
	if err != nil {
		return what, usage("--verdicts: %w", err)
	}
	rows, err := uptime.ParseVerdictFile(c.Verdicts, file)
	if err != nil {
		return what, usage("--verdicts: %w", err)
	}
	for _, row := range rows {
		what.Verdicts = append(what.Verdicts, row.VerdictEntry)
	}
	return what, nil
}

// Run computes the season as it is supposed to be and compares it. It writes
// nothing.
func (c snapshotPreview) Run(ctx context.Context, a *app) error {
	if c.Top < 1 || c.Workers < 1 {
		return usage("--top %d, --workers %d: give 1 or more of each", c.Top, c.Workers)
	}
	what, err := c.whatIf(a)
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		o := snapshot.PreviewOptions{Against: c.Against, Top: c.Top, Workers: c.Workers}
		p, err := snapshot.Preview(ctx, db.pool, c.Season, what, o)
		if errors.Is(err, snapshot.ErrRuleset) {
			return usage("%w", err)
		}
		if err != nil {
			return err
		}
		a.say("A preview: nothing was written.")
		view := viewPreview(p, what.String())
		return a.show(view, func(out io.Writer) { printPreview(out, view) })
	})
}

// previewView is a preview as --json prints it; amounts are strings of base units.
type previewView struct {
	Season    string                     `json:"season"`
	WhatIf    string                     `json:"what_if"` // "" for nothing
	AsOf      time.Time                  `json:"as_of"`
	Estimate  bool                       `json:"estimate"`
	Corrects  *string                    `json:"corrects"` // the sealed revision whose rate is fixed
	Pool      ledger.Amount              `json:"pool"`
	Allocated ledger.Amount              `json:"allocated"`
	Drawn     ledger.Amount              `json:"drawn"`
	Residual  ledger.Amount              `json:"residual"`
	Points    string                     `json:"points"`
	Lines     int64                      `json:"lines"`
	Suppliers int64                      `json:"suppliers"`
	Outcomes  map[snapshot.Outcome]int64 `json:"outcomes"`
	Coverage  struct {
		Observed int32 `json:"observed"`
		Slots    int32 `json:"slots"`
	} `json:"coverage"`
	Against      *string              `json:"against"` // null: there is no revision yet
	ByLine       movementView         `json:"by_line"`
	BySupplier   movementView         `json:"by_supplier"`
	TopSuppliers []supplierChangeView `json:"top_suppliers"`
	TopDevices   []deviceChangeView   `json:"top_devices"`
}

// movementView is who moves, and by how much.
type movementView struct {
	Gain         int64         `json:"gain"`
	Lose         int64         `json:"lose"`
	Same         int64         `json:"same"`
	Appear       int64         `json:"appear"`
	Vanish       int64         `json:"vanish"`
	Gained       ledger.Amount `json:"gained"`
	Lost         ledger.Amount `json:"lost"`
	Distribution []bucketView  `json:"distribution"`
}

// bucketView is how many changed by so much, relative to what they had.
type bucketView struct {
	Change string        `json:"change"`
	Count  int64         `json:"count"`
	Delta  ledger.Amount `json:"delta"`
}

type supplierChangeView struct {
	SupplierID uuid.UUID `json:"supplier_id"`
	changeView
}

type deviceChangeView struct {
	DeviceID uuid.UUID `json:"device_id"`
	changeView
	OutcomeBefore *string `json:"outcome_before"` // of its last line; null: it had none
	Outcome       *string `json:"outcome"`
}

type changeView struct {
	Before ledger.Amount `json:"before"`
	After  ledger.Amount `json:"after"`
	Delta  ledger.Amount `json:"delta"`
}

func viewChange(before, after int64) changeView {
	return changeView{ledger.Amount(before), ledger.Amount(after), ledger.Amount(after - before)}
}

func viewPreview(p *snapshot.Previewed, what string) previewView {
	v := previewView{
		Season: p.Season.Code, WhatIf: what, AsOf: p.AsOf.UTC(), Estimate: p.Estimate, Pool: ledger.Amount(p.Season.Pool),
		Allocated: ledger.Amount(p.Allocated), Drawn: ledger.Amount(p.Drawn), Residual: ledger.Amount(p.Residual), Points: p.Points,
		Lines: p.Lines, Suppliers: p.Suppliers, Outcomes: map[snapshot.Outcome]int64{},
		ByLine: viewMovement(&p.ByLine), BySupplier: viewMovement(&p.BySupplier),
		TopSuppliers: []supplierChangeView{}, TopDevices: []deviceChangeView{},
	}
	v.Coverage.Observed, v.Coverage.Slots = p.ObservedSlots, p.SeasonSlots
	for _, t := range p.Outcomes {
		v.Outcomes[t.Outcome] = t.Lines
	}
	if p.Corrects != nil {
		v.Corrects = new(p.Corrects.Name())
	}
	if p.Against != nil {
		v.Against = new(p.Against.Name())
	}
	for _, s := range p.TopSuppliers {
		v.TopSuppliers = append(v.TopSuppliers, supplierChangeView{s.SupplierID, viewChange(s.Before, s.After)})
	}
	for _, d := range p.TopDevices {
		v.TopDevices = append(v.TopDevices, deviceChangeView{
			d.DeviceID, viewChange(d.Before, d.After), outcomeOrNone(d.OutcomeBefore), outcomeOrNone(d.Outcome),
		})
	}
	return v
}

func outcomeOrNone(o snapshot.Outcome) *string {
	if !o.Valid() {
		return nil
	}
	return new(o.String())
}

func viewMovement(m *snapshot.Movement) movementView {
	v := movementView{
		Gain: m.Gain, Lose: m.Lose, Same: m.Same, Appear: m.Appear, Vanish: m.Vanish,
		Gained: ledger.Amount(m.Gained), Lost: ledger.Amount(m.Lost),
	}
	for i, b := range m.Buckets {
		v.Distribution = append(v.Distribution, bucketView{snapshot.Buckets[i], b.Count, ledger.Amount(b.Delta)})
	}
	return v
}
