package supplier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// Explanation is what `uptally device explain` gives, cut down to the caller's lines.
type Explanation struct {
	Season       string                  `json:"season" doc:"The season."`
	Revision     int                     `json:"revision" doc:"The sealed revision; 0 of an estimate."`
	Estimate     bool                    `json:"estimate" doc:"Whether it is an estimate: nothing of it is owed."`
	AsOf         time.Time               `json:"as_of" doc:"What was recorded by then counts."`
	Decimals     int                     `json:"decimals" doc:"Decimals of every amount below, which are base units." example:"8"`
	DeviceID     uuid.UUID               `json:"device_id" format:"uuid" doc:"The device."`
	RegisteredAt time.Time               `json:"registered_at" doc:"When it was registered."`
	Changes      []ExplainedChange       `json:"changes" nullable:"false" doc:"Changes of the device while it was yours, and what was made of them."`
	Verdicts     []ExplainedVerdict      `json:"verdicts" nullable:"false" doc:"Verdicts on the device, in the order that decides which one counts."`
	Exclude      snapshot.Exclude        `json:"exclude" enum:"season,from_verdict" doc:"What a last verdict of spoofed takes out."`
	Days         []snapshot.ExplainedDay `json:"days" nullable:"false" doc:"Your slots, a character each: # up, . down, ? unobserved, + granted, x excluded, - not yours."`
	Windows      []ExplainedWindow       `json:"windows" nullable:"false" doc:"Grace windows that meet a line of yours, step by step."`
	Lines        []ExplainedLine         `json:"lines" nullable:"false" doc:"Your lines, with what each figure follows from."`
	Rate         snapshot.ExplainedRate  `json:"rate" doc:"What points are worth."`
	Stored       []snapshot.LineFigures  `json:"stored,omitempty" doc:"Your lines as the revision holds them, if its hours were reopened since and come to others now."`
}

// ExplainedLine is a line with what each of its figures follows from.
type ExplainedLine struct {
	snapshot.ExplainedLine
	Excluded *snapshot.Interval `json:"excluded,omitempty" doc:"The slots that a verdict takes out of every figure; absent if none are."`
}

// ExplainedWindow is a grace window, applied to the device step by step.
type ExplainedWindow struct {
	snapshot.ExplainedWindow
	Before *snapshot.ExplainedBefore `json:"before,omitempty" doc:"Was the device up before the window? Absent where that was not asked."`
}

// ExplainedChange is a change of the device while it was the caller's.
type ExplainedChange struct {
	ChangedAt time.Time              `json:"changed_at" doc:"When."`
	From      time.Time              `json:"from" doc:"Start of the first slot that it is set against."`
	Channel   string                 `json:"channel" enum:"registration,user,worker-api" doc:"How it reached the network."`
	Standing  snapshot.Standing      `json:"standing" enum:"believed,held,released" doc:"Whether it counts, was set aside, or was set aside and released."`
	Fields    []snapshot.FieldChange `json:"fields" nullable:"false" doc:"What it changed. Another owner is told as \"another\"."`
}

// ExplainedVerdict is a verdict without its evidence.
type ExplainedVerdict struct {
	Verdict     string    `json:"verdict" enum:"spoofed,genuine" doc:"What was found."`
	DecidedAt   time.Time `json:"decided_at" doc:"When it was decided."`
	EffectiveAt time.Time `json:"effective_at" doc:"From when it holds."`
	ByHand      bool      `json:"by_hand" doc:"Whether a person entered it."`
	Reason      string    `json:"reason" doc:"Why."`
	Counts      bool      `json:"counts" doc:"Whether it is the last: only that counts."`
}

// another stands for an owner who is not the caller.
const another = "another"

type explanationIn struct {
	DevicePath
	Season string `query:"season" required:"true" pattern:"^[a-z0-9][a-z0-9-]*$" minLength:"1" maxLength:"63" doc:"The season's code." example:"ignition-s1"`
	Which
}

type explanationOut struct{ Body Explanation }

func (r rooms) explanation(ctx context.Context, reader wire.Reader, me auth.Caller, in *explanationIn) (*explanationOut, error) {
	e, own, err := r.explain(ctx, reader, me, in)
	if err != nil {
		return nil, err
	}
	return &explanationOut{own.cutDown(e)}, nil
}

