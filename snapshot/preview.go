package snapshot

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Previewed is what a season would come to, and what that changes.
type Previewed struct {
	Figures
	Against      *Snapshot        // the revision that it is compared with; nil: with nothing
	ByLine       Movement         // a line's key is its device and first slot, whoever owns it
	BySupplier   Movement         //
	TopSuppliers []SupplierChange // those that move most, farthest first
	TopDevices   []DeviceChange   // likewise
}

// DefaultTop is how many of those that move most a preview names.
const DefaultTop = 20

// PreviewOptions are how a preview compares.
type PreviewOptions struct {
	Against string // a revision of the season, such as ignition-s1/r2; "": the last one with lines that stands
	Top     int    // how many of those that move most are named; 0: DefaultTop
	Workers int    // groups of devices read at once, each over a connection; at least 1
}

// Preview computes the season as Compute does, and compares it with a revision of
// the season.
func Preview(ctx context.Context, pool *pgxpool.Pool, season string, what WhatIf, o PreviewOptions) (*Previewed, error) {
	if o.Top == 0 {
		o.Top = DefaultTop
	}
	var p *Previewed
	err := readTogether(ctx, pool, func(tx pgx.Tx, r *reading) error {
		against, err := comparedWith(ctx, tx, season, o.Against)
		if err != nil {
			return err
		}
		c, err := compute(ctx, tx, r, season, what, o.Workers)
		if err != nil {
			return err
		}
		p, err = c.compare(ctx, tx, r, against, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("preview of season %s: %w", season, err)
	}
	return p, nil
}

// comparedWith returns the revision of the name, or the last one that stands; nil,
// if the season has none.
func comparedWith(ctx context.Context, tx pgx.Tx, season, name string) (*Snapshot, error) {
	if name != "" {
		s, err := Find(ctx, tx, name)
		switch {
		case err != nil:
			return nil, err
		case s.Season != season:
			return nil, fmt.Errorf("%s: %w: it is of another season: name one of %s", s.Name(), ErrConflict, season)
		case s.Digest == nil:
			return nil, fmt.Errorf("%s: %w: it is %s and has no lines: name another", s.Name(), ErrConflict, s.State)
		}
		return &s, nil
	}
	all, err := selectSnapshots(ctx, tx, season)
	for _, s := range slices.Backward(all) {
		if s.State == Draft || s.State == Approved || s.State == Sealed {
			return &s, err
		}
	}
	return nil, err
}

// compare sets the amounts and compares group by group, side by side.
func (c *computed) compare(ctx context.Context, tx pgx.Tx, r *reading, against *Snapshot, o PreviewOptions) (*Previewed, error) {
	all, mu := newComparing(o.Top), sync.Mutex{}
	err := r.each(ctx, len(c.groups), o.Workers, func(ctx context.Context, tx pgx.Tx, number int) error {
		lines, err := c.lines(number)
		if err != nil {
			return err
		}
		var before []amountRow
		if against != nil {
			before = make([]amountRow, 0, len(lines))
			first := int32(number * shardsPerGroup)
			if err := eachAmount(ctx, tx, against.ID, first, first+shardsPerGroup, func(row *amountRow) {
				before = append(before, *row)
			}); err != nil {
				return err
			}
		}
		own := newComparing(o.Top)
		own.group(lines, before)
		mu.Lock()
		defer mu.Unlock()
		all.merge(own)
		return nil
	})
	if err != nil {
		return nil, err
	}
	p := &Previewed{Against: against, ByLine: all.moved, TopDevices: all.devices.sorted()}
	if p.Figures, err = c.figures(ctx, tx, all); err != nil {
		return nil, err
	}
	top := topChanges[SupplierChange]{most: o.Top, compare: compareSupplierChanges}
	for _, s := range all.suppliers {
		p.BySupplier.Add(s.Had, s.Has, s.Before, s.After)
		if s.Before != s.After {
			top.add(*s)
		}
	}
	p.TopSuppliers = top.sorted()
	return p, nil
}
