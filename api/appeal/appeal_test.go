package appeal_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/snapshot"
)

const days = 24 * time.Hour

func TestAnAppealGoesItsWay(t *testing.T) {
	t.Parallel()
	c := sit(t, 29*days)
	a := c.raise(against(rig))
	if a.State != appeal.Open || a.Supplier != ann || a.OpenedBy != c.anne || a.Reason != "it ran all day" ||
		!slices.Equal(a.Evidence, []string{"https://example.org/log"}) || a.DueAt.Sub(a.RecordedAt) != 14*days || a.Answer != nil {
		t.Errorf("raised: %+v", a)
	}
	if l := a.Line; l.Season != "s1" || l.Revision != 1 || l.DeviceID != rig || l.Span.From != first || l.Span.Len() != 288 ||
		l.Outcome != snapshot.OutcomeBelowMinUptime || l.Notes != 0 || l.Amount != 0 {
		t.Errorf("against %+v", l)
	}
	taken, err := c.tryReview(a.ID, c.grace)
	if err != nil || taken.State != appeal.InReview || taken.ReviewedBy != c.grace || taken.ReviewedAt.IsZero() {
		t.Errorf("taken up: %+v (%v)", taken, err)
	}
	answered, err := c.tryReply(a.ID, c.refusal())
	if err != nil || answered.State != appeal.Refused || answered.Answer == nil || answered.Answer.AnsweredBy != c.ada ||
		answered.Answer.Reason != "the log is of another device" || answered.EndedAt.Before(answered.RecordedAt) {
		t.Errorf("answered: %+v (%v)", answered, err)
	}
	again := c.raise(against(rig)) // with what is new
	if err := c.tryWithdraw(again.ID); err != nil {
		t.Fatal(err)
	}
	if got := c.list(appeal.Filter{States: []appeal.State{appeal.Withdrawn}}); len(got) != 1 || got[0].ID != again.ID || got[0].Answer != nil {
		t.Errorf("withdrawn: %+v", got)
	}
}

