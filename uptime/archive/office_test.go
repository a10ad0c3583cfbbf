package archive_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/internal/archivetest"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
	"github.com/uptally/uptally/uptime/simulator"
)

func april(day, hour, minute int) time.Time {
	return time.Date(2024, 4, day, hour, minute, 0, 0, time.UTC)
}

// afterwards is when all that the tests read is old enough to be final.
var afterwards = april(30, 12, 0)

// world serves devices of the scenario April 2024.
func world(t *testing.T, devices int, o simulator.Options) archivetest.Network {
	t.Helper()
	w, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: devices, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	o.Token = "token-of-the-test"
	ctx, cancel := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "127.0.0.1:0", w.Handler(o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
	return archivetest.Network{URL: url, Token: o.Token, Limit: 700}
}

// office is a database, and the two whom an archive needs.
type office struct {
	*pgtest.DB
	t          *testing.T
	devices    uptime.Registry
	ada, grace int64
}

func open(t *testing.T) *office {
	t.Helper()
	db := pgtest.New(t)
	return &office{DB: db, t: t, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace")}
}

func (o *office) check(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) try(f func(context.Context, pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, o.App, func(tx pgx.Tx) error { return f(ctx, tx) })
}

func (o *office) tx(f func(context.Context, pgx.Tx) error) {
	o.t.Helper()
	o.check(o.try(f))
}

func (o *office) propose(dir string) (r archive.Record, p archive.Preview, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		r, p, err = archive.Propose(ctx, tx, dir, o.ada, afterwards)
		return err
	})
	return r, p, err
}

func (o *office) approve(dir string, id, person int64) (r archive.Record, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		r, err = archive.Approve(ctx, tx, dir, id, person, afterwards)
		return err
	})
	return r, err
}

// load proposes and approves the folder.
func (o *office) load(dir string) archive.Record {
	o.t.Helper()
	proposed, _, err := o.propose(dir)
	o.check(err)
	merged, err := o.approve(dir, proposed.ID, o.grace)
	o.check(err)
	return merged
}

// syncLogs reads the network's logs.
func (o *office) syncLogs(n archivetest.Network) *uptime.Feed {
	o.t.Helper()
	feed, err := uptime.NewFeed(uptime.FeedConfig{URL: n.URL, Token: n.Token})
	o.check(err)
	o.check(uptime.SyncChanges(o.t.Context(), o.App, feed))
	o.check(uptime.SyncVerdicts(o.t.Context(), o.App, feed))
	return feed
}

// pull reads the span from the network.
func (o *office) pull(feed *uptime.Feed, span uptime.Span) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) error { return uptime.RequestSpan(ctx, tx, span) })
	pass, err := uptime.ReadWindow(o.t.Context(), o.App, feed, &o.devices, span, func() time.Time { return afterwards })
	o.check(err)
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.Merge(ctx, tx, pass)
		return err
	})
}

func (o *office) closeHours() (closed int64) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		closed, err = uptime.CloseHours(ctx, tx, afterwards)
		return err
	})
	return closed
}

// texts returns the rows of a query with one column of text.
func (o *office) texts(query string) []string {
	o.t.Helper()
	rows, err := o.Owner.Query(context.Background(), query)
	o.check(err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	o.check(err)
	return got
}

// merged is everything that a merge writes, but for its accounts.
const merged = `SELECT hour || ' ' || shard || ' ' || up AS line FROM uptime_chunk
	UNION ALL SELECT hour || ' ' || observed || ' ' || final FROM uptime_coverage ORDER BY line`

// nothingMerged fails the test if a merge left anything.
func (o *office) nothingMerged(what string) {
	o.t.Helper()
	left := o.texts(`SELECT 'chunk' FROM uptime_chunk UNION ALL SELECT 'coverage' FROM uptime_coverage
		UNION ALL SELECT 'pull' FROM uptime_pull UNION ALL SELECT 'approval' FROM uptime_archive_approval`)
	if len(left) > 0 {
		o.t.Errorf("%s left %d rows: %q", what, len(left), slices.Compact(left))
	}
}

func (o *office) refused(code, statement string, arguments ...any) {
	o.t.Helper()
	_, err := o.App.Exec(context.Background(), statement, arguments...)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || refusal.Code != code {
		o.t.Errorf("%s\nended with %v, want it refused with %s", statement, err, code)
	}
}

// register makes the database know so many devices, as if their log had been read.
func (o *office) register(devices int) {
	o.t.Helper()
	for i := range devices {
		_, err := o.Owner.Exec(context.Background(), `
			INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
			VALUES ($1::integer, $2::uuid, $1::integer, '2024-03-01', 'registration', $2::uuid, 'NVIDIA T4', 1, 'high', now())`, i, deviceID(i))
		o.check(err)
	}
}

func deviceID(i int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("%08x-0000-4000-8000-000000000000", i))
}

// page is a page of heartbeats, given as pairs of device and time.
func page(rows ...any) []byte {
	var b strings.Builder
	for i := 0; i < len(rows); i += 2 {
		fmt.Fprintf(&b, `,{"device_id":"%s","at":"%s"}`, deviceID(rows[i].(int)), rows[i+1].(time.Time).Format(time.RFC3339))
	}
	return []byte(`{"heartbeats":[` + strings.TrimPrefix(b.String(), ",") + `],"next_cursor":"ignored"}`)
}

// folder writes files by name, and the manifest of them.
func folder(t *testing.T, files map[string][]byte, complete ...uptime.Span) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		archivetest.Write(t, dir, name, content)
	}
	archivetest.Seal(t, dir, complete...)
	return dir
}
