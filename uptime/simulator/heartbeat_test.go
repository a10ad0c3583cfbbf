package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/uptime"
)

// beatRow and page are what a client reads.
type beatRow struct {
	DeviceID uuid.UUID `json:"device_id"`
	At       time.Time `json:"at"`
}

type page struct {
	Heartbeats []beatRow         `json:"heartbeats"`
	Changes    []json.RawMessage `json:"changes"`
	Verdicts   []json.RawMessage `json:"verdicts"`
	JobMinutes []struct {
		DeviceID uuid.UUID `json:"device_id"`
		Minutes  int32     `json:"minutes"`
	} `json:"job_minutes"`
	Slots []struct {
		Slot       time.Time `json:"slot"`
		Devices    int       `json:"devices"`
		Heartbeats int       `json:"heartbeats"`
	} `json:"slots"`
	NextCursor *string `json:"next_cursor"`
}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// get asks a handler for a page, in process, and refuses fields that the contract
// does not name.
func get(t fataler, h http.Handler, path string, query url.Values) page {
	t.Helper()
	reply := httptest.NewRecorder()
	h.ServeHTTP(reply, httptest.NewRequest(http.MethodGet, path+"?"+query.Encode(), nil))
	if reply.Code != http.StatusOK {
		t.Fatalf("GET %s?%s: %d: %s", path, query.Encode(), reply.Code, reply.Body)
	}
	var p page
	decoder := json.NewDecoder(reply.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		t.Fatalf("GET %s?%s: %v", path, query.Encode(), err)
	}
	return p
}

// window are the parameters of a window.
func window(from, to time.Time) url.Values {
	return url.Values{"from": {from.UTC().Format(time.RFC3339Nano)}, "to": {to.UTC().Format(time.RFC3339Nano)}}
}

// readAll pages through the heartbeats of a window, limit rows a page.
func readAll(t fataler, h http.Handler, from, to time.Time, limit int) []beatRow {
	t.Helper()
	query, all := window(from, to), []beatRow(nil)
	query.Set("limit", fmt.Sprint(limit))
	for {
		p := get(t, h, heartbeatsPath, query)
		all = append(all, p.Heartbeats...)
		if p.NextCursor == nil {
			return all
		}
		if len(p.Heartbeats) != limit {
			t.Fatalf("a page of %d rows with one after it, want %d", len(p.Heartbeats), limit)
		}
		query.Set("cursor", *p.NextCursor)
	}
}

// assertTruth fails unless the heartbeats of whole slots are exactly those of Up.
func assertTruth(t fataler, w *World, span uptime.Span, beats []beatRow) {
	t.Helper()
	type place struct {
		id   uuid.UUID
		slot uptime.Slot
	}
	up := map[place]int{}
	for _, b := range beats {
		if _, known := w.Truth(b.DeviceID); known {
			up[place{b.DeviceID, uptime.SlotOf(b.At)}]++
		}
	}
	want := 0
	for slot := span.From; slot < span.To; slot++ {
		for device := range w.Devices() {
			n := up[place{w.deviceID(device), slot}]
			if w.Up(device, slot) != (n > 0) || n > 2 {
				t.Fatalf("device %d has %d heartbeats at %s, in truth up is %t", device, n, slot.Start(), w.Up(device, slot))
			}
			if n > 0 {
				want++
			}
		}
	}
	if len(up) != want {
		t.Fatalf("%d devices and slots are up, %d of them in the span", len(up), want)
	}
}

func TestPagesAreTheTruthWhateverTheLimit(t *testing.T) {
	w := newWorld(t, 150, 11) // 600 devices: several blocks, the last not full
	h := w.Handler(Options{})
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SampledFrom([]time.Time{Start, Season1Start.AddDate(0, 3, 0), AttackAt, CutOverAt, End.Add(-time.Hour)})
		from := uptime.SlotOf(days.Draw(t, "from").Add(-30 * time.Minute))
		span := uptime.Span{From: from, To: from + uptime.Slot(rapid.IntRange(1, 20).Draw(t, "slots"))}
		limit := rapid.OneOf(rapid.IntRange(3, 300), rapid.Just(limitMax)).Draw(t, "limit")
		assertTruth(t, w, span, readAll(t, h, span.From.Start(), span.To.Start(), limit))
	})
}

func TestWalksSkipNobody(t *testing.T) {
	w := newWorld(t, 1500, 2) // 24 blocks, of which the farms fill one after the other
	for at := tickOf(VirtualsFrom); at < tickOf(VirtualsUntil); at += 11 {
		v := view{from: at.start(), until: (at + 1).start()}
		walked := map[int]bool{}
		for _, h := range w.walk(v, place{}) {
			walked[h.device] = true
		}
		for device := range w.Devices() {
			if w.Up(device, at.slot()) != walked[device] {
				t.Fatalf("device %d at %s: up %t, walked %t", device, at.start().time(), !walked[device], walked[device])
			}
		}
	}
}

