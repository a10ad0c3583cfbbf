package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
)

// measureEvidence writes the evidence of a draft into a file, verifies it whole and
// for one supplier, and scans the same chunks. The file is written once: it takes as
// long as hundreds of scans do.
func (b *bench) measureEvidence(ctx context.Context) (figures []Figure, err error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	s, err := d.draft(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "uptally-bench-evidence-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "bundle.zip")
	var summary evidence.Summary
	supplier := supplierOf(0)
	times, err := interleave(ctx, 1,
		timed(d.scan), timed(d.scan), // the first is cold
		timed(func(ctx context.Context) error {
			summary, err = d.writeEvidence(ctx, s, path)
			return err
		}),
		timed(func(ctx context.Context) error { return verifyEvidence(ctx, path, nil) }),
		timed(func(ctx context.Context) error { return verifyEvidence(ctx, path, &supplier) }))
	if err != nil {
		return nil, err
	}
	scan := times[1].Seconds()
	figure := func(name string, took time.Duration) Figure { return ratioOf(name, took.Seconds(), scan, "s", Bound{}) }
	return []Figure{
		figure("evidence.write", times[2]),
		figure("evidence.verify", times[3]),
		figure("evidence.verify_supplier", times[4]),
		ratioOf("evidence.bytes", float64(summary.Bytes), float64(summary.Devices), "bytes, devices", Bound{}),
	}, nil
}

// draft returns the season's last snapshot, taken now if there is none with lines.
func (d *dataset) draft(ctx context.Context) (s snapshot.Snapshot, err error) {
	find := func() error {
		return pgx.BeginFunc(ctx, d.app, func(tx pgx.Tx) (err error) {
			s, err = snapshot.Find(ctx, tx, seasonCode)
			return err
		})
	}
	if err := find(); err != nil && !errors.Is(err, snapshot.ErrNotFound) || s.State == snapshot.Draft {
		return s, err
	}
	if _, err := d.take(new(taken))(ctx); err != nil {
		return s, err
	}
	return s, find()
}

func (d *dataset) writeEvidence(ctx context.Context, s snapshot.Snapshot, path string) (summary evidence.Summary, err error) {
	file, err := os.Create(path)
	if err != nil {
		return summary, err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	err = pgx.BeginTxFunc(ctx, d.app, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		summary, err = evidence.Write(ctx, tx, s, out, nil)
		return err
	})
	return summary, errors.Join(err, out.Flush(), file.Close())
}

// verifyEvidence verifies the bundle, which must hold.
func verifyEvidence(ctx context.Context, path string, supplier *uuid.UUID) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	report, err := evidence.Verify(ctx, file, info.Size(), evidence.Options{Supplier: supplier})
	if err != nil {
		return err
	}
	if err := report.Err(); err != nil {
		return fmt.Errorf("its own bundle: %w", err)
	}
	return nil
}
