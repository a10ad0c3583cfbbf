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

// find returns a revision of the season as the domain has it.
func (w *town) find(ctx context.Context, tx pgx.Tx, number string) snapshot.Snapshot {
	w.t.Helper()
	s, err := snapshot.Find(ctx, tx, season+"/r"+number)
	w.check(err)
	return s
}

func (w *town) sameLines(t *testing.T, number string) {
	want := []byte(snapshot.CSVHeader)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, w.find(ctx, tx, number), func(l *snapshot.Line) error {
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
		d, err := snapshot.Diff(ctx, tx, w.find(ctx, tx, "1"), w.find(ctx, tx, "2"))
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
