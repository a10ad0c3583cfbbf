package snapshot

import (
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

func TestIgnitionSeasons(t *testing.T) {
	for _, c := range []struct {
		first, last string
		days        int
	}{
		{"2023-11-04", "2024-04-25", 174},
		{"2024-05-01", "2024-05-30", 30},
		{"2024-02-29", "2024-02-29", 1},
	} {
		s := Season{Code: "ignition", FirstDay: storyDay(t, c.first), LastDay: storyDay(t, c.last)}
		span := s.Span()
		if err := s.Validate(); err != nil || span.Len() != c.days*uptime.SlotsPerDay ||
			span.From.Start() != s.FirstDay || span.To.Start() != s.LastDay.AddDate(0, 0, 1) {
			t.Errorf("%s to %s: %d slots from %s to %s (%v)", c.first, c.last, span.Len(), span.From.Start(), span.To.Start(), err)
		}
	}
}

func TestSeasonSpanIsUTCWhateverTheZone(t *testing.T) {
	zone := time.FixedZone("somewhere", 20700)
	day := storyDay(t, "2024-05-01")
	s := Season{Code: "s", FirstDay: day.In(zone), LastDay: day.In(zone)}
	if err := s.Validate(); err != nil || s.Span() != (Season{FirstDay: day, LastDay: day}).Span() {
		t.Errorf("%v (%v)", s.Span(), err)
	}
}

func TestSeasonRefused(t *testing.T) {
	good := Season{Code: "ignition-s1", FirstDay: storyDay(t, "2024-05-01"), LastDay: storyDay(t, "2024-05-30"), Pool: 1}
	for wrong, change := range map[string]func(*Season){
		`code "Ignition S1"`:            func(s *Season) { s.Code = "Ignition S1" },
		`code ""`:                       func(s *Season) { s.Code = "" },
		`code "a/r2"`:                   func(s *Season) { s.Code = "a/r2" },
		"first day 2024-05-01T01:00":    func(s *Season) { s.FirstDay = s.FirstDay.Add(time.Hour) },
		"last day 2024-05-29T23:59":     func(s *Season) { s.LastDay = s.LastDay.Add(-time.Nanosecond) },
		"last day 2024-04-30 is before": func(s *Season) { s.LastDay = storyDay(t, "2024-04-30") },
		"longer than 3653 days":         func(s *Season) { s.LastDay = storyDay(t, "2204-05-30") },
		"pool -1":                       func(s *Season) { s.Pool = -1 },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v, want %q", err, wrong)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}
