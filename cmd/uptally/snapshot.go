package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type snapshotCommands struct {
	Take    snapshotTake    `cmd:"" help:"Compute a new revision of a season's result, as things stand."`
	List    snapshotList    `cmd:"" help:"List the revisions."`
	Show    snapshotShow    `cmd:"" help:"Show the figures of a revision."`
	Preview snapshotPreview `cmd:"" help:"Compute a season as it would be, with other rules, windows, holds or verdicts, and compare; nothing is written."`
	Lines   snapshotLines   `cmd:"" help:"Print every line of a revision: device, owner, figures, outcome, notes."`
	Diff    snapshotDiff    `cmd:"" help:"Explain how one revision differs from another: every changed line, and its cause."`
	Approve snapshotApprove `cmd:"" help:"Approve a revision that another person took, by its digest."`
	Reject  snapshotReject  `cmd:"" help:"Refuse a revision that another person took."`
	Seal    snapshotSeal    `cmd:"" help:"Post an approved revision to the ledger; this cannot be undone."`

	Evidence snapshotEvidence `cmd:"" help:"Write all that a revision follows from into one file, from which anyone can recompute it."`
	Verify   snapshotVerify   `cmd:"" help:"Recompute a revision from its evidence, without a database, and name the first line that differs."`

	Override overrideCommands `cmd:"" help:"Two people's word that a revision may be sealed although guards have failed."`
}

type snapshotTake struct {
	Season  string `arg:"" help:"Season to take."`
	Workers int    `default:"4" help:"Groups of devices scored at once."`
}

// Run takes the snapshot by jobs, in this process, and waits for it.
func (c snapshotTake) Run(ctx context.Context, a *app) error {
	if c.Workers < 1 {
		return usage("--workers %d: give 1 or more", c.Workers)
	}
	return a.withDatabase(ctx, func(db *database) error {
		if a.DryRun {
			return a.dryTake(ctx, db, c.Season)
		}
		person, err := a.personIn(ctx, db, rewardsAct)
		if err != nil {
			return err
		}
		var taken snapshot.Snapshot
		err = withJobs(ctx, db, jobs.Options{Work: jobs.Takes, Workers: c.Workers}, func(client *jobs.Client) error {
			taken, err = a.take(ctx, client, c.Season, person)
			return err
		})
		if err != nil {
			return err
		}
		a.say("%s is a draft. Another person approves it with: uptally snapshot approve %s", taken.Name(), taken.Name())
		return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return a.showSnapshot(ctx, tx, taken) })
	})
}

// take takes a snapshot by the client's jobs. One that cannot be computed is an
// error.
func (a *app) take(ctx context.Context, client *jobs.Client, season string, person int64) (snapshot.Snapshot, error) {
	begun, err := client.Take(ctx, season, person)
	if err != nil {
		return begun, err
	}
	var bar *progress
	taken, err := client.WaitTaken(ctx, begun.ID, func(scored, groups int) {
		if bar == nil {
			bar = a.newProgress("Scoring "+begun.Name(), groups)
		}
		bar.at(scored)
	})
	if bar != nil {
		bar.end()
	}
	switch {
	case err != nil:
		return taken, err
	case taken.State == snapshot.Failed:
		return taken, fmt.Errorf("snapshot %s failed: %s", taken.Name(), taken.Failure)
	case taken.State != snapshot.Draft:
		return taken, fmt.Errorf("snapshot %s: %w: it is %s, another one was taken meanwhile", taken.Name(), snapshot.ErrConflict, taken.State)
	}
	return taken, nil
}

// dryTake tells what a take would stand on.
func (a *app) dryTake(ctx context.Context, db *database, season string) error {
	return a.writeIn(ctx, db, rewardsAct, func(tx pgx.Tx, person int64) error {
		s, groups, err := snapshot.Take(ctx, tx, season, person)
		if err != nil {
			return err
		}
		a.say("It would be %s, scored in %d groups%s.", s.Name(), groups, estimateText(s.Estimate))
		return nil
	})
}

func estimateText(estimate bool) string {
	if estimate {
		return "; an ESTIMATE, as hours that it stands on are still open"
	}
	return ""
}

type snapshotList struct {
	Season string `arg:"" optional:"" help:"Only the revisions of this season."`
}

// Run lists the revisions by season and number.
func (c snapshotList) Run(ctx context.Context, a *app) error {
	var all []snapshot.Snapshot
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		if c.Season != "" {
			if _, err := snapshot.SeasonByCode(ctx, tx, c.Season); err != nil {
				return err
			}
		}
		all, err = snapshot.List(ctx, tx, c.Season)
		return err
	}); err != nil {
		return err
	}
	return a.show(viewRevisions(all), func(out io.Writer) { printRevisions(out, all) })
}

// revisionView is one revision in a list, as --json prints it.
type revisionView struct {
	Name      string        `json:"name"`
	State     string        `json:"state"`
	Estimate  bool          `json:"estimate"`
	AsOf      time.Time     `json:"as_of"`
	Allocated ledger.Amount `json:"allocated"`
	Residual  ledger.Amount `json:"residual"`
	Lines     int64         `json:"lines"`
	Digest    string        `json:"digest"`
}

func viewRevisions(all []snapshot.Snapshot) []revisionView {
	views := make([]revisionView, len(all))
	for i, s := range all {
		views[i] = revisionView{
			s.Name(), string(s.State), s.Estimate, s.AsOf.UTC(), ledger.Amount(s.Allocated), ledger.Amount(s.Residual),
			s.Lines, hex.EncodeToString(s.Digest),
		}
	}
	return views
}

func printRevisions(out io.Writer, all []snapshot.Snapshot) {
	g := newGrid("snapshot", "state", "as of", ">allocated", ">residual", ">lines", "digest")
	for _, s := range all {
		g.add(s.Name(), stateText(s), utc(s.AsOf), inIO(s.Allocated), inIO(s.Residual), count(s.Lines), short(s.Digest))
	}
	g.print(out)
}

// stateText is the state with what must never be overlooked.
func stateText(s snapshot.Snapshot) string {
	if s.Estimate {
		return string(s.State) + " (ESTIMATE)"
	}
	return string(s.State)
}

// short is the beginning of a digest, enough for people to tell two apart.
func short(digest []byte) string { return hex.EncodeToString(digest[:min(6, len(digest))]) }

type snapshotShow struct {
	Name string `arg:"" help:"Revision, such as ignition-s1/r2; a season alone is its latest."`
}

// Run shows one revision.
func (c snapshotShow) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		s, err := snapshot.Find(ctx, tx, c.Name)
		if err != nil {
			return err
		}
		return a.showSnapshot(ctx, tx, s)
	})
}
