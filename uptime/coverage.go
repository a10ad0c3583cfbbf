package uptime

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/jackc/pgx/v5"
)

// LateCommits is how long after a slot the network may still commit rows of it: a
// slot is final once a whole pass over it began that long after its end.
const LateCommits = 24 * time.Hour

// HourSlots is a set of the twelve slots of an hour: bit i is slot i.
type HourSlots uint16

// AllSlots are the twelve slots of an hour.
const AllSlots HourSlots = 1<<SlotsPerHour - 1

// Has reports whether slot i of the hour, 0 to 11, is in the set.
func (s HourSlots) Has(i int) bool { return s>>i&1 == 1 }

// Coverage is what we know of one hour that was requested.
type Coverage struct {
	Hour     Hour
	Observed HourSlots  // pulled in full
	Final    HourSlots  // not waited for any longer: read late enough, or given up on
	ClosedAt *time.Time // nil while open
	Reopened int        // how often two people reopened it
}

// CoverageTotals add up coverage over a span.
type CoverageTotals struct {
	Slots    int // of the span
	Observed int
	GivenUp  int // final, and not observed
	Hours    int // whole hours that hold the span
	Closed   int // of them
	Reopened int // reopenings of them
}

// Awaited is how many slots are neither observed nor given up.
func (t CoverageTotals) Awaited() int { return t.Slots - t.Observed - t.GivenUp }

// GivenUp is a slot that is not waited for any longer, and why.
type GivenUp struct {
	Slot     Slot
	PersonID *int64 // nil: given up by itself, after bounded tries
	Reason   string
}

// ErrHourClosed says that an hour is closed: what it holds never changes again.
var ErrHourClosed = errors.New("hour is closed")

// RequestSpan notes that the span is wanted: partitions for its chunks, and
// coverage rows that wait for its slots.
func RequestSpan(ctx context.Context, tx pgx.Tx, span Span) error {
	if span.Empty() {
		return fmt.Errorf("span from %s to %s is empty: let it end after it begins",
			span.From.Start().Format(time.RFC3339), span.To.Start().Format(time.RFC3339))
	}
	if err := makePartitions(ctx, tx, span); err != nil {
		return fmt.Errorf("partitions from %s to %s: %w", span.From.Start(), span.To.Start(), err)
	}
	first, end := span.Hours()
	return insertCoverage(ctx, tx, first, end)
}

// LastRequested returns the last hour that was requested and has begun by now, and
// whether there is one.
func LastRequested(ctx context.Context, tx pgx.Tx, now time.Time) (last Hour, some bool, err error) {
	at, err := selectLastRequested(ctx, tx, now)
	if err != nil || at == nil {
		return 0, false, err
	}
	return HourOf(*at), true, nil
}

// beginning is before every hour that is requested, and one that the database can hold:
// the longest lookbacks begin before those.
var beginning = HourOf(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))

// CoverageOf returns the coverage of the requested hours that hold the span, in
// hour order. Hours that nobody requested are absent: nothing of them is observed.
func CoverageOf(ctx context.Context, tx pgx.Tx, span Span) ([]Coverage, error) {
	first, end := span.Hours()
	return selectCoverage(ctx, tx, max(first, beginning), max(end, beginning))
}

// Requested returns the part of the span between the first and the last hour that was
// ever requested; an empty span, if there is none. Nothing beyond is observed.
func Requested(ctx context.Context, tx pgx.Tx, span Span) (Span, error) {
	first, last, err := selectRequestedBounds(ctx, tx)
	if err != nil || first == nil {
		return Span{}, err
	}
	if span = span.Intersect(Span{From: SlotOf(*first), To: SlotOf(*last) + SlotsPerHour}); span.Empty() {
		return Span{}, nil
	}
	return span, nil
}

// Observed returns the observed slots of the hours, as a timeline over the span.
func Observed(hours []Coverage, span Span) Timeline {
	return slotsOf(hours, span, func(c Coverage) HourSlots { return c.Observed })
}

