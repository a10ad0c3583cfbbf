package rewards

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) held() {
	review := reading("/held-changes", "list-held-changes", "Review the held changes",
		"What holds set aside, and what each change would alter; with a season, whom believing it alone would pay, at the rate of its last revision.")
	effects := reading("/held-changes/effects", "get-held-effects", "Look at what held changes would pay",
		"Who would get more and who less of a season if all of the changes that are meant and not believed yet were.")
	for _, op := range []*map[string]any{&review.Metadata, &effects.Metadata} {
		*op = map[string]any{wire.Long: computing}
	}
	wire.Read(d.Service, review, team, d.listHeld)
	wire.Read(d.Service, effects, team, d.heldEffects)
	wire.Act(d.Service, acting("/held-changes/release", "release-held-changes", "Release held changes",
		"Lets changes be believed after all, one by one: those that are named, or all open ones that the filter means."), team, d.releaseHeld)
	wire.Act(d.Service, acting("/held-changes/refusal", "refuse-held-changes", "Refuse held changes",
		"Puts on record that changes were looked at and are not believed. No amount changes."), team, d.refuseHeld)
}

// HeldQuery says which held changes are meant.
type HeldQuery struct {
	Hold     int64     `query:"hold" minimum:"1" example:"2" doc:"Only what this hold sets aside."`
	Supplier uuid.UUID `query:"supplier" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"Only changes of this supplier's devices, or that would make it the owner."`
	Device   uuid.UUID `query:"device" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"Only changes of this device."`
	Field    string    `query:"field" enum:"supplier,gpu_model,gpu_count,connectivity,display" example:"supplier" doc:"Only changes that name this field."`
	State    string    `query:"state" enum:"open,released,refused,all" default:"open" doc:"Only those so far reviewed."`
	AsOf     time.Time `query:"as_of" example:"2024-05-02T09:00:00Z" doc:"As it stood at this moment, instead of now."`
}

func (q HeldQuery) filter() snapshot.HeldFilter {
	f := snapshot.HeldFilter{Device: orNone(q.Device), Supplier: orNone(q.Supplier), Field: snapshot.Field(q.Field)}
	if q.Hold != 0 {
		f.Hold = &q.Hold
	}
	if q.State != "all" {
		f.State = snapshot.HeldState(q.State)
	}
	return f
}

// read reads the changes that are meant, and the moment as of which.
func (q HeldQuery) read(ctx context.Context, tx pgx.Tx) ([]snapshot.HeldChange, time.Time, error) {
	asOf := q.AsOf
	var err error
	if asOf.IsZero() {
		asOf, err = snapshot.Now(ctx, tx)
	} else {
		err = moments("query.as_of", &asOf)
	}
	if err != nil {
		return nil, asOf, err
	}
	held, err := snapshot.Review(ctx, tx, q.filter(), asOf)
	return held, asOf, err
}

type listHeld struct {
	HeldQuery
	Season string `query:"season" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Say what believing each change would pay in this season."`
	wire.Paging
}

// heldPage is a page of held changes; as a table, with the columns of the command line.
type heldPage struct {
	AsOf time.Time `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts."`
	wire.Page[heldChange]
	rows []snapshot.HeldChange
}

// Header names the columns.
func (heldPage) Header() []string { return snapshot.HeldColumns() }

// Rows yields a row a change and field.
func (p heldPage) Rows(yield func([]string) bool) {
	for i := range p.rows {
		for _, row := range p.rows[i].Rows() {
			if !yield(row) {
				return
			}
		}
	}
}

func (d *desk) listHeld(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *listHeld) (*table[heldPage], error) {
	after, err := parseHeldPlace(in.Cursor)
	if err != nil {
		return nil, err
	}
	held, asOf, err := in.HeldQuery.read(ctx, tx)
	if err != nil {
		return nil, err
	}
	held, more := pageOfHeld(held, after, in.Limit)
	if in.Season != "" {
		if _, err := d.effects(ctx, tx, in.Season, held, asOf); err != nil {
			return nil, err
		}
		inPlaces(held)
	}
	if err := nameDeciders(ctx, tx, held); err != nil {
		return nil, err
	}
	p := heldPage{AsOf: asOf.UTC(), rows: held}
	p.Items = make([]heldChange, len(held))
	for i := range held {
		p.Items[i] = viewHeld(&held[i])
	}
	if more {
		p.NextCursor = placeOf(&held[len(held)-1]).cursor()
	}
	return &table[heldPage]{p.NextCursor, p}, nil
}

// effects sets what believing each of the changes does, which are sorted by device for
// it.
func (d *desk) effects(ctx context.Context, tx pgx.Tx, season string, held []snapshot.HeldChange, asOf time.Time) (*snapshot.ReviewEffects, error) {
	leave, err := d.alone()
	if err != nil {
		return nil, err
	}
	defer leave()
	slices.SortFunc(held, func(x, y snapshot.HeldChange) int {
		return cmp.Or(cmp.Compare(x.Device, y.Device), x.ChangedAt.Compare(y.ChangedAt), cmp.Compare(x.Seq, y.Seq))
	})
	return snapshot.Effects(ctx, tx, season, held, asOf)
}

// heldPlace is the place of a held change in a list.
type heldPlace struct {
	at  time.Time
	seq int64
}

func placeOf(h *snapshot.HeldChange) heldPlace { return heldPlace{h.ChangedAt, h.Seq} }

func (p heldPlace) compare(other heldPlace) int {
	return cmp.Or(p.at.Compare(other.at), cmp.Compare(p.seq, other.seq))
}

func (p heldPlace) cursor() string {
	return wire.Cursor(p.at.UTC().Format(time.RFC3339Nano), strconv.FormatInt(p.seq, 10))
}

func parseHeldPlace(cursor string) (p heldPlace, err error) {
	at, err := wire.ParseCursor(cursor, 2)
	if err != nil || at == nil {
		return p, err
	}
	var errTime, errSeq error
	p.at, errTime = time.Parse(time.RFC3339Nano, at[0])
	p.seq, errSeq = strconv.ParseInt(at[1], 10, 64)
	if errTime != nil || errSeq != nil {
		return p, wire.BadCursor
	}
	return p, nil
}

// inPlaces sorts held changes as they are listed.
func inPlaces(held []snapshot.HeldChange) {
	slices.SortFunc(held, func(x, y snapshot.HeldChange) int { return placeOf(&x).compare(placeOf(&y)) })
}

// pageOfHeld returns the changes behind a place, at most limit, and whether there are
// more.
func pageOfHeld(held []snapshot.HeldChange, after heldPlace, limit int) (page []snapshot.HeldChange, more bool) {
	inPlaces(held)
	first := len(held)
	for i := range held {
		if placeOf(&held[i]).compare(after) > 0 {
			first = i
			break
		}
	}
	held = held[first:]
	return held[:min(limit, len(held))], len(held) > limit
}

// nameDeciders fills in who decided.
func nameDeciders(ctx context.Context, tx pgx.Tx, held []snapshot.HeldChange) error {
	var people []*int64
	for i := range held {
		if d := held[i].Decision; d != nil {
			people = append(people, &d.PersonID)
		}
	}
	names, err := readNames(ctx, tx, people...)
	for i := range held {
		if d := held[i].Decision; d != nil {
			d.Person = names.of(d.PersonID)
		}
	}
	return err
}
