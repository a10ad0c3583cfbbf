package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Estimate is what a season would pay if it ended as things stand: computed as a
// revision is, over hours that may still change. It is replaced as a whole, and
// nothing of it reaches the ledger.
type Estimate struct {
	Season        string
	AsOf          time.Time
	Points        string // Σ points, decimal digits
	Allocated     int64  // base units
	Residual      int64  // base units
	Lines         int64
	Suppliers     int64
	ObservedSlots int32
	SeasonSlots   int32
}

// estimateWorkers are the groups that an estimate reads at once: it has the night.
const estimateWorkers = 2

// Reestimate computes the season's estimate and replaces the one that stood, in one
// transaction.
func Reestimate(ctx context.Context, pool *pgxpool.Pool, season string) (e Estimate, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := lockSeason(ctx, tx, season); err != nil {
			return err
		}
		if err := clearEstimate(ctx, tx, season); err != nil {
			return err
		}
		f, err := Compute(ctx, pool, season, WhatIf{}, estimateWorkers, func(lines []Line) error {
			stream := append(make([]byte, 0, len(lines)*160+64), copyHeader...)
			for i := range lines {
				stream = appendCopyEstimate(stream, season, &lines[i])
			}
			return copyEstimate(ctx, tx, bytes.NewReader(append(stream, copyTrailer...)))
		})
		if err != nil {
			return err
		}
		e = Estimate{season, f.AsOf, f.Points, f.Allocated, f.Residual, f.Lines, f.Suppliers, f.ObservedSlots, f.SeasonSlots}
		return insertEstimate(ctx, tx, e)
	})
	if err != nil {
		return e, fmt.Errorf("estimate of season %s: %w", season, err)
	}
	return e, nil
}

// EstimateOf returns the season's estimate as it was last computed; ErrNotFound if
// it never was.
func EstimateOf(ctx context.Context, tx pgx.Tx, season string) (Estimate, error) {
	if _, err := SeasonByCode(ctx, tx, season); err != nil {
		return Estimate{}, err
	}
	return selectEstimate(ctx, tx, season)
}

// EachEstimated calls visit for the estimate's lines, sorted by device id, then first
// slot: of the supplier, or of the device, if one is named. The line is valid during
// the call.
func EachEstimated(ctx context.Context, tx pgx.Tx, season string, supplier, device *uuid.UUID, visit func(*Line) error) error {
	return eachEstimated(ctx, tx, season, supplier, device, visit)
}

// EstimatedSuppliers returns what each supplier would get, by id; those who would get
// nothing are left out.
func EstimatedSuppliers(ctx context.Context, tx pgx.Tx, season string) ([]SupplierAmount, error) {
	return selectEstimatedSuppliers(ctx, tx, season)
}

// Running returns the seasons that have begun by the moment and of which no revision
// is sealed: those that are estimated.
func Running(ctx context.Context, tx pgx.Tx, now time.Time) ([]PinnedSeason, error) {
	seasons, err := Seasons(ctx, tx)
	if err != nil {
		return nil, err
	}
	sealed := map[string]bool{}
	all, err := List(ctx, tx, "")
	for _, s := range all {
		sealed[s.Season] = sealed[s.Season] || s.State == Sealed
	}
	return slices.DeleteFunc(seasons, func(s PinnedSeason) bool { return sealed[s.Code] || now.Before(s.FirstDay) }), err
}
