package snapshot_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

// crowdOf registers so many devices, of four shards each up in a way of its own.
func (o *office) crowdOf(devices int) {
	o.t.Helper()
	o.owner(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT i, md5('device ' || i)::uuid, 1 + i, '2024-04-01', 'registration', md5('supplier ' || i % 999)::uuid,
			'NVIDIA T4', 1 + i % 7, 'high', clock_timestamp() FROM generate_series(0, $1 - 1) AS i`, devices)
	o.owner(`INSERT INTO uptime_chunk SELECT shard, hour, CASE shard % 4 WHEN 0 THEN ~ B'0'::bit(12288) WHEN 1 THEN ~ (B'1'::bit(12288) >> shard)
			ELSE repeat(substr('1110110', 1 + shard % 3, 4), 3072)::bit(12288) END
		FROM generate_series(0, ($1 - 1) / 1024) AS shard, generate_series('2024-05-02 00:00+00'::timestamptz, '2024-05-02 23:00+00', '1 hour') AS hour`, devices)
}

// Of several groups one finds that it is the last, in whatever order and however
// often they are staged; the lines do not show that there were groups.
func TestGroups(t *testing.T) {
	t.Parallel()
	o := open(t, facts{})
	o.pull(newVillage().observed)
	const devices = 2*16*1024 + 5
	o.crowdOf(devices)
	season := villageSeason
	season.Pool = 1<<62 + 12345
	o.create(season, []byte(villageRules))
	s, groups := o.begin(season.Code)
	if groups != 3 {
		t.Fatalf("%d groups", groups)
	}
	var (
		attempts sync.WaitGroup
		mu       sync.Mutex
		lasts    int
	)
	for i := range 2 * groups {
		attempts.Go(func() {
			scored, err := snapshot.ScoreGroup(context.Background(), o.App, s.ID, i%groups)
			if err != nil || scored == nil { // scored by the other already
				if err != nil {
					t.Error(err)
				}
				return
			}
			err = o.try(func(ctx context.Context, tx pgx.Tx) error {
				last, err := snapshot.StageGroup(ctx, tx, s.ID, scored)
				mu.Lock()
				defer mu.Unlock()
				if last {
					lasts++
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	attempts.Wait()
	if lasts == 0 {
		t.Error("no group was the last")
	}
	o.check(o.complete(s.ID))
	s = o.at(s.ID, snapshot.Draft)
	o.check(o.complete(s.ID)) // once more: there is nothing left to do
	if s.Lines != devices || s.Suppliers != 999 {
		t.Errorf("%d lines of %d suppliers", s.Lines, s.Suppliers)
	}
	o.checkAmounts(s, season.Pool)
	if unequal := o.text(`SELECT count(*)::text FROM (SELECT 1 FROM snapshot_line GROUP BY points HAVING count(DISTINCT amount) > 1) AS points`); unequal != "0" {
		t.Errorf("%s different points have more than one amount", unequal)
	}
	if left := o.text(`SELECT count(*)::text FROM snapshot_group WHERE staged IS NOT NULL OR digest IS NULL`); left != "0" {
		t.Errorf("%s groups were not allocated", left)
	}
	before := ""
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			if id := l.DeviceID.String(); id <= before {
				t.Fatalf("device %s after %s", id, before)
			} else {
				before = id
			}
			return nil
		})
	})
}
