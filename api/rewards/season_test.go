package rewards_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

// snapshotView is what the tests read of a revision.
type snapshotView struct {
	State     string
	Digest    string
	Progress  *struct{ Scored, Groups int }
	Allocated struct{ Amount string }
	Outcomes  map[string]int64
	TakenBy   string `json:"taken_by"`
	Decided   *struct{ Person string }
	Sealed    *struct{ Person string }
	Lines     int64
	Guards    []struct {
		Guard  string
		Passed bool
	}
}

// revision looks at a revision of the season.
func (w *town) revision(number string) (v snapshotView) {
	w.t.Helper()
	w.ada.Get(v1+"/snapshots/"+season+"/"+number).Want(w.t, http.StatusOK).Into(w.t, &v)
	return v
}

// take takes a revision and works it to a draft.
func (w *town) take(number string) snapshotView {
	w.t.Helper()
	answer := w.ada.Post(v1+"/snapshots", fields{"season": season}).Want(w.t, http.StatusAccepted)
	if at := answer.Header.Get("Location"); at != v1+"/snapshots/"+season+"/"+number {
		w.t.Fatalf("taken at %s, not revision %s", at, number)
	}
	if v := w.revision(number); v.Progress == nil && v.State == "taking" {
		w.t.Errorf("nothing says how far the take is: %+v", v)
	}
	w.work()
	v := w.revision(number)
	if v.State != "draft" || v.TakenBy != "ada" || v.Progress != nil {
		w.t.Fatalf("revision %s: %+v", number, v)
	}
	return v
}

// decide is a POST below a revision.
func at(number, act string) string { return v1 + "/snapshots/" + season + "/" + number + "/" + act }

// Two persons bring a season to its seal, and correct it, over HTTP alone.
func TestASeasonIsBroughtToItsSealAndCorrected(t *testing.T) {
	t.Parallel()
	w := connected(t, 150)
	w.create()
	w.pull()

	// Before anybody has decided on the incidents, guards stand against the seal.
	first := w.take("1")
	w.grace.Post(at("1", "approval"), fields{"digest": first.Digest}).Want(t, http.StatusOK)
	var problem struct {
		Errors []struct{ Location, Message string }
	}
	w.ada.Post(at("1", "seal"), nil).Problem(t, http.StatusConflict, "guard").Into(t, &problem)
	if len(problem.Errors) != 2 || problem.Errors[0].Location != "surge 1" || problem.Errors[1].Location != "incident 2" {
		t.Fatalf("barred by %+v", problem.Errors)
	}

	w.answerIncidents()
	second := w.take("2")
	w.ada.Post(at("2", "approval"), fields{"digest": second.Digest}).Problem(t, http.StatusForbidden, "own-work")
	w.ada.Post(at("2", "rejection"), fields{"reason": "mine"}).Problem(t, http.StatusForbidden, "own-work")
	w.grace.Post(at("2", "approval"), fields{"digest": first.Digest}).Problem(t, http.StatusConflict, "conflict")
	w.grace.Post(at("2", "approval"), fields{"digest": second.Digest}).Want(t, http.StatusOK)
	var sealed struct {
		Snapshot snapshotView
		Journal  struct{ Act string }
	}
	w.ada.Post(at("2", "seal"), nil).Want(t, http.StatusOK).Into(t, &sealed)
	if s := sealed.Snapshot; s.State != "sealed" || s.Decided.Person != "grace" || s.Sealed.Person != "ada" || sealed.Journal.Act != "seal" {
		t.Fatalf("sealed: %+v", sealed)
	}
	w.ada.Post(at("2", "seal"), nil).Problem(t, http.StatusConflict, "conflict")

	t.Run("its lines are those of the command line", func(t *testing.T) { w.sameLines(t, "2") })
	t.Run("its suppliers come to what is allocated", func(t *testing.T) { w.sameTotals(t, sealed.Snapshot.Allocated.Amount) })
	t.Run("what is held is as on the command line", func(t *testing.T) { w.sameHeld(t) })
	t.Run("a preview says what a verdict would do", func(t *testing.T) { w.previews(t) })

	lines, _ := w.table(w.fay, at("2", "lines"), 10_000)
	spoofed := w.column(lines, "device_id")[w.firstPaid(lines)]
	w.ada.Post(v1+"/verdicts", fields{"verdicts": []fields{{
		"device_id": spoofed, "verdict": "spoofed", "effective_at": "2024-04-24T00:00:00Z", "reason": "found", "evidence": "run 17",
	}}}).Want(t, http.StatusCreated)
	third := w.take("3")
	t.Run("what differs is told as on the command line", func(t *testing.T) { w.sameDiff(t, spoofed) })
	w.grace.Post(at("3", "approval"), fields{"digest": third.Digest, "reason": "one more fake"}).Want(t, http.StatusOK)
	w.ada.Post(at("3", "seal"), nil).Want(t, http.StatusOK).Into(t, &sealed)
	if sealed.Journal.Act != "correct" {
		t.Errorf("posted as %+v", sealed.Journal)
	}
	t.Run("a device is explained", func(t *testing.T) { w.explained(t, spoofed) })
}

