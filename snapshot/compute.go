package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/uptime"
)

// Figures are what a season comes to, as a revision would have them, where nothing
// is written.
type Figures struct {
	Season        Season
	AsOf          time.Time // what was recorded by then counts
	Estimate      bool      // an hour that it stands on is still open
	Points        string    // Σ points, decimal digits: wider than 64 bits
	Allocated     int64     // base units
	Drawn         int64     // base units from the reserve so far: 0 until a revision is sealed
	Residual      int64     // base units that go back so far: pool + Drawn = Allocated + Residual
	Lines         int64
	Suppliers     int64 // with a line, whatever its outcome
	ObservedSlots int32
	SeasonSlots   int32
	Outcomes      []OutcomeTotal // of those that occur, in order
	Corrects      *Snapshot      // the sealed revision that it would correct, at the fixed rate; nil: none is sealed
}

// Compute computes the season as of now, as the next revision would be, had
// what is supposed been so, and writes nothing. It calls visit with the lines of
// one group of devices after another, with their amounts, in the order of their
// keys; they are valid during the call. visit may be nil. Reading is consistent,
// by at most so many workers at once, each with a connection; the encoded lines
// stay in memory, some 110 bytes a device. What cannot be computed is
// ErrImpossible; what is supposed in vain wraps the errors of WhatIf.
func Compute(ctx context.Context, pool *pgxpool.Pool, season string, what WhatIf, workers int, visit func([]Line) error) (f Figures, err error) {
	err = readTogether(ctx, pool, func(tx pgx.Tx, r *reading) error {
		c, err := compute(ctx, tx, r, season, what, workers)
		if err != nil {
			return err
		}
		all := newComparing(0)
		for number := range c.groups {
			lines, err := c.lines(number)
			if err != nil {
				return err
			}
			all.group(lines, nil)
			if visit == nil {
				continue
			}
			if err := visit(lines); err != nil {
				return err
			}
		}
		f, err = c.figures(ctx, tx, all)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("season %s: %w", season, err)
	}
	return f, nil
}

// scenario is a basis as it is supposed to be.
type scenario struct {
	*Basis
	verdicts map[uuid.UUID][]uptime.Verdict // as if on record, by device
	watched  *Window                        // of the basis's windows, the one whose refusals are counted; or nil
}

// supposeBasis returns what the season's next revision would be computed from, as of
// now and as it is supposed to be.
func supposeBasis(ctx context.Context, tx pgx.Tx, now time.Time, code string, what *WhatIf) (*scenario, error) {
	season, err := SeasonByCode(ctx, tx, code)
	if err != nil {
		return nil, err
	}
	b, err := LoadBasis(ctx, tx, code, Next, now)
	if err != nil {
		return nil, err
	}
	own, err := selectRuleset(ctx, tx, season.RulesetSHA256)
	if err != nil {
		return nil, err
	}
	if b.Rules, err = what.rules(own); err != nil {
		return nil, err
	}
	onRecord, err := selectWindows(ctx, tx, code, now)
	if err != nil {
		return nil, err
	}
	if err := what.suppose(b, onRecord); err != nil {
		return nil, err
	}
	return &scenario{Basis: b, verdicts: what.verdicts(b)}, b.Look(ctx, tx)
}

// computed is a season's result, its amounts yet to be set.
type computed struct {
	*scenario
	points  *uint256.Int
	groups  []scoredGroup
	refused Refusals
}

// scoredGroup is what comes of a group, but for digests: they are for what stays.
type scoredGroup struct {
	encoded []byte // the lines one after the other (see AppendLine)
	points  uint256.Int
	refused Refusals
	judged  int // devices with supposed verdicts
}

// Refusals are how many devices a window refuses, by reason.
type Refusals struct{ InactiveBefore, NotBack, Pending int64 }

func compute(ctx context.Context, tx pgx.Tx, r *reading, season string, what WhatIf, workers int) (*computed, error) {
	s, err := supposeBasis(ctx, tx, r.now, season, &what)
	if err != nil {
		return nil, err
	}
	return s.compute(ctx, tx, r, workers)
}

// compute scores all groups.
func (s *scenario) compute(ctx context.Context, tx pgx.Tx, r *reading, workers int) (*computed, error) {
	groups, err := Groups(ctx, tx, s.AsOf)
	if err != nil {
		return nil, err
	}
	c := &computed{scenario: s, points: new(uint256.Int), groups: make([]scoredGroup, groups)}
	if err := r.each(ctx, groups, workers, func(ctx context.Context, tx pgx.Tx, number int) error {
		group, err := LoadGroup(ctx, tx, s.Basis, number)
		if err != nil {
			return err
		}
		return s.score(group, &c.groups[number])
	}); err != nil {
		return nil, err
	}
	judged := 0
	for i := range c.groups {
		g := &c.groups[i]
		c.points.Add(c.points, &g.points)
		c.refused.add(g.refused)
		judged += g.judged
	}
	if judged < len(s.verdicts) {
		return nil, fmt.Errorf("%d of the %d devices with what-if verdicts: %w; check their ids", len(s.verdicts)-judged, len(s.verdicts), ErrNotFound)
	}
	return c, nil
}

// score scores one group.
func (s *scenario) score(group *Group, out *scoredGroup) error {
	scorer := s.NewScorer()
	watched := slices.Index(scorer.windows, s.watched)
	out.encoded = make([]byte, 0, (len(group.Devices)+len(group.Devices)/16)*LineBytes)
	var lines []Line
	return group.Each(s.Basis, nil, func(d *Device) (err error) {
		if supposed, some := s.verdicts[d.ID]; some {
			d.Verdicts = append(d.Verdicts, supposed...)
			out.judged++
		}
		if lines, err = scorer.Score(d, lines[:0]); err != nil {
			return fmt.Errorf("%w: %w", ErrImpossible, err)
		}
		AddPoints(&out.points, lines)
		for i := range lines {
			out.encoded = AppendLine(out.encoded, &lines[i])
		}
		if watched >= 0 && len(lines) > 0 && len(scorer.decisions) > 0 {
			out.refused.count(scorer.decisions[watched].refused)
		}
		return nil
	})
}

func (r *Refusals) count(refused Notes) {
	switch refused {
	case NoteGraceInactiveBefore:
		r.InactiveBefore++
	case NoteGraceNotBack:
		r.NotBack++
	case NoteGracePending:
		r.Pending++
	}
}

func (r *Refusals) add(o Refusals) {
	r.InactiveBefore += o.InactiveBefore
	r.NotBack += o.NotBack
	r.Pending += o.Pending
}

// lines returns the lines of a group with their amounts.
func (c *computed) lines(number int) ([]Line, error) {
	encoded := c.groups[number].encoded
	lines, err := DecodeLines(make([]Line, 0, len(encoded)/LineBytes), encoded)
	if err != nil {
		return nil, err
	}
	if _, err := c.Rate(c.points).Allocate(lines); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImpossible, err)
	}
	return lines, nil
}

