package fakes

import (
	"cmp"
	"math/bits"
	"slices"
)

// The rule. Each number is a benefit of the doubt.
const (
	cohortLeast  = 5       // devices: a household's few machines hang on one plug
	causesFree   = 2       // causes that devices may share for nothing: a start, a power cut
	causeMost    = 4 * bit // what sharing a further one counts at most, a device
	steadyMost   = 3 * bit // what sharing the longest run counts at most, a device
	evidenceBits = 20      // a millionth, before the bits that the fleet's size asks for
	roundsMax    = 8
)

// search looks through one fleet.
type search struct {
	fleet    *Fleet
	calendar calendar
	listed   []bool
	cohorts  []cohort
}

// cohort is a group that chance cannot explain.
type cohort struct {
	group
	score int64 // in 1/1024 bit
}

// threshold is the evidence from which a group is listed, in 1/1024 bit: as many
// groups can be looked at as there are devices.
func (s *search) threshold() int64 {
	return int64(evidenceBits+bits.Len(uint(s.fleet.Len()))) * bit
}

// settle lists groups until nothing new comes up: whoever is listed no longer stands
// for what honest devices do. It reports whether any was.
func (s *search) settle(groups []group) (any bool) {
	for range roundsMax {
		found := s.round(groups)
		if len(found) == 0 {
			break
		}
		any = true
		for _, c := range found {
			for _, device := range c.members {
				s.listed[device] = true
			}
		}
		s.cohorts = append(s.cohorts, found...)
		groups = slices.DeleteFunc(groups, func(g group) bool { return s.listed[g.members[0]] })
	}
	return any
}

// round judges every group against the devices that are neither listed nor in a
// group that most of those with one of its rarest causes belong to: suspects do not
// vouch for one another.
func (s *search) round(groups []group) (found []cohort) {
	if len(groups) == 0 {
		return nil
	}
	all := s.tally(s.listed)
	aside := slices.Clone(s.listed)
	for _, g := range groups {
		if 2*int64(len(g.members)) >= rarest(g, all) {
			for _, device := range g.members {
				aside[device] = true
			}
		}
	}
	others, steady := s.tally(aside), newControl(s.fleet, aside)
	for _, g := range groups {
		own := int64(0) // of the group among the others
		if !aside[g.members[0]] {
			own = int64(len(g.members))
		}
		if score := s.judge(g, all, others, steady, own); score >= s.threshold() {
			found = append(found, cohort{g, score})
		}
	}
	return found
}

// rarest returns how many devices there are to the group's rarest cause.
func rarest(g group, all *tally) int64 {
	least := all.of(g.causes[0])
	for _, c := range g.causes[1:] {
		least = min(least, all.of(c))
	}
	return least
}

// judge returns the evidence against a group, in 1/1024 bit. Two causes are given
// away, the rarest: of all that share these, would so many be alike in the rest?
func (s *search) judge(g group, all, others *tally, steady *control, own int64) int64 {
	causes := slices.Clone(g.causes)
	const surely = 64 * bit
	rarity := func(c cause) int64 { return worth(others.of(c)-own, others.atRisk(c)-own, surely) }
	slices.SortFunc(causes, func(a, b cause) int { return cmp.Or(cmp.Compare(rarity(b), rarity(a)), cmp.Compare(a, b)) })
	related := all.of(causes[0])
	if len(causes) > 1 {
		related = min(related, all.of(causes[1]))
	}
	cost := int64(0)
	for _, c := range causes[min(causesFree, len(causes)):] {
		cost += min(causeMost, rarity(c))
	}
	if g.near {
		cost -= nearDiscount(len(causes))
	} else {
		lasted, of := steady.lasting(s.longestRun(g.members[0]))
		cost += worth(lasted-own, of-own, steadyMost)
	}
	n := int64(len(g.members))
	return evidence(n, max(n, related), power(cost))
}

// longestRun returns a device's longest run of up slots, the first of equals.
func (s *search) longestRun(device int32) (from, to int32) {
	s.fleet.runs(device, func(a, b int32) {
		if b-a > to-from {
			from, to = a, b
		}
	})
	return from, to
}