// Final returns the slots of the hours that are not waited for any longer, as a
// timeline over the span.
func Final(hours []Coverage, span Span) Timeline {
	return slotsOf(hours, span, func(c Coverage) HourSlots { return c.Final })
}

func slotsOf(hours []Coverage, span Span, set func(Coverage) HourSlots) Timeline {
	t := NewTimeline(span)
	for _, h := range hours {
		slots := set(h)
		for i := range SlotsPerHour {
			if slots.Has(i) {
				t.Add(h.Hour.First() + Slot(i))
			}
		}
	}
	return t
}

// SumCoverage adds up the hours' coverage of the span.
func SumCoverage(hours []Coverage, span Span) CoverageTotals {
	first, end := span.Hours()
	t := CoverageTotals{Slots: span.Len(), Hours: int(end - first)}
	for _, h := range hours {
		within := slotsWithin(h.Hour, span)
		t.Observed += bits.OnesCount16(uint16(h.Observed & within))
		t.GivenUp += bits.OnesCount16(uint16(h.Final &^ h.Observed & within))
		t.Reopened += h.Reopened
		if h.ClosedAt != nil {
			t.Closed++
		}
	}
	return t
}

// awaited returns the slots of the hour that are to be read by now: those that are
// over and not observed, and those that were observed too early to be final and
// are old enough to become so.
func (c Coverage) awaited(now time.Time) HourSlots {
	over := slotsWithin(c.Hour, Span{From: c.Hour.First(), To: SlotOf(now)})
	return over &^ c.Final &^ (c.Observed &^ finalBy(c.Hour, now))
}

// Awaited returns the spans of slots of requested hours that are to be read by now,
// in order, each within one hour: over and neither observed nor given up, or not
// read again since they are a day old.
func Awaited(ctx context.Context, tx pgx.Tx, now time.Time) ([]Span, error) {
	hours, err := selectUnsettled(ctx, tx, HourOf(now)+1)
	if err != nil {
		return nil, err
	}
	var spans []Span
	for _, h := range hours {
		awaited := h.awaited(now)
		for i := range Slot(SlotsPerHour) {
			k := h.Hour.First() + i
			if !awaited.Has(int(i)) {
				continue
			}
			if n := len(spans); n > 0 && spans[n-1].To == k && k.InHour() != 0 {
				spans[n-1].To = k + 1
			} else {
				spans = append(spans, Span{From: k, To: k + 1})
			}
		}
	}
	return spans, nil
}

// AwaitedOf returns the slots of the span that Awaited would name, in order.
func AwaitedOf(ctx context.Context, tx pgx.Tx, span Span, now time.Time) ([]Slot, error) {
	hours, err := CoverageOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	var slots []Slot
	for _, h := range hours {
		awaited := h.awaited(now) & slotsWithin(h.Hour, span)
		for i := range SlotsPerHour {
			if awaited.Has(i) {
				slots = append(slots, h.Hour.First()+Slot(i))
			}
		}
	}
	return slots, nil
}

// GiveUp stops waiting for the slots of the span that are not observed, and for
// those to be read again that are due for it: by itself if person is nil, else by
// that person, with the reason. Slots of closed hours are refused with
// ErrHourClosed. It returns how many slots it gave up.
func GiveUp(ctx context.Context, tx pgx.Tx, span Span, now time.Time, person *int64, reason string) (int, error) {
	hours, err := lockSpan(ctx, tx, span)
	if err != nil {
		return 0, err
	}
	var (
		slots []time.Time
		marks []Coverage
	)
	for _, h := range hours {
		open := slotsWithin(h.Hour, span) &^ h.Final &^ (h.Observed &^ finalBy(h.Hour, now))
		if open == 0 {
			continue
		}
		if h.ClosedAt != nil {
			return 0, fmt.Errorf("giving up slots of %s: %w since %s", h.Hour.Start(), ErrHourClosed, h.ClosedAt.UTC())
		}
		for i := range SlotsPerHour {
			if open.Has(i) {
				slots = append(slots, (h.Hour.First() + Slot(i)).Start())
			}
		}
		marks = append(marks, Coverage{Hour: h.Hour, Final: open})
	}
	if len(slots) == 0 {
		return 0, nil
	}
	if err := insertGivenUp(ctx, tx, slots, person, reason); err != nil {
		return 0, err
	}
	return len(slots), markCoverage(ctx, tx, marks)
}