// gate is which lines of one device the caller has, in a sealed revision or an estimate,
// as row-level security lets them be read: what is computed is cut down to these.
type gate struct {
	me     auth.Caller
	result Result
	starts []time.Time // the first slots of the lines
}

// own says whether a line that was computed is one of them.
func (g *gate) own(l *snapshot.LineFigures) bool {
	return wire.Mine(g.me, l.SupplierID) && slices.ContainsFunc(g.starts, l.Span.From.Equal)
}

// pass reads the caller's lines of the device; wire.NotFound, if there is none.
func pass(ctx context.Context, reader wire.Reader, me auth.Caller, season string, which Which, device uuid.UUID) (*gate, error) {
	g := &gate{me: me, result: Result{Season: season, Estimate: which.Estimate}}
	ask := &pgx.Batch{}
	if which.Estimate {
		queueOwnEstimate(ask, season, device, g)
	} else {
		queueOwnLines(ask, season, which, device, g)
	}
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	if len(g.starts) == 0 {
		return nil, wire.NotFound
	}
	g.result.AsOf = g.result.AsOf.UTC()
	return g, nil
}

// explain passes the gate, then computes.
func (r rooms) explain(ctx context.Context, reader wire.Reader, me auth.Caller, in *explanationIn) (*snapshot.Explanation, *gate, error) {
	id, err := in.id()
	if err != nil {
		return nil, nil, err
	}
	if err := in.check(); err != nil {
		return nil, nil, err
	}
	own, err := pass(ctx, reader, me, in.Season, in.Which, id)
	if err != nil {
		return nil, nil, err
	}
	var e *snapshot.Explanation
	err = r.compute(ctx, me.Supplier, func(tx pgx.Tx) (err error) {
		if in.Estimate {
			e, err = snapshot.ExplainEstimated(ctx, tx, id, in.Season)
			return err
		}
		s, err := snapshot.Find(ctx, tx, snapshot.Snapshot{Season: in.Season, Revision: own.result.Revision}.Name())
		if err != nil {
			return err
		}
		if s.State != snapshot.Sealed {
			return wire.NotFound
		}
		e, err = snapshot.ExplainDevice(ctx, tx, id, s)
		return err
	})
	return e, own, err
}

// cutDown keeps of an explanation what is the caller's.
func (g *gate) cutDown(e *snapshot.Explanation) Explanation {
	v := Explanation{
		Season: e.Season, Revision: e.Revision, Estimate: e.Estimate, AsOf: e.AsOf, Decimals: wire.Decimals, DeviceID: e.DeviceID,
		RegisteredAt: e.RegisteredAt, Exclude: e.Exclude, Rate: e.Rate,
		Changes: []ExplainedChange{}, Verdicts: []ExplainedVerdict{}, Windows: []ExplainedWindow{}, Lines: []ExplainedLine{},
	}
	var spans []snapshot.Interval
	for i := range e.Lines {
		if g.own(&e.Lines[i].LineFigures) {
			v.Lines = append(v.Lines, ExplainedLine{e.Lines[i], e.Lines[i].Excluded})
			spans = append(spans, e.Lines[i].Span)
		}
	}
	for i := range e.Stored {
		if g.own(&e.Stored[i]) {
			v.Stored = append(v.Stored, e.Stored[i])
		}
	}
	for i := range e.Verdicts {
		x := &e.Verdicts[i]
		v.Verdicts = append(v.Verdicts, ExplainedVerdict{string(x.Kind), x.DecidedAt, x.EffectiveAt, x.ByHand, x.Reason, x.Counts})
	}
	for i := range e.Windows {
		if slices.ContainsFunc(spans, func(s snapshot.Interval) bool { return e.Windows[i].From.Before(s.To) && e.Windows[i].To.After(s.From) }) {
			v.Windows = append(v.Windows, g.ownWindow(e, &e.Windows[i], v.Lines))
		}
	}
	v.Changes = ownChanges(g.me, e.Changes, spans)
	v.Days = ownDays(e.Days, spans)
	return v
}

