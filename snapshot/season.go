package snapshot

import (
	"fmt"
	"regexp"
	"time"

	"github.com/uptally/uptally/uptime"
)

// Season is what is paid for when, and out of which pool.
type Season struct {
	Code     string    // as people read it: "ignition-s1"
	FirstDay time.Time // midnight UTC, inclusive
	LastDay  time.Time // midnight UTC, inclusive
	Pool     int64     // base units
}

// seasonDaysMax bounds a season to ten years: more is a typing error.
const seasonDaysMax = 3653

var seasonCode = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Span returns the season's slots: from midnight of its first day to midnight
// after its last.
func (s Season) Span() uptime.Span {
	return uptime.SpanOf(s.FirstDay, s.LastDay.AddDate(0, 0, 1))
}

// Validate reports the first thing wrong with the season, with its remedy.
func (s Season) Validate() error {
	switch {
	case !seasonCode.MatchString(s.Code):
		return fmt.Errorf("season code %q: use 1 to 63 lower-case letters, digits and hyphens, not a hyphen first", s.Code)
	case !midnightUTC(s.FirstDay):
		return fmt.Errorf("season %s: first day %s is not midnight UTC: give a day such as 2024-05-01", s.Code, instant(s.FirstDay))
	case !midnightUTC(s.LastDay):
		return fmt.Errorf("season %s: last day %s is not midnight UTC: give a day such as 2024-05-30", s.Code, instant(s.LastDay))
	case s.LastDay.Before(s.FirstDay):
		return fmt.Errorf("season %s: last day %s is before first day %s: both are inclusive, swap them",
			s.Code, s.LastDay.Format(time.DateOnly), s.FirstDay.Format(time.DateOnly))
	case s.Span().Len() > seasonDaysMax*uptime.SlotsPerDay:
		return fmt.Errorf("season %s: %s to %s is longer than %d days: check the years",
			s.Code, s.FirstDay.Format(time.DateOnly), s.LastDay.Format(time.DateOnly), seasonDaysMax)
	case s.Pool < 0:
		return fmt.Errorf("season %s: pool %d is negative: give base units, 0 or more", s.Code, s.Pool)
	}
	return nil
}

func midnightUTC(t time.Time) bool { return t.Equal(uptime.SlotOf(t).Day()) }

// instant writes a time as messages show it.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
