package rewards_test

import (
	"net/http"
	"strings"
	"testing"
)

// Verdicts are recorded by hand, one by one or as a file, and listed from the last on.
func TestVerdictsAreRecordedAndListed(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	device := []string{w.deviceID(0), w.deviceID(1), w.deviceID(2)}
	var outcome struct {
		Added     int
		Unchanged []struct{ Line int }
	}
	w.ada.Post(v1+"/verdicts/import", []byte(verdictFile(device...))).Want(t, http.StatusOK).Into(t, &outcome)
	if outcome.Added != 3 || len(outcome.Unchanged) != 0 {
		t.Errorf("imported: %+v", outcome)
	}
	csvType := http.Header{"Content-Type": {"text/csv"}, "Idempotency-Key": {"import-2"}}
	w.ada.Do(http.MethodPost, v1+"/verdicts/import", []byte(verdictFile(device...)), csvType).Want(t, http.StatusOK).Into(t, &outcome)
	if outcome.Added != 0 || len(outcome.Unchanged) != 3 || outcome.Unchanged[2].Line != 4 {
		t.Errorf("imported again: %+v", outcome)
	}
	w.ada.Post(v1+"/verdicts/import", []byte(`[{"device_id":"`+device[0]+`","verdict":"genuine","effective_at":"2024-04-24","reason":"looked","evidence":"run 18"}]`)).
		Want(t, http.StatusOK).Into(t, &outcome)
	if outcome.Added != 1 {
		t.Errorf("imported as JSON: %+v", outcome)
	}
	w.ada.Post(v1+"/verdicts", fields{"verdicts": []fields{
		{"device_id": device[1], "verdict": "genuine", "effective_at": day(4, 24), "reason": "looked, too", "evidence": "run 19"},
		{"device_id": device[1], "verdict": "spoofed", "effective_at": day(4, 24), "reason": "looked again", "evidence": "run 20"},
	}}).Want(t, http.StatusCreated)
	w.owner(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
		VALUES (2, false, 1, 'genuine', '2024-04-23', '2024-04-23', 'of the network', '', clock_timestamp())`)

	all, pages := w.table(w.ada, v1+"/verdicts", 2)
	want := "looked again,looked, too,looked,found,found,found,of the network"
	if got := strings.Join(w.column(all, "reason"), ","); got != want || pages != 4 {
		t.Errorf("%d pages: %s", pages, all)
	}
	if who := w.column(all, "person"); who[0] != "ada" || who[6] != "" {
		t.Errorf("entered by %q", who)
	}
	of, _ := w.table(w.ada, v1+"/verdicts?device="+device[1], 10)
	if got := strings.Join(w.column(of, "reason"), ","); got != "looked again,looked, too,found" {
		t.Errorf("of one device: %s", of)
	}
	var dossier struct {
		Verdicts []struct {
			Reason string
			Counts bool
		}
	}
	w.fay.Get(v1+"/devices/"+device[1]).Want(t, http.StatusOK).Into(t, &dossier)
	if last := dossier.Verdicts[len(dossier.Verdicts)-1]; last.Reason != "looked again" || !last.Counts {
		t.Errorf("on record of it: %+v", dossier)
	}
	var bad struct{ Errors []struct{ Location string } }
	broken := verdictFile(device[0], device[0]) + "x,y,z,,\n"
	w.ada.Post(v1+"/verdicts/import", []byte(broken)).Problem(t, http.StatusUnprocessableEntity, "invalid-file").Into(t, &bad)
	if len(bad.Errors) < 5 || bad.Errors[0].Location != "line 3" || bad.Errors[1].Location != "line 4" {
		t.Errorf("mistakes: %+v", bad)
	}
}
