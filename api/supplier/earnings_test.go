package supplier_test

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/supplier"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// sums are what a supplier's lines come to, added up by hand.
func sums(lines []snapshot.Line) supplier.Totals {
	points := new(big.Int)
	amount := int64(0)
	devices := map[string]bool{}
	s := supplier.Totals{Outcomes: map[string]int{}, Lines: int32(len(lines))}
	for _, l := range lines {
		points.Add(points, big.NewInt(l.Points))
		amount += l.Amount
		devices[l.DeviceID.String()] = true
		s.Observed, s.Up, s.Grace = s.Observed+int64(l.Observed), s.Up+int64(l.Up), s.Grace+int64(l.Grace)
		s.Outcomes[l.Outcome.String()]++
	}
	s.Points, s.Devices, s.Credited = points.String(), int32(len(devices)), s.Up+s.Grace
	s.Amount.Amount, s.Amount.Decimals = strconv.FormatInt(amount, 10), 8
	return s
}

func testEarnings(t *testing.T, w *place) {
	for _, id := range w.suppliers() {
		got := in[supplier.SeasonEarnings](t, w.as(id), "/v1/seasons/test-s1/earnings")
		if len(got.Sealed) != 2 || got.Estimate != nil || got.Pool.Amount != strconv.FormatInt(sealedIn.Pool, 10) {
			t.Fatalf("%+v", got)
		}
		for i, e := range got.Sealed {
			if want := sums(w.own(w.sealed[i], id)); fmt.Sprint(e.Totals) != fmt.Sprint(want) || e.Revision != i+1 || e.InForce != (i == 1) {
				t.Errorf("%s in r%d:\n got %+v\nwant %+v", id, i+1, e, want)
			}
		}
		difference := new(big.Int).Sub(number(got.Sealed[1].Totals.Amount.Amount), number(got.Sealed[0].Totals.Amount.Amount))
		if got.Sealed[0].Difference != nil || got.Sealed[1].Difference.Amount != difference.String() {
			t.Errorf("%s: difference %+v, want %s", id, got.Sealed[1].Difference, difference)
		}
		running := in[supplier.SeasonEarnings](t, w.as(id), "/v1/seasons/test-s2/earnings")
		if len(running.Sealed) != 0 || running.Estimate == nil || !running.Estimate.Estimate || running.Estimate.Superseded {
			t.Fatalf("%+v", running)
		}
		var estimated []snapshot.Line
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			return snapshot.EachEstimated(ctx, tx, runsIn.Code, &id, nil, func(l *snapshot.Line) error {
				estimated = append(estimated, *l)
				return nil
			})
		})
		if want := sums(estimated); fmt.Sprint(running.Estimate.Totals) != fmt.Sprint(want) {
			t.Errorf("%s estimated:\n got %+v\nwant %+v", id, running.Estimate.Totals, want)
		}
	}
	all := walk(t, w.as(w.from), "/v1/earnings", func(s supplier.SeasonEarnings) string {
		return fmt.Sprint(s.Season, " ", len(s.Sealed), " ", s.Estimate != nil)
	})
	if !slices.Equal(all, []string{"test-s2 0 true", "test-s1 1 false"}) {
		t.Errorf("seasons %q", all)
	}
	for _, id := range w.suppliers() {
		listed := in[wire.Page[supplier.SeasonEarnings]](t, w.as(id), "/v1/earnings").Items[1]
		one := in[supplier.SeasonEarnings](t, w.as(id), "/v1/seasons/test-s1/earnings")
		if one.Sealed = one.Sealed[1:]; !reflect.DeepEqual(listed, one) || one.Sealed[0].Difference == nil {
			t.Errorf("%s: listed as %+v, by itself %+v", id, listed, one)
		}
	}
}

// An estimate is superseded by what was sealed after it, whenever that was taken, and
// not by what was sealed before it.
func TestEstimatesAreSuperseded(t *testing.T) {
	t.Parallel()
	s := build(t, resident{})
	season := streetSeason("s1", 2, 2)
	s.open(season)
	superseded := func() bool {
		t.Helper()
		one := in[supplier.SeasonEarnings](t, s.as(seller), "/v1/seasons/s1/earnings").Estimate
		listed := in[wire.Page[supplier.SeasonEarnings]](t, s.as(seller), "/v1/earnings").Items[0].Estimate
		if one == nil || !reflect.DeepEqual(one, listed) {
			t.Fatalf("by itself %+v, listed as %+v", one, listed)
		}
		return one.Superseded
	}
	estimate := func() {
		t.Helper()
		_, err := snapshot.Reestimate(t.Context(), s.DB.App, season.Code)
		s.check(err)
	}
	for revision := 1; revision <= 3; revision++ {
		draft := s.takeOf(season.Code)
		if estimate(); superseded() {
			t.Errorf("an estimate after r%d was taken is superseded before it is sealed", revision)
		}
		if s.sealTaken(draft); !superseded() {
			t.Errorf("an estimate is not superseded by r%d, sealed after it", revision)
		}
		if estimate(); superseded() {
			t.Errorf("an estimate is superseded by r%d, sealed before it", revision)
		}
	}
}

