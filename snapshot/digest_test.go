package snapshot_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// Of all that is on record, the digest changes with what a line may follow from,
// each thing by itself, and with nothing else.
func TestTheDigestIsOverWhatWentIn(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.job(steady, "2024-05-03", 7) // of no day of the season
	o := v.settle(t)
	bit := func(hour string, device, slot int) string {
		return fmt.Sprintf(`UPDATE uptime_chunk SET up = set_bit(up, %d, 1 - get_bit(up, %[1]d)) WHERE hour = '2024-05-%s:00+00'`, slot*uptime.LanesPerShard+device, hour)
	}
	verdict := func(set string) string { return `UPDATE verdict SET ` + set }
	change := func(set string) string {
		return fmt.Sprintf(`UPDATE device_change SET %s WHERE seq = %d`, set, saleSeq)
	}
	window := func(set string) string { return `UPDATE grace_window SET ` + set }
	another := strings.Replace(villageRules, "permille = 500", "permille = 501", 1)

	base := o.take(v.season.Code).Digest
	seen := map[string]string{string(base): "nothing"}
	for _, c := range []struct {
		name, statement string
		changes         bool
	}{
		{"nothing", `UPDATE season SET pool = pool`, false},
		{"a bit of the season", bit("02 10", steady, 0), true},
		{"the same bit of another device", bit("02 10", outaged, 11), true},
		{"a bit of the lookback", bit("01 09", steady, 3), true},
		{"a bit that proves a device back", bit("03 00", steady, 2), true},
		{"a bit after all that", bit("03 00", steady, 3), false},
		{"a slot not observed", `UPDATE uptime_coverage SET observed = set_bit(observed, 3, 0) WHERE hour = '2024-05-02 10:00+00'`, true},
		{"a slot after the season not observed", `UPDATE uptime_coverage SET observed = set_bit(observed, 3, 0) WHERE hour = '2024-05-03 09:00+00'`, false},
		{"a verdict's kind", verdict(`kind = 'genuine'`), true},
		{"a verdict's instant", verdict(`effective_at = effective_at + interval '1 microsecond'`), true},
		{"when it was decided", verdict(`decided_at = decided_at + interval '1 microsecond'`), true},
		{"that it was by hand", verdict(fmt.Sprintf(`by_hand = true, person_id = %d, reason = 'why', evidence = 'run 1'`, o.ada)), true},
		{"no verdict", `DELETE FROM verdict`, true},
		{"a verdict's wording", verdict(`reason = 'another', evidence = 'more'`), false},
		{"when a verdict was recorded", verdict(`recorded_at = recorded_at - interval '1 hour'`), false},
		{"a registration's instant", `UPDATE device SET registered_at = registered_at + interval '1 second' WHERE number = 3`, true},
		{"a device's id", `UPDATE device SET id = md5('another')::uuid WHERE number = 3`, true},
		{"a device's count", `UPDATE device SET gpu_count = 2 WHERE number = 3`, true},
		{"a device's model", `UPDATE device SET gpu_model = 'NVIDIA H100' WHERE number = 5`, true},
		{"a device's connectivity", `UPDATE device SET connectivity = 'low' WHERE number = 3`, true},
		{"what a device calls itself", `UPDATE device SET device_name = 'x', status = 'down' WHERE number = 3`, false},
		{"a change's owner", change(`supplier_id = md5('another')::uuid`), true},
		{"a change's instant", change(`changed_at = changed_at + interval '1 microsecond'`), true},
		{"a change's channel", change(`channel = 'worker-api'`), true},
		{"a change's model", change(`gpu_model = 'NVIDIA T4'`), true},
		{"a change's connectivity", change(`connectivity = 'NVIDIA T4'`), true},
		{"a change's count", change(`gpu_count = 1`), true},
		{"a change's place in the log", change(`seq = 1000`), true},
		{"a change's device", change(`device = 2`), true},
		{"a change's name and status", change(`device_name = 'x', status = 'down'`), false},
		{"a hold's beginning", `UPDATE metadata_hold SET held_from = held_from - interval '1 microsecond'`, true},
		{"a hold's end", `UPDATE metadata_hold SET held_to = held_to + interval '1 microsecond'`, true},
		{"no hold", `DELETE FROM metadata_hold`, true},
		{"a hold's reason", `UPDATE metadata_hold SET reason = 'another'`, false},
		{"a change released", fmt.Sprintf(`INSERT INTO metadata_release (change_seq, reason, person_id, recorded_at)
			VALUES (%d, 'ours', %d, '2024-06-01')`, attackSeq, o.ada), true},
		{"another change released", fmt.Sprintf(`INSERT INTO metadata_release (change_seq, reason, person_id, recorded_at)
			VALUES (%d, 'ours', %d, '2024-06-01')`, saleSeq, o.ada), true},
		{"a window's beginning", window(`window_from = window_from - interval '1 second'`), true},
		{"a window's end", window(`window_to = window_to + interval '1 second'`), true},
		{"a window's cause", window(`cause = 'another'`), true},
		{"a window's lookback", window(`lookback = 287`), true},
		{"a window's share before", window(`min_before = '0.500001'`), true},
		{"a window's sustain", window(`sustain = 2`), true},
		{"a window's deadline", window(`reconnect_by = reconnect_by - interval '1 second'`), true},
		{"a window's credit", window(`credit = 'own_rate'`), true},
		{"a window's cap", window(`cap = 1000`), true},
		{"a window's cap of 0", window(`cap = 0`), true},
		{"a window for the genuine", window(`require_genuine = true`), true},
		{"who proposed a window", window(fmt.Sprintf(`proposed_by = %d`, o.ada+1000)), false},
		{"no approval", `DELETE FROM grace_approval`, true},
		{"job minutes", `UPDATE job_minutes SET minutes = 101 WHERE day = '2024-05-02'`, true},
		{"job minutes of another day", `UPDATE job_minutes SET minutes = 101 WHERE day = '2024-05-03'`, false},
		{"job minutes recorded before", `INSERT INTO job_minutes SELECT device, day, 5, '2024-05-20' FROM job_minutes WHERE day = '2024-05-02'`, false},
		{"job minutes recorded since", `INSERT INTO job_minutes SELECT device, day, 5, '2399-01-01' FROM job_minutes WHERE day = '2024-05-02'`, false},
		{"the pool", `UPDATE season SET pool = pool + 1`, true},
		{"the season's first day", `UPDATE season SET first_day = '2024-05-01'`, true},
		{"the season's last day", `UPDATE season SET last_day = '2024-05-03'`, true},
		{"the rules", `WITH r AS (INSERT INTO ruleset SELECT sha256(t), 'village', 1, t FROM (SELECT '` +
			fmt.Sprintf(`\x%x`, another) + `'::bytea AS t) AS toml RETURNING sha256) UPDATE season SET ruleset = r.sha256 FROM r`, true},
	} {
		got := string(o.taken(v.season.Code, c.statement).Digest)
		if changed := got != string(base); changed != c.changes {
			t.Errorf("%s: the digest changed: %v", c.name, changed)
		} else if before, known := seen[got]; changed && known {
			t.Errorf("%s: the digest of %s", c.name, before)
		}
		seen[got] = c.name
	}
}

