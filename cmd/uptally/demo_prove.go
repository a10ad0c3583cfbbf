package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
)

// prove writes the evidence of what was sealed, and verifies it without a database.
func (d *demo) prove(ctx context.Context) error {
	d.chapter("Can anyone else come to the same? Evidence, verified without a database")
	for i, s := range storySeasons {
		if i > 0 {
			d.blank()
		}
		path := filepath.Join(d.folder.path, s.code+".evidence.zip")
		view, err := d.testify(ctx, s.code, path)
		if err != nil {
			return err
		}
		d.line("uptally snapshot evidence %s --out %s", view.Snapshot, quoted(path))
		d.line("  %s bytes: %s devices, %s chunks, %s lines", count(view.Bytes), count(view.Devices), count(view.Chunks), count(view.Lines))
		d.line("uptally snapshot verify %s --digest %s", quoted(path), view.Digest)
		if err := d.verifyFile(ctx, path, view.Digest); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) testify(ctx context.Context, season, path string) (view evidenceView, err error) {
	err = pgx.BeginTxFunc(ctx, d.db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		s, err := snapshot.Find(ctx, tx, season)
		if err != nil {
			return err
		}
		view, err = d.writeEvidence(ctx, tx, s, path)
		return err
	})
	return view, err
}

func (d *demo) verifyFile(ctx context.Context, path, digest string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	report, err := evidence.Verify(ctx, file, info.Size(), evidence.Options{Digest: digest})
	if err != nil {
		return err
	}
	for _, stage := range report.Stages {
		d.line("  %-10s %s", stage.Name, stage.Checked)
	}
	if err := report.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
