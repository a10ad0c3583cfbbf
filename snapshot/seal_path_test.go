package snapshot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// asApp runs statements as the application, one after the other, and undoes them. It
// returns how the first of them was refused.
func (x *trial) asApp(statements ...string) (err error) {
	x.t.Helper()
	undone := pgx.BeginFunc(x.ctx, x.tx, func(tx pgx.Tx) error {
		for _, statement := range append([]string{`SET LOCAL ROLE uptally_app`}, statements...) {
			if _, err = tx.Exec(x.ctx, statement); err != nil {
				err = fmt.Errorf("%s: %w", statement, err)
				break
			}
		}
		return errUndo
	})
	if !errors.Is(undone, errUndo) {
		x.t.Fatal(undone)
	}
	return err
}

// What is tried by hand on a revision that is approved: ada took it, grace approved it.
const (
	sealByHand = `UPDATE snapshot SET state = 'sealed', sealed_by = 1, sealed_at = now() WHERE state = 'approved'`

	emptyScan = `INSERT INTO incident_scan (as_of, last_pull, pulls, observed, last_end)
		SELECT s.as_of, last_pull, pulls, observed, (SELECT coalesce(max(id), 0) FROM incident_end)
		FROM incident_scan i, snapshot s WHERE s.state = 'approved' ORDER BY i.id DESC LIMIT 1`

	// As if everything had been over after a slot.
	briefReading = `INSERT INTO incident_reading (scan, incident, kind, opened, ends, baseline, lowest, lowest_at, recovered, closed, vanished, returned,
			devices, changes, curve_from, curve_step, curve)
		SELECT DISTINCT ON (incident) (SELECT max(id) FROM incident_scan), incident, kind, opened, opened + interval '5 minutes', baseline, lowest,
			CASE kind WHEN 'collapse' THEN opened END, CASE kind WHEN 'collapse' THEN opened + interval '5 minutes' END, CASE kind WHEN 'collapse' THEN opened + interval '65 minutes' END,
			vanished, returned, devices, changes, curve_from, curve_step, curve
		FROM incident_reading ORDER BY incident, scan`

	// As if everything had lasted until the village's window or longer.
	longReading = `INSERT INTO incident_reading (scan, incident, kind, opened, baseline, lowest, lowest_at, vanished, returned, curve_from, curve_step, curve)
		SELECT DISTINCT ON (incident) (SELECT max(id) FROM incident_scan), incident, kind, opened, baseline, lowest, opened, vanished, returned,
			curve_from, curve_step, curve
		FROM incident_reading ORDER BY incident, scan`

	endNow    = `INSERT INTO incident_end (incident, kind, opened, ends, reason, person_id) SELECT id, kind, opened, opened + interval '5 minutes', 'x', 1 FROM incident`
	endOfNone = `INSERT INTO incident_end (incident, kind, opened, ends, reason) SELECT id, kind, opened, opened + interval '5 minutes', 'x' FROM incident`

	askByHand     = `INSERT INTO snapshot_override (snapshot_id, guards, reason, asked_by) SELECT id, '{incident 1,surge 1}', 'x', 1 FROM snapshot`
	approveByHand = `INSERT INTO snapshot_override_approval (override_id, asked_by, approved_by) SELECT id, asked_by, %s FROM snapshot_override`

	proposeByHand = `INSERT INTO grace_window (season, window_from, window_to, cause, lookback, min_before, sustain, reconnect_by, credit, require_genuine, proposed_by, recorded_at)
		SELECT 'may-2', opened, opened + interval '3 hours', 'x', 1, '0.5', 1, '2024-05-03', 'full', false, 1, %s FROM incident`
	graceByHand = `INSERT INTO grace_approval (window_id, season, window_from, window_to, proposed_by, approved_by, recorded_at)
		SELECT id, season, window_from, window_to, proposed_by, %s FROM grace_window ORDER BY id DESC LIMIT 1`
	holdByHand = `INSERT INTO metadata_hold (held_from, held_to, reason, person_id, recorded_at) SELECT opened, opened + interval '3 hours', 'x', 1, %s FROM incident`

	copyByHand = `INSERT INTO snapshot (season, revision, state, as_of, estimate, reopenings, taken_by, points, allocated, residual, lines, suppliers,
			observed_slots, season_slots, digest, decided_by, decided_at, approved_digest, sealed_by, sealed_at)
		SELECT season, 2, '%s', as_of, false, 0, taken_by, points, allocated, residual, lines, suppliers, observed_slots, season_slots, digest,
			decided_by, decided_at, approved_digest, %s FROM snapshot`

	before = `(SELECT as_of FROM fact_horizon)` // when it was taken
	since  = `fact_stamp()`
)

