package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

type snapshotApprove struct {
	Name   string `arg:"" help:"Revision, such as ignition-s1/r2; a season alone is its latest."`
	Digest string `placeholder:"HEX" help:"Digest that you looked at, in full or its beginning; without it, the one that stands."`
	Reason string `default:"approved" help:"What you say to it."`
}

// Run approves the digest of the revision as another person than its taker.
func (c snapshotApprove) Run(ctx context.Context, a *app) error {
	return a.decide(ctx, c.Name, func(tx pgx.Tx, s snapshot.Snapshot, person int64) error {
		if found := hex.EncodeToString(s.Digest); !strings.HasPrefix(found, strings.ToLower(c.Digest)) {
			return fmt.Errorf("snapshot %s: %w: its digest is %s, not %s; look at it again", s.Name(), snapshot.ErrConflict, found, c.Digest)
		}
		if err := snapshot.Approve(ctx, tx, s.ID, s.Digest, person, c.Reason); err != nil {
			return err
		}
		a.say("%s approved by %s. Post it to the ledger with: uptally snapshot seal %s", s.Name(), a.Actor, s.Name())
		return nil
	})
}

type snapshotReject struct {
	Name   string `arg:"" help:"Revision, such as ignition-s1/r2; a season alone is its latest."`
	Reason string `required:"" help:"Why it is refused."`
}

// Run refuses the revision as another person than its taker.
func (c snapshotReject) Run(ctx context.Context, a *app) error {
	return a.decide(ctx, c.Name, func(tx pgx.Tx, s snapshot.Snapshot, person int64) error {
		if err := snapshot.Reject(ctx, tx, s.ID, person, c.Reason); err != nil {
			return err
		}
		a.say("%s rejected by %s.", s.Name(), a.Actor)
		return nil
	})
}

type snapshotSeal struct {
	Name string `arg:"" help:"Revision, such as ignition-s1/r2; a season alone is its latest."`
}

// Run posts the approved revision to the ledger, in one transaction with its
// change of state: all of a first one, and what differs of a later one.
func (c snapshotSeal) Run(ctx context.Context, a *app) error {
	if err := a.confirm("A sealed snapshot is never edited: what changes later is posted as a correction."); err != nil {
		return err
	}
	return a.decide(ctx, c.Name, func(tx pgx.Tx, s snapshot.Snapshot, person int64) error {
		journal, err := snapshot.Seal(ctx, tx, s.ID, person)
		if err != nil {
			return err
		}
		a.say("%s sealed by %s: journal %d moved %s in %s transfers, digest %s.",
			s.Name(), a.Actor, journal.Number, inIO(int64(journal.Total)), count(journal.Count), journal.Digest)
		return nil
	})
}

// decide runs an act on a revision and shows what it is then.
func (a *app) decide(ctx context.Context, name string, act func(tx pgx.Tx, s snapshot.Snapshot, person int64) error) error {
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		s, err := snapshot.Find(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := act(tx, s, person); err != nil {
			return err
		}
		if s, err = snapshot.ByID(ctx, tx, s.ID); err != nil {
			return err
		}
		return a.showSnapshot(ctx, tx, s)
	})
}
