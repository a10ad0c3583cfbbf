package rewards

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) overrides() {
	wire.Read(d.Service, reading("/snapshots/{season}/{revision}/overrides", "list-overrides", "List the overrides of a revision",
		"What was asked for and approved, in order. All of it stays on record."), house, d.listOverrides)
	wire.Act(d.Service, making("/snapshots/{season}/{revision}/overrides", "ask-override", "Ask for an override",
		"Asks for a seal although guards have failed. It covers those that have failed now, and no other; firm ones cannot be overridden."), team, d.askOverride)
	wire.Act(d.Service, acting("/snapshots/{season}/{revision}/overrides/{id}/approval", "approve-override", "Approve an override",
		"As another person than who asked for it."), team, d.approveOverride)
}

// Override is two people's word that a revision may be sealed although guards failed.
type Override struct {
	ID         int64      `json:"id" example:"1" doc:"Its number."`
	Guards     []string   `json:"guards" nullable:"false" example:"[\"coverage\"]" doc:"The guards that it covers."`
	Reason     string     `json:"reason" example:"The network confirmed the gap." doc:"Why."`
	AskedBy    string     `json:"asked_by" example:"ada" doc:"Who asked for it."`
	AskedAt    time.Time  `json:"asked_at" example:"2024-05-02T09:00:00Z" doc:"When."`
	ApprovedBy *string    `json:"approved_by" example:"grace" doc:"Who approved it; null while it is only asked for."`
	ApprovedAt *time.Time `json:"approved_at" example:"2024-05-02T10:00:00Z" doc:"When."`
}

func viewOverride(o snapshot.Override, names names) Override {
	v := Override{
		ID: o.ID, Guards: append([]string{}, o.Guards...), Reason: o.Reason, AskedBy: names.of(o.AskedBy), AskedAt: o.AskedAt.UTC(),
		ApprovedBy: names.orNone(o.ApprovedBy),
	}
	if o.ApprovedAt != nil {
		v.ApprovedAt = new(o.ApprovedAt.UTC())
	}
	return v
}

// readOverrides reads those of a revision, and the names of who is in them.
func readOverrides(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) ([]snapshot.Override, names, error) {
	overrides, err := snapshot.Overrides(ctx, tx, s)
	if err != nil {
		return nil, nil, err
	}
	var people []*int64
	for i := range overrides {
		people = append(people, &overrides[i].AskedBy, overrides[i].ApprovedBy)
	}
	names, err := readNames(ctx, tx, people...)
	return overrides, names, err
}

func (d *desk) listOverrides(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *OneRevision) (*body[wire.Page[Override]], error) {
	s, err := in.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	overrides, names, err := readOverrides(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	views := make([]Override, len(overrides))
	for i, o := range overrides {
		views[i] = viewOverride(o, names)
	}
	return whole(views), nil
}

type askOverride struct {
	OneRevision
	Because
}

func (d *desk) askOverride(ctx context.Context, a wire.Acting, in *askOverride) (*made[Override], error) {
	s, err := in.find(ctx, a.Tx)
	if err != nil {
		return nil, err
	}
	o, err := snapshot.AskOverride(ctx, a.Tx, s, in.Body.Reason, a.Person)
	if err != nil {
		return nil, err
	}
	names, err := readNames(ctx, a.Tx, &a.Person)
	return &made[Override]{addressOf(s) + "/overrides", viewOverride(o, names)}, err
}

type approveOverride struct {
	OneRevision
	OneID
}

func (d *desk) approveOverride(ctx context.Context, a wire.Acting, in *approveOverride) (*body[Override], error) {
	s, err := in.find(ctx, a.Tx)
	if err != nil {
		return nil, err
	}
	if err := snapshot.ApproveOverride(ctx, a.Tx, s, in.ID, a.Person); err != nil {
		return nil, err
	}
	overrides, names, err := readOverrides(ctx, a.Tx, s)
	if err != nil {
		return nil, err
	}
	for _, o := range overrides {
		if o.ID == in.ID {
			return &body[Override]{viewOverride(o, names)}, nil
		}
	}
	return nil, wire.NotFound
}
