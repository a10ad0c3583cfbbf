package snapshot

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
)

// ExplainEstimated explains the device's lines in the season's estimate, as it was
// last computed: as of its moment and at its rate. Unlike EstimateDevice it scores
// this device alone. Where hours have moved on since, what the estimate holds is in
// Stored. ErrNotFound says that there is no season, estimate or device.
func ExplainEstimated(ctx context.Context, tx pgx.Tx, id uuid.UUID, season string) (*Explanation, error) {
	estimate, err := EstimateOf(ctx, tx, season)
	if err != nil {
		return nil, err
	}
	points, err := uint256.FromDecimal(estimate.Points)
	if err != nil {
		return nil, fmt.Errorf("estimate of season %s: points %s: %w", season, estimate.Points, err)
	}
	b, err := LoadBasis(ctx, tx, season, Next, estimate.AsOf)
	if err != nil {
		return nil, err
	}
	// What was sealed since fixed no rate for it.
	b.Corrects, err = correctionOf(ctx, tx, season, func(s *Snapshot) bool { return !s.SealedAt.After(estimate.AsOf) })
	if err != nil {
		return nil, err
	}
	e, number, err := explainDevice(ctx, tx, b, id, b.Rate(points))
	if err != nil {
		return nil, fmt.Errorf("estimate of season %s: %w", season, err)
	}
	e.Estimate = true
	stored, err := selectEstimatedLines(ctx, tx, season, number)
	if err != nil {
		return nil, err
	}
	e.compare(stored)
	return e, nil
}
