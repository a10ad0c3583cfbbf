package rewards

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) snapshots() {
	wire.Read(d.Service, reading("/snapshots", "list-snapshots", "List the revisions",
		"All revisions, or a season's, by season and number."), house, d.listSnapshots)
	wire.Act(d.Service, asking("/snapshots", "take-snapshot", "Take a snapshot",
		"Begins a new revision of a season's result, as things stand, and supersedes one that is under way. Jobs compute it: look at it until it is no longer being taken."),
		team, d.takeSnapshot)
	wire.Read(d.Service, reading("/snapshots/{season}/{revision}", "get-snapshot", "Look at a revision",
		"Its figures, who took, decided and sealed it, its guards, and its digest; while it is being taken, how far that is."), house, d.getSnapshot)
	wire.Read(d.Service, reading("/snapshots/{season}/{revision}/guards", "list-snapshot-guards", "List the guards of a revision",
		"What stands between the revision and its seal, evaluated now."), house, d.listGuards)
}

// OneRevision is the path of what is a revision's.
type OneRevision struct {
	OneSeason
	Revision int `path:"revision" minimum:"1" maximum:"2147483647" example:"2" doc:"Number of the revision."`
}

func (in OneRevision) name() string { return fmt.Sprintf("%s/r%d", in.Season, in.Revision) }

func (in OneRevision) find(ctx context.Context, tx pgx.Tx) (snapshot.Snapshot, error) {
	return snapshot.Find(ctx, tx, in.name())
}

// addressOf is where a revision is.
func addressOf(s snapshot.Snapshot) string {
	return fmt.Sprintf("%s/snapshots/%s/%d", prefix, s.Season, s.Revision)
}

func (d *desk) listSnapshots(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *MaybeSeason) (*body[wire.Page[revision]], error) {
	if err := in.check(ctx, tx); err != nil {
		return nil, err
	}
	all, err := snapshot.List(ctx, tx, in.Season)
	if err != nil {
		return nil, err
	}
	views := make([]revision, len(all))
	for i, s := range all {
		views[i] = viewRevision(s)
	}
	return whole(views), nil
}

type takeSnapshot struct {
	Body takeSnapshotBody
}

// takeSnapshotBody is what takeSnapshot takes.
type takeSnapshotBody struct {
	Season string `json:"season" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Season to take."`
}

// takeSnapshot enqueues what computes the revision in the transaction that begins it.
func (d *desk) takeSnapshot(ctx context.Context, a wire.Acting, in *takeSnapshot) (*made[Snapshot], error) {
	s, err := d.Jobs.TakeTx(ctx, a.Tx, in.Body.Season, a.Person)
	if err != nil {
		return nil, err
	}
	view, err := readSnapshot(ctx, a.Tx, s)
	return &made[Snapshot]{addressOf(s), view}, err
}

func (d *desk) getSnapshot(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *OneRevision) (*body[Snapshot], error) {
	s, err := in.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	view, err := readSnapshot(ctx, tx, s)
	return &body[Snapshot]{view}, err
}

func (d *desk) listGuards(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *OneRevision) (*body[wire.Page[guard]], error) {
	s, err := in.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	if s.Digest == nil {
		return nil, fmt.Errorf("snapshot %s: %w: it is %s and has no lines", s.Name(), snapshot.ErrConflict, s.State)
	}
	guards, err := readGuards(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	return whole(guards), nil
}