// AwaitAgain makes slots of open hours awaited once more, although they are final:
// they are read again by whatever reads awaited slots. The slots are in order. It
// returns those that it made so; those of closed hours, and those that are awaited
// or were never wanted, stay as they are.
func AwaitAgain(ctx context.Context, tx pgx.Tx, slots []Slot) (awaited []Slot, err error) {
	if len(slots) == 0 {
		return nil, nil
	}
	hours, err := lockCoverage(ctx, tx, slots[0].Hour(), slots[len(slots)-1].Hour()+1)
	if err != nil {
		return nil, err
	}
	final := map[Hour]HourSlots{} // of open hours
	for _, h := range hours {
		if h.ClosedAt == nil {
			final[h.Hour] = h.Final
		}
	}
	var marks []Coverage
	for _, k := range slots {
		if !final[k.Hour()].Has(k.InHour()) {
			continue
		}
		if n := len(marks); n == 0 || marks[n-1].Hour != k.Hour() {
			marks = append(marks, Coverage{Hour: k.Hour()})
		}
		marks[len(marks)-1].Final |= 1 << k.InHour()
		awaited = append(awaited, k)
	}
	return awaited, unmarkFinal(ctx, tx, marks)
}

// GivenUpOf returns the slots of the span that were given up on, and why.
func GivenUpOf(ctx context.Context, tx pgx.Tx, span Span) ([]GivenUp, error) {
	return selectGivenUp(ctx, tx, span)
}

// CloseHours closes every open hour that is more than a day old and whose twelve
// slots are final, and counts who was up in them. It returns how many it closed.
func CloseHours(ctx context.Context, tx pgx.Tx, now time.Time) (int64, error) {
	hours, err := closeHours(ctx, tx, now.Add(-LateCommits), now)
	if err != nil || len(hours) == 0 {
		return 0, err
	}
	return int64(len(hours)), countPopulation(ctx, tx, hours)
}

// Closable returns the hours that CloseHours would close, as spans in order.
func Closable(ctx context.Context, tx pgx.Tx, now time.Time) ([]Span, error) {
	hours, err := selectClosable(ctx, tx, now.Add(-LateCommits))
	var spans []Span
	for _, h := range hours {
		if n := len(spans); n > 0 && spans[n-1].To == h.First() {
			spans[n-1].To = (h + 1).First()
		} else {
			spans = append(spans, Span{From: h.First(), To: (h + 1).First()})
		}
	}
	return spans, err
}

// LockHours locks the coverage of the span's hours, in hour order, and returns it:
// until the transaction ends nobody else merges into them or closes them. Hours that
// nobody requested are requested by it, but RequestSpan makes room for their chunks.
func LockHours(ctx context.Context, tx pgx.Tx, span Span) ([]Coverage, error) {
	return lockSpan(ctx, tx, span)
}

// lockSpan makes and locks the coverage rows of the span's hours, in hour order.
func lockSpan(ctx context.Context, tx pgx.Tx, span Span) ([]Coverage, error) {
	first, end := span.Hours()
	if err := insertCoverage(ctx, tx, first, end); err != nil {
		return nil, err
	}
	return lockCoverage(ctx, tx, first, end)
}

// slotsWithin returns the slots of the hour that lie in the span.
func slotsWithin(h Hour, span Span) HourSlots {
	part := Span{From: h.First(), To: (h + 1).First()}.Intersect(span)
	if part.Empty() {
		return 0
	}
	below := HourSlots(1)<<(part.To-h.First()) - 1
	return below &^ (HourSlots(1)<<(part.From-h.First()) - 1)
}