func TestAppealsThatAreRefused(t *testing.T) {
	t.Parallel()
	c, late := sit(t, 29*days), sit(t, 30*days)
	change := func(f func(r *appeal.Request)) appeal.Request {
		r := against(rig)
		f(&r)
		return r
	}
	for _, s := range []struct {
		name    string
		request appeal.Request
		want    error
	}{
		{"another's line", against(other), appeal.ErrNoLine},
		{"a device that there is not", against(uuid.UUID{1}), appeal.ErrNoLine},
		{"a slot in the midst of a line", change(func(r *appeal.Request) { r.From++ }), appeal.ErrNoLine},
		{"a season that there is not", change(func(r *appeal.Request) { r.Season = "s9" }), appeal.ErrNoLine},
		{"a draft", change(func(r *appeal.Request) { r.Revision = 2 }), appeal.ErrLate},
		{"a line paid for every slot", against(whole), appeal.ErrNothing},
		{"no reason", change(func(r *appeal.Request) { r.Reason = " " }), appeal.ErrText},
		{"a reason that is too long", change(func(r *appeal.Request) { r.Reason = strings.Repeat("ü", 4001) }), appeal.ErrText},
		{"a reason with a zero byte", change(func(r *appeal.Request) { r.Reason = "a\x00b" }), appeal.ErrText},
		{"a reason that is no UTF-8", change(func(r *appeal.Request) { r.Reason = "a\xff" }), appeal.ErrText},
		{"too much evidence", change(func(r *appeal.Request) { r.Evidence = make([]string, 11) }), appeal.ErrText},
		{"an empty link", change(func(r *appeal.Request) { r.Evidence = []string{""} }), appeal.ErrText},
		{"a link that is too long", change(func(r *appeal.Request) { r.Evidence = []string{strings.Repeat("x", 501)} }), appeal.ErrText},
	} {
		if _, err := c.tryRaise(s.request); !errors.Is(err, s.want) {
			t.Errorf("%s: got %v, want %v", s.name, err, s.want)
		}
	}
	if _, err := late.tryRaise(against(rig)); !errors.Is(err, appeal.ErrLate) {
		t.Errorf("30 days after the seal: %v", err)
	}
	if a := c.raise(change(func(r *appeal.Request) { r.Reason, r.Evidence = strings.Repeat("ü", 4000), nil })); len(a.Evidence) != 0 {
		t.Errorf("without evidence: %+v", a)
	}
	if _, err := c.tryRaise(against(rig)); !errors.Is(err, appeal.ErrOpen) {
		t.Errorf("a second one that is open: %v", err)
	}
	c.raise(against(noted)) // paid for every slot, but with a note
	if got := len(c.list(appeal.Filter{})); got != 2 {
		t.Errorf("%d on record", got)
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	for _, terms := range []appeal.Terms{{}, {Within: 0, Answer: 14}, {Within: 30, Answer: 0}, {Within: 366, Answer: 14}, {Within: 30, Answer: 366}} {
		if err := terms.Validate(); !errors.Is(err, appeal.ErrTerms) {
			t.Errorf("%+v: %v", terms, err)
		}
	}
	for _, terms := range []appeal.Terms{{1, 1}, {365, 365}, appeal.DefaultTerms} {
		if err := terms.Validate(); err != nil {
			t.Errorf("%+v: %v", terms, err)
		}
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	a, linked := c.raise(against(rig)), pgtest.Person(t, c.Owner, "linked")
	change := func(f func(w *appeal.Answer)) appeal.Answer {
		w := c.refusal()
		f(&w)
		return w
	}
	for _, s := range []struct {
		name   string
		answer appeal.Answer
		want   error
	}{
		{"one's own", change(func(w *appeal.Answer) { w.AnsweredBy = c.anne }), appeal.ErrSelfAnswer},
		{"no reason", change(func(w *appeal.Answer) { w.Reason = "" }), appeal.ErrText},
		{"no outcome", change(func(w *appeal.Answer) { w.Outcome = "" }), appeal.ErrText},
		{"withdrawn for the supplier", change(func(w *appeal.Answer) { w.Outcome = appeal.Withdrawn }), appeal.ErrText},
		{"accepted, and nothing came of it", change(func(w *appeal.Answer) { w.Outcome = appeal.Accepted }), appeal.ErrLink},
		{"a verdict that there is not", change(func(w *appeal.Answer) { w.Links.Verdict = new(int64(7)) }), appeal.ErrLink},
		{"a window that there is not", change(func(w *appeal.Answer) { w.Links.Window = new(int64(7)) }), appeal.ErrLink},
		{"a hold that there is not", change(func(w *appeal.Answer) { w.Links.ReleasedHold = new(int64(7)) }), appeal.ErrLink},
		{"a change that there is not", change(func(w *appeal.Answer) { w.Links.ReleasedChange = new(int64(7)) }), appeal.ErrLink},
		{"a draft", change(func(w *appeal.Answer) { w.Links.Revision = new(2) }), appeal.ErrLink},
		{"the revision itself", change(func(w *appeal.Answer) { w.Links.Revision = new(1) }), appeal.ErrLink},
	} {
		if _, err := c.tryReply(a.ID, s.answer); !errors.Is(err, s.want) {
			t.Errorf("%s: got %v, want %v", s.name, err, s.want)
		}
	}
	if _, err := c.tryReply(uuid.UUID{1}, c.refusal()); !errors.Is(err, appeal.ErrUnknown) {
		t.Errorf("of no appeal: %v", err)
	}
	if _, err := c.tryReview(a.ID, c.anne); !errors.Is(err, appeal.ErrSelfAnswer) {
		t.Errorf("taking up one's own: %v", err)
	}
	c.past(`INSERT INTO person_name (kind, name, person_id) VALUES ('supplier', 'issuer sam', $1), ('token', 'issuer sam', $2)`, c.anne, linked)
	if _, err := c.tryReply(a.ID, change(func(w *appeal.Answer) { w.AnsweredBy = linked })); !errors.Is(err, appeal.ErrSelfAnswer) {
		t.Errorf("as who the token that raised it was linked to: %v", err)
	}
	if _, err := c.tryReview(a.ID, linked); !errors.Is(err, appeal.ErrSelfAnswer) {
		t.Errorf("taking it up as the same: %v", err)
	}
	if _, err := c.tryReply(a.ID, c.refusal()); err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func() error{
		"answered again": func() error { _, err := c.tryReply(a.ID, c.refusal()); return err },
		"withdrawn":      func() error { return c.tryWithdraw(a.ID) },
		"taken up":       func() error { _, err := c.tryReview(a.ID, c.grace); return err },
	} {
		if err := act(); !errors.Is(err, appeal.ErrEnded) {
			t.Errorf("%s once it has ended: %v", name, err)
		}
	}
}

// What an answer links must be of the device, or of the season and slots of the line.
func TestWhatCameOfIt(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	c.past(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, person_id, recorded_at)
		SELECT device, by_hand, seq, 'genuine', now(), now(), 'why', 'run', CASE WHEN by_hand THEN $1::bigint END, now()
		FROM (VALUES (0, true, 11), (0, false, 12), (3, true, 13)) AS v (device, by_hand, seq)`, c.ada)
	c.past(`INSERT INTO grace_window (season, window_from, window_to, cause, lookback, min_before, sustain, reconnect_by, credit, require_genuine, proposed_by, recorded_at)
		SELECT season, day, day + interval '1 hour', 'outage', 288, '0.5', 3, '2024-06-01Z', 'full', false, $1, now()
		FROM (VALUES ('s1', '2024-05-01 23:00Z'::timestamptz), ('s1', '2024-05-02Z'), ('s2', '2024-05-01Z'), ('s1', '2024-05-01 08:00Z')) AS w (season, day)`, c.ada)
	c.past(`INSERT INTO grace_approval (window_id, season, window_from, window_to, proposed_by, approved_by, recorded_at)
		SELECT id, season, window_from, window_to, proposed_by, $1, now() FROM grace_window WHERE id < 4`, c.grace)
	c.past(`INSERT INTO device_change (device, seq, changed_at, channel, status, recorded_at)
		VALUES (0, 21, '2024-04-25 09:00Z', 'worker-api', 'down', now()), (3, 22, '2024-04-25 09:00Z', 'worker-api', 'down', now()),
			(0, 23, '2024-04-26 09:00Z', 'worker-api', 'down', now())`)
	c.past(`INSERT INTO metadata_hold (held_from, held_to, reason, person_id, recorded_at)
		VALUES ('2024-04-25Z', '2024-04-26Z', 'attack', $1, now()), ('2024-04-27Z', '2024-04-28Z', 'attack', $1, now())`, c.ada)
	c.past(`INSERT INTO metadata_release (hold_id, change_seq, reason, person_id, recorded_at)
		VALUES (1, NULL, 'why', $1, now()), (2, NULL, 'why', $1, now()), (NULL, 21, 'why', $1, now()), (NULL, 22, 'why', $1, now())`, c.ada)
	c.past(`UPDATE snapshot SET state = 'sealed', decided_by = $1, decided_at = now(), approved_digest = digest, sealed_by = $1, sealed_at = now()
		WHERE season = 's1' AND revision = 2`, c.grace)
	for _, s := range []struct {
		name  string
		links appeal.Links
		fits  bool
	}{
		{"a verdict by hand on the device", appeal.Links{Verdict: new(int64(11))}, true},
		{"the network's verdict", appeal.Links{Verdict: new(int64(12))}, false},
		{"a verdict on another's device", appeal.Links{Verdict: new(int64(13))}, false},
		{"a window over the last hour of the line", appeal.Links{Window: new(int64(1))}, true},
		{"a window that begins where the line ends", appeal.Links{Window: new(int64(2))}, false},
		{"a window of another season", appeal.Links{Window: new(int64(3))}, false},
		{"a window that is not approved", appeal.Links{Window: new(int64(4))}, false},
		{"a hold with a change of the device", appeal.Links{ReleasedHold: new(int64(1))}, true},
		{"a hold without one", appeal.Links{ReleasedHold: new(int64(2))}, false},
		{"a change of the device", appeal.Links{ReleasedChange: new(int64(21))}, true},
		{"a change of another's device", appeal.Links{ReleasedChange: new(int64(22))}, false},
		{"a change that is not released", appeal.Links{ReleasedChange: new(int64(23))}, false},
		{"the revision after", appeal.Links{Revision: new(2)}, true},
		{"a revision that there is not", appeal.Links{Revision: new(3)}, false},
		{"what fits beside what does not", appeal.Links{Verdict: new(int64(11)), Window: new(int64(2))}, false},
	} {
		a := c.raise(against(rig))
		answered, err := c.tryReply(a.ID, appeal.Answer{Outcome: appeal.Accepted, Reason: "you are right", Links: s.links, AnsweredBy: c.ada})
		if s.fits && (err != nil || answered.State != appeal.Accepted) || !s.fits && !errors.Is(err, appeal.ErrLink) {
			t.Errorf("%s: %s (%v)", s.name, answered.State, err)
		}
		if !s.fits {
			c.check(c.tryWithdraw(a.ID))
		}
	}
}

// Of many who act at once, one does, and the others are told so.
func TestAppealsAtOnce(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	together := func(n int, act func(i int) error) (done int, errs []error) {
		errs = make([]error, n)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() { errs[i] = act(i) })
		}
		all.Wait()
		for _, err := range errs {
			if err == nil {
				done++
			}
		}
		return done, errs
	}
	done, errs := together(6, func(int) error { _, err := c.tryRaise(against(rig)); return err })
	for _, err := range errs {
		if err != nil && !errors.Is(err, appeal.ErrOpen) {
			t.Error(err)
		}
	}
	if done != 1 {
		t.Fatalf("%d of 6 were raised", done)
	}
	id := c.list(appeal.Filter{})[0].ID
	done, errs = together(6, func(i int) error {
		if i%2 == 0 {
			return c.tryWithdraw(id)
		}
		_, err := c.tryReply(id, c.refusal())
		return err
	})
	for _, err := range errs {
		if err != nil && !errors.Is(err, appeal.ErrEnded) {
			t.Error(err)
		}
	}
	if done != 1 {
		t.Errorf("%d of 6 ended it", done)
	}
}

func TestTheOverdueComeFirst(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	ended, second := c.raise(against(rig)), c.raise(against(noted))
	c.check(c.tryWithdraw(ended.ID))
	third := c.raise(against(rig))
	c.past(`UPDATE appeal SET recorded_at = recorded_at - interval '20 days', due_at = due_at - interval '20 days' WHERE id = $1`, third.ID)
	var order []uuid.UUID
	f := appeal.Filter{Limit: 1}
	for range 3 {
		page := c.list(f)
		if len(page) != 1 {
			t.Fatalf("pages end after %v", order)
		}
		order, f.After = append(order, page[0].ID), new(page[0].Place())
	}
	if want := []uuid.UUID{third.ID, second.ID, ended.ID}; !slices.Equal(order, want) || len(c.list(f)) != 0 {
		t.Errorf("got %v, want %v and no more", order, want)
	}
	now := time.Now()
	if due := c.list(appeal.Filter{DueBefore: now}); len(due) != 1 || due[0].ID != third.ID || !due[0].Overdue(now) || second.Overdue(now) {
		t.Errorf("overdue: %+v", due)
	}
	if none := c.list(appeal.Filter{Season: "s2"}); len(none) != 0 {
		t.Errorf("of another season: %+v", none)
	}
	if none := c.list(appeal.Filter{Supplier: bob}); len(none) != 0 {
		t.Errorf("of another supplier: %+v", none)
	}
}

// The database keeps the rules to the application alone.
func TestTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	c, late := sit(t, days), sit(t, 30*days)
	a := c.raise(against(rig))
	const raise = `INSERT INTO appeal (supplier_id, season, revision, device, device_id, first_slot, reason, within_days, answer_days, opened_by)
		VALUES ($1, 's1', $2, $3, $4, $5, 'why', 30, 14, $6)`
	refused(t, c.App, "appeal_open", raise, ann, 1, 0, rig, int64(first), c.anne)
	refused(t, c.App, "appeal_line", raise, ann, 1, 3, other, int64(first), c.anne)
	refused(t, c.App, "appeal_line", raise, ann, 1, 0, other, int64(first), c.anne) // one's own number, another's id
	refused(t, c.App, "appeal_late", raise, ann, 2, 0, rig, int64(first), c.anne)
	refused(t, c.App, "appeal_nothing", raise, ann, 1, 1, whole, int64(first), c.anne)
	refused(t, late.App, "appeal_late", raise, ann, 1, 0, rig, int64(first), late.anne)

	const answer = `INSERT INTO appeal_answer (appeal, supplier_id, opened_by, answered_by, outcome, reason, verdict) VALUES ($1, $2, $3, $4, $5, 'why', $6)`
	refused(t, c.App, "appeal_self_answer", answer, a.ID, ann, c.anne, c.anne, "refused", nil)
	refused(t, c.App, "appeal_answer_appeal_supplier_id_opened_by_fkey", answer, a.ID, ann, c.grace, c.anne, "refused", nil) // as if it were another's
	refused(t, c.App, "appeal_came_of_it", answer, a.ID, ann, c.anne, c.ada, "accepted", nil)
	refused(t, c.App, "appeal_link", answer, a.ID, ann, c.anne, c.ada, "accepted", 7)

	refused(t, c.App, "appeal_unanswered", `UPDATE appeal SET state = 'accepted', ended_at = clock_timestamp() WHERE id = $1`, a.ID)
	refused(t, c.App, "appeal_self_review", `UPDATE appeal SET state = 'in_review', reviewed_by = opened_by, reviewed_at = clock_timestamp() WHERE id = $1`, a.ID)
	refused(t, c.Owner, "appeal_ended", `UPDATE appeal SET reason = 'another' WHERE id = $1`, a.ID)
	refused(t, c.Owner, "appeal_ended", `UPDATE appeal SET state = 'in_review', due_at = due_at + interval '1 day', reviewed_by = $2, reviewed_at = clock_timestamp() WHERE id = $1`, a.ID, c.ada)
	if _, err := c.App.Exec(t.Context(), `UPDATE appeal SET due_at = due_at + interval '1 day'`); err == nil {
		t.Error("the application moved a date")
	}
	if _, err := c.App.Exec(t.Context(), `DELETE FROM appeal`); err == nil {
		t.Error("the application deleted an appeal")
	}
	c.check(c.tryWithdraw(a.ID))
	refused(t, c.App, "appeal_ended", answer, a.ID, ann, c.anne, c.ada, "refused", nil)
	refused(t, c.App, "appeal_ended", `UPDATE appeal SET state = 'open', withdrawn_by = NULL, ended_at = NULL WHERE id = $1`, a.ID)
}

// Each supplier sees their own, no persons, and nobody sees anything by leaving out who
// they are.
func TestSuppliersSeeTheirOwn(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	a := c.raise(against(rig))
	_, err := c.tryReply(a.ID, c.refusal())
	c.check(err)
	seen := func(table string, who string) (n int, err error) {
		err = pgx.BeginFunc(t.Context(), c.Supplier, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SELECT set_config('uptally.supplier', $1, true)`, who); err != nil {
				return err
			}
			return tx.QueryRow(t.Context(), `SELECT count(supplier_id) FROM `+table).Scan(&n)
		})
		return n, err
	}
	asAnn := func(statement string) error {
		return pgx.BeginFunc(t.Context(), c.Supplier, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `SELECT set_config('uptally.supplier', $1, true)`, ann.String())
			if err == nil {
				_, err = tx.Exec(t.Context(), statement)
			}
			return err
		})
	}
	for _, table := range []string{"appeal", "appeal_answer"} {
		for who, want := range map[string]int{ann.String(): 1, bob.String(): 0} {
			if n, err := seen(table, who); err != nil || n != want {
				t.Errorf("%s of %s: %d (%v), want %d", table, who, n, err, want)
			}
		}
		if n, err := seen(table, ""); err == nil {
			t.Errorf("%s of nobody: %d", table, n)
		}
	}
	for _, column := range []string{"opened_by", "reviewed_by", "withdrawn_by", "device"} {
		if err := asAnn(`SELECT ` + column + ` FROM appeal`); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", column, err)
		}
	}
}
