package incident

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// town is a database of a few devices, with facts recorded as a test wants them.
type town struct {
	*pgtest.DB
	t     *testing.T
	ada   int64
	seq   int
	stamp time.Time // of what is recorded
}

// The first slot of a town, a day, and when its facts are recorded unless a test
// says otherwise.
var (
	dawn    = uptime.SlotAtOrAfter(time.Date(2024, 4, 20, 0, 0, 0, 0, time.UTC))
	written = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	asOf    = written.Add(time.Hour)
)

func settle(t *testing.T) *town {
	t.Helper()
	db := pgtest.New(t)
	return &town{DB: db, t: t, ada: pgtest.Person(t, db.Owner, "ada"), stamp: written}
}

// try runs f in a transaction of the application.
func (w *town) try(f func(context.Context, pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, w.App, func(tx pgx.Tx) error { return f(ctx, tx) })
}

func (w *town) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) owner(statement string, arguments ...any) {
	w.t.Helper()
	_, err := w.Owner.Exec(context.Background(), statement, arguments...)
	w.check(err)
}

// register registers a device at the slot.
func (w *town) register(number int, id uuid.UUID, at uptime.Slot) {
	w.t.Helper()
	w.owner(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		VALUES ($1, $2, $3, $4, 'registration', $2, 'NVIDIA T4', 1, 'high', $5)`, number, id, number, at.Start(), w.stamp)
}

// people registers the devices [first, end) a month before dawn.
func (w *town) people(first, end int) {
	w.t.Helper()
	for number := first; number < end; number++ {
		w.register(number, uuid.New(), dawn-30*uptime.SlotsPerDay)
	}
}

func (w *town) verdict(device int, kind uptime.VerdictKind, recordedAt time.Time) {
	w.t.Helper()
	w.seq++
	w.owner(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
		VALUES ($1, false, $2, $3, $4, $4, 'pow', '', $4)`, device, w.seq, kind, recordedAt)
}

// change changes a device through the worker API in the slot.
func (w *town) change(device int, k uptime.Slot) {
	w.t.Helper()
	w.seq++
	w.owner(`INSERT INTO device_change (device, seq, changed_at, channel, status, recorded_at)
		VALUES ($1, $2, $3, 'worker-api', 'down', $4)`, device, w.seq, k.Start().Add(17*time.Second), w.stamp)
}

// pull records the observed slots with the bits of the devices, by number, in whole
// hours.
func (w *town) pull(observed uptime.Timeline, up []uptime.Timeline) {
	w.t.Helper()
	first, end := observed.Span().Hours()
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) error {
		return uptime.RequestSpan(ctx, tx, observed.Span())
	}))
	for h := first; h < end; h++ {
		var chunk uptime.Chunk
		seen := make([]byte, uptime.SlotsPerHour)
		for i := range uptime.SlotsPerHour {
			k := h.First() + uptime.Slot(i)
			seen[i] = '0'
			if observed.Has(k) {
				seen[i] = '1'
			}
			for number, timeline := range up {
				if timeline.Has(k) && observed.Has(k) {
					chunk.Set(i, number)
				}
			}
		}
		bytes, err := chunk.AppendBinary(nil)
		w.check(err)
		w.owner(`UPDATE uptime_coverage SET observed = observed | $2::text::bit(12) WHERE hour = $1`, h.Start(), string(seen))
		w.owner(`INSERT INTO uptime_chunk (shard, hour, up) VALUES (0, $1, ('x' || encode($2, 'hex'))::bit(12288))
			ON CONFLICT (shard, hour) DO UPDATE SET up = uptime_chunk.up | excluded.up`, h.Start(), bytes)
	}
	w.owner(`INSERT INTO uptime_pull (window_from, window_to, pages, heartbeats, accepted, unknown, out_of_window, late, bodies_sha256,
			started_at, ended_at, outcome, cause)
		VALUES ($1, $2, 1, 0, 0, 0, 0, 0, sha256(''), now(), now(), 'merged', '')`, observed.Span().From.Start(), observed.Span().To.Start())
}

// levels pulls, from the slot on, runs of slots with so many of the devices up: those
// of the lowest numbers.
func (w *town) levels(from uptime.Slot, runs ...[2]int) (to uptime.Slot) {
	w.t.Helper()
	to = from
	for _, run := range runs {
		to += uptime.Slot(run[0])
	}
	observed := uptime.NewTimeline(uptime.Span{From: from, To: to})
	observed.AddSpan(observed.Span())
	up := make([]uptime.Timeline, 0, 64)
	for _, run := range runs {
		for len(up) < run[1] {
			up = append(up, uptime.NewTimeline(observed.Span()))
		}
		for _, device := range up[:run[1]] {
			device.AddSpan(uptime.Span{From: from, To: from + uptime.Slot(run[0])})
		}
		from += uptime.Slot(run[0])
	}
	w.pull(observed, up)
	return to
}

// season creates a season of whole days from dawn on.
func (w *town) season(code string, firstDay, days int) uptime.Span {
	w.t.Helper()
	w.owner(`INSERT INTO ruleset (sha256, name, version, toml) VALUES (sha256(''), 'none', 1, '') ON CONFLICT DO NOTHING`)
	first := dawn + uptime.Slot(firstDay*uptime.SlotsPerDay)
	span := uptime.Span{From: first, To: first + uptime.Slot(days*uptime.SlotsPerDay)}
	w.owner(`INSERT INTO season (code, first_day, last_day, pool, ruleset, created_by) VALUES ($1, $2, $3, 7, sha256(''), $4)`,
		code, span.From.Start(), (span.To - 1).Start(), w.ada)
	return span
}

func (w *town) scan(asOf time.Time) (f Findings) {
	w.t.Helper()
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		f, err = Scan(ctx, tx, asOf)
		return err
	}))
	return f
}

func (w *town) found(asOf time.Time) (found []Incident) {
	w.t.Helper()
	ctx := context.Background()
	w.check(pgx.BeginTxFunc(ctx, w.App, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		found, err = Found(ctx, tx, asOf)
		return err
	}))
	return found
}

func (w *town) concerns(season string, span uptime.Span, asOf time.Time) (concerns []Concern) {
	w.t.Helper()
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) error {
		incidents, err := At(ctx, tx, asOf)
		if err != nil {
			return err
		}
		concerns, err = Resolutions(ctx, tx, incidents, season, span, asOf)
		return err
	}))
	return concerns
}

// unresolved asks the database.
func (w *town) unresolved(season string, span uptime.Span, asOf time.Time) (ids []int64, err error) {
	err = w.App.QueryRow(context.Background(), `SELECT incident_unresolved($1, $2, $3, $4)`,
		season, span.From.Start(), span.To.Start(), asOf).Scan(&ids)
	return ids, err
}
