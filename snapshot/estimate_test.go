package snapshot_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

func testEstimates(t *testing.T, o *office) {
	const open = `UPDATE uptime_coverage SET closed_at = NULL WHERE hour = `
	for _, c := range []struct {
		name, statement string
		want            bool
	}{
		{"all closed", `UPDATE season SET pool = pool`, false},
		{"the season's first hour is open", open + `'2024-05-02 00:00+00'`, true},
		{"the season's last hour is open", open + `'2024-05-02 23:00+00'`, true},
		{"an hour of the season was given up, and is open", `UPDATE uptime_coverage SET closed_at = NULL, observed = B'000000000000'
			WHERE hour = '2024-05-02 10:00+00'`, true},
		{"an hour of the season was never requested", `DELETE FROM uptime_coverage WHERE hour = '2024-05-02 10:00+00'`, true},
		{"an hour of the lookback is open", open + `'2024-05-01 09:00+00'`, true},
		{"an hour of the lookback was never requested", `DELETE FROM uptime_coverage WHERE hour = '2024-05-01 09:00+00'`, false},
		{"the hour after the deadline is open", open + `'2024-05-03 00:00+00'`, true},
		{"the hour after the deadline was never requested", `DELETE FROM uptime_coverage WHERE hour = '2024-05-03 00:00+00'`, true},
		{"an hour further on is open", open + `'2024-05-03 01:00+00'`, false},
		{"the proof of being back reaches it", `WITH later AS (UPDATE grace_window SET reconnect_by = '2024-05-03 00:50+00')
			UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-03 01:00+00'`, true},
		{"the proof of being back ends before it", `WITH later AS (UPDATE grace_window SET reconnect_by = '2024-05-03 00:45+00')
			UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-03 01:00+00'`, false},
		{"the deadline is to come", `UPDATE grace_window SET reconnect_by = '2399-01-01 00:00+00'`, false},
		{"the deadline is to come, and an hour before it is open", `WITH later AS (UPDATE grace_window SET reconnect_by = '2399-01-01 00:00+00')
			UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-03 20:00+00'`, true},
		{"a window that does not meet the season, with a deadline long after what was pulled", `UPDATE grace_window
			SET window_from = '2024-05-03 00:00+00', window_to = '2024-05-03 02:00+00', reconnect_by = '2024-05-20 00:00+00'`, false},
		{"an hour was reopened once, and closed again", `UPDATE uptime_coverage SET reopened = 1 WHERE hour = '2024-05-02 10:00+00'`, false},
	} {
		if s := o.taken(villageSeason.Code, c.statement); s.Estimate != c.want {
			t.Errorf("%s: an estimate: %v", c.name, s.Estimate)
		}
	}
	o.whatIf(func(ctx context.Context, tx pgx.Tx) {
		_, err := tx.Exec(ctx, open+`'2024-05-02 10:00+00'`)
		o.check(err)
		s, err := snapshot.TakeWithin(ctx, tx, villageSeason.Code, o.ada)
		o.check(err)
		wantError(t, "approving an estimate", snapshot.Approve(ctx, tx, s.ID, s.Digest, o.grace, ""), snapshot.ErrGuard)
		_, err = tx.Exec(ctx, `UPDATE snapshot SET state = 'approved', approved_digest = digest, decided_by = $2, decided_at = now() WHERE id = $1`, s.ID, o.grace)
		o.refusedWith(checkViolation, "approving an estimate", err)
	})
}

// reopen opens an hour of the season again, as two people do.
const reopen = `UPDATE uptime_coverage SET closed_at = NULL, reopened = reopened + 1, observed = B'000000000000', final = B'000000000000'
	WHERE hour = '2024-05-02 10:00+00'`

func testReopened(t *testing.T, o *office) {
	s, groups := o.begin(villageSeason.Code)
	o.score(s.ID, groups)
	o.whatIf(func(ctx context.Context, tx pgx.Tx) {
		_, err := tx.Exec(ctx, reopen)
		o.check(err)
		_, completing := snapshot.Complete(ctx, tx, s.ID)
		wantError(t, "completing it", completing, snapshot.ErrImpossible)
		// Closed again meanwhile, it is another hour all the same.
		_, err = tx.Exec(ctx, `UPDATE uptime_coverage SET closed_at = now(), observed = B'111111111111', final = B'111111111111'
			WHERE hour = '2024-05-02 10:00+00'`)
		o.check(err)
		_, completing = snapshot.Complete(ctx, tx, s.ID)
		wantError(t, "completing it", completing, snapshot.ErrImpossible)
	})
	o.check(o.complete(s.ID))
	o.at(s.ID, snapshot.Draft)
}
