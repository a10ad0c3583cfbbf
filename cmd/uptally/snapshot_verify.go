package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/uuid"

	"github.com/uptally/uptally/snapshot/evidence"
)

type snapshotVerify struct {
	Bundle   string     `arg:"" help:"File that snapshot evidence wrote."`
	Supplier *uuid.UUID `placeholder:"ID" help:"Recompute only what this supplier's lines follow from; the sum of all points is taken from the bundle."`
	Digest   string     `placeholder:"HEX" help:"The snapshot's digest as it was approved; snapshot show prints it. Without it a bundle is held against itself alone."`
}

// Run verifies the bundle without a database.
func (c snapshotVerify) Run(ctx context.Context, a *app) error {
	if raw, err := hex.DecodeString(c.Digest); err != nil || c.Digest != "" && len(raw) != 32 {
		return usage("--digest %q: give the 64 hex digits that snapshot show prints", c.Digest)
	}
	file, err := os.Open(c.Bundle)
	if err != nil {
		return usage("%w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return usage("%s is no file", c.Bundle)
	}
	report, err := a.verifyEvidence(ctx, c, file, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", c.Bundle, err)
	}
	return errors.Join(a.show(report, func(out io.Writer) { a.printReport(out, c, report) }), report.Err())
}

func (a *app) verifyEvidence(ctx context.Context, c snapshotVerify, r io.ReaderAt, size int64) (*evidence.Report, error) {
	var bar *progress
	defer func() {
		if bar != nil {
			bar.end()
		}
	}()
	return evidence.Verify(ctx, r, size, evidence.Options{Supplier: c.Supplier, Digest: c.Digest, Progress: func(done, groups int) {
		if bar == nil {
			bar = a.newProgress("Recomputing", groups)
		}
		bar.at(done)
	}})
}

// printReport prints a stage a row, and what differs under them, where there is room
// for it.
func (a *app) printReport(out io.Writer, c snapshotVerify, r *evidence.Report) {
	if r.Snapshot != "" {
		fmt.Fprintf(out, "evidence of %s (%s)%s, as of %s\n\n", r.Snapshot, r.State, estimateText(r.Estimate), utc(r.AsOf))
	}
	g := newGrid("stage", "result", "checked")
	for _, s := range r.Stages {
		result := "holds"
		switch {
		case s.Difference != "":
			result = "DIFFERS"
		case !s.Reached:
			result = "not reached"
		}
		g.add(s.Name, result, s.Checked)
	}
	g.print(out)
	fmt.Fprintln(out)
	for _, s := range r.Stages {
		if s.Difference != "" {
			fmt.Fprintf(out, "%s: %s\n", a.bold(s.Name), s.Difference)
		}
	}
	if s := r.Supplier; s != nil {
		fmt.Fprintf(out, "supplier %s: %s lines of %s devices, %s\n", s.ID, count(s.Lines), count(s.Devices), inIO(s.Amount))
	}
	if r.Digest == "" {
		return
	}
	fmt.Fprintf(out, "digest %s\n", a.bold(r.Digest))
	if c.Digest == "" {
		a.say("Whoever forges a whole bundle can make it fit itself: compare the digest with the one that was approved, or give it with --digest.")
	}
}
