package snapshot_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// tally counts what each of the writers has recorded.
type tally struct {
	mu    sync.Mutex
	grown *sync.Cond
	n     []int
	ended bool // a writer failed
}

func (y *tally) add(writer int, ok bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.n[writer]++
	y.ended = y.ended || !ok
	y.grown.Broadcast()
}

// awaitMore returns when every writer has recorded something that it began to
// record after the call.
func (y *tally) awaitMore() {
	y.mu.Lock()
	defer y.mu.Unlock()
	from := slices.Clone(y.n)
	for i := range y.n {
		for y.n[i] < from[i]+2 && !y.ended {
			y.grown.Wait()
		}
	}
}

// A snapshot that is taken while facts are being recorded has the lines that its
// later recomputation gives, and no fact that is recorded later slips in before its
// moment.
func TestFactsRecordedMeanwhile(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	ctx, stop := context.WithCancel(t.Context())
	writers := o.writers(v.season.Code)
	y := &tally{n: make([]int, len(writers))}
	y.grown = sync.NewCond(&y.mu)
	var group sync.WaitGroup
	for i, write := range writers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for n := 0; ctx.Err() == nil; n++ {
				err := write(n, random)
				if y.add(i, err == nil); err != nil {
					t.Errorf("writer %d: %v", i, err)
					return
				}
			}
		})
	}

	type take struct {
		snapshot.Snapshot
		lines, facts, scored string
	}
	var takes []take
	for range 6 {
		var s snapshot.Snapshot
		var facts string
		var scored *snapshot.Scored
		o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
			if s, _, err = snapshot.Take(ctx, tx, v.season.Code, o.ada); err != nil {
				return err
			}
			if scored, err = snapshot.ScoreWithin(ctx, tx, s, 0); err != nil { // while nothing can be recorded
				return err
			}
			facts, err = factsAsOf(ctx, tx, s.AsOf)
			return err
		})
		y.awaitMore()
		o.score(s.ID, 1)
		y.awaitMore()
		o.check(o.complete(s.ID))
		s = o.at(s.ID, snapshot.Draft)
		takes = append(takes, take{s, o.lines(s), facts, scored.Encoded()})
	}
	stop()
	group.Wait()

	for i, k := range takes {
		if again := o.rescored(k.Snapshot); again != k.lines {
			t.Errorf("%s, scored again:\n%swas\n%s", k.Name(), again, k.lines)
		}
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			scored, err := snapshot.ScoreWithin(ctx, tx, k.Snapshot, 0)
			if err != nil {
				return err
			}
			if scored.Encoded() != k.scored {
				t.Errorf("%s: other lines than when nothing had been recorded since", k.Name())
			}
			facts, err := factsAsOf(ctx, tx, k.AsOf)
			if facts != k.facts {
				t.Errorf("%s: as of %s there are facts that were not there when it was taken", k.Name(), k.AsOf)
			}
			return err
		})
		if i > 0 && !k.AsOf.After(takes[i-1].AsOf) {
			t.Errorf("%s is as of %s, not after %s", k.Name(), k.AsOf, takes[i-1].AsOf)
		}
	}
	if takes[0].lines == takes[len(takes)-1].lines {
		t.Error("nothing that was recorded made a difference")
	}
}

// A take waits for whoever has a stamp and has not committed what it is for; whoever
// wants one waits for a take, and gets a later one.
func TestATakeWaitsForThoseWhoRecord(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	ctx := t.Context()
	recording := begun(t, o)
	_, err := snapshot.AddHold(ctx, recording, snapshot.Hold{From: may(2, 11), To: may(2, 13)}, "a scare", o.ada)
	o.check(err)
	taken := make(chan error)
	taking := begun(t, o)
	var s snapshot.Snapshot
	go func() {
		var err error
		s, _, err = snapshot.Take(ctx, taking, v.season.Code, o.ada)
		taken <- err
	}()
	o.awaitWaiter(taken)
	o.check(recording.Commit(ctx))
	o.check(<-taken)
	if seen := o.holds(s.AsOf); len(seen) != 2 {
		t.Errorf("as of %s there are %d holds, want both", s.AsOf, len(seen))
	}

	recorded := make(chan error)
	go func() {
		recorded <- o.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.AddHold(ctx, tx, snapshot.Hold{From: may(2, 14), To: may(2, 15)}, "a scare", o.ada)
			return err
		})
	}()
	o.awaitWaiter(recorded)
	o.check(taking.Commit(ctx))
	o.check(<-recorded)
	if now, then := len(o.holds(farOff)), len(o.holds(s.AsOf)); now != 3 || then != 2 {
		t.Errorf("%d holds, %d as of the take; want 3 and 2", now, then)
	}
}