func number(text string) *big.Int {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		panic("not a number: " + text)
	}
	return n
}

func testLines(t *testing.T, w *place) {
	row := func(l supplier.Line) string {
		return l.DeviceID.String() + " " + l.SpanStart.String() + " " + l.Amount.Amount
	}
	for _, id := range w.suppliers() {
		for i, s := range w.sealed {
			path := fmt.Sprintf("/v1/seasons/test-s1/earnings/devices?revision=%d", s.Revision)
			// The lines as the command line prints them, in the order of registration.
			own := w.own(s, id)
			slices.SortFunc(own, func(a, b snapshot.Line) int {
				return int(a.Device-b.Device)*2 + int(min(1, max(-1, a.Span.From-b.Span.From)))
			})
			var want []string
			for _, l := range own {
				cells := strings.Split(strings.TrimSpace(string(snapshot.AppendCSV(nil, l))), ",")
				want = append(want, strings.Join(append(cells[:1:1], cells[2:]...), ","))
			}
			got := in[supplier.LineTable](t, w.as(id), path+"&limit=200")
			var rows []string
			for cells := range got.Rows {
				rows = append(rows, strings.Join(cells, ","))
			}
			if !slices.Equal(rows, want[:min(200, len(want))]) {
				t.Fatalf("%s in r%d:\n got %q\nwant %q", id, i+1, rows, want)
			}
		}
	}
	big := w.as(w.largest())
	whole := in[supplier.LineTable](t, big, "/v1/seasons/test-s1/earnings/devices?limit=200")
	var keys []string
	for _, l := range whole.Items {
		keys = append(keys, row(l))
	}
	if got := walk(t, big, "/v1/seasons/test-s1/earnings/devices", row); !slices.Equal(got, keys) || len(keys) < 10 {
		t.Errorf("%d lines in pages of three, %d at once", len(got), len(keys))
	}
	spoofed := in[supplier.LineTable](t, big, "/v1/seasons/test-s1/earnings/devices?limit=200&outcome=spoofed").Items
	want := slices.DeleteFunc(slices.Clone(whole.Items), func(l supplier.Line) bool { return l.Outcome != "spoofed" })
	if len(spoofed) != len(want) {
		t.Errorf("%d lines are spoofed, want %d", len(spoofed), len(want))
	}
	sameAsCSV(t, big, "/v1/seasons/test-s1/earnings/devices?limit=200", whole)
	first := in[supplier.LineTable](t, big, "/v1/seasons/test-s1/earnings/devices?limit=3&revision=1")
	big.Get("/v1/seasons/test-s1/earnings/devices?limit=3&revision=2&cursor="+first.NextCursor).Problem(t, 422, "invalid-request")
	big.Get("/v1/seasons/test-s2/earnings/devices?limit=3&estimate=true&cursor="+first.NextCursor).Problem(t, 422, "invalid-request")
	second := in[supplier.LineTable](t, big, "/v1/seasons/test-s1/earnings/devices?limit=3&cursor="+first.NextCursor)
	if second.Result.Revision != 1 {
		t.Errorf("the pages of r1 go on in %+v", second.Result)
	}
}

func testExclusions(t *testing.T, w *place) {
	got := in[supplier.ExclusionTable](t, w.as(w.from), "/v1/seasons/test-s1/exclusions")
	spoofed := 0
	for _, x := range got.Items {
		if x.Outcome == "spoofed" {
			spoofed++
			if x.Verdict == nil || x.Verdict.Reason != "pow_hash_rate_mismatch" || x.Reason.Code != "spoofed" || x.Amount.Amount != "0" {
				t.Errorf("%+v", x)
			}
		}
		if want := w.sealed[1].SealedAt.UTC().AddDate(0, 0, 30); x.Appeal.Until == nil || !x.Appeal.Until.Equal(want) || !x.Appeal.Open {
			t.Errorf("appeal %+v, want until %s", x.Appeal, want)
		}
	}
	if spoofed != 1 {
		t.Errorf("%d lines are spoofed: %+v", spoofed, got)
	}
	for _, id := range w.suppliers() {
		less := 0
		for _, l := range w.own(w.sealed[1], id) {
			if l.Outcome != snapshot.OutcomeEligible || l.Notes&^snapshot.NoteGraceApplied != 0 {
				less++
			}
		}
		if got := in[supplier.ExclusionTable](t, w.as(id), "/v1/seasons/test-s1/exclusions?limit=200"); len(got.Items) != min(200, less) {
			t.Errorf("%s: %d exclusions, want %d", id, len(got.Items), less)
		}
	}
	sameAsCSV(t, w.as(w.from), "/v1/seasons/test-s1/exclusions", got)
	estimated := in[supplier.ExclusionTable](t, w.as(w.from), "/v1/seasons/test-s2/exclusions?estimate=true")
	if len(estimated.Items) != 1 || estimated.Items[0].Appeal.Open || estimated.Items[0].Appeal.Until != nil {
		t.Errorf("of the estimate: %+v", estimated)
	}
}

