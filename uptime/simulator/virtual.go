package simulator

import "github.com/uptally/uptally/uptime"

// cohort is a run of virtual devices on one machine of a farm: they register
// within half an hour, claim one model, and switch on and off in the same slots.
type cohort struct {
	registered moment // the first of them
	active     ticks
}

const (
	cohortLargest        = 500     // devices
	cohortsFewest        = 12      // unless there are fewer virtual devices
	cohortRegistration   = 30 * 60 // seconds in which all of a cohort register
	survivorsPerMille    = 2       // of the virtual devices, rounded up, the last ones
	survivorsDays        = 15      // that these stay after the cut-over
	virtualGPUs          = 8       // claimed by each device
	virtualConnectivity  = "ultra" // claimed by each device
	cohortPausesPerMille = 60      // of the days
)

// virtualHabit is a cohort's: on for months but for a restart now and then.
var virtualHabit = habit{cohortPausesPerMille, 1, 3}

// makeCohorts draws the cohorts, over the days of the farms' arrival with most of
// them in the middle: 18 April.
func (w *World) makeCohorts() []cohort {
	cohorts := make([]cohort, (w.virtuals+w.together-1)/w.together)
	from, until := momentAtOrAfter(VirtualsFrom), momentAtOrAfter(VirtualsUntil)-cohortRegistration
	for c := range cohorts {
		draw := w.key(traitCohort).at(uint64(c))
		span := int32(until - from)
		first := from + moment(spread(uint32(draw), span/2)+spread(uint32(draw>>32), span/2))
		on := (first + cohortRegistration).tick() + 1
		off := cutOverTick + tick(part(draw, 0, cutOverTicks))
		cohorts[c] = cohort{registered: first, active: ticks{on, off}}
	}
	return cohorts
}

// virtualUp reports whether the v-th virtual device is up in the tick.
func (w *World) virtualUp(v int, t tick) bool {
	number := uint32(v) / uint32(w.together)
	return w.virtualActive(v).contains(t) && !virtualHabit.out(w.key(traitCohort).child(uint64(number)).at(t.day()), t.inDay())
}

// virtualActive returns from when until when the v-th virtual device is on.
func (w *World) virtualActive(v int) ticks {
	active := w.cohorts[uint32(v)/uint32(w.together)].active
	if w.survives(v) {
		active.until = survivorsUntil
	}
	return active
}

var survivorsUntil = cutOverTick + survivorsDays*uptime.SlotsPerDay

// survives reports whether the cut-over does not stop the virtual device.
func (w *World) survives(v int) bool {
	return v >= w.virtuals-(w.virtuals*survivorsPerMille+999)/1000
}

// virtualRegistered returns when the v-th virtual device registers.
func (w *World) virtualRegistered(v int) moment {
	draw := w.key(traitRegistered).child(1).at(uint64(v))
	return w.cohorts[v/w.together].registered + moment(part(draw, 0, cohortRegistration))
}

// farmOf returns the number of the farm that owns the cohort of a device.
func (w *World) farmOf(v int) int { return v / w.together * farms / len(w.cohorts) }