// Over an incident that nobody has decided on, no path leads to a seal: not by SQL as
// the application, whatever it writes beside.
func TestNoPathToASeal(t *testing.T) {
	t.Parallel()
	o := courthouse(t)
	if o.ada != 1 || o.grace != 2 {
		t.Fatalf("ada is %d, grace %d", o.ada, o.grace)
	}
	const (
		undecided = "is not sealed over"
		backdated = "that was read already"
	)
	overnight, noon := silence("2024-05-01T22:00:00Z"), silence("2024-05-02T13:00:00Z") // ended before the season, the one would not concern it
	surge := both(burst("2024-05-02T13:00:00Z"), func(x *trial) {                       // and a hold over its first slot would do
		x.hold(snapshot.Hold{From: may(2, 13), To: may(2, 13).Add(uptime.SlotLength)})
	})
	for _, c := range []struct {
		name       string
		incident   func(*trial)
		statements []string
		code, says string
	}{
		{"at once", noon, nil, integrityViolation, undecided},
		{"at once, a surge", surge, nil, integrityViolation, undecided},
		{"after a scan that found nothing", noon, []string{emptyScan}, integrityViolation, undecided},
		{"after two of them", surge, []string{emptyScan, emptyScan}, integrityViolation, undecided},
		{"after one that found it over in a slot", overnight, []string{emptyScan, briefReading}, integrityViolation, undecided},
		{"after one that found a surge over in a slot", surge, []string{emptyScan, briefReading}, integrityViolation, undecided},
		{"after one that found it to last", overnight, []string{emptyScan, longReading}, integrityViolation, undecided},
		{"with another reading of the same scan", noon, []string{briefReading}, "23505", "incident_reading_pkey"},
		{"ended by nobody", overnight, []string{endOfNone}, "23502", "person_id"},
		{"a surge ended", surge, []string{endNow}, checkViolation, "kind"},
		{"ended, and nobody looked again", noon, []string{endNow}, "55000", "look for them first"},
		{"ended, after a scan that found nothing", noon, []string{endNow, emptyScan}, integrityViolation, undecided},
		{"dismissed by nobody", noon, []string{`INSERT INTO incident_dismissal (incident, season, reason) SELECT id, 'may-2', 'x' FROM incident`}, "23502", "person_id"},
		{"dismissed for another season", noon, []string{`INSERT INTO incident_dismissal (incident, season, reason, person_id) SELECT id, 'may-9', 'x', 1 FROM incident`},
			integrityViolation, undecided},
		{"without the incident", noon, []string{`DELETE FROM incident`}, notAllowed, "incident"},
		{"without its scan", noon, []string{`DELETE FROM incident_scan`}, notAllowed, "incident_scan"},
		{"without its reading", noon, []string{`DELETE FROM incident_reading`}, notAllowed, "incident_reading"},
		{"with its reading changed", noon, []string{`UPDATE incident_reading SET ends = opened + interval '5 minutes'`}, notAllowed, "incident_reading"},
		{"with its opening changed", noon, []string{`UPDATE incident SET opened = opened + interval '9 days'`}, notAllowed, "incident"},

		{"asked for, and not approved", noon, []string{askByHand}, integrityViolation, undecided},
		{"asked for and approved by one", noon, []string{askByHand, fmt.Sprintf(approveByHand, "asked_by")}, checkViolation, "asked_by"},
		{"an override of another guard", noon, []string{strings.Replace(askByHand, "incident 1", "incident 9", 1), fmt.Sprintf(approveByHand, "2")}, integrityViolation, undecided},
		{"an override of a surge for a collapse", noon, []string{strings.Replace(askByHand, "incident 1", "coverage", 1), fmt.Sprintf(approveByHand, "2")}, integrityViolation, undecided},

		{"a window approved by its proposer", noon, []string{fmt.Sprintf(proposeByHand, since), fmt.Sprintf(graceByHand, "proposed_by, "+since)}, checkViolation, "proposed_by"},
		{"a window proposed as of before", noon, []string{fmt.Sprintf(proposeByHand, before)}, integrityViolation, backdated},
		{"a window approved as of before", noon, []string{fmt.Sprintf(proposeByHand, since), fmt.Sprintf(graceByHand, "2, "+before)}, integrityViolation, backdated},
		{"a window approved since", noon, []string{fmt.Sprintf(proposeByHand, since), fmt.Sprintf(graceByHand, "2, "+since)}, integrityViolation, undecided + " incident 1, grace_counted"},
		{"a window approved since, and the horizon set back", noon, []string{`UPDATE fact_horizon SET as_of = as_of - interval '1 hour'`}, integrityViolation, "does not go back"},
		{"a hold as of before", surge, []string{fmt.Sprintf(holdByHand, before)}, integrityViolation, backdated},
		{"a hold since", surge, []string{fmt.Sprintf(holdByHand, since)}, integrityViolation, undecided},

		{"as of another moment", noon, []string{`UPDATE snapshot SET as_of = '2024-05-02'`}, integrityViolation, "never edited"},
		{"begun sealed", noon, []string{`UPDATE snapshot SET state = 'superseded'`, fmt.Sprintf(copyByHand, "sealed", "1, now()")},
			integrityViolation, "cannot begin as sealed"},
		{"begun approved", noon, []string{`UPDATE snapshot SET state = 'superseded'`, fmt.Sprintf(copyByHand, "approved", "NULL, NULL")},
			integrityViolation, "cannot begin as approved"},
		{"begun as of before there was anything", noon, []string{`UPDATE snapshot SET state = 'superseded'`,
			`INSERT INTO snapshot (season, revision, state, as_of, estimate, reopenings, taken_by) VALUES ('may-2', 2, 'taking', '2024-01-01', false, 0, 1)`},
			integrityViolation, "cannot begin as taking, as of 2024-01-01"},
		{"without the trigger", noon, []string{`ALTER TABLE snapshot DISABLE TRIGGER never_undecided`}, notAllowed, "owner"},
		{"past all triggers", noon, []string{`SET LOCAL session_replication_role = replica`}, notAllowed, "session_replication_role"},
		{"with another function", noon, []string{`CREATE FUNCTION pg_temp.incident_unresolved(text, timestamptz, timestamptz, timestamptz) RETURNS bigint[] LANGUAGE sql AS 'SELECT ''{}''::bigint[]'`,
			`SET LOCAL search_path = pg_temp, public`}, integrityViolation, undecided},
		{"with nothing to decide, and nothing posted", func(*trial) {}, nil, integrityViolation, "is not in the ledger"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.in(t).trial(villageSeason, func(x *trial) {
				x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
				other := x.season
				other.Code = "may-9"
				x.check(snapshot.CreateSeason(x.ctx, x.tx, other, []byte(villageRules), x.ada))
				c.incident(x)
				x.take()
				x.approve()
				err := x.asApp(append(c.statements, sealByHand)...)
				var refusal *pgconn.PgError
				if !errors.As(err, &refusal) || refusal.Code != c.code || !strings.Contains(err.Error(), c.says) {
					t.Errorf("ended with %v, want it refused with %s: %s", err, c.code, c.says)
				}
			})
		})
	}
}

