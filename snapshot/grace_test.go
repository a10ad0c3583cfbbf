package snapshot

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

func TestWindowRefused(t *testing.T) {
	good := Window{
		From: on("25T09:10"), To: on("28T00:00"), Cause: "auth-migration", Lookback: DefaultLookback, MinBefore: DefaultMinBefore,
		Sustain: DefaultSustain, ReconnectBy: on("29T00:00"), Credit: CreditFull,
	}
	if err := good.Validate(); err != nil || good.MinBefore.String() != "0.5" {
		t.Errorf("%v, at least %s", err, good.MinBefore)
	}
	for wrong, change := range map[string]func(*Window){
		"ends no later than it begins": func(w *Window) { w.To = w.From },
		"cause is empty":               func(w *Window) { w.Cause = "" },
		"lookback 0":                   func(w *Window) { w.Lookback = 0 },
		"lookback 2147483648":          func(w *Window) { w.Lookback = math.MaxInt32 + 1 },
		"sustain 0":                    func(w *Window) { w.Sustain = 0 },
		"reconnect_by is missing":      func(w *Window) { w.ReconnectBy = time.Time{} },
		`credit "half"`:                func(w *Window) { w.Credit = "half" },
		"cap -1":                       func(w *Window) { w.Cap = new(-1) },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v, want %q", err, wrong)
		}
	}
}

func TestHoldRefused(t *testing.T) {
	if err := (Hold{From: on("25T08:00"), To: on("25T08:00")}).Validate(); err == nil {
		t.Error("a hold without an instant was taken")
	}
	if err := (Hold{From: on("25T08:00"), To: on("25T08:00:00.1")}).Validate(); err != nil {
		t.Error(err)
	}
}

// Scoring looks at the season, the lookbacks before windows, what lies in them, and
// at what may prove a device back.
func TestBasisSpan(t *testing.T) {
	a := newApril(t)
	check := func(from, to string) {
		t.Helper()
		if got, want := a.Span(), uptime.SpanOf(on(from), on(to)); got != want {
			t.Errorf("%s to %s, want %s to %s", got.From.Start(), got.To.Start(), from, to)
		}
	}
	check("25T00:00", "26T00:00")
	a.window("25T09:00", "25T12:00", "25T10:00")
	check("25T00:00", "26T00:00")
	a.window("25T23:00", "27T12:00", "27T06:00")
	check("25T00:00", "27T12:00")
	a.window("24T18:00", "25T06:00", "28T00:02") // lookback 12 slots, sustain 3
	check("24T17:00", "28T00:20")
	a.window("01T00:00", "25T00:00", "30T00:00") // does not meet the season
	check("24T17:00", "28T00:20")
}