func TestWindowsOfSecondsPartitionTheHeartbeats(t *testing.T) {
	w := newWorld(t, 10, 12)
	h := w.Handler(Options{})
	from, to := AttackAt, AttackAt.Add(20*time.Minute)
	whole := readAll(t, h, from, to, limitMax)
	rapid.Check(t, func(t *rapid.T) {
		middle := rapid.OneOf(
			rapid.Map(rapid.SampledFrom(whole), func(b beatRow) time.Time { return b.At }),
			rapid.Map(rapid.Int64Range(0, int64(20*time.Minute)), func(n int64) time.Time { return from.Add(time.Duration(n)) }),
		).Draw(t, "middle")
		before, after := readAll(t, h, from, middle, 29), readAll(t, h, middle, to, limitMax)
		count := map[beatRow]int{}
		for _, b := range before {
			if count[b]++; b.At.Before(from) || !b.At.Before(middle) {
				t.Fatalf("%s is in the window that ends at %s", b.At, middle)
			}
		}
		for _, b := range after {
			if count[b]++; b.At.Before(middle) || !b.At.Before(to) {
				t.Fatalf("%s is in the window that begins at %s", b.At, middle)
			}
		}
		for _, b := range whole {
			count[b]--
		}
		for b, n := range count {
			if n != 0 {
				t.Fatalf("split at %s, %+v comes %+d times too often", middle, b, n)
			}
		}
	})
}

func TestEmptyWindowsAreEmpty(t *testing.T) {
	h := newWorld(t, 10, 1).Handler(Options{})
	for _, c := range [][2]time.Time{
		{AttackAt, AttackAt},
		{End, End.AddDate(5, 0, 0)},
		{Start.AddDate(-300, 0, 0), Start},
	} {
		if p := get(t, h, heartbeatsPath, window(c[0], c[1])); p.Heartbeats == nil || len(p.Heartbeats) > 0 || p.NextCursor != nil {
			t.Errorf("%s: %+v, want an empty last page", c, p)
		}
	}
}

func TestSummaryCountsWhatHeartbeatsSay(t *testing.T) {
	w := newWorld(t, 100, 13)
	h := w.Handler(Options{Faults: Faults{Outages: []uptime.Span{uptime.SpanOf(CutOverAt, CutOverAt.Add(10*time.Minute))}}})
	from, to := CutOverAt.Add(-47*time.Minute), CutOverAt
	heartbeats, devices := map[uptime.Slot]int{}, map[uptime.Slot]map[uuid.UUID]bool{}
	for _, b := range readAll(t, h, from, to, 500) {
		slot := uptime.SlotOf(b.At)
		if heartbeats[slot]++; devices[slot] == nil {
			devices[slot] = map[uuid.UUID]bool{}
		}
		devices[slot][b.DeviceID] = true
	}
	slots := get(t, h, summaryPath, window(from, to.Add(10*time.Minute))).Slots
	for _, s := range slots {
		if slot := uptime.SlotOf(s.Slot); s.Heartbeats != heartbeats[slot] || s.Devices != len(devices[slot]) {
			t.Errorf("%s: %d heartbeats of %d devices, want %d of %d",
				s.Slot, s.Heartbeats, s.Devices, heartbeats[slot], len(devices[slot]))
		}
	}
	if len(slots) != 10 || len(heartbeats) != 10 {
		t.Errorf("%d slots, %d with heartbeats, want 10: the outage is left out", len(slots), len(heartbeats))
	}
}

func TestStraysAreRareAndThere(t *testing.T) {
	w := newWorld(t, 1, 1)
	strays := map[uuid.UUID]int{}
	for _, b := range readAll(t, w.Handler(Options{}), Start, End, limitMax) {
		if _, known := w.Truth(b.DeviceID); !known {
			strays[b.DeviceID]++
		}
	}
	if n := strays[w.deviceID(w.Devices())]; len(strays) != 1 || n < 5 || n > 100 {
		t.Errorf("strays: %v, want a few heartbeats of one", strays)
	}
}

func TestLateRowsAreCommittedWithinADay(t *testing.T) {
	w, now := newWorld(t, 80, 5), AttackAt
	h := w.Handler(Options{Now: func() time.Time { return now }, Faults: Faults{Late: 100}})
	from, to := AttackAt.Add(-time.Hour), AttackAt
	last, first := 0, 0
	for _, hours := range []int{0, 1, 6, 24} {
		now = AttackAt.Add(time.Duration(hours) * time.Hour)
		n := len(readAll(t, h, from, to, limitMax))
		if hours == 0 {
			first = n
		}
		if n <= last {
			t.Errorf("%d heartbeats after %d hours, %d before", n, hours, last)
		}
		last = n
	}
	if all := len(readAll(t, w.Handler(Options{}), from, to, limitMax)); last != all || first > all*95/100 {
		t.Errorf("%d heartbeats at first, %d after a day, %d in all", first, last, all)
	}
}
