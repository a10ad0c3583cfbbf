package supplier

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// The bounds of a timeline, in slots.
const (
	timelineUsual = uptime.SlotsPerDay
	timelineMost  = 92 * uptime.SlotsPerDay
)

// Timeline is a device's slots over a span: as bits, and as spans of one state each.
type Timeline struct {
	DeviceID    uuid.UUID        `json:"device_id" format:"uuid" doc:"The device."`
	From        time.Time        `json:"from" doc:"Start of the first slot."`
	To          time.Time        `json:"to" doc:"End of the last slot."`
	Slots       int              `json:"slots" doc:"Slots in the span."`
	SlotSeconds int              `json:"slot_seconds" doc:"Length of a slot." example:"300"`
	Bits        TimelineBits     `json:"bits" doc:"A 0 or 1 a slot, the first slot first."`
	Spans       []TimelineSpan   `json:"spans" nullable:"false" doc:"Maximal runs of slots of one state, in order: they cover the span without gaps."`
	Coverage    TimelineCoverage `json:"coverage" doc:"What could be observed of the slots that are yours."`
	Grace       []TimelineWindow `json:"grace" nullable:"false" doc:"Grace windows that meet the span, and what they decided on this device, as things stand now."`
	Exclusion   *TimelineVerdict `json:"exclusion,omitempty" doc:"The verdict that takes slots out, as things stand now; absent if the device's last verdict is not spoofed."`
}

// TimelineBits are strings of 0 and 1.
type TimelineBits struct {
	Up       string `json:"up" pattern:"^[01]*$" doc:"At least one heartbeat was accepted in the slot."`
	Observed string `json:"observed" pattern:"^[01]*$" doc:"The slot was read in full: only then is a 0 of up a miss."`
	Grace    string `json:"grace" pattern:"^[01]*$" doc:"The slot was missed, and a grace window grants it."`
	Owned    string `json:"owned" pattern:"^[01]*$" doc:"The device was yours at the start of the slot; where it is 0, so are the others."`
}

// TimelineSpan is a run of slots of one state.
type TimelineSpan struct {
	From  time.Time `json:"from" doc:"Start of its first slot."`
	To    time.Time `json:"to" doc:"End of its last slot."`
	State State     `json:"state" enum:"up,down,unobserved,grace,not_yours,excluded" doc:"The first that applies: not_yours, unobserved, excluded (by a verdict), up, grace, down."`
}

// TimelineCoverage counts slots that are the caller's.
type TimelineCoverage struct {
	Slots    int `json:"slots" doc:"Slots that are yours."`
	Observed int `json:"observed" doc:"Of these, observed."`
	Up       int `json:"up" doc:"Of these, up."`
}

// TimelineWindow is a grace window and what it decided on the device.
type TimelineWindow struct {
	Season   string         `json:"season" doc:"The season that it is of."`
	Window   int64          `json:"window" doc:"Its number."`
	From     time.Time      `json:"from" doc:"Its beginning."`
	To       time.Time      `json:"to" doc:"Its end, exclusive."`
	Cause    string         `json:"cause" doc:"What happened."`
	Decision string         `json:"decision" doc:"skipped, no_gap, granted, or the code of a refusal: see /v1/reasons."`
	Granted  []TimelineSlot `json:"granted" nullable:"false" doc:"The slots of the span that it grants."`
}

// TimelineSlot is a run of slots.
type TimelineSlot struct {
	From time.Time `json:"from" doc:"Start of its first slot."`
	To   time.Time `json:"to" doc:"End of its last slot."`
}

// TimelineVerdict is the verdict by which slots are taken out.
type TimelineVerdict struct {
	Verdict
	Excluded []TimelineExclusion `json:"excluded" nullable:"false" doc:"Which slots of the span, by season."`
}

// TimelineExclusion is what a season's rules let the verdict take out.
type TimelineExclusion struct {
	Season string           `json:"season" doc:"The season."`
	Rule   snapshot.Exclude `json:"rule" enum:"season,from_verdict" doc:"Whether the whole season is taken out, or the slots from effective_at on."`
	TimelineSlot
}

type timelineIn struct {
	DevicePath
	From time.Time `query:"from" doc:"Start of the first slot: a multiple of five minutes. Default: 24 hours before to." example:"2024-04-25T00:00:00Z"`
	To   time.Time `query:"to" doc:"End of the last slot: a multiple of five minutes. Default: the start of the slot that is running, or 24 hours after from if that is earlier." example:"2024-04-26T00:00:00Z"`
}

type timelineOut struct{ Body Timeline }

// span returns the slots that are asked for.
func (in *timelineIn) span(now time.Time) (uptime.Span, error) {
	running := uptime.SlotOf(now)
	span := uptime.Span{From: uptime.SlotOf(in.From), To: uptime.SlotOf(in.To)}
	switch {
	case in.From.IsZero() && in.To.IsZero():
		span = uptime.Span{From: running - timelineUsual, To: running}
	case in.From.IsZero():
		span.From = span.To - timelineUsual
	case in.To.IsZero():
		span.To = min(running, span.From+timelineUsual)
	}
	if !in.From.IsZero() && !span.From.Start().Equal(in.From) {
		return span, misaligned("query.from", span.From)
	}
	if !in.To.IsZero() && !span.To.Start().Equal(in.To) {
		return span, misaligned("query.to", span.To)
	}
	if span.Empty() {
		return span, invalid("query.to", "the span holds no slot: give an end after its beginning")
	}
	if span.Len() > timelineMost {
		return span, invalid("query.to", fmt.Sprintf("the span is %d slots: give at most %d, which are 92 days", span.Len(), timelineMost))
	}
	if earliest := uptime.SlotOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); span.From < earliest {
		return span, invalid("query.from", "there is nothing before the year 2000: give a later instant")
	}
	if span.To > running+timelineMost {
		return span, invalid("query.to", "it lies more than 92 days ahead: give an earlier instant")
	}
	return span, nil
}