// A scan that found nothing, written before anybody looked or after, hides nothing
// from the board either.
func TestForgedScansHideNothing(t *testing.T) {
	t.Parallel()
	courthouse(t).trial(villageSeason, func(x *trial) {
		x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
		silence("2024-05-02T13:00:00Z")(x)
		forge := func() {
			t.Helper()
			x.exec(`INSERT INTO incident_scan (as_of, last_pull, pulls, observed, last_end)
				SELECT $1, (SELECT max(id) FROM uptime_pull), (SELECT count(*) FROM uptime_pull),
					(SELECT sum(bit_count(observed)) FROM uptime_coverage), (SELECT coalesce(max(id), 0) FROM incident_end)`, x.s.AsOf)
		}
		var err error
		var groups int
		x.s, groups, err = snapshot.Take(x.ctx, x.tx, x.season.Code, x.ada)
		x.check(err)
		forge()
		for number := range groups {
			scored, err := snapshot.ScoreWithin(x.ctx, x.tx, x.s, number)
			x.check(err)
			_, err = snapshot.StageGroup(x.ctx, x.tx, x.s.ID, scored)
			x.check(err)
		}
		_, err = snapshot.Complete(x.ctx, x.tx, x.s.ID)
		x.check(err)
		x.s, err = snapshot.ByID(x.ctx, x.tx, x.s.ID)
		x.check(err)
		for range 2 {
			if g := x.board()["incident 1"]; g.Verdict != snapshot.GuardFailed {
				t.Errorf("guard %+v", g)
			}
			forge()
		}
		x.approve()
		if err := x.seal(); !errors.Is(err, snapshot.ErrGuard) || !strings.Contains(err.Error(), "incident 1 (") {
			t.Errorf("sealed with %v", err)
		}
		x.dismiss(1)
		x.sealed()
	})
}
