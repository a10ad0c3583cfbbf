package fakes

import (
	"cmp"
	"slices"
)

// Devices are nearly identical if of their switches three in four are the same.
const (
	switchesLeast   = 6 // dated ones: who has fewer is not compared by them
	nearNumerator   = 3
	nearDenominator = 4
	bands           = 6 // draws of a pair of least hashes
	rowsPerBand     = 2
)

// nearDiscount is what being nearly identical counts less than being identical with
// so many causes: which quarter is missing may be chosen, and counts nothing.
func nearDiscount(causes int) int64 {
	missing := (causes + nearDenominator - 1) / nearDenominator
	return int64(causes)*bit + int64(missing)*causeMost
}

// nearly returns the groups of nearly identical devices among those that are not
// listed, and adds to the cohorts that are listed who is nearly identical to them.
// Devices meet in a bucket if the least hashes of their switches are the same,
// which for two sets is as likely as their overlap is large (Broder, "On the
// resemblance and containment of documents", 1997): of those that share 3/4 of
// either's, 19 in 20 meet in one of the six bands.
func (s *search) nearly() []group {
	var (
		groups []group
		turned []turning
		all    = make([]hashed, 0, s.fleet.Len())
		lead   = s.leaders()
	)
	for band := range uint64(bands) {
		all = all[:0]
		for device := range int32(s.fleet.Len()) {
			if _, leads := lead[device]; s.listed[device] && !leads {
				continue
			}
			if turned = s.calendar.switches(s.fleet, device, turned[:0]); len(turned) >= switchesLeast {
				all = append(all, hashed{leastOf(turned, band), device})
			}
		}
		for _, bucket := range s.buckets(all, 2) {
			groups = append(groups, s.sift(s.join(bucket, lead))...)
		}
	}
	return s.apart(groups)
}

// leaders returns the first device of each cohort, with the cohort's place.
func (s *search) leaders() map[int32]int {
	lead := make(map[int32]int, len(s.cohorts))
	for i, c := range s.cohorts {
		lead[c.members[0]] = i
	}
	return lead
}

// leastOf hashes the two least hashes that the band draws of the switches.
func leastOf(turned []turning, band uint64) (h uint64) {
	for row := range uint64(rowsPerBand) {
		least := ^uint64(0)
		for _, t := range turned {
			least = min(least, mix(uint64(uint32(t))|(band*rowsPerBand+row+1)<<32))
		}
		h = mix(h ^ least)
	}
	return h
}

// join adds devices of the bucket to the cohorts whose leaders are in it, where they
// are nearly identical, and returns the others.
func (s *search) join(bucket []int32, lead map[int32]int) (others []int32) {
	for _, leader := range bucket {
		at, leads := lead[leader]
		if !leads {
			continue
		}
		core := s.calendar.switches(s.fleet, leader, nil)
		for _, device := range bucket {
			if !s.listed[device] && s.near(device, core) {
				s.listed[device] = true
				s.cohorts[at].members = append(s.cohorts[at].members, device)
			}
		}
	}
	for _, device := range bucket {
		if !s.listed[device] {
			others = append(others, device)
		}
	}
	return others
}

// near reports whether three in four of the core are among the device's switches,
// and three in four of these in the core.
func (s *search) near(device int32, core []turning) bool {
	own := s.calendar.switches(s.fleet, device, nil)
	shared := sharedBy(own, core)
	return nearDenominator*shared >= nearNumerator*max(len(own), len(core))
}

// sharedBy counts what two ascending lists have in common.
func sharedBy(a, b []turning) (shared int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			shared, a, b = shared+1, a[1:], b[1:]
		}
	}
	return shared
}

// sift returns the group of a bucket, if there is one: the devices that are nearly
// identical to its core, the switches that three in four of the bucket have.
func (s *search) sift(bucket []int32) []group {
	if len(bucket) < cohortLeast {
		return nil
	}
	core := commonest(bucket, func(device int32, to []int32) []int32 { return s.calendar.switches(s.fleet, device, to) })
	if len(core) < switchesLeast {
		return nil
	}
	g := group{near: true}
	for _, device := range bucket {
		if s.near(device, core) {
			g.members = append(g.members, device)
		}
	}
	g.causes = commonest(g.members, func(device int32, to []int32) []int32 { return s.calendar.causes(s.fleet, device, to) })
	if len(g.members) < cohortLeast || len(g.causes) == 0 {
		return nil
	}
	return []group{g}
}

// commonest returns, in order, what three in four of the devices have.
func commonest(devices []int32, of func(device int32, to []int32) []int32) (common []int32) {
	held := map[int32]int{}
	var own []int32
	for _, device := range devices {
		own = of(device, own[:0])
		for _, k := range own {
			held[k]++
		}
	}
	for k, n := range held {
		if nearDenominator*n >= nearNumerator*len(devices) {
			common = append(common, k)
		}
	}
	slices.Sort(common)
	return common
}

// apart gives each device to the largest of the groups that it is in.
func (s *search) apart(groups []group) (kept []group) {
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), s.byID(a.members[0], b.members[0]))
	})
	taken := map[int32]bool{}
	for _, g := range groups {
		g.members = slices.DeleteFunc(g.members, func(device int32) bool { return taken[device] || s.listed[device] })
		if len(g.members) < cohortLeast {
			continue
		}
		for _, device := range g.members {
			taken[device] = true
		}
		kept = append(kept, g)
	}
	return kept
}
