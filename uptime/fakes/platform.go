package fakes

import "github.com/uptally/uptally/uptime"

// stretch is a run of slots of the span, [from, to).
type stretch struct{ from, to int32 }

// platformStretches finds when the platform itself moved: the hours within which
// the population halved or doubled. What a device did then says nothing of it.
func platformStretches(population []int32) (stretches []stretch) {
	const hour = uptime.SlotsPerHour
	for k := hour; k < len(population); k++ {
		before, now := population[k-hour], population[k]
		if max(before, now) < 2*min(before, now) || before == now {
			continue
		}
		moved := stretch{int32(k - hour + 1), int32(k + 1)}
		if last := len(stretches) - 1; last >= 0 && stretches[last].to >= moved.from {
			stretches[last].to = moved.to
		} else {
			stretches = append(stretches, moved)
		}
	}
	return stretches
}

// calendar tells of each slot whether a turn at it stands for that slot.
type calendar struct {
	platform []stretch
	dated    []bool // the slot before was observed, and the platform did not move
}

func newCalendar(observed uptime.Timeline, platform []stretch) calendar {
	span := observed.Span()
	dated := make([]bool, span.Len())
	for k := 1; k < len(dated); k++ {
		dated[k] = observed.Has(span.From + uptime.Slot(k-1))
	}
	for _, s := range platform {
		clear(dated[s.from:s.to])
	}
	return calendar{platform, dated}
}

// A turning is a turn with its direction: slot<<1, and 1 if it is up.
type turning = int32

// switches appends a device's dated turns: those by which it can be compared.
func (c *calendar) switches(f *Fleet, device int32, to []turning) []turning {
	up := turning(0)
	if f.upFirst[device] {
		up = 1
	}
	for _, turn := range f.of(device) {
		up ^= 1
		if c.dated[turn] {
			to = append(to, turn<<1|up)
		}
	}
	return to
}

// A cause is what one event outside a device may explain: that it first came up,
// or that it went down. That it came back is the end of what took it down. It is
// written slot<<1, and 1 for the first coming up.
type cause = int32

// causes appends a device's dated causes, in order.
func (c *calendar) causes(f *Fleet, device int32, to []cause) []cause {
	up := f.upFirst[device]
	for i, turn := range f.of(device) {
		up = !up
		switch {
		case !c.dated[turn]:
		case !up:
			to = append(to, turn<<1)
		case i == 0:
			to = append(to, turn<<1|1)
		}
	}
	return to
}

// outline appends what makes two devices identical: every turn outside the
// stretches in which the platform moved, and the state after each of these.
func (c *calendar) outline(f *Fleet, device int32, to []int32) []int32 {
	turns, up, next := f.of(device), turning(0), 0
	if f.upFirst[device] {
		up = 1
	}
	state := func(until int32) { // passes over what turns before the slot
		for next < len(turns) && turns[next] < until {
			up, next = up^1, next+1
		}
	}
	for i, s := range c.platform {
		for next < len(turns) && turns[next] < s.from {
			up ^= 1
			to = append(to, turns[next]<<1|up)
			next++
		}
		state(s.to)
		to = append(to, -2*int32(i+1)+up)
	}
	for ; next < len(turns); next++ {
		up ^= 1
		to = append(to, turns[next]<<1|up)
	}
	return to
}
