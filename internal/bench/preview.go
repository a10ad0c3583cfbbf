package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

// measurePreview previews the season by a stricter rule against a revision that was
// taken of it, and scans the same table.
func (b *bench) measurePreview(ctx context.Context) ([]Figure, error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	if err := d.takenOnce(ctx); err != nil {
		return nil, err
	}
	if err := d.scan(ctx); err != nil { // what comes after is warm
		return nil, err
	}
	times, err := interleave(ctx, scoreRounds, timed(d.preview), timed(d.scan))
	if err != nil {
		return nil, err
	}
	return []Figure{ratioOf("snapshot.preview", times[0].Seconds(), times[1].Seconds(), "s", AtMost(15))}, nil
}

// takenOnce takes a revision, unless one stands from an earlier run.
func (d *dataset) takenOnce(ctx context.Context) error {
	var stands bool
	err := d.begin(ctx, func(tx pgx.Tx) error {
		all, err := snapshot.List(ctx, tx, seasonCode)
		for _, s := range all {
			stands = stands || s.State == snapshot.Draft || s.State == snapshot.Sealed
		}
		return err
	})
	if err != nil || stands {
		return err
	}
	var last taken
	if _, err := d.take(&last)(ctx); err != nil {
		return err
	}
	return d.vacuumLines(ctx)
}

// vacuumLines brings the lines just written into the state that they are in after a while.
func (d *dataset) vacuumLines(ctx context.Context) error {
	conn, err := d.owner.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return vacuumLines(ctx, conn.Conn())
}

// preview computes the season by a stricter rule, and compares every line.
func (d *dataset) preview(ctx context.Context) error {
	what := snapshot.WhatIf{Set: []string{"eligibility.min_uptime=0.99"}}
	p, err := snapshot.Preview(ctx, d.app, seasonCode, what, snapshot.PreviewOptions{Workers: scoreWorkers})
	if err != nil {
		return err
	}
	if m := p.ByLine; p.Against == nil || m.Gain+m.Lose+m.Same != p.Lines || m.Gain == 0 {
		return fmt.Errorf("the preview of %d lines is compared with %v, and moves %+v", p.Lines, p.Against, m)
	}
	return nil
}
