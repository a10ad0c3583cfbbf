package supplier_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/supplier"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/town"
	"github.com/uptally/uptally/snapshot"
)

// TestSuppliersRead reads one place in every way.
func TestSuppliersRead(t *testing.T) {
	w := settled(t)
	for _, part := range []struct {
		name string
		test func(*testing.T, *place)
	}{
		{"who may", testWhoMay},
		{"who am I", testMe},
		{"devices", testDevices},
		{"timelines", testTimelines},
		{"parts of timelines", testParts},
		{"which spans", testSpans},
		{"explanations", testExplanations},
		{"days", testDays},
		{"earnings", testEarnings},
		{"lines", testLines},
		{"exclusions", testExclusions},
		{"reasons", testReasons},
		{"cut days", func(t *testing.T, w *place) { town.Cut(t, w.DB, april(26, 0)) }}, // all is read as before
		{"timelines of cut days", testTimelines},
		{"parts of them", testParts},
		{"explanations of them", testExplanations},
		{"earnings of them", testDays},
		{"a draft stays unseen", testDraft},
		{"money", testMoney},               // it pays
		{"former owners", testFormerOwner}, // last: it seals
	} {
		t.Run(part.name, func(t *testing.T) {
			own := *w
			own.t = t
			part.test(t, &own)
		})
	}
}

// suppliers are those with a line of the newest revision, by id.
func (w *place) suppliers() (ids []uuid.UUID) {
	for _, l := range w.lines(w.sealed[1]) {
		if !slices.Contains(ids, l.SupplierID) {
			ids = append(ids, l.SupplierID)
		}
	}
	return ids
}

// largest is the supplier with the most lines.
func (w *place) largest() (id uuid.UUID) {
	count, most := map[uuid.UUID]int{}, 0
	for _, l := range w.lines(w.sealed[1]) {
		if count[l.SupplierID]++; count[l.SupplierID] > most {
			most, id = count[l.SupplierID], l.SupplierID
		}
	}
	return id
}

// paths are every operation of suppliers, on the device that moved.
func (w *place) paths() []string {
	device := "/v1/devices/" + w.moved.String()
	return []string{
		"/v1/devices", device, device + "/timeline", device + "/explanation?season=test-s1", device + "/earnings?season=test-s1",
		device + "/explanation?season=test-s2&estimate=true", "/v1/earnings", "/v1/seasons/test-s1/earnings",
		"/v1/seasons/test-s1/earnings/devices", "/v1/seasons/test-s2/earnings/devices?estimate=true", "/v1/seasons/test-s1/exclusions",
		"/v1/statement", "/v1/balance", "/v1/payouts", "/v1/payouts/" + w.payout(w.from),
	}
}

func (w *place) payout(of uuid.UUID) string {
	return in[supplier.PayoutTable](w.t, w.as(of), "/v1/payouts").Items[0].Payout
}

