package incident

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Found looks for incidents as of the moment in everything that was requested so
// far, and writes nothing: those that are not on record have no number. They come
// in the order in which they opened.
func Found(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Incident, error) {
	collapses, err := findCollapses(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	surges, err := findSurges(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	found := slices.Concat(collapses, surges)
	slices.SortStableFunc(found, func(a, b Incident) int { return cmp.Compare(a.Opened, b.Opened) })
	return found, number(ctx, tx, found)
}

// number sets the numbers of those that are on record.
func number(ctx context.Context, tx pgx.Tx, found []Incident) error {
	known, err := selectIncidents(ctx, tx)
	if err != nil {
		return err
	}
	for i := range found {
		found[i].ID = known[found[i].identity()]
	}
	return nil
}

// identity is what makes an incident the same one whenever it is found.
type identity struct {
	kind   Kind
	opened uptime.Slot
}

func (i Incident) identity() identity { return identity{i.Kind, i.Opened} }

func findCollapses(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Incident, error) {
	span, some, err := selectRequested(ctx, tx)
	if err != nil || !some {
		return nil, err
	}
	population, err := uptime.PopulationOf(ctx, tx, span, asOf)
	if err != nil {
		return nil, err
	}
	ends, err := selectEnds(ctx, tx)
	if err != nil {
		return nil, err
	}
	collapses := Collapses(population, ends)
	lost, err := losses(ctx, tx, collapses, span.To, asOf)
	if err != nil {
		return nil, err
	}
	found := make([]Incident, len(collapses))
	for i, c := range collapses {
		fall := &Fall{Collapse: c, Loss: lost[i], HalfBack: c.Back(population, 50), NineTenthsBack: c.Back(population, 90)}
		found[i] = Incident{Kind: KindCollapse, Opened: c.Opened, End: c.End(), Collapse: fall, Curve: c.Curve(population)}
	}
	return found, nil
}

func findSurges(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Incident, error) {
	changed, err := selectChanged(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	registered, err := selectRegistered(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	var found []Incident
	for _, span := range Surges(changed, registered) {
		surge := &Surge{Span: span}
		if surge.Devices, surge.Changes, err = countChanges(ctx, tx, span, asOf); err != nil {
			return nil, err
		}
		found = append(found, Incident{Kind: KindSurge, Opened: span.From, End: &span.To, Surge: surge, Curve: surge.Curve(changed)})
	}
	return found, nil
}
