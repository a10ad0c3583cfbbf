package rewards_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

const v1 = "/v1/rewards"

// town is a server, the people who run a season over it, and the network that its jobs
// read.
type town struct {
	*apitest.Server
	t          *testing.T
	ada, grace *apitest.Client // the one makes, the other checks
	fay, oscar *apitest.Client // finance, an operator
	jobs       *jobs.Client
}

// newTown is a town whose jobs wait for work.
func newTown(t *testing.T, options ...func(*api.Config)) *town {
	t.Helper()
	s := apitest.New(t, options...)
	return &town{
		Server: s, t: t, ada: s.As("ada", auth.Rewards), grace: s.As("grace", auth.Rewards),
		fay: s.As("fay", auth.Finance), oscar: s.As("oscar", auth.Operator),
	}
}

// connected is a town that reads a world of so many devices.
func connected(t *testing.T, devices int, options ...func(*api.Config)) *town {
	t.Helper()
	w := newTown(t, options...)
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: devices, Seed: 424})
	w.check(err)
	ctx, cancel := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "127.0.0.1:0", world.Handler(simulator.Options{Token: "token-of-the-tests"}))
	w.check(err)
	t.Cleanup(func() {
		cancel()
		_ = wait() // ended by us
	})
	feed, err := uptime.NewFeed(uptime.FeedConfig{URL: url, Token: "token-of-the-tests", BackoffMin: 1, BackoffMax: 1, RetryAfterMax: 1})
	w.check(err)
	w.jobs, err = jobs.New(w.DB.App, jobs.Options{Work: jobs.All, Feed: feed, Workers: 2})
	w.check(err)
	w.check(w.jobs.Start(context.Background()))
	t.Cleanup(func() {
		if err := w.jobs.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *town) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// tx runs f in a transaction of the application.
func (w *town) tx(f func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	w.check(pgx.BeginFunc(ctx, w.DB.App, func(tx pgx.Tx) error { return f(ctx, tx) }))
}

// work returns once every job is done.
func (w *town) work() {
	w.t.Helper()
	for {
		rows, err := w.DB.Owner.Query(w.t.Context(), `SELECT id FROM river_job WHERE finalized_at IS NULL`)
		w.check(err)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		w.check(err)
		if len(ids) == 0 {
			return
		}
		w.check(w.jobs.Wait(w.t.Context(), ids, nil))
	}
}

// count returns the one number that a query returns.
func (w *town) count(query string, arguments ...any) (n int) {
	w.t.Helper()
	w.check(w.DB.Owner.QueryRow(w.t.Context(), query, arguments...).Scan(&n))
	return n
}

// owner runs a statement as the owner, who may do what the application may not.
func (w *town) owner(statement string, arguments ...any) {
	w.t.Helper()
	_, err := w.DB.Owner.Exec(w.t.Context(), statement, arguments...)
	w.check(err)
}

func day(month time.Month, day int) time.Time {
	return time.Date(2024, month, day, 0, 0, 0, 0, time.UTC)
}

// fields is a body.
type fields map[string]any

// The season that tests are about, and its pool.
const (
	season = "test-s1"
	pool   = 1_000_000_000_000_007
)

// create creates the season over HTTP, and funds it beside, which finance does.
func (w *town) create() {
	w.t.Helper()
	w.ada.Post(v1+"/seasons", fields{
		"code": season, "from": "2024-04-24", "to": "2024-04-26", "pool": fmt.Sprint(pool), "ruleset": "ignition-s1",
	}).Want(w.t, http.StatusCreated)
	fay := pgtest.Person(w.t, w.DB.Owner, "fay")
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season), pool, fay, "the pool", "fund "+season)
		return err
	})
}

// hamlet has three devices of two suppliers, up for all of the season's first day; the
// hours of it are on record, and closed.
func hamlet(t *testing.T) *town {
	t.Helper()
	w := newTown(t)
	w.create()
	w.owner(`SELECT uptime_make_partitions('2024-04-01', '2024-05-01')`)
	w.owner(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT i, md5('device ' || i)::uuid, i, '2024-01-01', 'registration', md5('supplier ' || i / 2)::uuid, 'NVIDIA T4', 1, 'high', clock_timestamp()
		FROM generate_series(0, 2) AS i`)
	w.owner(`INSERT INTO uptime_coverage (hour, observed, final, closed_at) SELECT hour, B'111111111111', B'111111111111', hour + interval '2 days'
		FROM generate_series('2024-04-24 00:00+00'::timestamptz, '2024-04-24 23:00+00', '1 hour') AS hour`)
	w.owner(`INSERT INTO uptime_chunk SELECT 0, hour, ~ B'0'::bit(12288) FROM uptime_coverage`)
	return w
}

// deviceID is the id of a device of the hamlet.
func (w *town) deviceID(number int) (id string) {
	w.t.Helper()
	w.check(w.DB.Owner.QueryRow(w.t.Context(), `SELECT id::text FROM device WHERE number = $1`, number).Scan(&id))
	return id
}

// table asks for a table, page by page of so many rows, and returns it as one.
func (w *town) table(who *apitest.Client, path string, limit int) (text string, pages int) {
	w.t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	cursor := ""
	for {
		page := who.Do(http.MethodGet, fmt.Sprintf("%s%slimit=%d%s", path, separator, limit, cursor), nil, http.Header{"Accept": {"text/csv"}}).Want(w.t, http.StatusOK)
		body := string(page.Body)
		if pages++; pages > 1 {
			_, body, _ = strings.Cut(body, "\n")
		}
		text += body
		next := page.Header.Get("Next-Cursor")
		if next == "" {
			return text, pages
		}
		cursor = "&cursor=" + next
	}
}

// column returns a column of a table, without its heading.
func (w *town) column(table, name string) (column []string) {
	w.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	w.check(err)
	for at, heading := range rows[0] {
		for _, row := range rows[1:] {
			if heading == name {
				column = append(column, row[at])
			}
		}
	}
	return column
}
