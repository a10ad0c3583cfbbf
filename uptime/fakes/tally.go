package fakes

// tally counts what devices did in each slot.
type tally struct {
	devices    int64
	population []int32 // up
	first      []int32 // that came up for the first time, dated
	down       []int32 // that went down, dated
}

// tally counts the devices that are not left out.
func (s *search) tally(leftOut []bool) *tally {
	slots := s.fleet.slots()
	t := &tally{population: s.fleet.population(leftOut), first: make([]int32, slots), down: make([]int32, slots)}
	var causes []cause
	for device := range int32(s.fleet.Len()) {
		if leftOut[device] {
			continue
		}
		t.devices++
		causes = s.calendar.causes(s.fleet, device, causes[:0])
		for _, c := range causes {
			if c&1 == 1 {
				t.first[c>>1]++
			} else {
				t.down[c>>1]++
			}
		}
	}
	return t
}

// of returns how many devices the cause fits.
func (t *tally) of(c cause) int64 {
	if c&1 == 1 {
		return int64(t.first[c>>1])
	}
	return int64(t.down[c>>1])
}

// atRisk returns how many it could have fitted.
func (t *tally) atRisk(c cause) int64 {
	if c&1 == 1 {
		return t.devices
	}
	return int64(t.population[c>>1-1])
}
