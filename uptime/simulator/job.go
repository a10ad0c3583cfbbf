package simulator

import "github.com/uptally/uptally/uptime"

const (
	jobShortest = 20      // minutes
	jobSpan     = 20 * 60 // minutes
	minutesSlot = 5       // a device cannot compute longer than it was up
)

// jobMinutes returns how long a device did paid compute on a day that begins with
// the tick: 0 on most days, never more than it was up, and 0 for virtual devices.
func (w *World) jobMinutes(device int, day tick) int32 {
	if device >= len(w.lives) || !w.lives[device].there(day+uptime.SlotsPerDay/2) {
		return 0
	}
	draw := w.key(traitJob).child(uint64(device)).at(day.day())
	if part(draw, 0, 1000) >= w.hardwareOf(device).jobsPerDay {
		return 0
	}
	up := int32(0)
	for t := day; t < day+uptime.SlotsPerDay && t < endTick; t++ {
		if _, beats := w.beat(device, t); beats {
			up++
		}
	}
	return min(jobShortest+part(draw, 16, jobSpan), minutesSlot*up)
}