// pull asks for the days around the season to be read, and has them closed.
func (w *town) pull() {
	w.t.Helper()
	span := fields{"from": day(4, 22), "to": day(4, 29)}
	answer := w.ada.Post(v1+"/pulls", span).Want(w.t, http.StatusAccepted)
	w.work()
	w.check(w.jobs.CloseHours(w.t.Context()))
	var read struct {
		Observed, Slots int
		Awaited         struct{ Slots int }
		Hours           struct{ Open int }
		Logs            []struct{ Rows int64 }
	}
	w.oscar.Get(answer.Header.Get("Location")).Want(w.t, http.StatusOK).Into(w.t, &read)
	if read.Slots != 7*288 || read.Observed != read.Slots || read.Awaited.Slots != 0 || read.Hours.Open != 0 || read.Logs[0].Rows == 0 {
		w.t.Fatalf("read: %+v", read)
	}
	again := struct{ Queued int }{}
	w.ada.Post(v1+"/pulls", span).Want(w.t, http.StatusAccepted).Into(w.t, &again)
	if again.Queued != 7+1 { // the job minutes of each day, and the log of verdicts
		w.t.Errorf("what is final is read again: %d jobs", again.Queued)
	}
	w.work()
}

// answerIncidents holds the attack and answers the outage with the recommended draft.
func (w *town) answerIncidents() {
	w.t.Helper()
	t := w.t
	var found struct {
		Items []struct {
			ID      int64
			Kind    string
			Opened  string
			Seasons []struct{ Resolved bool }
		}
	}
	w.ada.Post(v1+"/incidents/scans", nil).Want(t, http.StatusOK)
	w.oscar.Get(v1+"/incidents?season="+season).Want(t, http.StatusOK).Into(t, &found)
	outage := int64(0)
	for _, i := range found.Items {
		if i.Kind == "collapse" {
			outage = i.ID
		}
		if len(i.Seasons) != 1 || i.Seasons[0].Resolved {
			t.Errorf("incident %+v", i)
		}
	}
	w.ada.Post(v1+"/holds", fields{"from": day(4, 25).Add(8 * hour), "to": day(4, 25).Add(12 * hour), "reason": "shared-token attack"}).Want(t, http.StatusCreated)
	var proposal struct {
		Seasons []struct {
			Drafts []struct {
				Recommended bool
				Window      fields
			}
		}
	}
	w.ada.Get(v1+"/incidents/"+text(outage)+"/proposal?season="+season).Want(t, http.StatusOK).Into(t, &proposal)
	window := fields{}
	for _, d := range proposal.Seasons[0].Drafts {
		if d.Recommended {
			window = d.Window
		}
	}
	window["season"] = season
	var proposed struct {
		ID         int64
		ApprovedBy *string `json:"approved_by"`
	}
	w.ada.Post(v1+"/windows", window).Want(t, http.StatusCreated).Into(t, &proposed)
	approval := v1 + "/windows/" + text(proposed.ID) + "/approval"
	w.ada.Post(approval, nil).Problem(t, http.StatusForbidden, "own-work")
	w.grace.Post(approval, nil).Want(t, http.StatusOK).Into(t, &proposed)
	if proposed.ApprovedBy == nil || *proposed.ApprovedBy != "grace" {
		t.Errorf("approved: %+v", proposed)
	}
	w.grace.Post(approval, nil).Problem(t, http.StatusConflict, "conflict")
	w.ada.Get(v1+"/incidents/"+text(outage)).Want(t, http.StatusOK)
}

// find returns a revision of the season as the domain has it.
func (w *town) find(number string) (s snapshot.Snapshot) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, err = snapshot.Find(ctx, tx, season+"/r"+number)
		return err
	})
	return s
}

