package snapshot

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/uptime"
)

// Explanation is one device's season, each step from its slots to its amounts with
// the numbers that decided it. It is read off the scorer after it has scored the
// device, so it cannot say anything else than the lines do.
//
// As JSON, times are RFC 3339 in UTC, points and what is multiplied with them
// decimal digits in quotes, amounts base units in quotes.
type Explanation struct {
	Season       string             `json:"season"`
	Revision     int                `json:"revision"` // 0: of no revision, as of now
	State        State              `json:"state"`    // "" of no revision
	AsOf         time.Time          `json:"as_of"`    // what was recorded by then counts
	Estimate     bool               `json:"estimate"` // stands on hours that were still open, or is of no revision
	DeviceID     uuid.UUID          `json:"device_id"`
	RegisteredAt time.Time          `json:"registered_at"`
	Span         Interval           `json:"span"` // S ∩ R: the season's slots from the registration on
	Changes      []ExplainedChange  `json:"changes"`
	Verdicts     []ExplainedVerdict `json:"verdicts"`
	Exclude      Exclude            `json:"exclude"` // what a last verdict of spoofed takes out
	Coverage     ExplainedCoverage  `json:"coverage"`
	Days         []ExplainedDay     `json:"days"`
	Windows      []ExplainedWindow  `json:"windows"`
	Lines        []ExplainedLine    `json:"lines"`
	Rate         ExplainedRate      `json:"rate"`
	// What the revision holds of the device, if it is no longer what its hours come
	// to: they were reopened since. Otherwise Lines are the revision's own.
	Stored []LineFigures `json:"stored,omitempty"`
}

// Interval is a run of slots: the instants [From, To).
type Interval struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"` // exclusive
	Slots int       `json:"slots"`
}

func intervalOf(s uptime.Span) Interval {
	return Interval{From: s.From.Start(), To: max(s.From, s.To).Start(), Slots: s.Len()}
}

// ExplainedCoverage is |O| and |U| over S ∩ R.
type ExplainedCoverage struct {
	Slots    int `json:"slots"`
	Observed int `json:"observed"`
	Up       int `json:"up"`
}

// ExplainedVerdict is a verdict, in the order that decides which one counts.
type ExplainedVerdict struct {
	Kind        uptime.VerdictKind `json:"verdict"`
	DecidedAt   time.Time          `json:"decided_at"`
	EffectiveAt time.Time          `json:"effective_at"`
	ByHand      bool               `json:"by_hand"`
	Reason      string             `json:"reason"`
	Evidence    string             `json:"evidence"`
	Counts      bool               `json:"counts"` // the last, and only it
}

// ExplainedRate is what points are worth, Pool for Points of them.
type ExplainedRate struct {
	Pool   ledger.Amount `json:"pool"`
	Points string        `json:"points"`
	Fixed  bool          `json:"fixed"` // by the season's first sealed revision
}

// Explain scores the device as Basis.Score does, with amounts at the rate, and says
// why. The device's verdicts and changes are told as far as they are filled in. The
// errors are those of Score and Rate.Allocate.
func Explain(b *Basis, d *Device, rate Rate) (*Explanation, error) {
	s := b.NewScorer()
	lines, err := s.Score(d, nil)
	if err != nil {
		return nil, err
	}
	if _, err := rate.Allocate(lines); err != nil {
		return nil, fmt.Errorf("device %s: %w", d.ID, err)
	}
	span := uptime.Span{From: max(s.season.From, uptime.SlotAtOrAfter(d.RegisteredAt)), To: s.season.To}
	last := lastVerdict(d.Verdicts)
	e := &Explanation{
		Season: b.Season.Code, AsOf: b.AsOf.UTC(), DeviceID: d.ID, RegisteredAt: d.RegisteredAt.UTC(),
		Span:     intervalOf(span),
		Changes:  b.explainChanges(d.Changes),
		Verdicts: explainVerdicts(d.Verdicts, last),
		Exclude:  b.Rules.Eligibility.Exclude,
		Coverage: ExplainedCoverage{span.Len(), b.Observed.Count(span), d.Up.Count(span)},
		Days:     s.explainDays(d, span, last),
		Windows:  s.explainWindows(last, span),
		Lines:    []ExplainedLine{},
		Rate:     ExplainedRate{ledger.Amount(rate.Pool), rate.Points.Dec(), b.Corrects != nil},
	}
	for i := range lines {
		e.Lines = append(e.Lines, s.explainLine(d, &lines[i], s.spans[i].Facts, last, rate))
	}
	return e, nil
}

// The states of a slot, as ExplainedDay writes them.
const (
	SlotUp         = '#'
	SlotDown       = '.' // observed, without a heartbeat
	SlotUnobserved = '?' // neither up nor down
	SlotGranted    = '+' // down, and granted by a grace window
	SlotExcluded   = 'x' // observed, and taken out by a verdict
	SlotOutside    = '-' // before the registration
)

// ExplainedDay is a UTC day of the season with a slot of the device's.
type ExplainedDay struct {
	Day   string `json:"day"`   // "2024-04-25"
	Slots string `json:"slots"` // 288 states, a character each
}

// explainDays draws the days that the span has slots of.
func (s *Scorer) explainDays(d *Device, span uptime.Span, last *uptime.Verdict) []ExplainedDay {
	days := []ExplainedDay{}
	counted := s.basis.Rules.Eligibility.Exclude.counted(span, last)
	for first := uptime.SlotOf(span.From.Day()); first < span.To; first += uptime.SlotsPerDay {
		slots := make([]byte, uptime.SlotsPerDay)
		for i := range slots {
			slots[i] = s.state(d, first+uptime.Slot(i), span, counted)
		}
		days = append(days, ExplainedDay{first.Start().Format(time.DateOnly), string(slots)})
	}
	return days
}

func (s *Scorer) state(d *Device, k uptime.Slot, span, counted uptime.Span) byte {
	switch {
	case !span.Contains(k):
		return SlotOutside
	case !s.basis.Observed.Has(k):
		return SlotUnobserved
	case !counted.Contains(k):
		return SlotExcluded
	case d.Up.Has(k):
		return SlotUp
	}
	for i := range s.decisions {
		if s.decisions[i].granted.Contains(k) { // it is down: what is granted of the span are its down slots
			return SlotGranted
		}
	}
	return SlotDown
}
