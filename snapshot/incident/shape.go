package incident

import "github.com/uptally/uptally/uptime"

// Curve is a row of sampled numbers over the time of an incident, for the eye: of a
// collapse, devices up on average, with some time before and after; of a surge,
// devices changed.
type Curve struct {
	From   uptime.Slot
	Step   int     // slots a point
	Points []int64 // at most curvePoints; Unobserved where no slot was
}

// Unobserved is the point of a curve of which no slot was observed.
const Unobserved = -1

const (
	curvePoints  = 60
	curveContext = 10           // of the time of a collapse, one in so many before, and after
	contextLeast = 12           // slots
	backSlots    = openingSlots // observed, in a row, in which devices are back
	depthFull    = 1000         // per mille
)

// Depth is what was left at the lowest, in thousandths of the baseline, rounded
// down.
func (c Collapse) Depth() int64 { return depthFull * c.Lowest / max(c.Baseline, 1) }

// Back returns the first of three observed slots in a row in which at least
// percent of the devices that were missing at the lowest are back; nil while there
// is none.
func (c Collapse) Back(population []uptime.Population, percent int64) *uptime.Slot {
	row, first := 0, uptime.Slot(0)
	for _, p := range population {
		switch {
		case !p.Observed || p.Slot < c.LowestAt:
		case 100*(p.Genuine-c.Lowest) < percent*(c.Baseline-c.Lowest):
			row = 0
		default:
			if row++; row == 1 {
				first = p.Slot
			}
			if row == backSlots {
				return &first
			}
		}
	}
	return nil
}

// Curve samples the populations around the collapse, as far as there are observed
// ones.
func (c Collapse) Curve(population []uptime.Population) Curve {
	known := uptime.Span{From: c.Opened, To: c.Opened}
	for _, p := range population {
		if p.Observed {
			known.From, known.To = min(known.From, p.Slot), p.Slot+1
		}
	}
	shown := uptime.Span{From: c.Opened, To: known.To}
	if end := c.End(); end != nil {
		shown.To = *end
	}
	context := max(contextLeast, (shown.To-shown.From)/curveContext)
	shown.From, shown.To = shown.From-context, shown.To+context
	samples := newSamples(shown.Intersect(known))
	for _, p := range population {
		if p.Observed {
			samples.add(p.Slot, p.Genuine)
		}
	}
	return samples.averages()
}

// Curve samples how many devices changed in its slots.
func (s Surge) Curve(changed []Tally) Curve {
	samples := newSamples(s.Span)
	for _, t := range changed {
		samples.add(t.Slot, t.Devices)
	}
	return samples.totals()
}

// samples add up numbers of slots, some slots a point.
type samples struct {
	span  uptime.Span
	step  int
	sums  []int64
	count []int64
}

func newSamples(span uptime.Span) *samples {
	step := max(1, (span.Len()+curvePoints-1)/curvePoints)
	points := (span.Len() + step - 1) / step
	return &samples{span, step, make([]int64, points), make([]int64, points)}
}

func (s *samples) add(k uptime.Slot, number int64) {
	if s.span.Contains(k) {
		point := int(k-s.span.From) / s.step
		s.sums[point] += number
		s.count[point]++
	}
}

func (s *samples) totals() Curve { return Curve{s.span.From, s.step, s.sums} }

func (s *samples) averages() Curve {
	for i, n := range s.count {
		if n == 0 {
			s.sums[i] = Unobserved
		} else {
			s.sums[i] /= n
		}
	}
	return s.totals()
}
