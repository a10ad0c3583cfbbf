package rewards_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
)

// A call that is repeated with its key is answered again, and takes one snapshot only.
func TestATakeThatIsRepeatedTakesOneSnapshot(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	take := func(body fields) (status int, text string) {
		answer := w.ada.Do(http.MethodPost, v1+"/snapshots", body, http.Header{"Idempotency-Key": {"take-1"}})
		return answer.Status, string(answer.Body)
	}
	status, first := take(fields{"season": season})
	again, second := take(fields{"season": season})
	if status != http.StatusAccepted || again != status || first != second {
		t.Errorf("%d %s, then %d %s", status, first, again, second)
	}
	if other, text := take(fields{"season": "another"}); other != http.StatusUnprocessableEntity || !strings.Contains(text, "idempotency-key-reused") {
		t.Errorf("another body: %d %s", other, text)
	}
	if snapshots, jobs := w.count(`SELECT count(*) FROM snapshot`), w.count(`SELECT count(*) FROM river_job WHERE kind = 'score_group'`); snapshots != 1 || jobs != 1 {
		t.Errorf("%d snapshots, %d jobs", snapshots, jobs)
	}
	var v snapshotView
	shown := w.oscar.Get(v1+"/snapshots/"+season+"/1").Want(t, http.StatusOK)
	shown.Into(t, &v)
	if v.State != "taking" || v.Progress == nil || v.Progress.Groups != 1 || v.Progress.Scored != 0 || v.Guards == nil {
		t.Errorf("while it is taken: %+v", v)
	}
	listed := w.oscar.Get(v1+"/snapshots").Want(t, http.StatusOK)
	for _, unknown := range []struct{ body, member string }{
		{string(shown.Body), `"digest":null`}, {string(shown.Body), `"points":null`}, {string(listed.Body), `"digest":null`},
	} {
		if !strings.Contains(unknown.body, unknown.member) {
			t.Errorf("no %s while it is taken: %s", unknown.member, unknown.body)
		}
	}
}

