package uptime_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// texts returns the rows of a query with one column of text.
func (b *bench) texts(t *testing.T, query string) []string {
	t.Helper()
	rows, err := b.Owner.Query(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b *bench) expect(t *testing.T, what, query string, want ...string) {
	t.Helper()
	if got := b.texts(t, query); !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const numbersQuery = `SELECT number || ' ' || left(id::text, 8) FROM device ORDER BY number`

func TestNumbersAreTheRankOfTheRegistration(t *testing.T) {
	b := setup(t)
	b.register(7, 3, 5)
	b.change(t, 3, "user", map[string]any{"gpu_count": 4})
	b.register(3) // registered again: a change of every field, not another device
	b.register(1)
	b.sync(t)
	b.expect(t, "numbers", numbersQuery, "0 00000007", "1 00000003", "2 00000005", "3 00000001")
	b.expect(t, "changes", `SELECT device || ' ' || seq || ' ' || channel || ' ' || coalesce(gpu_count::text, '-') || ' ' || coalesce(gpu_model, '-')
		FROM device_change ORDER BY seq`, "1 4 user 4 -", "1 5 registration 1 NVIDIA T4")
}

// One log, read by eight at once and in two goes, gives the numbers of one reader.
func TestSyncsAtOnceGiveTheSameNumbers(t *testing.T) {
	b := setup(t)
	var want []string
	for i := range 3500 {
		b.register(i * 7 % 5000)
		want = append(want, fmt.Sprintf("%d %08x", i, i*7%5000))
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := uptime.SyncChanges(context.Background(), b.App, b.feed); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	b.register(6000)
	b.sync(t)
	b.expect(t, "numbers", numbersQuery, append(want, "3500 00001770")...)
}

func TestRowsOfUnregisteredDevicesAreKeptAsideAndAdopted(t *testing.T) {
	b := setup(t)
	b.change(t, 1, "user", map[string]any{"gpu_model": "early"})
	b.verdict(1, "spoofed")
	day := time.Date(2024, 4, 25, 0, 0, 0, 0, time.UTC)
	b.minutes["2024-04-25"] = []map[string]any{{"device_id": deviceID(1), "minutes": 5}}
	b.sync(t)
	b.readMinutes(t, day)
	b.minutes["2024-04-25"][0]["minutes"] = 9
	b.readMinutes(t, day)
	b.readMinutes(t, day)
	b.expect(t, "facts before the registration",
		`SELECT seq::text FROM device_change UNION ALL SELECT seq::text FROM verdict UNION ALL SELECT minutes::text FROM job_minutes`)
	b.expect(t, "orphans", `SELECT log || ' ' || key FROM device_orphan ORDER BY log, key`,
		"changes 1", "job-minutes 2024-04-25 5", "job-minutes 2024-04-25 9", "verdicts 1")

	b.register(2, 1)
	b.sync(t)
	b.expect(t, "facts after it",
		`SELECT 'change ' || device || ' ' || gpu_model FROM device_change UNION ALL SELECT 'verdict ' || device || ' ' || kind FROM verdict
		UNION ALL SELECT 'minutes ' || device || ' ' || minutes FROM job_minutes ORDER BY 1`,
		"change 1 early", "minutes 1 9", "verdict 1 spoofed")
	b.expect(t, "facts recorded before their device",
		`SELECT 'wrong' FROM device d JOIN verdict v ON v.device = d.number WHERE v.recorded_at < d.recorded_at`)
}

func TestJobMinutesAreKeptWhenTheyDiffer(t *testing.T) {
	b := setup(t)
	b.register(0, 1)
	b.sync(t)
	day := time.Date(2024, 4, 25, 0, 0, 0, 0, time.UTC)
	for _, minutes := range []int{30, 30, 45, 30} {
		b.do(func() {
			b.minutes["2024-04-25"] = []map[string]any{
				{"device_id": deviceID(0), "minutes": 1}, {"device_id": deviceID(1), "minutes": 99}, {"device_id": deviceID(1), "minutes": minutes},
			}
		})
		b.readMinutes(t, day)
	}
	b.expect(t, "job minutes", `SELECT device || ' ' || minutes FROM job_minutes ORDER BY device, recorded_at`, "0 1", "1 30", "1 45", "1 30")
	b.expect(t, "readings", `SELECT rows::text FROM job_minutes_read`, "3", "3", "3", "3")
}

// A page that the database refuses leaves neither rows nor a moved cursor.
func TestAPageIsStoredWithItsCursorOrNotAtAll(t *testing.T) {
	b := setup(t)
	for i := range 1000 {
		b.register(i)
	}
	b.register(1000)
	if _, err := b.Owner.Exec(context.Background(), `ALTER TABLE device ADD CONSTRAINT refuse CHECK (number < 1000)`); err != nil {
		t.Fatal(err)
	}
	if err := uptime.SyncChanges(context.Background(), b.App, b.feed); err == nil {
		t.Fatal("the page was stored")
	}
	b.expect(t, "log", `SELECT cursor || ' ' || rows FROM uptime_log WHERE name = 'changes'`, "1000 1000")
	if _, err := b.Owner.Exec(context.Background(), `ALTER TABLE device DROP CONSTRAINT refuse`); err != nil {
		t.Fatal(err)
	}
	b.sync(t)
	b.expect(t, "log", `SELECT cursor || ' ' || rows || ' ' || (read_to_end > '-infinity')::text FROM uptime_log WHERE name = 'changes'`, "1001 1001 true")
	b.expect(t, "devices", `SELECT count(*)::text FROM device`, "1001")
}

func (b *bench) change(t *testing.T, device int, channel string, fields map[string]any) {
	t.Helper()
	b.do(func() {
		row := map[string]any{
			"seq": len(b.changes) + 1, "device_id": deviceID(device), "changed_at": "2024-04-01T00:00:00Z", "channel": channel,
		}
		maps.Copy(row, fields)
		b.changes = append(b.changes, row)
	})
}

func (b *bench) verdict(device int, kind string) {
	b.do(func() {
		b.verdicts = append(b.verdicts, map[string]any{
			"seq": len(b.verdicts) + 1, "device_id": deviceID(device), "verdict": kind, "effective_at": "2024-04-23T06:00:00Z",
			"decided_at": "2024-04-23T09:12:44Z", "reason": "pow_hash_rate_mismatch", "evidence": "pow-run 88121",
		})
	})
}

func (b *bench) sync(t *testing.T) {
	t.Helper()
	if err := uptime.SyncChanges(context.Background(), b.App, b.feed); err != nil {
		t.Fatal(err)
	}
	if err := uptime.SyncVerdicts(context.Background(), b.App, b.feed); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) readMinutes(t *testing.T, day time.Time) {
	t.Helper()
	if err := uptime.ReadJobMinutes(context.Background(), b.App, b.feed, day); err != nil {
		t.Fatal(err)
	}
}
