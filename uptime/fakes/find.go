package fakes

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// Switch is a slot at which devices came up or went down together.
type Switch struct {
	Slot uptime.Slot
	Up   bool
}

// Cohort is devices whose timelines chance cannot explain together.
type Cohort struct {
	Number    int         // from 1, by size
	Devices   int         // those with a spoofed verdict already among them
	Spoofed   int         // of these, that have one already
	Suppliers []uuid.UUID // that registered them, in order of id: shown, not weighed
	Switches  []Switch    // that its leader has and can be compared by, in order
	Run       uptime.Span // its leader's longest run without a gap
	Through   int         // per mille of all devices up that a platform outage took, and the leader sailed through; 0: none
	Score     int64       // how unlikely it is: 2^-Score at most
}

// Suspect is one listed device.
type Suspect struct {
	Device    Device
	Cohort    int      // number of its cohort
	Devices   int      // of its cohort
	Shared    int      // dated switches that it has in common with the cohort's leader
	Own       int      // dated switches that it has in all
	Leading   int      // dated switches that the leader has
	Run       int      // slots of its longest run without a gap
	Identical int      // per mille of the observed slots in which it is as the leader
	First     []Switch // of its own dated switches, three at most
	Score     int64    // its cohort's
}

// firstSwitches is how many of the switches in common a suspect shows.
const firstSwitches = 3

// Findings are what a search found and what it could not judge.
type Findings struct {
	Observed  int           // slots that were
	Devices   int           // looked at
	Seen      int           // of these, that were up at all
	NoOpinion int           // of these, not listed, with fewer than switchesLeast dated switches
	Platform  []uptime.Span // when the platform itself moved: no switch counts there
	Cohorts   []Cohort      // by number
	Suspects  []Suspect     // by cohort, then id
}

// Find searches the fleet by the method that the package comment tells. The result
// does not depend on the order in which the devices were added.
func Find(f *Fleet) Findings {
	s := &search{fleet: f, listed: make([]bool, f.Len())}
	s.calendar = newCalendar(f.observed, platformStretches(f.population(s.listed)))
	s.settle(s.identical())
	if s.settle(s.nearly()) {
		s.settle(s.nearly()) // once more, to join what was found
	}
	return s.findings()
}

func (s *search) findings() Findings {
	f := s.fleet
	span := f.observed.Span()
	out := Findings{Observed: f.observed.Count(span), Devices: f.Len()}
	for _, p := range s.calendar.platform {
		out.Platform = append(out.Platform, uptime.Span{From: span.From + uptime.Slot(p.from), To: span.From + uptime.Slot(p.to)})
	}
	var turned []turning
	for device := range int32(f.Len()) {
		if f.seen(device) {
			out.Seen++
			if turned = s.calendar.switches(f, device, turned[:0]); !s.listed[device] && len(turned) < switchesLeast {
				out.NoOpinion++
			}
		}
	}
	slices.SortFunc(s.cohorts, func(a, b cohort) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), s.byID(a.members[0], b.members[0]))
	})
	population, observed := f.population(make([]bool, f.Len())), s.observedBefore()
	for i, c := range s.cohorts {
		shown := s.show(c, population)
		shown.Number = i + 1
		out.Cohorts = append(out.Cohorts, shown)
		out.Suspects = append(out.Suspects, s.suspects(c, i+1, observed)...)
	}
	return out
}

// show describes a cohort by its leader.
func (s *search) show(c cohort, population []int32) Cohort {
	leader, span := c.members[0], s.fleet.observed.Span()
	shown := Cohort{Devices: len(c.members), Score: c.score / bit, Switches: s.shown(s.calendar.switches(s.fleet, leader, nil))}
	from, to := s.longestRun(leader)
	shown.Run = uptime.Span{From: span.From + uptime.Slot(from), To: span.From + uptime.Slot(to)}
	for _, p := range s.calendar.platform {
		before, least := population[p.from-1], slices.Min(population[p.from:p.to])
		if from < p.from && p.to <= to && least < before {
			shown.Through = max(shown.Through, int(1000*int64(before-least)/int64(before)))
		}
	}
	for _, device := range c.members {
		d := &s.fleet.devices[device]
		shown.Suppliers = append(shown.Suppliers, d.Supplier)
		if d.Spoofed {
			shown.Spoofed++
		}
	}
	slices.SortFunc(shown.Suppliers, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	shown.Suppliers = slices.Compact(shown.Suppliers)
	return shown
}

func (s *search) suspects(c cohort, number int, observed []int32) []Suspect {
	slices.SortFunc(c.members[1:], s.byID)
	leader := s.calendar.switches(s.fleet, c.members[0], nil)
	suspects := make([]Suspect, 0, len(c.members))
	for _, device := range c.members {
		own := s.calendar.switches(s.fleet, device, nil)
		from, to := s.longestRun(device)
		suspects = append(suspects, Suspect{
			Device: s.fleet.devices[device], Cohort: number, Devices: len(c.members), Score: c.score / bit,
			Shared: sharedBy(own, leader), Own: len(own), Leading: len(leader), Run: int(to - from),
			Identical: s.identicalPerMille(device, c.members[0], observed),
			First:     s.shown(own[:min(firstSwitches, len(own))]),
		})
	}
	return suspects
}

func (s *search) shown(turned []turning) []Switch {
	switches := make([]Switch, len(turned))
	for i, t := range turned {
		switches[i] = Switch{s.fleet.observed.Span().From + uptime.Slot(t>>1), t&1 == 1}
	}
	return switches
}

// observedBefore counts, for each slot of the span and its end, the observed ones
// before it.
func (s *search) observedBefore() []int32 {
	observed := s.fleet.observed
	before := make([]int32, s.fleet.slots()+1)
	for k := range s.fleet.slots() {
		before[k+1] = before[k]
		if observed.Has(observed.Span().From + uptime.Slot(k)) {
			before[k+1]++
		}
	}
	return before
}

// identicalPerMille returns in how many of a thousand observed slots two devices
// are alike, rounded down.
func (s *search) identicalPerMille(a, b int32, observed []int32) int {
	turnsA, turnsB := s.fleet.of(a), s.fleet.of(b)
	alike, from, same := int32(0), int32(0), s.fleet.upFirst[a] == s.fleet.upFirst[b]
	pass := func(to int32) {
		if same {
			alike += observed[to] - observed[from]
		}
		from = to
	}
	for len(turnsA)+len(turnsB) > 0 {
		switch {
		case len(turnsB) == 0 || len(turnsA) > 0 && turnsA[0] < turnsB[0]:
			pass(turnsA[0])
			turnsA, same = turnsA[1:], !same
		case len(turnsA) == 0 || turnsB[0] < turnsA[0]:
			pass(turnsB[0])
			turnsB, same = turnsB[1:], !same
		default:
			turnsA, turnsB = turnsA[1:], turnsB[1:]
		}
	}
	pass(s.fleet.slots())
	return int(1000 * int64(alike) / max(1, int64(observed[len(observed)-1])))
}
