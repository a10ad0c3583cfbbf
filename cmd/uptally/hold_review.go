package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type holdReview struct {
	ID     *int64 `arg:"" optional:"" help:"Only what this hold sets aside."`
	Season string `placeholder:"CODE" help:"Say what believing each change would pay in this season, at the rate of its last revision."`
	heldFilter
	State string   `enum:"open,released,refused,all" default:"open" help:"open, released, refused or all."`
	AsOf  *instant `placeholder:"TIME" help:"As it stood at this moment, instead of now."`
	CSV   bool     `name:"csv" help:"Print CSV, a row a change and field."`
}

// Run lists held changes.
func (c holdReview) Run(ctx context.Context, a *app) error {
	if c.CSV && a.JSON {
		return usage("--csv and --json: choose one")
	}
	f, err := c.heldFilter.filter(c.ID)
	if err != nil {
		return err
	}
	if c.State != "all" {
		f.State = snapshot.HeldState(c.State)
	}
	return a.read(ctx, func(tx pgx.Tx) error {
		view, err := c.review(ctx, tx, f)
		if err != nil {
			return err
		}
		if c.CSV {
			return view.csv(a.out)
		}
		return a.show(view, view.print)
	})
}

// reviewView is a review as --json prints it.
type reviewView struct {
	AsOf    time.Time               `json:"as_of"`
	Changes []snapshot.HeldChange   `json:"changes"`
	Effects *snapshot.ReviewEffects `json:"effects,omitempty"` // with --season
}

func (c holdReview) review(ctx context.Context, tx pgx.Tx, f snapshot.HeldFilter) (v reviewView, err error) {
	if v.AsOf, err = snapshot.Now(ctx, tx); err != nil {
		return v, err
	}
	v.AsOf = v.AsOf.UTC()
	if c.AsOf != nil {
		v.AsOf = c.AsOf.Time
	}
	if v.Changes, err = snapshot.Review(ctx, tx, f, v.AsOf); err != nil {
		return v, err
	}
	if c.Season != "" {
		if v.Effects, err = snapshot.Effects(ctx, tx, c.Season, v.Changes, v.AsOf); err != nil {
			return v, err
		}
	}
	slices.SortFunc(v.Changes, func(x, y snapshot.HeldChange) int {
		return cmp.Or(x.ChangedAt.Compare(y.ChangedAt), cmp.Compare(x.Seq, y.Seq))
	})
	return v, v.name(ctx, tx)
}

// name fills in who decided.
func (v reviewView) name(ctx context.Context, tx pgx.Tx) error {
	persons := map[int64]*int64{}
	for _, h := range v.Changes {
		if h.Decision != nil {
			persons[h.Decision.PersonID] = &h.Decision.PersonID
		}
	}
	ids := make([]*int64, 0, len(persons))
	for _, id := range persons {
		ids = append(ids, id)
	}
	names, err := readNames(ctx, tx, ids...)
	for i := range v.Changes {
		if d := v.Changes[i].Decision; d != nil {
			d.Person = names.of(d.PersonID)
		}
	}
	return err
}

func (v reviewView) print(out io.Writer) {
	headings := []string{">change", "hold", "device", "at", "field", "before", "after", "state"}
	if v.Effects != nil {
		headings = append(headings, ">would move")
	}
	g := newGrid(headings...)
	for i := range v.Changes {
		h := &v.Changes[i]
		first := []any{h.Seq, h.Hold, h.DeviceID, utc(h.ChangedAt)}
		last := []any{reviewState(h), moved(h.Effect)}
		for _, f := range h.Fields {
			row := append(slices.Clone(first), f.Field, fieldValue(f.Field, f.Before), fieldValue(f.Field, &f.After))
			g.add(append(row, last[:len(headings)-len(row)]...)...)
			first, last = []any{"", "", "", ""}, []any{"", ""}
		}
	}
	g.print(out)
	fmt.Fprintf(out, "\n%s changes, as of %s.\n", count(len(v.Changes)), utc(v.AsOf))
	v.printEffects(out)
}

// printEffects says whom it would pay if all that is listed were believed.
func (v reviewView) printEffects(out io.Writer) {
	e := v.Effects
	if e == nil {
		return
	}
	fmt.Fprintf(out, "Believing all of them that are not believed yet, at the rate of %s/r%d, %d / %s:\n", e.Season, e.Revision, int64(e.Rate.Pool), e.Rate.Points)
	if len(e.Together) == 0 {
		fmt.Fprintln(out, "nobody would get more or less.")
		return
	}
	g := newGrid("supplier", ">lines now", ">lines then", ">amount now", ">amount then", ">gains")
	for _, s := range e.Together {
		g.add(s.SupplierID, count(s.LinesWithout), count(s.LinesWith), inIO(int64(s.AmountWithout)), inIO(int64(s.AmountWith)), inIO(int64(s.Gains)))
	}
	g.print(out)
}

func reviewState(h *snapshot.HeldChange) string {
	d := h.Decision
	if d == nil {
		return string(h.State)
	}
	text := fmt.Sprintf("%s by %s, %s: %s", h.State, d.Person, utc(d.At), d.Reason)
	if d.Hold != nil {
		text += fmt.Sprintf(" (hold %d)", *d.Hold)
	}
	return text
}

// moved is what changes hands, in IO.
func moved(effects []snapshot.SupplierEffect) string {
	var sum ledger.Amount
	for _, e := range effects {
		sum += max(0, e.Gains)
	}
	return inIO(int64(sum))
}
