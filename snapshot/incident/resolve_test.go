package incident

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// A season of two days, in slots, and the moment as of which it is looked at.
var (
	days   = uptime.Span{From: 288, To: 864}
	moment = written
)

const season = "spring"

func collapseOf(from uptime.Slot, end *uptime.Slot) Incident {
	return Incident{ID: 7, Kind: KindCollapse, Opened: from, End: end, Collapse: &Fall{Collapse: Collapse{Opened: from, Recovered: end}}}
}

func surgeOf(from, to uptime.Slot) Incident {
	return Incident{ID: 8, Kind: KindSurge, Opened: from, End: &to, Surge: &Surge{Span: uptime.Span{From: from, To: to}}}
}

func TestWhichSeasonsAnIncidentConcerns(t *testing.T) {
	for _, c := range []struct {
		name     string
		incident Incident
		want     bool
	}{
		{"a collapse within", collapseOf(300, new(uptime.Slot(310))), true},
		{"one that recovered before", collapseOf(200, new(uptime.Slot(288))), false},
		{"one that lasted into it by a slot", collapseOf(200, new(uptime.Slot(289))), true},
		{"one long before that lasts", collapseOf(-9000, nil), true},
		{"on the day after", collapseOf(864+287, nil), true},
		{"the day after that", collapseOf(864+288, nil), false},
		{"a surge long before", surgeOf(-9000, -8999), true},
		{"in its last slot", surgeOf(863, 900), true},
		{"after its end", surgeOf(864, 900), false},
	} {
		if got := c.incident.Concerns(days); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestResolutions(t *testing.T) {
	at, late := new(moment), new(moment.Add(time.Microsecond))
	slots := func(from, to uptime.Slot) uptime.Span { return uptime.Span{From: from, To: to} }
	held := func(id int64, from, to uptime.Slot, recorded *time.Time) hold {
		return hold{id, from.Start(), to.Start(), *recorded}
	}
	lasting, brief, surge := collapseOf(500, nil), collapseOf(500, new(uptime.Slot(520))), surgeOf(500, 520)
	for _, c := range []struct {
		name       string
		incident   Incident
		windows    []window
		holds      []hold
		dismissals []Dismissal
		want       string // windows, holds, dismissal; or of the remedy
	}{
		{name: "nothing", incident: brief, want: "credit the devices that prove themselves: `uptally grace propose 7 --season spring`; or, if it changes nothing: `uptally incident dismiss 7 --season spring --reason …`"},
		{name: "nothing, and it lasts", incident: lasting, want: "end it first: `uptally incident end 7 --at … --reason …`"},
		{name: "not on record yet", incident: Incident{Kind: KindCollapse, Opened: 500}, want: "`uptally grace propose ID --season spring`"},
		{name: "a window", incident: brief, windows: []window{{3, slots(510, 600), at}}, want: "[3] [] false"},
		{name: "two windows", incident: lasting, windows: []window{{3, slots(400, 600), at}, {2, slots(700, 800), at}}, want: "[3 2] [] false"},
		{name: "a window that begins before the season", incident: collapseOf(200, nil), windows: []window{{3, slots(100, 289), at}}, want: "[3] [] false"},
		{name: "one that ends before it", incident: collapseOf(200, nil), windows: []window{{3, slots(100, 288), at}}, want: "grace propose 7"},
		{name: "of the day after, with a slot of the season", incident: collapseOf(864, nil), windows: []window{{3, slots(863, 865), at}}, want: "[3] [] false"},
		{name: "one after the incident", incident: brief, windows: []window{{3, slots(520, 600), at}}, want: "grace propose 7"},
		{name: "one before it", incident: brief, windows: []window{{3, slots(400, 500), at}}, want: "grace propose 7"},
		{name: "one without a slot", incident: brief, windows: []window{{3, slots(510, 510), at}}, want: "grace propose 7"},
		{name: "one that is only proposed", incident: brief, windows: []window{{3, slots(510, 600), nil}}, want: "grace window 3 waits for another person: `uptally grace approve 3`; or, if it changes nothing"},
		{name: "one approved too late", incident: brief, windows: []window{{4, slots(500, 505), nil}, {3, slots(510, 600), late}}, want: "grace window 3 was approved after the snapshot was taken: take it again with `uptally snapshot take spring`"},
		{name: "dismissed", incident: brief, dismissals: []Dismissal{{Incident: 6}, {Incident: 7, RecordedAt: *late}}, want: "[] [] true"},
		{name: "another dismissed", incident: brief, dismissals: []Dismissal{{Incident: 6}}, want: "grace propose 7"},
		{name: "holds do not help a collapse", incident: brief, holds: []hold{held(1, 0, 900, at)}, want: "grace propose 7"},

		{name: "a surge", incident: surge, want: "set its changes aside: `uptally hold add --from 1970-01-02T17:40:00Z --to 1970-01-02T19:20:00Z --reason …`; or, if it changes nothing: `uptally incident dismiss 8 --season spring --reason …`"},
		{name: "a hold over it", incident: surge, holds: []hold{held(1, 500, 520, at)}, want: "[] [1] false"},
		{name: "holds that touch", incident: surge, holds: []hold{held(4, 400, 510, at), held(2, 510, 530, at)}, want: "[] [2 4] false"},
		{name: "one in another", incident: surge, holds: []hold{held(4, 400, 519, at), held(5, 450, 505, at), held(6, 519, 520, at)}, want: "[] [4 5 6] false"},
		{name: "a hole between", incident: surge, holds: []hold{held(4, 400, 510, at), held(2, 511, 530, at)}, want: "hold add"},
		{name: "too late a beginning", incident: surge, holds: []hold{held(4, 501, 530, at)}, want: "hold add"},
		{name: "too early an end", incident: surge, holds: []hold{held(4, 500, 519, at)}, want: "hold add"},
		{name: "beside it", incident: surge, holds: []hold{held(3, 400, 500, at), held(4, 520, 530, at)}, want: "hold add"},
		{name: "recorded too late", incident: surge, holds: []hold{held(4, 500, 520, late)}, want: "a hold over it was recorded after the snapshot was taken: take it again with `uptally snapshot take spring`"},
		{name: "a window does not help a surge", incident: surge, windows: []window{{3, slots(400, 600), at}}, want: "hold add"},
		{name: "a surge dismissed", incident: surge, dismissals: []Dismissal{{Incident: 8}}, want: "[] [] true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decisions{season, days, moment, c.windows, c.holds, c.dismissals}.resolve(c.incident)
			got := fmt.Sprint(r.Windows, r.Holds, r.Dismissal != nil)
			if r.Open() {
				got = r.Remedy
			} else if r.Remedy != "" {
				t.Errorf("a remedy for what is resolved: %s", r.Remedy)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// What Go says of who stands before a seal, the database says, whatever persons
// decided.
func TestTheDatabaseAgreesOnWhatIsUnresolved(t *testing.T) {
	t.Parallel()
	w := settle(t)
	bob := pgtest.Person(t, w.Owner, "bob")
	span := w.season(season, 1, 2)
	w.season("other", 5, 1)
	random, ctx := rand.New(rand.NewPCG(25, 4)), context.Background()
	open, resolved := 0, 0
	for range 120 {
		err := pgx.BeginFunc(ctx, w.Owner, func(tx pgx.Tx) error {
			incidents := randomIncidents(random)
			if _, err := record(ctx, tx, Findings{AsOf: moment, Incidents: incidents}); err != nil {
				return err
			}
			for range random.IntN(3) { // others looked, and saw less, or otherwise
				if _, err := record(ctx, tx, Findings{AsOf: moment, Incidents: seenOtherwise(random, incidents)}); err != nil {
					return err
				}
			}
			if err := w.decideAnyhow(ctx, tx, random, bob, incidents); err != nil {
				return err
			}
			concerns, err := Concerning(ctx, tx, season, span, moment)
			if err != nil {
				return err
			}
			want := []int64{}
			for _, c := range concerns {
				if c.Open() {
					want = append(want, c.ID)
				} else {
					resolved++
				}
			}
			slices.Sort(want)
			open += len(want)
			var got []int64
			err = tx.QueryRow(ctx, `SELECT incident_unresolved($1, $2, $3, $4)`, season, span.From.Start(), span.To.Start(), moment).Scan(&got)
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("the database says %v, Go %v", got, want)
			}
			return errors.Join(err, errUndo)
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
	}
	if open < 100 || resolved < 100 {
		t.Errorf("%d were open and %d resolved: the worlds say little", open, resolved)
	}
}

var errUndo = errors.New("undo")

// randomIncidents are of about the days of the season, as a scan would find them.
func randomIncidents(random *rand.Rand) (incidents []Incident) {
	at := dawn - 50
	curve := Curve{From: at, Step: 1, Points: []int64{1}}
	for at < dawn+5*uptime.SlotsPerDay {
		at += uptime.Slot(1 + random.IntN(300))
		end := at + uptime.Slot(1+random.IntN(200))
		if random.IntN(2) == 0 {
			incidents = append(incidents, Incident{Kind: KindSurge, Opened: at, End: &end, Surge: &Surge{Devices: 1, Changes: 1}, Curve: curve})
			continue
		}
		fall := &Fall{Collapse: Collapse{Opened: at, Baseline: 10, LowestAt: at}}
		i := Incident{Kind: KindCollapse, Opened: at, Collapse: fall, Curve: curve}
		if random.IntN(4) > 0 {
			i.End, fall.Recovered, fall.Closed = &end, &end, new(end+12)
		}
		incidents = append(incidents, i)
	}
	return incidents
}

// seenOtherwise are some of the incidents, some of them with another end.
func seenOtherwise(random *rand.Rand, incidents []Incident) (seen []Incident) {
	for _, i := range incidents {
		switch random.IntN(3) {
		case 0:
			seen = append(seen, i)
		case 1:
			end := i.Opened + uptime.Slot(1+random.IntN(400))
			if i.End = &end; i.Collapse != nil {
				fall := *i.Collapse
				fall.Recovered, fall.Closed = &end, new(end+12)
				i.Collapse = &fall
			}
			seen = append(seen, i)
		}
	}
	return seen
}

// decideAnyhow records windows, holds and dismissals about the incidents, by, at
// and after the moment, of the season and of another.
func (w *town) decideAnyhow(ctx context.Context, tx pgx.Tx, random *rand.Rand, bob int64, incidents []Incident) error {
	recorded := func() time.Time { return moment.Add(time.Duration(random.IntN(5)-3) * time.Microsecond) }
	code := func() string { return []string{season, season, "other"}[random.IntN(3)] }
	// An instant near an edge of an incident or of the season: on a slot or beside it.
	near := func() time.Time {
		i := incidents[random.IntN(len(incidents))]
		k := []uptime.Slot{i.Opened, i.Opened + 40, dawn + 288, dawn + 864}[random.IntN(4)]
		if i.End != nil && random.IntN(2) == 0 {
			k = *i.End
		}
		return k.Start().Add([]time.Duration{-5 * time.Minute, -time.Microsecond, 0, 0, time.Microsecond, 299 * time.Second}[random.IntN(6)])
	}
	ordered := func() (from, to time.Time) {
		from, to = near(), near()
		if to.Before(from) {
			from, to = to, from
		}
		return from, to.Add(time.Microsecond)
	}
	var errs []error
	exec := func(statement string, arguments ...any) { // refused alone where windows overlap
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, statement, arguments...)
			return err
		})
		if refused, _ := errors.AsType[*pgconn.PgError](err); refused == nil || refused.Code != "23P01" && refused.Code != uniqueViolation {
			errs = append(errs, err)
		}
	}
	for range random.IntN(8) {
		from, to := ordered()
		exec(`INSERT INTO metadata_hold (held_from, held_to, reason, person_id, recorded_at) VALUES ($1, $2, 'x', $3, $4)`, from, to, w.ada, recorded())
	}
	for range random.IntN(6) {
		from, to := ordered()
		exec(`WITH w AS (
				INSERT INTO grace_window (season, window_from, window_to, cause, lookback, min_before, sustain, reconnect_by, credit,
					require_genuine, proposed_by, recorded_at)
				VALUES ($1, $2, $3, 'x', 1, '0.5', 1, $3, 'full', false, $4, $5) RETURNING *)
			INSERT INTO grace_approval (window_id, season, window_from, window_to, proposed_by, approved_by, recorded_at)
			SELECT id, season, window_from, window_to, proposed_by, $6, recorded_at FROM w WHERE $7`,
			code(), from, to, w.ada, recorded(), bob, random.IntN(4) > 0)
	}
	if i := incidents[random.IntN(len(incidents))]; i.Kind == KindCollapse && random.IntN(2) == 0 {
		exec(`INSERT INTO incident_end (incident, kind, opened, ends, reason, person_id) VALUES ($1, 'collapse', $2, $3, 'x', $4)`,
			i.ID, i.Opened.Start(), (i.Opened + uptime.Slot(1+random.IntN(300))).Start(), w.ada)
		exec(`INSERT INTO incident_scan (as_of, last_pull, pulls, observed, last_end) SELECT $1, 0, 0, 0, max(id) FROM incident_end`, moment)
	}
	for range random.IntN(4) {
		exec(`INSERT INTO incident_dismissal (incident, season, reason, person_id, recorded_at) VALUES ($1, $2, 'x', $3, $4)`,
			incidents[random.IntN(len(incidents))].ID, code(), w.ada, recorded())
	}
	return errors.Join(errs...)
}

// Where nobody looked, nothing can be said; nor where a person ended an incident
// since.
func TestWhatIsUnresolvedMustHaveBeenLookedFor(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.people(0, 20)
	w.levels(dawn, [2]int{432, 20}, [2]int{240, 2})
	span := w.season(season, 1, 2)
	refused := func(asOf time.Time) {
		t.Helper()
		ids, err := w.unresolved(season, span, asOf)
		if refusal, _ := errors.AsType[*pgconn.PgError](err); refusal == nil || refusal.Code != "55000" {
			t.Errorf("as of %s: %v (%v)", asOf, ids, err)
		}
	}
	refused(asOf)
	id := w.scan(asOf).Incidents[0].ID
	refused(asOf.Add(time.Microsecond))
	if ids, err := w.unresolved(season, span, asOf); err != nil || !slices.Equal(ids, []int64{id}) {
		t.Errorf("unresolved %v (%v), want %d", ids, err, id)
	}
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) error {
		return End(ctx, tx, id, (dawn + 500).Start(), "the new level", w.ada)
	}))
	refused(asOf)
	w.scan(asOf)
	if ids, err := w.unresolved(season, span, asOf); err != nil || !slices.Equal(ids, []int64{id}) {
		t.Errorf("unresolved %v (%v), want %d", ids, err, id)
	}
}

func TestDismissalsAreOfASeason(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.fall()
	id := w.scan(asOf).Incidents[0].ID
	span, next := w.season(season, 1, 1), w.season("summer", 0, 2)
	dismiss := func(id int64, season, reason string) error {
		return w.try(func(ctx context.Context, tx pgx.Tx) error { return Dismiss(ctx, tx, id, season, reason, w.ada) })
	}
	w.check(dismiss(id, season, "a planned restart"))
	for _, c := range []struct {
		id             int64
		season, reason string
		want           error
		says           string
	}{
		{id, season, "again", ErrConflict, "is dismissed for season spring"},
		{id, "winter", "x", ErrNotFound, `season "winter"`},
		{99, season, "x", ErrNotFound, "incident 99"},
		{id, "summer", "", nil, "reason"},
	} {
		if err := dismiss(c.id, c.season, c.reason); err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d of %s for %q: %v", c.id, c.season, c.reason, err)
		}
	}
	if c := w.concerns(season, span, asOf); len(c) != 1 || c[0].Dismissal == nil || c[0].Dismissal.Person != w.ada || c[0].Dismissal.Reason != "a planned restart" {
		t.Errorf("spring: %+v", c)
	}
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) error {
		open, err := Unresolved(ctx, tx, "summer", next, asOf)
		if len(open) != 1 || open[0].Remedy == "" {
			t.Errorf("summer: %+v", open)
		}
		if err == nil {
			open, err = Unresolved(ctx, tx, season, span, asOf)
		}
		if len(open) != 0 {
			t.Errorf("spring: %+v", open)
		}
		return err
	}))
	for season, span := range map[string]uptime.Span{season: span, "summer": next} {
		if ids, err := w.unresolved(season, span, asOf); err != nil || len(ids) != map[string]int{"spring": 0, "summer": 1}[season] {
			t.Errorf("%s: %v (%v)", season, ids, err)
		}
	}
}
