package rewards

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) holds() {
	wire.Read(d.Service, reading("/holds", "list-holds", "List the metadata holds",
		"All holds by beginning, released or not."), payers, d.listHolds)
	wire.Act(d.Service, making("/holds", "add-hold", "Set a metadata hold",
		"Sets aside changes through the untrusted channel in an interval; it counts in every snapshot taken from then on."), team, d.addHold)
	wire.Act(d.Service, acting("/holds/{id}/release", "release-hold", "Release a metadata hold",
		"Lets all that the hold set aside be believed after all, unless a change in it was refused."), team, d.releaseHold)
}

// Hold is an interval whose untrusted changes are set aside.
type Hold struct {
	ID            int64      `json:"id" example:"2" doc:"Its number."`
	From          time.Time  `json:"from" example:"2024-04-25T08:00:00Z" doc:"First instant."`
	To            time.Time  `json:"to" example:"2024-04-25T12:00:00Z" doc:"End, exclusive."`
	Reason        string     `json:"reason" example:"shared-token attack" doc:"Why the changes are not believed."`
	Person        string     `json:"person" example:"ada" doc:"Who set it."`
	RecordedAt    time.Time  `json:"recorded_at" example:"2024-04-26T09:00:00Z" doc:"When."`
	Changes       int64      `json:"changes" example:"180000" doc:"Changes through the untrusted channel that lie in it."`
	ReleasedAt    *time.Time `json:"released_at" example:"2024-05-03T09:00:00Z" doc:"When it was released; null while it holds."`
	ReleaseReason string     `json:"release_reason,omitempty" example:"All changes were verified." doc:"Why it was released."`
}

func readHolds(ctx context.Context, tx pgx.Tx) ([]Hold, error) {
	holds, err := snapshot.Holds(ctx, tx, everRecorded)
	if err != nil {
		return nil, err
	}
	people := make([]*int64, len(holds))
	for i := range holds {
		people[i] = &holds[i].PersonID
	}
	names, err := readNames(ctx, tx, people...)
	if err != nil {
		return nil, err
	}
	views := make([]Hold, len(holds))
	for i, h := range holds {
		views[i] = Hold{
			ID: h.ID, From: h.From.UTC(), To: h.To.UTC(), Reason: h.Reason, Person: names.of(h.PersonID),
			RecordedAt: h.RecordedAt.UTC(), Changes: h.Changes, ReleaseReason: h.ReleaseReason,
		}
		if h.ReleasedAt != nil {
			views[i].ReleasedAt = new(h.ReleasedAt.UTC())
		}
	}
	return views, nil
}

func holdByID(ctx context.Context, tx pgx.Tx, id int64) (Hold, error) {
	all, err := readHolds(ctx, tx)
	if err != nil {
		return Hold{}, err
	}
	for _, h := range all {
		if h.ID == id {
			return h, nil
		}
	}
	return Hold{}, wire.NotFound
}

func (d *desk) listHolds(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*body[wire.Page[Hold]], error) {
	holds, err := readHolds(ctx, tx)
	if err != nil {
		return nil, err
	}
	return whole(holds), nil
}

// Interval is two instants.
type Interval struct {
	From time.Time `json:"from" example:"2024-04-25T08:00:00Z" doc:"First instant."`
	To   time.Time `json:"to" example:"2024-04-25T12:00:00Z" doc:"End, exclusive."`
}

// hold returns the hold over the interval, checked.
func (i Interval) hold(part string) (h snapshot.Hold, err error) {
	if err := moments(part, &i.From, &i.To); err != nil {
		return h, err
	}
	h.From, h.To = i.From, i.To
	if err := h.Validate(); err != nil {
		return h, invalid(part, err)
	}
	return h, nil
}

type addHold struct {
	Body addHoldBody
}

// addHoldBody is what addHold takes.
type addHoldBody struct {
	Interval
	Reason string `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"shared-token attack" doc:"Why the changes are not believed."`
}

func (d *desk) addHold(ctx context.Context, a wire.Acting, in *addHold) (*made[Hold], error) {
	h, err := in.Body.hold("body")
	if err != nil {
		return nil, err
	}
	id, err := snapshot.AddHold(ctx, a.Tx, h, in.Body.Reason, a.Person)
	if err != nil {
		return nil, err
	}
	view, err := holdByID(ctx, a.Tx, id)
	return &made[Hold]{prefix + "/holds", view}, err
}

type releaseHold struct {
	OneID
	Because
}

func (d *desk) releaseHold(ctx context.Context, a wire.Acting, in *releaseHold) (*body[Hold], error) {
	if err := snapshot.ReleaseHold(ctx, a.Tx, in.ID, in.Body.Reason, a.Person); err != nil {
		return nil, err
	}
	view, err := holdByID(ctx, a.Tx, in.ID)
	return &body[Hold]{view}, err
}