func (w *town) sameLines(t *testing.T, number string) {
	want := []byte(snapshot.CSVHeader)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, w.find(number), func(l *snapshot.Line) error {
			want = snapshot.AppendCSV(want, *l)
			return nil
		})
	})
	for _, limit := range []int{10_000, 40} {
		if got, pages := w.table(w.fay, at(number, "lines"), limit); got != string(want) || (pages > 1) != (limit == 40) {
			t.Errorf("%d pages of %d lines differ from the command line's", pages, limit)
		}
	}
	var page struct{ Items []struct{ Outcome string } }
	w.ada.Get(at(number, "lines?outcome=spoofed&limit=3")).Want(t, http.StatusOK).Into(t, &page)
	if len(page.Items) != 3 || page.Items[0].Outcome != "spoofed" {
		t.Errorf("spoofed lines: %+v", page)
	}
	device := w.column(string(want), "device_id")[5]
	got, _ := w.table(w.ada, at(number, "lines?device="+device), 10)
	if ids := w.column(got, "device_id"); len(ids) == 0 || ids[0] != device {
		t.Errorf("of device %s: %s", device, got)
	}
}

func (w *town) sameTotals(t *testing.T, allocated string) {
	totals, pages := w.table(w.fay, at("2", "suppliers"), 3)
	if sum := sumOf(t, w.column(totals, "amount")); sum != allocated || pages < 2 {
		t.Errorf("%d pages of suppliers come to %s of %s", pages, sum, allocated)
	}
	if sum := sumOf(t, w.column(totals, "lines")); sum != text(w.revision("2").Lines) {
		t.Errorf("they have %s lines", sum)
	}
}

func (w *town) sameHeld(t *testing.T) {
	var want bytes.Buffer
	out := csv.NewWriter(&want)
	w.check(out.Write(snapshot.HeldColumns()))
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		held, err := snapshot.Review(ctx, tx, snapshot.HeldFilter{}, day(12, 31).AddDate(100, 0, 0))
		for i := range held {
			w.check(out.WriteAll(held[i].Rows()))
		}
		return err
	})
	got, pages := w.table(w.ada, v1+"/held-changes?state=all", 7)
	if pages < 2 || sortedLines(got) != sortedLines(want.String()) {
		t.Errorf("%d pages of held changes differ:\n%s\n%s", pages, got, want.String())
	}
	got, _ = w.table(w.ada, v1+"/held-changes?state=all&field=supplier&season="+season, 100)
	if pays := strings.Join(w.column(got, "pays"), ""); !strings.Contains(pays, ":+") || !strings.Contains(pays, ":-") {
		t.Errorf("whom held changes would pay: %q", pays)
	}
	var effects struct {
		Changes  int
		Together []struct{ Gains struct{ Amount string } }
	}
	w.ada.Get(v1+"/held-changes/effects?field=supplier&season="+season).Want(t, http.StatusOK).Into(t, &effects)
	if effects.Changes == 0 || len(effects.Together) < 2 {
		t.Errorf("effects: %+v", effects)
	}
	seq := w.column(got, "seq")[0]
	w.ada.Post(v1+"/held-changes/refusal", []byte(`{"changes":[`+seq+`],"reason":"an attacker's"}`)).Want(t, http.StatusOK)
	w.ada.Post(v1+"/held-changes/release", []byte(`{"changes":[`+seq+`],"reason":"no"}`)).Problem(t, http.StatusConflict, "conflict")
	w.ada.Post(v1+"/holds/1/release", fields{"reason": "all of it"}).Problem(t, http.StatusConflict, "conflict")
	refused, _ := w.table(w.ada, v1+"/held-changes?state=refused", 10)
	if who := w.column(refused, "decided_by"); who[0] != "ada" || w.column(refused, "seq")[0] != seq {
		t.Errorf("refused: %s", refused)
	}
}

