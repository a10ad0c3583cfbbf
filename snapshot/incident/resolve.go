package incident

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Resolution is how an incident stands with a season.
type Resolution struct {
	Windows   []int64    // approved windows of the season that resolve it, by number
	Holds     []int64    // holds that cover it together
	Dismissal *Dismissal // of the season; nil if there is none
	Remedy    string     // what a person can do, with the commands in backquotes; empty if it is resolved
}

// Open reports whether nobody has decided yet.
func (r Resolution) Open() bool {
	return len(r.Windows) == 0 && len(r.Holds) == 0 && r.Dismissal == nil
}

// Concern is an incident that a season must not be sealed over, unless it is
// resolved.
type Concern struct {
	Incident
	Resolution
}

// Dismissal is a person's word that an incident changes nothing for a season.
type Dismissal struct {
	Incident   int64
	Season     string
	Reason     string
	Person     int64
	RecordedAt time.Time
}

// Concerning returns the incidents as of the moment that concern the season, in the
// order in which they opened, each with how it is resolved. What any scan as of that
// very moment found counts beside what is found now: a later scan hides nothing.
func Concerning(ctx context.Context, tx pgx.Tx, season string, span uptime.Span, asOf time.Time) ([]Concern, error) {
	found, err := At(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	scanned, err := readingsAsOf(ctx, tx, asOf.Truncate(time.Microsecond))
	if err != nil {
		return nil, err
	}
	concerns, err := Resolutions(ctx, tx, append(found, scanned...), season, span, asOf)
	slices.SortStableFunc(concerns, func(a, b Concern) int { return cmp.Compare(a.Opened, b.Opened) })
	return concerns, err
}

// readingsAsOf returns what every scan as of the moment found, the newest first,
// with the ends that persons set last.
func readingsAsOf(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Incident, error) {
	readings, err := selectReadingsAsOf(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	ends, err := selectEnds(ctx, tx)
	if err != nil {
		return nil, err
	}
	for i := range readings {
		for _, end := range ends {
			if c := readings[i].Collapse; c != nil && c.Opened == end.Opened {
				c.EndedAt, readings[i].End = &end.At, &end.At
			}
		}
	}
	return readings, nil
}

// Resolutions returns those of the incidents that concern the season, whose slots
// are given, each with how it is resolved: by windows and holds that were approved
// and recorded by asOf, or by a dismissal whenever that was. One that is given more
// than once, as several scans found it, comes once: as it is open, if it is by one.
func Resolutions(ctx context.Context, tx pgx.Tx, incidents []Incident, season string, span uptime.Span, asOf time.Time) ([]Concern, error) {
	d := decisions{season: season, span: span, asOf: asOf}
	var err error
	if d.windows, err = selectWindows(ctx, tx, season); err != nil {
		return nil, err
	}
	if d.holds, err = selectHolds(ctx, tx); err != nil {
		return nil, err
	}
	if d.dismissals, err = selectDismissals(ctx, tx, season); err != nil {
		return nil, err
	}
	return d.concerns(incidents), nil
}

func (d decisions) concerns(incidents []Incident) (concerns []Concern) {
	place := map[identity]int{}
	for _, i := range incidents {
		if !i.Concerns(d.span) {
			continue
		}
		c := Concern{i, d.resolve(i)}
		if at, twice := place[i.identity()]; !twice {
			place[i.identity()] = len(concerns)
			concerns = append(concerns, c)
		} else if c.Open() && !concerns[at].Open() {
			concerns[at] = c
		}
	}
	return concerns
}

// Unresolved returns the incidents as of the moment that stand between the season
// and its seal, each with its remedy.
func Unresolved(ctx context.Context, tx pgx.Tx, season string, span uptime.Span, asOf time.Time) ([]Concern, error) {
	concerns, err := Concerning(ctx, tx, season, span, asOf)
	return slices.DeleteFunc(concerns, func(c Concern) bool { return !c.Open() }), err
}

// Concerns reports whether a season of those slots must not be sealed over the
// incident: over a collapse that meets it or the day after it, and over a surge
// that began before its end, since an owner that was rewritten stays so.
func (i Incident) Concerns(season uptime.Span) bool {
	if i.Kind == KindSurge {
		return i.Opened < season.To
	}
	return i.Meets(uptime.Span{From: season.From, To: season.To + uptime.SlotsPerDay})
}

// decisions are what persons decided that may resolve an incident for a season.
type decisions struct {
	season     string
	span       uptime.Span
	asOf       time.Time
	windows    []window // of the season
	holds      []hold   // by beginning
	dismissals []Dismissal
}

// window is a grace window, as slots.
type window struct {
	id       int64
	span     uptime.Span
	approved *time.Time // nil while it is only proposed
}

// hold is a metadata hold.
type hold struct {
	id       int64
	from, to time.Time
	recorded time.Time
}

// byThen reports whether what was recorded at the instant counts as of the moment.
func (d decisions) byThen(at time.Time) bool { return !at.After(d.asOf) }

func (d decisions) resolve(i Incident) (r Resolution) {
	for _, dismissed := range d.dismissals {
		if dismissed.Incident == i.ID {
			r.Dismissal = &dismissed
		}
	}
	if i.Kind == KindSurge {
		r.Holds = covering(d.holds, i, d.byThen)
		if r.Open() {
			r.Remedy = d.surgeRemedy(i)
		}
		return r
	}
	for _, w := range d.meeting(i) {
		if w.approved != nil && d.byThen(*w.approved) {
			r.Windows = append(r.Windows, w.id)
		}
	}
	if r.Open() {
		r.Remedy = d.collapseRemedy(i)
	}
	return r
}

// meeting returns the windows that meet both the season and the incident.
func (d decisions) meeting(i Incident) (windows []window) {
	for _, w := range d.windows {
		if !w.span.Intersect(d.span).Empty() && i.Meets(w.span) {
			windows = append(windows, w)
		}
	}
	return windows
}

// covering returns the holds that count and lie over the incident, if they cover
// it together; else none. They come by beginning.
func covering(holds []hold, i Incident, counts func(recorded time.Time) bool) (over []int64) {
	covered, end := i.Opened.Start(), i.End.Start()
	for _, h := range holds {
		if !counts(h.recorded) || !h.from.Before(end) || !h.to.After(i.Opened.Start()) {
			continue
		}
		if h.from.After(covered) {
			break // a hole, and what follows begins later still
		}
		over = append(over, h.id)
		if h.to.After(covered) {
			covered = h.to
		}
	}
	if covered.Before(end) {
		return nil
	}
	slices.SortFunc(over, cmp.Compare[int64])
	return over
}
