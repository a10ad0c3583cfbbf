package snapshot

import (
	"errors"
	"fmt"
	"time"

	"github.com/holiman/uint256"

	"github.com/uptally/uptally/uptime"
)

// Basis is what the lines of every device of a snapshot follow from, as of AsOf.
// Its season, rules, windows and holds are valid, and its windows do not overlap.
type Basis struct {
	Season   Season
	Rules    *Ruleset
	AsOf     time.Time       // the moment that the snapshot is taken
	Windows  []Window        // approved, and of this season
	Holds    []Hold          // not released
	Released map[int64]bool  // changes released one by one, by seq
	Observed uptime.Timeline // best over all of Span; other slots are not observed
	Corrects *Correction     // nil until a revision of the season is sealed
}

// Correction is what a revision that follows a sealed one is bound by.
type Correction struct {
	Points *uint256.Int // Σ points of the season's first sealed revision: they fixed the rate
	Sealed Snapshot     // the last sealed revision: only what differs from it is posted
}

// Rate returns what points are worth: by the rate that the first sealed revision
// fixed, or else by the sum of the revision's own.
func (b *Basis) Rate(own *uint256.Int) Rate {
	if b.Corrects != nil {
		return Rate{b.Season.Pool, b.Corrects.Points}
	}
	return Rate{b.Season.Pool, own}
}

// Span returns the slots that scoring may look at: the season, the windows that
// meet it, their lookbacks, and the slots after reconnect_by that may prove a
// device back. A reconnect_by far ahead makes it long: clip it to what there is.
func (b *Basis) Span() uptime.Span {
	season := b.Season.Span()
	span := season
	for i := range b.Windows {
		w := &b.Windows[i]
		if slots := w.slots(); !slots.Intersect(season).Empty() {
			span = uptime.Span{From: min(span.From, w.looksAt().From), To: max(span.To, w.looksAt().To)}
		}
	}
	return span
}

// Score returns the device's lines, in order of their spans, without amounts; none
// if it has no slot of the season. To score many, use a Scorer.
func (b *Basis) Score(d *Device) ([]Line, error) { return b.NewScorer().Score(d, nil) }

// ErrSpans says that a device's timeline and the coverage are over different spans.
var ErrSpans = errors.New("timeline and coverage over different spans")

// Scorer scores one device after another, reusing its memory. It reads the basis,
// which must not change meanwhile; each goroutine needs a Scorer of its own.
type Scorer struct {
	basis   *Basis
	season  uptime.Span
	windows []*Window // those that meet the season
	weights map[weightKey]int64

	// Most lines are the whole season: what was observed of the span last asked for.
	observedSpan  uptime.Span
	observedCount int

	// Of the device at hand.
	changes   []*uptime.Change
	spans     []ownerSpan
	decisions []decision
	down      uptime.Timeline // O \ U
	credited  uptime.Timeline // U ∪ G
}

// NewScorer returns a Scorer of the basis.
func (b *Basis) NewScorer() *Scorer {
	s := &Scorer{
		basis:    b,
		season:   b.Season.Span(),
		weights:  map[weightKey]int64{},
		down:     uptime.NewTimeline(b.Observed.Span()),
		credited: uptime.NewTimeline(b.Observed.Span()),
	}
	for i := range b.Windows {
		if !b.Windows[i].slots().Intersect(s.season).Empty() {
			s.windows = append(s.windows, &b.Windows[i])
		}
	}
	return s
}

// Score appends the device's lines to dst, in order of their spans, without
// amounts; it appends nothing on an error. The error names the device and wraps
// ErrWeightTooLarge, ErrPointsTooLarge, ErrUnregistered or ErrSpans.
func (s *Scorer) Score(d *Device, dst []Line) ([]Line, error) {
	lines, err := s.score(d, dst)
	if err != nil {
		return dst, fmt.Errorf("device %s: %w", d.ID, err)
	}
	return lines, nil
}

func (s *Scorer) score(d *Device, dst []Line) ([]Line, error) {
	if d.Up.Span() != s.basis.Observed.Span() {
		return dst, fmt.Errorf("%w: %v and %v: read both over one span", ErrSpans, d.Up.Span(), s.basis.Observed.Span())
	}
	registered := uptime.SlotAtOrAfter(d.RegisteredAt)
	span := uptime.Span{From: max(s.season.From, registered), To: s.season.To}
	if span.Empty() {
		return dst, nil
	}
	changes, held := s.basis.believed(s.season, d.Changes, s.changes[:0])
	s.changes = changes
	spans, err := ownerSpans(span, changes, s.spans[:0])
	if err != nil {
		return dst, err
	}
	s.spans = spans
	common := deviceNotes(held, len(spans))
	last := lastVerdict(d.Verdicts)
	credited := s.grace(d, registered, last)
	for i := range spans {
		line, err := s.line(d, &spans[i], last, credited)
		if err != nil {
			return dst, err
		}
		line.Notes |= common
		dst = append(dst, line)
	}
	return dst, nil
}

