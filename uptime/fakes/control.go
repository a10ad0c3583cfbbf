package fakes

import "github.com/uptally/uptally/uptime"

// control counts the runs of up slots of the devices that nothing is said against,
// by the whole hours in them: what honest machines come to over the same days.
type control struct {
	hours int
	runs  []int32 // [first hour, end hour], summed: that begin by first and end at end or later
}

func newControl(f *Fleet, leftOut []bool) *control {
	c := &control{hours: int(f.slots())/uptime.SlotsPerHour + 1}
	c.runs = make([]int32, c.hours*c.hours)
	for device := range int32(f.Len()) {
		if leftOut[device] {
			continue
		}
		f.runs(device, func(from, to int32) {
			if first, end := wholeHours(from, to); first < end {
				c.runs[first*c.hours+end]++
			}
		})
	}
	for first := range c.hours {
		row := c.runs[first*c.hours:][:c.hours]
		for end := c.hours - 2; end >= 0; end-- {
			row[end] += row[end+1]
		}
	}
	for i := c.hours; i < len(c.runs); i++ {
		c.runs[i] += c.runs[i-c.hours]
	}
	return c
}

// wholeHours returns the hours of the span that lie in [from, to).
func wholeHours(from, to int32) (first, end int) {
	return int(from+uptime.SlotsPerHour-1) / uptime.SlotsPerHour, int(to) / uptime.SlotsPerHour
}

// lasting returns how many of the devices that were up in the first whole hour of
// the run stayed up through the last of them.
func (c *control) lasting(from, to int32) (lasted, of int64) {
	first, end := wholeHours(from, to)
	if end-first < 2 {
		return 0, 0
	}
	row := c.runs[first*c.hours:][:c.hours]
	return int64(row[end]), int64(row[first+1])
}