// The same facts give the same digest on any machine: whatever came first, how
// often, in which pieces, under which ids.
func TestTheSameFactsGiveTheSameDigest(t *testing.T) {
	t.Parallel()
	one := newVillage()
	one.windows = append(one.windows, snapshot.Window{
		From: may(2, 15), To: may(2, 16), Cause: "another", Lookback: 12, Sustain: 1, ReconnectBy: may(3, 0), Credit: snapshot.CreditOwnRate,
	})
	one.holds = append(one.holds, snapshot.Hold{From: may(2, 1), To: may(2, 2)})
	first := one.settle(t)
	want := first.take(one.season.Code)

	v := newVillage()
	o := open(t, v.facts)
	pgtest.Person(t, o.Owner, "somebody else")
	o.syncVerdicts() // kept aside until their devices are known
	odd := uptime.NewTimeline(uptime.SpanOf(may(1, 0), may(2, 7)))
	for k := odd.Span().From; k < odd.Span().To; k += 7 {
		odd.AddSpan(uptime.Span{From: k, To: min(k+4, odd.Span().To)})
	}
	o.pullOpen(odd)
	o.pull(v.observed)
	o.readMinutes()
	o.create(v.season, []byte(v.rules))
	o.propose(v.season.Code, villageWindow) // and never approved
	o.check(o.releaseHold(o.hold(snapshot.Hold{From: may(2, 0), To: may(3, 0)})))
	for i := range one.windows {
		o.window(v.season.Code, one.windows[len(one.windows)-1-i])
		o.hold(one.holds[len(one.holds)-1-i])
	}
	o.take(v.season.Code)
	got := o.take(v.season.Code)
	if first.lines(want) != o.lines(got) {
		t.Errorf("lines\n%swant\n%s", o.lines(got), first.lines(want))
	}
	if !bytes.Equal(want.Digest, got.Digest) {
		t.Errorf("digest %x, want %x", got.Digest, want.Digest)
	}
}