// figures returns what the lines, all added up, come to.
func (c *computed) figures(ctx context.Context, tx pgx.Tx, all *comparing) (Figures, error) {
	season := c.Season.Span()
	f := Figures{
		Season: c.Season, AsOf: c.AsOf, Points: c.points.Dec(), Allocated: all.allocated, Residual: c.Season.Pool - all.allocated,
		Lines: all.lines, ObservedSlots: int32(c.Observed.Count(season)), SeasonSlots: int32(season.Len()), Outcomes: all.outcomeTotals(),
	}
	if all.tooLarge {
		return f, fmt.Errorf("%w: %w: the lines' sum passes 63 bits", ErrImpossible, ErrAmountTooLarge)
	}
	for _, s := range all.suppliers {
		if s.Has {
			f.Suppliers++
		}
	}
	var err error
	if f.Estimate, _, err = closings(ctx, tx, c.Basis); err != nil || c.Corrects == nil {
		return f, err
	}
	sealed := c.Corrects.Sealed
	before, err := selectSupplierAmounts(ctx, tx, sealed.ID)
	if err != nil {
		return f, err
	}
	f.Corrects, f.Drawn, f.Residual = &sealed, sealed.Drawn, sealed.Residual
	f.settle(before, all.suppliers)
	return f, nil
}

// settle adds to what was drawn and went back, as far as the suppliers get more or
// less than in the revision that is corrected.
func (f *Figures) settle(before []SupplierAmount, suppliers map[uuid.UUID]*SupplierChange) {
	delta := make(map[uuid.UUID]int64, len(suppliers))
	for id, s := range suppliers {
		delta[id] = s.After
	}
	for _, s := range before {
		delta[s.SupplierID] -= s.Amount
	}
	for _, d := range delta {
		f.Drawn += max(d, 0)
		f.Residual -= min(d, 0)
	}
}
