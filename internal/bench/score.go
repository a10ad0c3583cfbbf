package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/snapshot"
)

const (
	scoreRounds  = 5
	scoreWorkers = 4 // as many as a process of jobs has by default
)

// measureScore reads and scores all groups of the season, and scans the same table.
func (b *bench) measureScore(ctx context.Context) ([]Figure, error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	if err := d.scan(ctx); err != nil { // what comes after is warm
		return nil, err
	}
	times, err := interleave(ctx, scoreRounds, d.score(seasonCode), timed(d.scan))
	if err != nil {
		return nil, err
	}
	return []Figure{ratioOf("snapshot.score", times[0].Seconds(), times[1].Seconds(), "s", AtMost(8))}, nil
}

// scan counts the bits of every chunk, and nothing else.
func (d *dataset) scan(ctx context.Context) error {
	return pgx.BeginFunc(ctx, d.app, func(tx pgx.Tx) error {
		_, err := scanChunks(ctx, tx)
		return err
	})
}

// errMeasured is why a snapshot that was only scored is ended.
var errMeasured = errors.New("scored for its time alone")

// score is the task of scoring all groups of the season by workers, and writing
// nothing. Its time begins when the snapshot has been begun.
func (d *dataset) score(season string) task {
	return func(ctx context.Context) (took time.Duration, err error) {
		var (
			s      snapshot.Snapshot
			groups int
		)
		if err := pgx.BeginFunc(ctx, d.app, func(tx pgx.Tx) (err error) {
			s, groups, err = snapshot.Take(ctx, tx, season, d.taker)
			return err
		}); err != nil {
			return 0, err
		}
		took, err = timed(func(ctx context.Context) error {
			workers, ctx := errgroup.WithContext(ctx)
			workers.SetLimit(scoreWorkers)
			for number := range groups {
				workers.Go(func() error {
					_, err := snapshot.ScoreGroup(ctx, d.app, s.ID, number)
					return err
				})
			}
			return workers.Wait()
		})(ctx)
		return took, errors.Join(err, pgx.BeginFunc(ctx, d.app, func(tx pgx.Tx) error {
			return snapshot.Fail(ctx, tx, s.ID, errMeasured)
		}))
	}
}
