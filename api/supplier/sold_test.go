package supplier_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/supplier"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// Of a window within which a device was sold, the one owner is told no slot of the
// other's: neither where the gap begins, nor since when it is back, nor how many slots
// are granted to both.
func TestWindowsOfDevicesThatWereSold(t *testing.T) {
	t.Parallel()
	const (
		soldWithin = iota // in the window, while it is down
		kept              // by one owner, back before the season's end
		keptLonger        // by one owner, back after the season's end
		soldAfter         // after the season, before it is back
		returned          // to the first owner, after it is back
		inactive          // sold in the window, and refused
	)
	s := build(t,
		resident{down: []uptime.Span{uptime.SpanOf(mayAt(2, 8, 30), may(2, 11))}, sales: []sale{{may(2, 10), buyer}}},
		resident{down: []uptime.Span{uptime.SpanOf(mayAt(2, 8, 30), may(2, 11))}},
		resident{down: []uptime.Span{uptime.SpanOf(mayAt(2, 8, 30), mayAt(3, 0, 30))}},
		resident{down: []uptime.Span{uptime.SpanOf(mayAt(2, 8, 30), mayAt(3, 0, 30))}, sales: []sale{{may(3, 0), buyer}}},
		resident{down: []uptime.Span{uptime.SpanOf(mayAt(2, 8, 30), may(2, 10))}, sales: []sale{{may(2, 9), buyer}, {may(2, 11), seller}}},
		resident{down: []uptime.Span{uptime.SpanOf(may(2, 6), may(2, 11))}, sales: []sale{{may(2, 10), buyer}}},
	)
	season := streetSeason("s1", 2, 2)
	s.open(season, streetWindow(may(2, 8), may(2, 12), may(3, 12)))
	s.sealOf(season.Code)
	_, err := snapshot.Reestimate(t.Context(), s.DB.App, season.Code)
	s.check(err)

	gap, cut := mayAt(2, 8, 30), "granted: up in 24 of the 24 observed slots before it; slots that it grants while the device was yours: %d"
	for _, c := range []struct {
		device    int
		caller    uuid.UUID
		gap, back time.Time // zero: not told
		granted   int
		says      string // "": what the whole explanation says
		never     string // what the answer does not hold
	}{
		{soldWithin, seller, gap, time.Time{}, 18, fmt.Sprintf(cut, 18), "T11:00"},
		{soldWithin, buyer, time.Time{}, may(2, 11), 12, fmt.Sprintf(cut, 12), "T08:30"},
		{kept, seller, gap, may(2, 11), 30, "", "T10:00"},
		{keptLonger, seller, gap, mayAt(3, 0, 30), 42, "", "T10:00"},
		{soldAfter, seller, gap, time.Time{}, 42, fmt.Sprintf(cut, 42), "T00:30"},
		{returned, seller, gap, time.Time{}, 6, fmt.Sprintf(cut, 6), "T10:00"},
		{returned, buyer, time.Time{}, may(2, 10), 12, fmt.Sprintf(cut, 12), "T08:30"},
		{inactive, seller, may(2, 8), time.Time{}, 0, "", "T11:00"},
		{inactive, buyer, time.Time{}, time.Time{}, 0, "", "T11:00"},
	} {
		for _, of := range []string{"", "&estimate=true"} {
			answer := s.as(c.caller).Get("/v1/devices/"+streetDevice(c.device).String()+"/explanation?season=s1"+of).Want(t, http.StatusOK)
			var e supplier.Explanation
			if answer.Into(t, &e); len(e.Windows) != 1 {
				t.Fatalf("device %d of %s: windows %+v", c.device, c.caller, e.Windows)
			}
			got, whole := e.Windows[0], s.wholeWindow(c.device)
			if !same(got.Gap, c.gap) || !same(got.Back, c.back) || got.Granted != c.granted || c.says != "" && got.Says != c.says {
				t.Errorf("device %d of %s%s: gap %v, back %v, %d granted, says %q", c.device, c.caller, of, got.Gap, got.Back, got.Granted, got.Says)
			}
			if c.says == "" && got.Says != whole.Says {
				t.Errorf("device %d of %s%s: says %q, want %q", c.device, c.caller, of, got.Says, whole.Says)
			}
			if strings.Contains(string(answer.Body), c.never) {
				t.Errorf("device %d of %s%s tells %s: %s", c.device, c.caller, of, c.never, answer.Body)
			}
			if c.device == kept || c.device == keptLonger { // theirs alone: nothing is left out
				if !sameJSON(t, got, supplier.ExplainedWindow{ExplainedWindow: whole, Before: whole.Before}) {
					t.Errorf("device %d of %s%s:\n got %+v\nwant %+v", c.device, c.caller, of, got, whole)
				}
			}
		}
	}
	s.as(buyer).Get("/v1/devices/"+streetDevice(soldAfter).String()+"/explanation?season=s1").Problem(t, http.StatusNotFound, "not-found")
}

// wholeWindow is the first window of the device's explanation in the revision, as staff
// read it.
func (s *street) wholeWindow(device int) (w snapshot.ExplainedWindow) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx pgx.Tx) error {
		e, err := snapshot.ExplainDevice(ctx, tx, streetDevice(device), s.sealed[0])
		if err == nil {
			w = e.Windows[0]
		}
		return err
	})
	return w
}

// same compares what is told with an instant; zero: nothing is.
func same(told *time.Time, want time.Time) bool {
	return told == nil && want.IsZero() || told != nil && told.Equal(want)
}

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	one, errOne := json.Marshal(a)
	other, errOther := json.Marshal(b)
	if errOne != nil || errOther != nil {
		t.Fatal(errOne, errOther)
	}
	return string(one) == string(other)
}