// What is refused after something was done leaves nothing of it.
func TestARefusedTakeLeavesNothing(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	w.ada.Post(v1+"/snapshots", fields{"season": "lost"}).Problem(t, http.StatusNotFound, "not-found")
	if n := w.count(`SELECT (SELECT count(*) FROM snapshot) + (SELECT count(*) FROM river_job)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// Seasons and rulesets are shown as they were pinned.
func TestSeasonsAndRulesets(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	var season1 struct {
		FirstDay string `json:"first_day"`
		LastDay  string `json:"last_day"`
		Slots    int
		Pool     struct {
			Amount   string
			Decimals int
		}
		RulesetSHA256 string `json:"ruleset_sha256"`
		State, Next   string
		Hours         struct{ All, Closed, Open int }
		Coverage      struct{ Observed, Slots int }
		Guards        []struct{ Guard string }
	}
	w.oscar.Get(v1+"/seasons/"+season).Want(t, http.StatusOK).Into(t, &season1)
	s := season1
	if s.FirstDay != "2024-04-24" || s.LastDay != "2024-04-26" || s.Slots != 3*288 || s.Pool.Amount != "1000000000000007" || s.Pool.Decimals != 8 {
		t.Errorf("the season: %+v", s)
	}
	if s.State != "not taken" || s.Next != "mend" || s.Hours.All != 72 || s.Hours.Closed != 24 || s.Hours.Open != 48 || s.Coverage.Observed != 288 || s.Coverage.Slots != 864 || len(s.Guards) == 0 {
		t.Errorf("its status: %+v", s)
	}
	var rulesets struct {
		Items []struct {
			SHA256          string `json:"sha256"`
			Name            string
			Shipped, Pinned bool
		}
	}
	w.fay.Get(v1+"/rulesets").Want(t, http.StatusOK).Into(t, &rulesets)
	for _, r := range rulesets.Items {
		if !r.Shipped || r.Pinned != (r.SHA256 == s.RulesetSHA256) {
			t.Errorf("ruleset %+v", r)
		}
	}
	var one struct{ Name, TOML string }
	w.fay.Get(v1+"/rulesets/"+s.RulesetSHA256).Want(t, http.StatusOK).Into(t, &one)
	for _, shipped := range snapshot.Embedded() {
		if shipped.Name == one.Name && string(shipped.TOML) != one.TOML {
			t.Errorf("the file of %s differs", one.Name)
		}
	}
	own := strings.Replace(one.TOML, `version = 1`, `version = 7`, 1)
	var checked struct {
		Version         int
		Shipped, Pinned bool
	}
	w.ada.Post(v1+"/rulesets/checks", fields{"ruleset_toml": own}).Want(t, http.StatusOK).Into(t, &checked)
	if checked.Version != 7 || checked.Shipped || checked.Pinned {
		t.Errorf("checked: %+v", checked)
	}
	w.ada.Post(v1+"/seasons", fields{"code": "own-rules", "from": "2024-06-01", "to": "2024-06-30", "pool": "7", "ruleset_toml": own}).Want(t, http.StatusCreated)
	w.fay.Get(v1+"/rulesets").Want(t, http.StatusOK).Into(t, &rulesets)
	if last := rulesets.Items[len(rulesets.Items)-1]; len(rulesets.Items) != 3 || last.Shipped || !last.Pinned {
		t.Errorf("with one of our own: %+v", rulesets)
	}
	var all struct{ Items []struct{ Code string } }
	w.oscar.Get(v1+"/seasons").Want(t, http.StatusOK).Into(t, &all)
	if len(all.Items) != 2 || all.Items[0].Code != season {
		t.Errorf("seasons: %+v", all)
	}
}

// An estimate is read as it was computed last, as lines and by supplier.
func TestAnEstimateIsReadInPages(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	_, err := snapshot.Reestimate(t.Context(), w.DB.App, season)
	w.check(err)
	var e struct {
		Estimate  bool
		Lines     int
		Allocated struct{ Amount string }
	}
	path := v1 + "/seasons/" + season + "/estimate"
	w.fay.Get(path).Want(t, http.StatusOK).Into(t, &e)
	if !e.Estimate || e.Lines != 3 {
		t.Errorf("the estimate: %+v", e)
	}
	want := []byte(snapshot.CSVHeader)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachEstimated(ctx, tx, season, nil, nil, func(l *snapshot.Line) error {
			want = snapshot.AppendCSV(want, *l)
			return nil
		})
	})
	if got, pages := w.table(w.fay, path+"/lines", 1); got != string(want) || pages != 3 {
		t.Errorf("%d pages of lines:\n%s\nnot\n%s", pages, got, want)
	}
	suppliers, pages := w.table(w.fay, path+"/suppliers", 1)
	if sum := sumOf(t, w.column(suppliers, "amount")); sum != e.Allocated.Amount || pages != 2 {
		t.Errorf("%d pages of suppliers come to %s: %s", pages, sum, suppliers)
	}
}

// Hours are read, given up and opened again by two persons.
func TestHoursAreGivenUpAndOpenedAgain(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	var gave struct{ Slots int }
	w.ada.Post(v1+"/pulls/give-ups", fields{"from": day(4, 25), "to": day(4, 25).Add(hour), "reason": "the network lost it"}).Want(t, http.StatusOK).Into(t, &gave)
	if gave.Slots != 12 {
		t.Errorf("gave up %d slots", gave.Slots)
	}
	var read struct {
		From, To time.Time
		Slots    int
		Observed int
		GivenUp  struct {
			Spans []struct {
				Slots  int
				Reason string
			}
		} `json:"given_up"`
		Reopenings []struct {
			ApprovedBy *string `json:"approved_by"`
		}
	}
	w.oscar.Get(v1+"/pulls").Want(t, http.StatusOK).Into(t, &read)
	if read.Slots != 288+12 || read.Observed != 288 || !read.From.Equal(day(4, 24)) || len(read.GivenUp.Spans) != 1 || read.GivenUp.Spans[0].Reason != "the network lost it" {
		t.Errorf("read: %+v", read)
	}
	reopening := fields{"from": day(4, 24), "to": day(4, 24).Add(2 * hour), "reason": "lost heartbeats"}
	w.ada.Post(v1+"/pulls/reopenings", reopening).Want(t, http.StatusCreated)
	w.ada.Post(v1+"/pulls/reopenings/1/approval", nil).Problem(t, http.StatusForbidden, "own-work")
	w.grace.Post(v1+"/pulls/reopenings/1/approval", nil).Want(t, http.StatusOK)
	w.grace.Post(v1+"/pulls/reopenings/1/approval", nil).Problem(t, http.StatusConflict, "conflict")
	w.oscar.Get(v1+"/pulls?from=2024-04-24T00:00:00Z&to=2024-04-24T01:00:00Z").Want(t, http.StatusOK).Into(t, &read)
	if len(read.Reopenings) != 1 || read.Reopenings[0].ApprovedBy == nil || *read.Reopenings[0].ApprovedBy != "grace" || read.Slots != 12 {
		t.Errorf("opened again: %+v", read)
	}
	if n := w.count(`SELECT count(*) FROM uptime_coverage WHERE closed_at IS NULL`); n != 2+1 {
		t.Errorf("%d hours are open", n)
	}
	w.ada.Post(v1+"/pulls/give-ups", fields{"from": day(4, 24).Add(5 * hour), "to": day(4, 24).Add(6 * hour), "reason": "no more"}).Want(t, http.StatusOK).Into(t, &gave)
	if gave.Slots != 0 {
		t.Errorf("gave up %d slots that were read", gave.Slots)
	}
}

// Guards that have failed let a revision pass on the word of two persons.
func TestAnOverrideIsTwoPersonsWord(t *testing.T) {
	t.Parallel()
	w := connected(t, 30)
	w.create()
	w.pull()
	draft := w.take("1")
	w.grace.Post(at("1", "approval"), fields{"digest": draft.Digest}).Want(t, http.StatusOK)
	w.ada.Post(at("1", "seal"), nil).Problem(t, http.StatusConflict, "guard")
	var asked struct {
		ID     int64
		Guards []string
	}
	w.ada.Post(at("1", "overrides"), fields{"reason": "nobody was hurt"}).Want(t, http.StatusCreated).Into(t, &asked)
	if len(asked.Guards) == 0 {
		t.Errorf("asked: %+v", asked)
	}
	approval := at("1", "overrides/"+text(asked.ID)+"/approval")
	w.ada.Post(approval, nil).Problem(t, http.StatusForbidden, "own-work")
	w.ada.Post(at("1", "seal"), nil).Problem(t, http.StatusConflict, "guard")
	w.grace.Post(approval, nil).Want(t, http.StatusOK)
	w.grace.Post(approval, nil).Problem(t, http.StatusConflict, "conflict")
	var guards struct {
		Items []struct {
			Guard, Verdict string
			Passed         bool
			Override       *struct{ AskedBy, ApprovedBy string }
		}
	}
	w.fay.Get(at("1", "guards")).Want(t, http.StatusOK).Into(t, &guards)
	for _, g := range guards.Items {
		if !g.Passed || (g.Verdict == "failed") != (g.Override != nil) {
			t.Errorf("guard %+v", g)
		}
	}
	w.ada.Post(at("1", "seal"), nil).Want(t, http.StatusOK)
	w.oscar.Get(at("1", "overrides")).Want(t, http.StatusOK)
	w.ada.Post(at("1", "overrides"), fields{"reason": "once more"}).Problem(t, http.StatusConflict, "conflict")
}

// An incident is dismissed for a season, or ended at a level that is there to stay.
func TestAnIncidentIsDismissedOrEnded(t *testing.T) {
	t.Parallel()
	w := connected(t, 30)
	w.create()
	w.pull()
	type view struct {
		ID       *int64
		Kind     string
		Opened   time.Time
		Collapse *struct {
			EndedByPerson bool `json:"ended_by_person"`
		}
		Curve   struct{ Points []*int64 }
		Seasons []struct {
			Resolved  bool
			Dismissal *struct{ Person, Reason string }
		}
	}
	var found struct{ Items []view }
	var scanned struct{ New []int64 }
	w.oscar.Get(v1+"/incidents").Want(t, http.StatusOK).Into(t, &found)
	if len(found.Items) == 0 || found.Items[0].ID != nil {
		t.Fatalf("before any scan: %+v", found)
	}
	w.ada.Post(v1+"/incidents/scans", nil).Want(t, http.StatusOK).Into(t, &scanned)
	if len(scanned.New) != len(found.Items) {
		t.Errorf("%d are found, and %v are new", len(found.Items), scanned.New)
	}
	for _, i := range found.Items {
		if len(i.Curve.Points) == 0 {
			t.Errorf("no curve: %+v", i)
		}
		id := int64(0)
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			all, _, err := incident.Latest(ctx, tx)
			for _, x := range all.Incidents {
				if string(x.Kind) == i.Kind && x.Opened == uptime.SlotOf(i.Opened) {
					id = x.ID
				}
			}
			return err
		})
		path := v1 + "/incidents/" + text(id)
		var now view
		w.ada.Post(path+"/dismissal", fields{"season": season, "reason": "a test"}).Want(t, http.StatusOK).Into(t, &now)
		if s := now.Seasons[0]; !s.Resolved || s.Dismissal.Person != "ada" || s.Dismissal.Reason != "a test" {
			t.Errorf("dismissed: %+v", now)
		}
		w.ada.Post(path+"/dismissal", fields{"season": season, "reason": "a test"}).Problem(t, http.StatusConflict, "conflict")
		if i.Kind == "surge" {
			w.ada.Post(path+"/end", fields{"at": i.Opened.Add(hour), "reason": "over"}).Problem(t, http.StatusConflict, "conflict")
			w.ada.Get(path+"/proposal").Problem(t, http.StatusConflict, "conflict")
			continue
		}
		w.ada.Post(path+"/end", fields{"at": i.Opened, "reason": "over"}).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
		var ended view
		w.ada.Post(path+"/end", fields{"at": i.Opened.Add(hour), "reason": "there to stay"}).Want(t, http.StatusOK).Into(t, &ended)
		if !ended.Collapse.EndedByPerson {
			t.Errorf("ended: %+v", ended)
		}
		w.oscar.Get(path).Want(t, http.StatusOK)
	}
}

// A page of held changes as a table is quoted as on the command line, whatever an
// attacker typed.
func TestWhatAttackersTypeStaysQuoted(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	w.owner(`INSERT INTO device_change (device, seq, changed_at, channel, device_name, recorded_at)
		VALUES (0, 10, '2024-04-25 09:00+00', 'worker-api', $1, clock_timestamp())`, "=HYPERLINK(\"x\"),\n\"y\"")
	w.ada.Post(v1+"/holds", fields{"from": day(4, 25), "to": day(4, 26), "reason": "an attack"}).Want(t, http.StatusCreated)
	got, _ := w.table(w.ada, v1+"/held-changes", 10)
	rows, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	w.check(err)
	if len(rows) != 2 || rows[1][8] != `"=HYPERLINK(\"x\"),\n\"y\""` || strings.Count(got, "\n") != 2 {
		t.Errorf("as a table: %s", got)
	}
	var released struct{ Changes []int64 }
	w.ada.Post(v1+"/held-changes/release", fields{"field": "display", "reason": "harmless"}).Want(t, http.StatusOK).Into(t, &released)
	if len(released.Changes) != 1 || released.Changes[0] != 10 {
		t.Errorf("released: %+v", released)
	}
}