// ownWindow keeps of a window's steps the slots that were the caller's, and of what it
// grants what it grants of their lines. The second step stays as it is: its counts are
// what decided, and its span follows from the window and the registration.
func (g *gate) ownWindow(e *snapshot.Explanation, window *snapshot.ExplainedWindow, lines []ExplainedLine) ExplainedWindow {
	w := *window
	w.Gap, w.Back, w.Granted = g.ownSlot(e, lines, w.Gap), g.ownSlot(e, lines, w.Back), 0
	for i := range lines {
		for _, credit := range lines[i].Credits {
			if credit.Window == w.Window {
				w.Granted += credit.Granted
			}
		}
	}
	// No other decision's sentence tells more than the second step.
	if w.Decision == snapshot.WindowGranted && (w.Gap == nil || w.Back == nil || w.Granted != window.Granted) {
		w.Says = fmt.Sprintf("granted: up in %d of the %d observed slots before it; slots that it grants while the device was yours: %d",
			w.Before.Part, w.Before.Whole, w.Granted)
	}
	return ExplainedWindow{w, w.Before}
}

// ownSlot returns the start of the slot if the device was the caller's then: if it lies
// in one of their lines or, beyond the season, where there are no lines, if they owned
// the device by the changes that the lines go by.
func (g *gate) ownSlot(e *snapshot.Explanation, lines []ExplainedLine, start *time.Time) *time.Time {
	if start == nil {
		return nil
	}
	own := slices.ContainsFunc(lines, func(l ExplainedLine) bool { return !start.Before(l.Span.From) && start.Before(l.Span.To) })
	if beyond := start.Before(e.Span.From) || !start.Before(e.Span.To); beyond {
		own = ownerName(g.me, ownerAt(e.Changes, *start)) != another
	}
	if !own {
		return nil
	}
	return start
}

// ownerAt is whose the device is at the start of a slot, by the changes that are believed.
func ownerAt(changes []snapshot.ExplainedChange, start time.Time) (id string) {
	for i := range changes { // in the order in which they are folded
		if c := &changes[i]; c.Standing != snapshot.Held && !c.From.After(start) {
			for _, f := range c.Fields {
				if f.Field == snapshot.FieldSupplier {
					id = f.After
				}
			}
		}
	}
	return id
}

// ownChanges keeps the changes that take effect in the spans, and names no other owner.
func ownChanges(me auth.Caller, changes []snapshot.ExplainedChange, spans []snapshot.Interval) []ExplainedChange {
	kept := []ExplainedChange{}
	for i := range changes {
		c := &changes[i]
		if !slices.ContainsFunc(spans, func(s snapshot.Interval) bool { return !c.From.Before(s.From) && c.From.Before(s.To) }) {
			continue
		}
		v := ExplainedChange{c.ChangedAt, c.From, string(c.Channel), c.Standing, slices.Clone(c.Fields)}
		for j := range v.Fields {
			f := &v.Fields[j]
			if f.Field != snapshot.FieldSupplier {
				continue
			}
			if f.Before != nil {
				f.Before = new(ownerName(me, *f.Before))
			}
			f.After = ownerName(me, f.After)
		}
		kept = append(kept, v)
	}
	return kept
}

// ownerName is the owner's id, if that is the caller.
func ownerName(me auth.Caller, id string) string {
	if id == me.Supplier.String() {
		return id
	}
	return another
}

// ownDays blanks the slots outside of the spans, and drops days without any within.
func ownDays(days []snapshot.ExplainedDay, spans []snapshot.Interval) []snapshot.ExplainedDay {
	kept := []snapshot.ExplainedDay{}
	for _, day := range days {
		start, err := time.Parse(time.DateOnly, day.Day)
		if err != nil {
			continue
		}
		slots, some := []byte(day.Slots), false
		for i := range slots {
			at := start.Add(time.Duration(i) * slotLength)
			if slices.ContainsFunc(spans, func(s snapshot.Interval) bool { return !at.Before(s.From) && at.Before(s.To) }) {
				some = true
			} else {
				slots[i] = snapshot.SlotOutside
			}
		}
		if some {
			kept = append(kept, snapshot.ExplainedDay{Day: day.Day, Slots: string(slots)})
		}
	}
	return kept
}
