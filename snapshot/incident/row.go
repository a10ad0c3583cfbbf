package incident

import (
	"time"

	"github.com/uptally/uptally/uptime"
)

// readingRow is an incident as a row of incident_reading: slots as the instants at
// which they start, and null for what its kind does not have.
type readingRow struct {
	Incident       int64
	Kind           Kind
	Opened         time.Time
	Ends           *time.Time
	Baseline       *int64
	Lowest         *int64
	LowestAt       *time.Time
	Recovered      *time.Time
	Closed         *time.Time
	AcceptedEnd    *time.Time
	HalfBack       *time.Time
	NineTenthsBack *time.Time
	Vanished       *int64
	Returned       *int64
	Devices        *int64
	Changes        *int64
	CurveFrom      time.Time
	CurveStep      int
	Curve          []int64
}

func rowOf(i Incident) readingRow {
	r := readingRow{
		Incident: i.ID, Kind: i.Kind, Opened: i.Opened.Start(), Ends: start(i.End),
		CurveFrom: i.Curve.From.Start(), CurveStep: i.Curve.Step, Curve: i.Curve.Points,
	}
	if c := i.Collapse; c != nil {
		r.Baseline, r.Lowest, r.LowestAt = &c.Baseline, &c.Lowest, start(&c.LowestAt)
		r.Recovered, r.Closed, r.AcceptedEnd = start(c.Recovered), start(c.Closed), start(c.EndedAt)
		r.HalfBack, r.NineTenthsBack = start(c.HalfBack), start(c.NineTenthsBack)
		r.Vanished, r.Returned = &c.Vanished, &c.Returned
	}
	if s := i.Surge; s != nil {
		r.Devices, r.Changes = &s.Devices, &s.Changes
	}
	return r
}

func (r readingRow) incident() Incident {
	i := Incident{
		ID: r.Incident, Kind: r.Kind, Opened: uptime.SlotOf(r.Opened), End: slot(r.Ends),
		Curve: Curve{From: uptime.SlotOf(r.CurveFrom), Step: r.CurveStep, Points: r.Curve},
	}
	switch r.Kind {
	case KindCollapse:
		i.Collapse = &Fall{
			Collapse: Collapse{
				Opened: i.Opened, Baseline: *r.Baseline, Lowest: *r.Lowest, LowestAt: *slot(r.LowestAt),
				Recovered: slot(r.Recovered), Closed: slot(r.Closed), EndedAt: slot(r.AcceptedEnd),
			},
			Loss:     Loss{Vanished: *r.Vanished, Returned: *r.Returned},
			HalfBack: slot(r.HalfBack), NineTenthsBack: slot(r.NineTenthsBack),
		}
	case KindSurge:
		i.Surge = &Surge{Span: uptime.Span{From: i.Opened, To: *i.End}, Devices: *r.Devices, Changes: *r.Changes}
	}
	return i
}

// start returns the instant at which a slot starts that may be none.
func start(k *uptime.Slot) *time.Time {
	if k == nil {
		return nil
	}
	return new(k.Start())
}

// slot is the inverse of start.
func slot(at *time.Time) *uptime.Slot {
	if at == nil {
		return nil
	}
	return new(uptime.SlotOf(*at))
}