func misaligned(location string, slot uptime.Slot) error {
	return invalid(location, fmt.Sprintf("slots are five minutes from the full hour on: give %s or %s",
		slot.Start().Format(time.RFC3339), slot.End().Format(time.RFC3339)))
}

// timeline is one statement for a device without a verdict of spoofed, over a span that
// meets no grace window.
func (r rooms) timeline(ctx context.Context, reader wire.Reader, me auth.Caller, in *timelineIn) (*timelineOut, error) {
	span, err := in.span(r.service.Now())
	if err != nil {
		return nil, err
	}
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	row := timelineRow{span: span}
	ask := &pgx.Batch{}
	queueTimeline(ask, id, &row)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	if !row.found || !wire.Mine(me, row.supplier) {
		return nil, wire.NotFound
	}
	bits := row.slots()
	body := Timeline{DeviceID: id, From: span.From.Start(), To: span.To.Start(), Slots: span.Len(), SlotSeconds: uptime.SlotSeconds,
		Grace: []TimelineWindow{}}
	if row.last.spoofed() {
		if err := r.exclude(ctx, reader, &row, &bits, &body); err != nil {
			return nil, err
		}
	}
	if len(row.windows) > 0 {
		if err := r.judge(ctx, &row, &bits, &body); err != nil {
			return nil, err
		}
	}
	body.write(&bits)
	return &timelineOut{body}, nil
}

// exclude adds what a last verdict of spoofed takes out, by each season's rules.
func (r rooms) exclude(ctx context.Context, reader wire.Reader, row *timelineRow, bits *slots, body *Timeline) error {
	body.Exclusion = &TimelineVerdict{Verdict: *row.last.view(), Excluded: []TimelineExclusion{}}
	for _, code := range row.seasons {
		season, rule, err := r.rules.of(ctx, reader, code)
		if err != nil {
			return err
		}
		line := season.span()
		line.From = max(line.From, uptime.SlotAtOrAfter(row.registeredAt))
		if out := rule.Excluded(line, row.last.verdict()).Intersect(bits.span); !out.Empty() {
			bits.excluded = append(bits.excluded, out)
			body.Exclusion.Excluded = append(body.Exclusion.Excluded,
				TimelineExclusion{season.code, rule, TimelineSlot{out.From.Start(), out.To.Start()}})
		}
	}
	return nil
}

// judge adds what the grace windows say of the device's slots. They look beyond what is
// the caller's, as the application may; what is told is cut to the caller's slots.
func (r rooms) judge(ctx context.Context, row *timelineRow, bits *slots, body *Timeline) error {
	return r.compute(ctx, row.supplier, func(tx pgx.Tx) error {
		seasons, err := r.windows.of(ctx, tx, row.windows)
		if err != nil {
			return err
		}
		for i := range seasons {
			judged, err := seasons[i].Judge(ctx, tx, row.device, row.registeredAt, row.last.verdict(), r.service.Now())
			if err != nil {
				return err
			}
			bits.grant(judged.Granted)
			for j := range judged.Windows {
				if w := &judged.Windows[j]; bits.owns(uptime.SpanOf(w.From, w.To)) {
					body.Grace = append(body.Grace, windowOf(seasons[i].Season.Code, w, judged.Granted, bits))
				}
			}
		}
		return nil
	})
}

// windowOf tells of a window what is the caller's, of what its own season grants: that of
// another season may overlap it.
func windowOf(season string, w *snapshot.ExplainedWindow, granted uptime.Timeline, bits *slots) TimelineWindow {
	view := TimelineWindow{
		Season: season, Window: w.Window, From: w.From, To: w.To, Cause: w.Cause, Decision: w.Decision, Granted: []TimelineSlot{},
	}
	within := uptime.SpanOf(w.From, w.To).Intersect(bits.span)
	for k := within.From; k < within.To; k++ {
		if !granted.Has(k) || bits.grace[k-bits.span.From] == '0' {
			continue
		}
		if n := len(view.Granted); n > 0 && view.Granted[n-1].To.Equal(k.Start()) {
			view.Granted[n-1].To = k.End()
		} else {
			view.Granted = append(view.Granted, TimelineSlot{k.Start(), k.End()})
		}
	}
	return view
}

// write fills in what follows from the bits.
func (t *Timeline) write(bits *slots) {
	t.Bits = TimelineBits{string(bits.up), string(bits.observed), string(bits.grace), string(bits.owned)}
	t.Coverage = TimelineCoverage{both(bits.owned, bits.owned), both(bits.owned, bits.observed), both(bits.owned, bits.up)}
	runs := bits.runs()
	t.Spans = make([]TimelineSpan, len(runs))
	for i, r := range runs {
		t.Spans[i] = TimelineSpan{r.span.From.Start(), r.span.To.Start(), r.state}
	}
}