func (w *town) previews(t *testing.T) {
	path := v1 + "/seasons/" + season + "/preview"
	var same, other struct {
		Allocated  struct{ Amount string }
		Against    string
		BySupplier struct{ Same, Gain, Lose int64 } `json:"by_supplier"`
		Outcomes   map[string]int64
	}
	before := w.count(`SELECT count(*) FROM snapshot`)
	w.ada.Post(path, fields{}).Want(t, http.StatusOK).Into(t, &same)
	if same.Against != season+"/r2" || same.BySupplier.Gain+same.BySupplier.Lose != 0 || same.BySupplier.Same == 0 {
		t.Errorf("a preview of nothing: %+v", same)
	}
	w.ada.Post(path, fields{"set": []string{"eligibility.min_uptime=0.99"}}).Want(t, http.StatusOK).Into(t, &other)
	if other.BySupplier.Lose == 0 || other.Outcomes["below_min_uptime"] <= same.Outcomes["below_min_uptime"] {
		t.Errorf("a preview of a stricter rule: %+v", other)
	}
	if after := w.count(`SELECT count(*) FROM snapshot`); after != before {
		t.Errorf("a preview took %d snapshots", after-before)
	}
	w.ada.Post(path, fields{"set": []string{"eligibility.min_uptime=2"}}).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	w.ada.Post(path, fields{"with_windows": []int{99}}).Problem(t, http.StatusNotFound, "not-found")
	w.ada.Post(path, fields{"with_windows": []int{1}}).Problem(t, http.StatusConflict, "conflict")
}

func (w *town) sameDiff(t *testing.T, device string) {
	want := []byte(snapshot.DiffCSVHeader)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		d, err := snapshot.Diff(ctx, tx, w.find("1"), w.find("2"))
		if err != nil {
			return err
		}
		return d.Each(func(l *snapshot.ChangedLine) error {
			want = l.AppendCSV(want)
			return nil
		})
	})
	for _, limit := range []int{10_000, 9} {
		if got, pages := w.table(w.fay, at("2", "diff/lines?against=1"), limit); got != string(want) || (pages > 1) != (limit == 9) {
			t.Errorf("%d pages of %d lines differ from the command line's", pages, limit)
		}
	}
	var page struct{ Items []fields }
	if w.fay.Get(at("2", "diff/lines?against=1&limit=1")).Want(t, http.StatusOK).Into(t, &page); len(page.Items) != 1 {
		t.Errorf("%d lines on a page of one", len(page.Items))
	}
	var diff struct {
		Change  struct{ Amount string }
		Changed int
		Causes  []struct{ Cause string }
	}
	w.fay.Get(at("3", "diff?against=2")).Want(t, http.StatusOK).Into(t, &diff)
	if diff.Changed != 1 || len(diff.Causes) != 1 || diff.Causes[0].Cause != "verdict" {
		t.Errorf("of one verdict: %+v", diff)
	}
	lines, _ := w.table(w.fay, at("3", "diff/lines?against=2"), 10)
	if ids := w.column(lines, "device_id"); len(ids) != 1 || ids[0] != device {
		t.Errorf("lines of one verdict: %s", lines)
	}
	suppliers, _ := w.table(w.fay, at("3", "diff/suppliers?against=2"), 1)
	if changes := w.column(suppliers, "change"); len(changes) != 1 || changes[0] != diff.Change.Amount {
		t.Errorf("suppliers of one verdict: %s, not %+v", suppliers, diff)
	}
	w.fay.Get(at("3", "diff?against=9")).Problem(t, http.StatusNotFound, "not-found")
}

func (w *town) explained(t *testing.T, device string) {
	var e struct {
		Revision, Decimals int
		Lines              []struct{ Outcome, Points string }
	}
	w.fay.Get(v1+"/devices/"+device+"/explanation?season="+season).Want(t, http.StatusOK).Into(t, &e)
	if e.Revision != 3 || e.Decimals != 8 || e.Lines[0].Outcome != "spoofed" || e.Lines[0].Points != "0" {
		t.Errorf("explained: %+v", e)
	}
	w.fay.Get(v1+"/devices/"+device+"/explanation?revision=2&season="+season).Want(t, http.StatusOK).Into(t, &e)
	if e.Revision != 2 || e.Lines[0].Outcome != "eligible" {
		t.Errorf("explained by revision 2: %+v", e)
	}
	var dossier struct {
		Facts struct {
			GPUModel string `json:"gpu_model"`
		}
		Changes  []struct{ Standing string }
		Verdicts []struct{ Counts bool }
	}
	w.fay.Get(v1+"/devices/"+device).Want(t, http.StatusOK).Into(t, &dossier)
	if dossier.Facts.GPUModel == "" || len(dossier.Changes) == 0 || !dossier.Verdicts[len(dossier.Verdicts)-1].Counts {
		t.Errorf("on record: %+v", dossier)
	}
}
