package rewards

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/uptime"
)

func (d *desk) reopenings() {
	wire.Read(d.Service, reading("/pulls/reopenings", "list-reopenings", "List the reopenings",
		"Closed hours that should be opened again, or were, in the order in which it was proposed."), house, d.listReopenings)
	wire.Act(d.Service, making("/pulls/reopenings", "propose-reopening", "Propose a reopening",
		"Proposes that closed hours be opened again, to read them once more. Nothing changes until another person approves it."), team, d.proposeReopening)
	wire.Act(d.Service, acting("/pulls/reopenings/{id}/approval", "approve-reopening", "Approve a reopening",
		"As another person than its proposer. The hours are open again, and each snapshot that stands on them calls for a new revision."), team, d.approveReopening)
}

// Reopening is closed hours that should be opened again, or were.
type Reopening struct {
	ID         int64      `json:"id" example:"1" doc:"Its number."`
	From       time.Time  `json:"from" example:"2024-04-25T08:00:00Z" doc:"First hour."`
	To         time.Time  `json:"to" example:"2024-04-25T12:00:00Z" doc:"End, exclusive."`
	Reason     string     `json:"reason" example:"The network has found lost heartbeats." doc:"Why."`
	ProposedBy string     `json:"proposed_by" example:"ada" doc:"Who proposed it."`
	ProposedAt time.Time  `json:"proposed_at" example:"2024-05-02T09:00:00Z" doc:"When."`
	ApprovedBy *string    `json:"approved_by" example:"grace" doc:"Who approved it; null while it is only proposed."`
	ApprovedAt *time.Time `json:"approved_at" example:"2024-05-02T10:00:00Z" doc:"When."`
}

// readReopenings reads those that touch the span.
func readReopenings(ctx context.Context, tx pgx.Tx, span uptime.Span) ([]Reopening, error) {
	all, err := uptime.Reopenings(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	var people []*int64
	for i := range all {
		people = append(people, &all[i].ProposedBy, all[i].ApprovedBy)
	}
	names, err := readNames(ctx, tx, people...)
	if err != nil {
		return nil, err
	}
	views := make([]Reopening, len(all))
	for i, r := range all {
		views[i] = Reopening{
			ID: r.ID, From: r.Span.From.Start(), To: r.Span.To.Start(), Reason: r.Reason,
			ProposedBy: names.of(r.ProposedBy), ProposedAt: r.ProposedAt.UTC(), ApprovedBy: names.orNone(r.ApprovedBy),
		}
		if r.ApprovedAt != nil {
			views[i].ApprovedAt = new(r.ApprovedAt.UTC())
		}
	}
	return views, nil
}

func reopeningByID(ctx context.Context, tx pgx.Tx, id int64) (Reopening, error) {
	all, err := readReopenings(ctx, tx, allSlots)
	if err != nil {
		return Reopening{}, err
	}
	for _, r := range all {
		if r.ID == id {
			return r, nil
		}
	}
	return Reopening{}, wire.NotFound
}

func (d *desk) listReopenings(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*body[wire.Page[Reopening]], error) {
	all, err := readReopenings(ctx, tx, allSlots)
	if err != nil {
		return nil, err
	}
	return whole(all), nil
}

type proposeReopening struct {
	Body proposeReopeningBody
}

// proposeReopeningBody is what proposeReopening takes.
type proposeReopeningBody struct {
	Span
	Reason string `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"The network has found lost heartbeats." doc:"Why they are opened again; it stays on record."`
}

// hours returns the span, of whole hours.
func (in *proposeReopening) hours(now time.Time) (uptime.Span, error) {
	for part, at := range map[string]time.Time{"body.from": in.Body.From, "body.to": in.Body.To} {
		if !at.Truncate(time.Hour).Equal(at) {
			return uptime.Span{}, invalid(part, errors.New("hours are opened as they were closed: give whole hours"))
		}
	}
	return in.Body.slots(now)
}

func (d *desk) proposeReopening(ctx context.Context, a wire.Acting, in *proposeReopening) (*made[Reopening], error) {
	span, err := in.hours(d.Now())
	if err != nil {
		return nil, err
	}
	id, err := uptime.ProposeReopening(ctx, a.Tx, span, in.Body.Reason, a.Person)
	if err != nil {
		return nil, err
	}
	view, err := reopeningByID(ctx, a.Tx, id)
	return &made[Reopening]{prefix + "/pulls/reopenings", view}, err
}

func (d *desk) approveReopening(ctx context.Context, a wire.Acting, in *OneID) (*body[Reopening], error) {
	if _, err := uptime.ApproveReopening(ctx, a.Tx, in.ID, a.Person); err != nil {
		return nil, err
	}
	view, err := reopeningByID(ctx, a.Tx, in.ID)
	return &body[Reopening]{view}, err
}