func testWhoMay(t *testing.T, w *place) {
	nobody := w.as(uuid.MustParse("00000000-0000-4000-8000-00000000beef"))
	for _, path := range w.paths() {
		mine := w.as(w.from).Get(path).Want(t, http.StatusOK)
		w.Anyone().Get(path).Problem(t, http.StatusUnauthorized, "token-missing")
		w.As("ada", auth.Rewards, auth.Finance, auth.Operator).Get(path).Problem(t, http.StatusForbidden, "role-missing")
		theirs := nobody.Get(path)
		if theirs.Status == http.StatusOK {
			for _, id := range []string{w.from.String(), w.moved.String(), w.world.Wallet(w.from)} {
				if bytes.Contains(theirs.Body, []byte(id)) {
					t.Errorf("%s tells a stranger %s: %s", path, id, theirs.Body)
				}
			}
			if bytes.Equal(theirs.Body, mine.Body) {
				t.Errorf("%s tells a stranger the same", path)
			}
			continue
		}
		theirs.Problem(t, http.StatusNotFound, "not-found")
		absent := strings.NewReplacer(w.moved.String(), uuid.NewString(), w.payout(w.from), "d99-1").Replace(path)
		if got := w.as(w.from).Get(absent); !bytes.Equal(got.Body, theirs.Body) {
			t.Errorf("%s: not there is %s, not theirs is %s", path, got.Body, theirs.Body)
		}
	}
	for _, path := range []string{"/v1/seasons/nowhere/earnings", "/v1/seasons/nowhere/earnings/devices", "/v1/seasons/nowhere/exclusions",
		"/v1/seasons/test-s2/earnings/devices", "/v1/seasons/test-s1/earnings/devices?revision=9", "/v1/seasons/test-s1/exclusions?estimate=true",
		"/v1/devices/" + w.moved.String() + "/explanation?season=nowhere", "/v1/payouts/d1-999"} {
		w.as(w.from).Get(path).Problem(t, http.StatusNotFound, "not-found")
	}
	for _, path := range []string{"/v1/devices/xyz", "/v1/payouts/17", "/v1/seasons/test-s1/earnings/devices?revision=1&estimate=true",
		"/v1/devices?sort=owner", "/v1/devices?limit=201", "/v1/devices?supplier=x", "/v1/statement?from=2024-05-02T00:00:00Z&to=2024-05-01T00:00:00Z"} {
		w.as(w.from).Get(path).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	}
	for _, path := range []string{"/v1/devices", "/v1/earnings", "/v1/seasons/test-s1/earnings/devices", "/v1/seasons/test-s1/exclusions",
		"/v1/statement", "/v1/payouts"} {
		for _, cursor := range []string{"x", "WyJ4Il0", "WyJ4IiwieSJd", "WyJ4IiwieSIsInoiXQ"} { // ["x"], ["x","y"], ["x","y","z"]
			w.as(w.from).Get(path+"?cursor="+cursor).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
		}
	}
}

func testMe(t *testing.T, w *place) {
	me := in[supplier.Me](t, w.as(w.from), "/v1/me")
	if *me.Supplier != w.from || me.Issuer != w.Issuer.URL() || !slices.Equal(me.Roles, []auth.Role{auth.Supplier}) {
		t.Errorf("I am %+v", me)
	}
	staff := in[supplier.Me](t, w.As("ada", auth.Rewards), "/v1/me")
	if staff.Supplier != nil || staff.Subject != "ada" {
		t.Errorf("ada is %+v", staff)
	}
	w.Anyone().Get("/v1/me").Problem(t, http.StatusUnauthorized, "token-missing")
}

func testDevices(t *testing.T, w *place) {
	moved := in[supplier.DeviceDetail](t, w.as(w.from), "/v1/devices/"+w.moved.String())
	if len(moved.Ownership) != 2 || !moved.Ownership[0].To.Equal(april(24, 12)) || moved.Ownership[1].To != nil || !moved.Owned {
		t.Errorf("the device that came back: %+v", moved)
	}
	past := in[supplier.DeviceTable](t, w.as(w.to), "/v1/devices?owned=past").Items
	if len(past) != 1 || past[0].DeviceID != w.moved || past[0].Owned || !past[0].OwnedFrom.Equal(april(24, 12)) {
		t.Errorf("the device that was passed on: %+v", past)
	}
	big := w.as(w.largest())
	all := in[supplier.DeviceTable](t, big, "/v1/devices?owned=all&limit=200").Items
	byTruth := 0
	for _, d := range all {
		truth, known := w.world.Truth(d.DeviceID)
		if known && truth.Facts.SupplierID == w.largest() && truth.RegisteredAt.Equal(d.RegisteredAt) && truth.Facts.GPUModel == d.GPUModel {
			byTruth++
		}
	}
	if byTruth != len(all) || byTruth < 10 {
		t.Errorf("%d of %d devices are as the world has them", byTruth, len(all))
	}
	for _, order := range []string{"device_id", "registered_at", "-registered_at", "name"} {
		got := walk(t, big, "/v1/devices?owned=all&sort="+order, func(d supplier.Device) string { return d.DeviceID.String() })
		want := slices.Clone(all)
		slices.SortStableFunc(want, func(a, b supplier.Device) int {
			switch order {
			case "registered_at":
				return a.RegisteredAt.Compare(b.RegisteredAt)
			case "-registered_at":
				return b.RegisteredAt.Compare(a.RegisteredAt)
			}
			return 0 // by id, which they are in
		})
		if ids := idsOf(want); !slices.Equal(got, ids) {
			t.Errorf("by %s:\n got %v\nwant %v", order, got, ids)
		}
	}
	for filter, keep := range map[string]func(supplier.Device) bool{
		"verdict=spoofed": func(d supplier.Device) bool { return d.Verdict != nil && d.Verdict.Kind == "spoofed" },
		"verdict=none":    func(d supplier.Device) bool { return d.Verdict == nil },
		"owned=now":       func(d supplier.Device) bool { return d.Owned },
		"gpu_model=" + strings.ReplaceAll(all[0].GPUModel, " ", "%20"): func(d supplier.Device) bool { return d.GPUModel == all[0].GPUModel },
		"connectivity=" + all[0].Connectivity:                          func(d supplier.Device) bool { return d.Connectivity == all[0].Connectivity },
		"status=no%20such":                                             func(supplier.Device) bool { return false },
		"name=no%20such":                                               func(supplier.Device) bool { return false },
	} {
		query := "/v1/devices?limit=200&" + filter
		if !strings.Contains(filter, "owned") {
			query += "&owned=all"
		}
		got := idsOf(in[supplier.DeviceTable](t, big, query).Items)
		if want := idsOf(slices.DeleteFunc(slices.Clone(all), func(d supplier.Device) bool { return !keep(d) })); !slices.Equal(got, want) {
			t.Errorf("%s: %d devices, want %d", filter, len(got), len(want))
		}
	}
	sameAsCSV(t, big, "/v1/devices?owned=all&limit=200", in[supplier.DeviceTable](t, big, "/v1/devices?owned=all&limit=200"))
}

