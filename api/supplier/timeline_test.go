package supplier_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/api/supplier"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// what a timeline must say, read past the API, from the chunks.
func (w *place) wanted(device uptime.DeviceNumber, span uptime.Span, owned []uptime.Span) (up, observed, own string) {
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		block, err := uptime.ReadBlock(ctx, tx, span, device.Shard(), 1)
		if err != nil {
			return err
		}
		var lanes uptime.Lanes
		block.Transpose(device.Shard(), &lanes)
		bits := lanes.Timeline(device.Lane())
		hours, err := uptime.CoverageOf(ctx, tx, span)
		seen := uptime.Observed(hours, span)
		for k := span.From; k < span.To; k++ {
			mine := false
			for _, s := range owned {
				mine = mine || s.Contains(k)
			}
			up += digit(mine && bits.Has(k))
			observed += digit(mine && seen.Has(k))
			own += digit(mine)
		}
		return err
	})
	return up, observed, own
}

func digit(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

func timelinePath(device uuid.UUID, span uptime.Span) string {
	return fmt.Sprintf("/v1/devices/%s/timeline?from=%s&to=%s", device, span.From.Start().Format(time.RFC3339), span.To.Start().Format(time.RFC3339))
}

func testTimelines(t *testing.T, w *place) {
	season := sealedIn.Span()
	states := map[supplier.State]int{}
	for _, id := range w.suppliers() {
		me := w.as(id)
		owned := map[uuid.UUID][]uptime.Span{}
		numbers := map[uuid.UUID]uptime.DeviceNumber{}
		for _, l := range w.own(w.sealed[1], id) {
			owned[l.DeviceID], numbers[l.DeviceID] = append(owned[l.DeviceID], l.Span), l.Device
		}
		checked := 0
		for device, spans := range owned {
			if checked++; checked > 5 && device != w.moved {
				continue
			}
			got := in[supplier.Timeline](t, me, timelinePath(device, season))
			up, observed, own := w.wanted(numbers[device], season, spans)
			if got.Bits.Up != up || got.Bits.Observed != observed || got.Bits.Owned != own {
				t.Fatalf("device %s of %s:\n got %+v\nwant up %s\nobserved %s\nowned %s", device, id, got.Bits, up, observed, own)
			}
			checkSpans(t, got, states)
			checkAgainstExplanation(t, w, id, device, got)
		}
	}
	for _, state := range []supplier.State{supplier.Up, supplier.Down, supplier.Unobserved, supplier.Grace, supplier.NotYours, supplier.Excluded} {
		if states[state] == 0 {
			t.Errorf("no slot is %s", state)
		}
	}
}

// checkSpans holds the spans against the bits.
func checkSpans(t *testing.T, got supplier.Timeline, states map[supplier.State]int) {
	t.Helper()
	at := got.From
	var drawn strings.Builder
	for _, s := range got.Spans {
		if !s.From.Equal(at) || !s.To.After(s.From) {
			t.Fatalf("spans do not cover the timeline: %+v", got.Spans)
		}
		at = s.To
		slots := int(s.To.Sub(s.From) / (5 * time.Minute))
		states[s.State] += slots
		drawn.WriteString(strings.Repeat(string(s.State[:1]), slots)) // u both of up and unobserved
	}
	if !at.Equal(got.To) || drawn.Len() != got.Slots {
		t.Fatalf("spans end at %s: %+v", at, got.Spans)
	}
	for i := range got.Slots {
		b := got.Bits
		want := byte('d')
		switch {
		case b.Owned[i] == '0':
			want = 'n'
		case b.Observed[i] == '0':
			want = 'u'
		case got.Exclusion != nil:
			want = 'e' // the rules take out the whole season
		case b.Up[i] == '1':
			want = 'u'
		case b.Grace[i] == '1':
			want = 'g'
		}
		if drawn.String()[i] != want {
			t.Fatalf("slot %d is drawn %c, want %c: %+v", i, drawn.String()[i], want, got)
		}
	}
	if c := got.Coverage; c.Slots != strings.Count(got.Bits.Owned, "1") || c.Observed != strings.Count(got.Bits.Observed, "1") ||
		c.Up != strings.Count(got.Bits.Up, "1") {
		t.Fatalf("coverage %+v", c)
	}
}

// checkAgainstExplanation holds grace against the days of the explanation.
func checkAgainstExplanation(t *testing.T, w *place, id, device uuid.UUID, got supplier.Timeline) {
	t.Helper()
	e := in[supplier.Explanation](t, w.as(id), "/v1/devices/"+device.String()+"/explanation?season=test-s1")
	granted := ""
	for day := sealedIn.FirstDay; !day.After(sealedIn.LastDay); day = day.AddDate(0, 0, 1) {
		slots := strings.Repeat("-", uptime.SlotsPerDay)
		for _, d := range e.Days {
			if d.Day == day.Format(time.DateOnly) {
				slots = d.Slots
			}
		}
		for i := range slots {
			granted += digit(slots[i] == snapshot.SlotGranted)
		}
	}
	if granted != got.Bits.Grace {
		t.Fatalf("device %s of %s: grace\n got %s\nwant %s", device, id, got.Bits.Grace, granted)
	}
	met := uptime.SpanOf(outage.From, outage.To).Intersect(sealedIn.Span())
	from := met.From - sealedIn.Span().From
	if !strings.Contains(got.Bits.Owned[from:int(from)+met.Len()], "1") {
		if len(got.Grace) != 0 {
			t.Fatalf("a window that meets no slot of theirs is told: %+v", got.Grace)
		}
		return
	}
	if len(got.Grace) != 1 || got.Grace[0].Season != sealedIn.Code || got.Grace[0].Cause != outage.Cause {
		t.Fatalf("grace %+v", got.Grace)
	}
	slots := 0
	for _, s := range got.Grace[0].Granted {
		slots += int(s.To.Sub(s.From) / (5 * time.Minute))
	}
	if slots != strings.Count(granted, "1") {
		t.Fatalf("%d slots granted, want %s", slots, granted)
	}
}

// A part of a timeline is a part of it, wherever it is cut: on hours, within them, and
// where the device changed hands.
func testParts(t *testing.T, w *place) {
	season := sealedIn.Span()
	for _, l := range slices.Concat(w.own(w.sealed[1], w.from), w.own(w.sealed[1], w.to)) {
		me := w.as(l.SupplierID)
		whole := in[supplier.Timeline](t, me, timelinePath(l.DeviceID, season))
		rapid.Check(t, func(r *rapid.T) {
			from := rapid.IntRange(0, season.Len()-1).Draw(r, "from")
			to := rapid.IntRange(from+1, min(season.Len(), from+600)).Draw(r, "to")
			if rapid.Bool().Draw(r, "on hours") {
				from, to = from/12*12, (to+11)/12*12
			}
			part := in[supplier.Timeline](t, me, timelinePath(l.DeviceID, uptime.Span{From: season.From + uptime.Slot(from), To: season.From + uptime.Slot(to)}))
			for i, bits := range [][2]string{{part.Bits.Up, whole.Bits.Up}, {part.Bits.Observed, whole.Bits.Observed},
				{part.Bits.Owned, whole.Bits.Owned}, {part.Bits.Grace, whole.Bits.Grace}} {
				if bits[0] != bits[1][from:to] {
					r.Fatalf("slots %d to %d of %s: part %d is\n%s, want\n%s", from, to, l.DeviceID, i, bits[0], bits[1][from:to])
				}
			}
		})
	}
}

func testSpans(t *testing.T, w *place) {
	me, device := w.as(w.from), "/v1/devices/"+w.moved.String()+"/timeline"
	for query, want := range map[string]uptime.Span{
		"":                           uptime.SpanOf(april(27, 12), april(28, 12)),
		"?to=2024-04-26T00:00:00Z":   uptime.SpanOf(april(25, 0), april(26, 0)),
		"?from=2024-04-26T00:00:00Z": uptime.SpanOf(april(26, 0), april(27, 0)),
		"?from=2024-04-28T06:00:00Z": uptime.SpanOf(april(28, 6), april(28, 12)),
		"?from=2024-04-26T02:05:00%2B02:00&to=2024-04-26T00:10:00Z": {From: uptime.SlotOf(april(26, 0)) + 1, To: uptime.SlotOf(april(26, 0)) + 2},
		"?from=2024-01-27T12:00:00Z&to=2024-04-28T12:00:00Z":        uptime.SpanOf(time.Date(2024, 1, 27, 12, 0, 0, 0, time.UTC), april(28, 12)),
	} {
		got := in[supplier.Timeline](t, me, device+query)
		if span := uptime.SpanOf(got.From, got.To); span != want || got.Slots != span.Len() || len(got.Bits.Up) != span.Len() {
			t.Errorf("%q: %s to %s", query, got.From, got.To)
		}
	}
	for query, field := range map[string]string{
		"?from=2024-04-26T00:01:00Z":                         "query.from",
		"?from=2024-04-26T00:00:00.5Z":                       "query.from",
		"?to=2024-04-26T00:01:00Z":                           "query.to",
		"?from=2024-04-26T00:00:00Z&to=2024-04-26T00:00:00Z": "query.to",
		"?from=2024-04-26T00:00:00Z&to=2024-04-25T00:00:00Z": "query.to",
		"?from=2024-01-27T11:55:00Z&to=2024-04-28T12:00:00Z": "query.to",
		"?from=1999-12-31T00:00:00Z&to=2000-01-01T00:00:00Z": "query.from",
		"?to=2031-01-01T00:00:00Z":                           "query.to",
		"?from=yesterday":                                    "query.from",
		"?from=2024-04-28T12:05:00Z":                         "query.to",
	} {
		answer := me.Get(device+query).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
		if !strings.Contains(string(answer.Body), field) {
			t.Errorf("%q: %s", query, answer.Body)
		}
	}
}

// Windows of two seasons that overlap where the one season ends and the other begins
// grant slots of their own season each, and no timeline shows those of the other.
func TestWindowsOfTwoSeasons(t *testing.T) {
	t.Parallel()
	s := build(t, resident{down: []uptime.Span{uptime.SpanOf(may(2, 21), may(3, 3))}})
	first := streetWindow(may(2, 20), may(3, 4), may(3, 12))
	second := streetWindow(may(2, 20), may(3, 4), time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC))
	second.Lookback = math.MaxInt32
	ids := append(s.open(streetSeason("s1", 2, 2), first), s.open(streetSeason("s2", 3, 3), second)...)
	got := in[supplier.Timeline](t, s.as(seller), timelinePath(streetDevice(0), uptime.SpanOf(may(2, 12), may(3, 12))))
	if len(got.Grace) != 2 || strings.Count(got.Bits.Grace, "1") != 6*12 {
		t.Fatalf("bits %s of windows %+v", got.Bits.Grace, got.Grace)
	}
	for i, want := range []supplier.TimelineWindow{
		{Season: "s1", Window: ids[0], Granted: []supplier.TimelineSlot{{From: may(2, 21), To: may(3, 0)}}},
		{Season: "s2", Window: ids[1], Granted: []supplier.TimelineSlot{{From: may(3, 0), To: may(3, 3)}}},
	} {
		w := got.Grace[i]
		if w.Season != want.Season || w.Window != want.Window || w.Decision != snapshot.WindowGranted || !slices.Equal(w.Granted, want.Granted) {
			t.Errorf("%+v, want %+v", w, want)
		}
	}
}