// awaitWaiter returns when somebody waits for a lock. Whoever is to wait for it must
// not have ended.
func (o *office) awaitWaiter(ended <-chan error) {
	o.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for o.text(`SELECT count(*)::text FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) != "1" {
		select {
		case err := <-ended:
			o.t.Fatalf("ended (%v) without waiting", err)
		case <-tick.C:
		}
	}
}

// writers are those who record facts, each of a kind of its own: the n-th time.
func (o *office) writers(season string) []func(n int, random *rand.Rand) error {
	ctx := context.Background()
	var holds []int64
	kinds := []uptime.VerdictKind{uptime.Spoofed, uptime.Genuine}
	return []func(n int, random *rand.Rand) error{
		func(n int, random *rand.Rand) error {
			o.network.do(func(f *facts) {
				f.verdict(random.IntN(villagers), kinds[random.IntN(2)], may(2, 4).Add(time.Duration(n)*time.Second))
			})
			return uptime.SyncVerdicts(ctx, o.App, o.feed)
		},
		func(n int, random *rand.Rand) error {
			o.network.do(func(f *facts) {
				f.change(random.IntN(villagers), []string{"user", "worker-api"}[n%2], may(2, random.IntN(24)), row{
					"supplier_id": supplierID(random.IntN(5)), "gpu_count": 1 + random.IntN(8),
				})
			})
			return uptime.SyncChanges(ctx, o.App, o.feed)
		},
		func(n int, random *rand.Rand) error {
			o.network.do(func(f *facts) { f.minutes = map[string][]any{}; f.job(random.IntN(villagers), "2024-05-02", n%1440) })
			return uptime.ReadJobMinutes(ctx, o.App, o.feed, may(2, 0))
		},
		func(_ int, random *rand.Rand) error {
			var hold int64
			from := may(2, random.IntN(24))
			err := o.try(func(ctx context.Context, tx pgx.Tx) (err error) {
				hold, err = snapshot.AddHold(ctx, tx, snapshot.Hold{From: from, To: from.Add(time.Minute)}, "a scare", o.ada)
				return err
			})
			if holds = append(holds, hold); err != nil || len(holds) < 4 {
				return err
			}
			hold, holds = holds[0], holds[1:] // released when others have been added since
			return o.releaseHold(hold)
		},
		func(n int, _ *rand.Rand) error {
			var id int64
			w := villageWindow // of a slot of the afternoon or, later, of a day after the season
			w.From = may(2, 13).Add(time.Duration(n) * uptime.SlotLength)
			w.To = w.From.Add(uptime.SlotLength)
			err := o.try(func(ctx context.Context, tx pgx.Tx) (err error) {
				id, err = snapshot.ProposeWindow(ctx, tx, season, w, o.ada)
				return err
			})
			if err != nil {
				return err
			}
			return o.approveWindow(id, o.grace)
		},
	}
}

// factsAsOf is a digest of every fact recorded by the moment.
func factsAsOf(ctx context.Context, tx pgx.Tx, asOf time.Time) (digest string, err error) {
	union := ""
	for i, table := range []string{
		"device", "device_change", "verdict", "job_minutes", "job_minutes_read", "metadata_hold", "metadata_release", "metadata_refusal", "grace_window", "grace_approval",
	} {
		if i > 0 {
			union += " UNION ALL "
		}
		union += fmt.Sprintf("SELECT '%s ' || f::text AS line FROM %[1]s f WHERE recorded_at <= $1", table)
	}
	err = tx.QueryRow(ctx, `SELECT count(*) || ' ' || md5(string_agg(line, E'\n' ORDER BY line)) FROM (`+union+`) AS facts`, asOf).Scan(&digest)
	return digest, err
}
