package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
)

type snapshotEvidence struct {
	Name string `arg:"" help:"Revision, such as ignition-s1/r2; a season alone is its latest."`
	Out  string `placeholder:"FILE" help:"File to write; the season, the revision and .evidence.zip by default, here."`
}

// evidenceView is what a bundle holds, as --json prints it.
type evidenceView struct {
	Snapshot string         `json:"snapshot"`
	State    snapshot.State `json:"state"`
	Estimate bool           `json:"estimate"`
	File     string         `json:"file"` // "" of a dry run
	Bytes    int64          `json:"bytes"`
	Devices  int64          `json:"devices"`
	Chunks   int64          `json:"chunks"`
	Lines    int64          `json:"lines"`
	Digest   string         `json:"digest"`
}

// Run writes the bundle, or nothing.
func (c snapshotEvidence) Run(ctx context.Context, a *app) error {
	var view evidenceView
	err := a.read(ctx, func(tx pgx.Tx) error {
		s, err := snapshot.Find(ctx, tx, c.Name)
		if err != nil {
			return err
		}
		path := c.Out
		if path == "" {
			path = fmt.Sprintf("%s-r%d.evidence.zip", s.Season, s.Revision)
		}
		if a.DryRun {
			path = ""
		}
		view, err = a.writeEvidence(ctx, tx, s, path)
		return err
	})
	if err != nil {
		return err
	}
	if a.DryRun {
		a.say("Dry run: nothing was written.")
	} else {
		a.say("Anyone can verify it, without a database: uptally snapshot verify %s --digest %s", view.File, view.Digest)
	}
	return a.show(view, func(out io.Writer) { printEvidence(out, view) })
}

// writeEvidence writes the bundle beside where it belongs and then moves it there:
// under its name stands a whole one, or what stood there before. Without a path it
// goes nowhere.
func (a *app) writeEvidence(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot, path string) (view evidenceView, err error) {
	out := io.Discard
	finish := func() error { return nil }
	if path != "" {
		file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
		if err != nil {
			return view, err
		}
		defer os.Remove(file.Name()) //nolint:errcheck // once it is moved there is none
		buffered := bufio.NewWriterSize(file, 1<<20)
		out = buffered
		finish = func() error {
			if err := errors.Join(buffered.Flush(), file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
				return err
			}
			return os.Rename(file.Name(), path)
		}
	}
	var bar *progress
	summary, err := evidence.Write(ctx, tx, s, out, func(done, groups int) {
		if bar == nil {
			bar = a.newProgress("Writing the evidence of "+s.Name(), groups)
		}
		bar.at(done)
	})
	if bar != nil {
		bar.end()
	}
	if err != nil {
		return view, err
	}
	view = evidenceView{
		s.Name(), s.State, s.Estimate, path, summary.Bytes, summary.Devices, summary.Chunks, summary.Lines, hex.EncodeToString(summary.Digest),
	}
	return view, finish()
}

func printEvidence(out io.Writer, v evidenceView) {
	fmt.Fprintf(out, "evidence of %s (%s)%s\n\n", v.Snapshot, v.State, estimateText(v.Estimate))
	for _, row := range [][2]string{
		{"file", v.File},
		{"bytes", count(v.Bytes)},
		{"devices", count(v.Devices)},
		{"chunks", count(v.Chunks) + " hours of shards with a bit"},
		{"lines", count(v.Lines)},
		{"digest", v.Digest},
	} {
		fmt.Fprintf(out, "  %-18s %s\n", row[0], row[1])
	}
}
