package jobs_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime/simulator"
)

// killsPerSeason is how often each of backfill, take and seal of one season is
// killed.
const killsPerSeason = 2

// seasons is how many seasons are disturbed: one, or as many as it takes for
// UPTALLY_KILLS kills of each part.
func seasons(t *testing.T) int {
	t.Helper()
	text := os.Getenv("UPTALLY_KILLS")
	if text == "" {
		return 1
	}
	kills, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("UPTALLY_KILLS %q: give a whole number", text)
	}
	return (kills + killsPerSeason - 1) / killsPerSeason
}

// A worker process that is killed at any point of backfill, take and seal, and
// started again, leaves what an undisturbed run leaves.
func TestKilledAtAnyPoint(t *testing.T) {
	feed := serve(t, 16, simulator.Options{})
	undisturbed := settle(t, feed)
	want, _ := undisturbed.killedSeason(0, nil)
	var struck [3]int
	for n := range seasons(t) {
		disturbed := settle(t, feed)
		got, hits := disturbed.killedSeason(killsPerSeason, rand.New(rand.NewPCG(42, uint64(n))))
		for part := range struck {
			struck[part] += hits[part]
		}
		if got != want {
			t.Fatalf("season %d, after kills:\n%.2000s\nwant:\n%.2000s", n, got, want)
		}
	}
	t.Logf("kills before the end of backfill, take and seal: %v", struck)
}

// killedSeason runs a season by worker processes that are killed so many times
// during each of its parts. It returns the result, and how many kills came before
// the part's end.
func (w *town) killedSeason(kills int, random *rand.Rand) (result string, struck [3]int) {
	w.t.Helper()
	ctx := context.Background()
	c := w.client(jobs.Options{Hours: 2})

	ids, err := c.Backfill(ctx, pulled)
	w.check(err)
	for range kills {
		struck[0] += w.killWhen(random, random.IntN(len(ids)/(8*kills)), func() int {
			return w.count(`SELECT count(*) FROM river_job WHERE finalized_at IS NOT NULL AND kind = 'pull_window'`)
		})
	}
	worker := w.spawn(task{Workers: 2})
	w.check(c.Wait(ctx, ids, nil))
	w.check(c.CloseHours(ctx))
	w.check(c.Work(ctx, jobs.CutDays{}, 1))
	worker.kill()

	w.crowd(40_000)
	w.prepare(season)
	taken, err := c.Take(ctx, season.Code, w.ada)
	w.check(err)
	for range kills {
		// The groups, then the allocation: killed while the n-th job of the take runs.
		struck[1] += w.killWhen(random, random.IntN(3), func() int {
			return w.count(`SELECT count(*) FROM river_job WHERE kind IN ('score_group', 'allocate') AND (finalized_at IS NOT NULL OR state = 'running')`)
		})
	}
	worker = w.spawn(task{Workers: 2})
	taken, err = c.WaitTaken(ctx, taken.ID, nil)
	w.check(err)
	worker.kill()
	if taken.State != snapshot.Draft {
		w.t.Fatalf("the take ended %s: %s", taken.State, taken.Failure)
	}

	w.approve(taken)
	for range kills {
		sealer := w.spawn(task{Seal: taken.ID, Person: w.ada})
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond) // chance, not order: any point will do
		sealer.kill()
		if w.count(sealedQuery) == 0 {
			struck[2]++
		}
	}
	if w.count(sealedQuery) == 0 {
		w.check(w.spawn(task{Seal: taken.ID, Person: w.ada}).wait())
	}
	return w.result(taken), struck
}

const sealedQuery = `SELECT count(*) FROM snapshot WHERE state = 'sealed'`

// killWhen starts a worker and kills it once progress has grown by so much, at a
// random moment thereafter, or when there is nothing left to do. It returns 1 if
// there was.
func (w *town) killWhen(random *rand.Rand, grow int, progress func() int) int {
	w.t.Helper()
	worker := w.spawn(task{Workers: 1 + random.IntN(4)})
	until := progress() + grow
	for progress() < until && w.count(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`) > 0 && worker.running() {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond) // chance, not order: any point will do
	worker.kill()
	return min(1, w.count(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`))
}

func (w *town) count(query string) (n int) {
	w.t.Helper()
	w.check(w.Owner.QueryRow(context.Background(), query).Scan(&n))
	return n
}

// crowd registers so many more devices, whose bits are those of the first shard:
// enough that a take has several groups.
func (w *town) crowd(devices int) {
	w.t.Helper()
	for _, statement := range []string{
		`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT first + i, md5('device ' || i)::uuid, 1000000000 + i, '2024-01-01', 'registration', md5('supplier ' || i % 999)::uuid,
			'NVIDIA T4', 1 + i % 8, 'high', clock_timestamp()
		FROM (SELECT max(number) + 1 AS first FROM device) AS d, generate_series(0, ` + strconv.Itoa(devices-1) + `) AS i`,
		`INSERT INTO uptime_chunk SELECT shard, hour, up FROM (SELECT hour, up FROM uptime_chunk WHERE shard = 0) AS c,
			generate_series(1, (SELECT max(number) / 1024 FROM device)) AS shard`,
	} {
		_, err := w.Owner.Exec(context.Background(), statement)
		w.check(err)
	}
}