func idsOf(devices []supplier.Device) (ids []string) {
	for _, d := range devices {
		ids = append(ids, d.DeviceID.String())
	}
	return ids
}

// walk reads a list in pages of three, and returns the keys of its items.
func walk[T any](t *testing.T, c *apitest.Client, path string, key func(T) string) (keys []string) {
	t.Helper()
	cursor := ""
	for pages := 0; ; pages++ {
		page := in[struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"next_cursor"`
		}](t, c, fmt.Sprintf("%s%slimit=3&cursor=%s", path, separator(path), cursor))
		for _, item := range page.Items {
			keys = append(keys, key(item))
		}
		if cursor = page.NextCursor; cursor == "" {
			return keys
		}
		if len(page.Items) == 0 || pages > 1000 {
			t.Fatalf("%s: page %d is empty and has a next one", path, pages)
		}
	}
}

func separator(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// table is a body that comes as CSV, too.
type table interface {
	Header() []string
	Rows(yield func([]string) bool)
}

// sameAsCSV compares what comes as CSV with the table of what came as JSON.
func sameAsCSV(t *testing.T, c *apitest.Client, path string, want table) {
	t.Helper()
	answer := c.Do(http.MethodGet, path, nil, http.Header{"Accept": {"text/csv"}}).Want(t, http.StatusOK)
	rows, err := csv.NewReader(bytes.NewReader(answer.Body)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s as CSV: %q (%v)", path, answer.Body, err)
	}
	all := [][]string{want.Header()}
	for row := range want.Rows {
		all = append(all, slices.Clone(row))
	}
	if !slices.EqualFunc(rows, all, slices.Equal) {
		t.Errorf("%s as CSV:\n%v\nas JSON:\n%v", path, rows, all)
	}
}

func testDraft(t *testing.T, w *place) {
	draft := w.take()
	if draft.State != snapshot.Draft || draft.Revision != 3 {
		t.Fatalf("a draft: %+v", draft)
	}
	me := w.as(w.from)
	me.Get("/v1/seasons/test-s1/earnings/devices?revision=3").Problem(t, http.StatusNotFound, "not-found")
	me.Get("/v1/devices/"+w.moved.String()+"/explanation?season=test-s1&revision=3").Problem(t, http.StatusNotFound, "not-found")
	if e := in[supplier.SeasonEarnings](t, me, "/v1/seasons/test-s1/earnings"); len(e.Sealed) != 2 || !e.Sealed[1].InForce || e.Sealed[0].InForce {
		t.Errorf("with a draft: %+v", e)
	}
	if l := in[supplier.LineTable](t, me, "/v1/seasons/test-s1/earnings/devices"); l.Result.Revision != 2 {
		t.Errorf("the newest revision is %+v", l.Result)
	}
}