func testReasons(t *testing.T, w *place) {
	got := in[supplier.ReasonTable](t, w.Anyone(), "/v1/reasons")
	codes := map[string]bool{}
	for _, r := range got.Items {
		codes[r.Code] = r.Meaning != "" && r.ToDo != ""
	}
	for _, o := range snapshot.Outcomes() {
		if !codes[o.String()] {
			t.Errorf("outcome %s is not told", o)
		}
	}
	for _, n := range snapshot.AllNotes.Reasons() {
		if !codes[n.Code] {
			t.Errorf("note %s is not told", n.Code)
		}
	}
	sameAsCSV(t, w.Anyone(), "/v1/reasons", got)
}

func testExplanations(t *testing.T, w *place) {
	suppliers := w.suppliers()
	for _, id := range suppliers {
		seen := map[string]bool{}
		for _, l := range w.own(w.sealed[1], id) {
			device := l.DeviceID.String()
			if seen[device] || len(seen) > 5 && l.DeviceID != w.moved {
				continue
			}
			seen[device] = true
			answer := w.as(id).Get("/v1/devices/"+device+"/explanation?season=test-s1").Want(t, http.StatusOK)
			for _, other := range suppliers {
				if other != id && strings.Contains(string(answer.Body), other.String()) {
					t.Errorf("%s reads of %s: %s", id, other, answer.Body)
				}
			}
			for _, secret := range []string{"grace's desk", `"evidence"`, `"person`, `"ada"`} {
				if strings.Contains(string(answer.Body), secret) {
					t.Errorf("%s reads %q: %s", id, secret, answer.Body)
				}
			}
			var e supplier.Explanation
			answer.Into(t, &e)
			var amounts []string
			for _, x := range e.Lines {
				amounts = append(amounts, x.Amount.String()+" "+x.Outcome.String())
			}
			var want []string
			for _, x := range w.own(w.sealed[1], id) {
				if x.DeviceID == l.DeviceID {
					want = append(want, fmt.Sprint(x.Amount, " ", x.Outcome))
				}
			}
			if !slices.Equal(amounts, want) || e.Stored != nil {
				t.Errorf("%s of %s: %v, want %v", device, id, amounts, want)
			}
		}
	}
	theirs := in[supplier.Explanation](t, w.as(w.to), "/v1/devices/"+w.moved.String()+"/explanation?season=test-s1")
	if len(theirs.Days) != 2 || len(theirs.Lines) != 1 || strings.Trim(theirs.Days[0].Slots[:144], "-") != "" ||
		strings.Contains(theirs.Days[0].Slots[144:], "-") || strings.Trim(theirs.Days[1].Slots[37:], "-") != "" {
		t.Errorf("whoever had it for half a day reads %+v", theirs)
	}
	if len(theirs.Changes) != 1 || *theirs.Changes[0].Fields[0].Before != "another" || theirs.Changes[0].Fields[0].After != w.to.String() {
		t.Errorf("its changes: %+v", theirs.Changes)
	}
	if len(theirs.Windows) != 0 {
		t.Errorf("no window meets their line: %+v", theirs.Windows)
	}
}

func testDays(t *testing.T, w *place) {
	for _, id := range w.suppliers() {
		checked := 0
		for _, s := range w.sealed {
			for _, l := range w.own(s, id) {
				if checked++; checked > 20 && l.DeviceID != w.moved {
					continue
				}
				path := fmt.Sprintf("/v1/devices/%s/earnings?season=test-s1&revision=%d", l.DeviceID, s.Revision)
				got := in[supplier.DayTable](t, w.as(id), path)
				var sum snapshot.Line
				amount, points := new(big.Int), new(big.Int)
				for _, d := range got.Items {
					if !d.SpanStart.Equal(l.Span.From.Start()) {
						continue
					}
					amount.Add(amount, number(d.Amount.Amount))
					points.Add(points, number(d.Points))
					sum.Observed, sum.Up, sum.Grace = sum.Observed+int32(d.Observed), sum.Up+int32(d.Up), sum.Grace+int32(d.Grace)
					sum.JobMinutes += d.JobMinutes
				}
				if amount.Int64() != l.Amount || points.Int64() != l.Points || sum.Observed != l.Observed || sum.Up != l.Up || sum.Grace != l.Grace ||
					sum.JobMinutes != l.JobMinutes {
					t.Fatalf("the days of %s in r%d come to %s, %s points and %+v, the line is %+v", l.DeviceID, s.Revision, amount, points, sum, l)
				}
			}
		}
	}
	path := "/v1/devices/" + w.moved.String() + "/earnings?season=test-s1"
	sameAsCSV(t, w.as(w.from), path, in[supplier.DayTable](t, w.as(w.from), path))
}