// deviceNotes are the notes that all lines of a device carry.
func deviceNotes(held bool, lines int) (n Notes) {
	if held {
		n |= NoteMetadataHeld
	}
	if lines > 1 {
		n |= NoteOwnerChanged
	}
	return n
}

// grace sets s.decisions, a window each, and returns U ∪ G.
func (s *Scorer) grace(d *Device, registered uptime.Slot, last *uptime.Verdict) uptime.Timeline {
	s.decisions = s.decisions[:0]
	if len(s.windows) == 0 || isKind(last, uptime.Spoofed) {
		return d.Up
	}
	observed, up := s.basis.Observed.Words(), d.Up.Words()
	for i := range s.down.Words() {
		s.down.Words()[i] = observed[i] &^ up[i]
	}
	granted := false
	p := presence{s.basis.Observed, d.Up, s.down, registered, s.season, last}
	for _, w := range s.windows {
		decided := w.decide(&p, s.basis.AsOf)
		s.decisions = append(s.decisions, decided)
		if decided.granted.Empty() {
			continue
		}
		if !granted {
			copy(s.credited.Words(), up)
			granted = true
		}
		s.credited.AddAll(s.down, decided.granted)
	}
	if !granted {
		return d.Up
	}
	return s.credited
}

// line returns one line with its figures, outcome and points; credited is U ∪ G.
func (s *Scorer) line(d *Device, owner *ownerSpan, last *uptime.Verdict, credited uptime.Timeline) (Line, error) {
	rules := s.basis.Rules
	line := Line{Device: d.Number, DeviceID: d.ID, SupplierID: owner.Facts.SupplierID, Span: owner.Span}
	weight, listed, err := s.weight(owner.Facts)
	if err != nil {
		return line, err
	}
	counted := rules.Eligibility.Exclude.counted(line.Span, last)
	line.WeightMillionths = weight
	line.Observed = int32(s.observed(counted))
	line.Up = int32(d.Up.Count(counted))
	line.LongestRun = int32(credited.LongestRun(s.basis.Observed, counted))
	line.JobMinutes = jobMinutes(d.JobMinutes, counted)
	s.addGrace(&line)
	line.Outcome = rules.Eligibility.outcome(&line, listed, rules.Eligibility.Exclude.spoofed(counted, last), isKind(last, uptime.Genuine))
	if line.Outcome == OutcomeEligible {
		line.Points, err = rules.linePoints(&line)
	}
	return line, err
}

// observed is |O ∩ span|.
func (s *Scorer) observed(span uptime.Span) int {
	if span != s.observedSpan {
		s.observedSpan, s.observedCount = span, s.basis.Observed.Count(span)
	}
	return s.observedCount
}

// addGrace adds to the line what the decisions credit to it, and their notes.
func (s *Scorer) addGrace(line *Line) {
	for i := range s.decisions {
		decided := &s.decisions[i]
		if _, credit := s.creditOf(i, line.Span); credit > 0 {
			line.Grace += int32(credit)
			line.Notes |= NoteGraceApplied
		}
		if !decided.window.Intersect(line.Span).Empty() {
			line.Notes |= decided.refused
		}
	}
}

// creditOf returns what the i-th decision grants of a line's span, |G ∩ line|, and
// what it credits to the line for it.
func (s *Scorer) creditOf(i int, line uptime.Span) (granted, credit int) {
	granted = s.down.Count(s.decisions[i].granted.Intersect(line))
	return granted, s.decisions[i].credit(s.windows[i].Credit, granted)
}

// weight is Ruleset.Weight, remembered.
func (s *Scorer) weight(facts uptime.Facts) (millionths int64, listed bool, err error) {
	key, listed := s.basis.Rules.weightKey(facts)
	if !listed {
		return 0, false, nil
	}
	millionths, known := s.weights[key]
	if !known {
		if millionths, err = s.basis.Rules.weightOf(key); err == nil {
			s.weights[key] = millionths
		}
	}
	return millionths, true, err
}

// jobMinutes sums the days whose last slot is among the counted ones of a line. A
// season is whole days and a registration only cuts off its beginning, so the
// last slot of a day in S ∩ R is the day's last slot, or none.
func jobMinutes(days []uptime.JobMinutes, counted uptime.Span) (minutes int64) {
	for i := range days {
		if dayCounts(&days[i], counted) {
			minutes += int64(days[i].Minutes)
		}
	}
	return minutes
}

func dayCounts(d *uptime.JobMinutes, counted uptime.Span) bool {
	return counted.Contains(uptime.SlotOf(d.Day) + uptime.SlotsPerDay - 1)
}
