package rewards_test

import (
	"net/http"
	"strings"
	"testing"
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
		Remedy string
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
	// What to do is told by what HTTP has for it.
	const proposal = "`GET /v1/rewards/incidents/2/proposal` with season " + season
	if said := problem.Errors[1].Message; !strings.Contains(said, proposal) || strings.Contains(said, "uptally") {
		t.Errorf("barred with %s", said)
	}
	for _, g := range w.revision("1").Guards {
		if g.Guard == "incident 2" && !strings.Contains(g.Remedy, proposal) || strings.Contains(g.Remedy, "uptally") {
			t.Errorf("%s asks for %s", g.Guard, g.Remedy)
		}
	}
	if list := string(w.ada.Get(v1+"/incidents").Want(t, http.StatusOK).Body); !strings.Contains(list, proposal) || strings.Contains(list, "uptally") {
		t.Errorf("incidents: %s", list)
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
