package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

type deviceCommands struct {
	Explain deviceExplain `cmd:"" help:"Print a device's season as a map, and each step from its slots to its amount."`
}

type deviceExplain struct {
	ID       uuid.UUID `arg:"" help:"Id of the device."`
	Season   string    `required:"" placeholder:"CODE" help:"Season to explain."`
	Revision int       `placeholder:"N" help:"Revision of the season; by default the latest that has lines, or an estimate as of now."`
}

// Run explains the device.
func (c deviceExplain) Run(ctx context.Context, a *app) error {
	if c.Revision < 0 {
		return usage("--revision %d: revisions are 1, 2 and so on", c.Revision)
	}
	return a.read(ctx, func(tx pgx.Tx) error {
		e, err := c.explanation(ctx, tx)
		if err != nil {
			return err
		}
		return a.show(e, func(out io.Writer) {
			explained{e, a}.print(out, a.mapColumns())
		})
	})
}

// explanation is of the revision that is named, or of the latest, or of now.
func (c deviceExplain) explanation(ctx context.Context, tx pgx.Tx) (*snapshot.Explanation, error) {
	if c.Revision > 0 {
		s, err := snapshot.Find(ctx, tx, fmt.Sprintf("%s/r%d", c.Season, c.Revision))
		if err != nil {
			return nil, err
		}
		return snapshot.ExplainDevice(ctx, tx, c.ID, s)
	}
	if _, err := snapshot.SeasonByCode(ctx, tx, c.Season); err != nil {
		return nil, err
	}
	now, err := snapshot.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	s, err := snapshot.LastWithLines(ctx, tx, c.Season, now)
	if errors.Is(err, snapshot.ErrNotFound) {
		return snapshot.EstimateDevice(ctx, tx, c.ID, c.Season)
	} else if err != nil {
		return nil, err
	}
	return snapshot.ExplainDevice(ctx, tx, c.ID, s)
}
