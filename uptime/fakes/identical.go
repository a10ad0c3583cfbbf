package fakes

import (
	"bytes"
	"cmp"
	"slices"
)

// group is devices that are suspected together, the one with the lowest id first.
type group struct {
	members []int32
	causes  []cause // that all of them share, or nearly all
	near    bool    // they are nearly identical, not identical
}

// identical returns the groups of devices with one outline, of those that have a
// dated cause and are not left out.
func (s *search) identical() (groups []group) {
	var (
		all     []hashed
		outline []int32
		causes  []cause
	)
	for device := range int32(s.fleet.Len()) {
		if causes = s.calendar.causes(s.fleet, device, causes[:0]); len(causes) > 0 {
			outline = s.calendar.outline(s.fleet, device, outline[:0])
			all = append(all, hashed{hashOf(outline), device})
		}
	}
	for _, bucket := range s.buckets(all, cohortLeast) {
		if g := s.alike(bucket); len(g.members) >= cohortLeast {
			groups = append(groups, g)
		}
	}
	return groups
}

// hashed is a device with a hash of what it is compared by.
type hashed struct {
	hash   uint64
	device int32
}

// buckets returns the devices of each hash that so many have at least, by id.
func (s *search) buckets(all []hashed, least int) (buckets [][]int32) {
	slices.SortFunc(all, func(a, b hashed) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return s.byID(a.device, b.device)
	})
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].hash == all[0].hash {
			n++
		}
		if n >= least {
			bucket := make([]int32, n)
			for i, h := range all[:n] {
				bucket[i] = h.device
			}
			buckets = append(buckets, bucket)
		}
		all = all[n:]
	}
	return buckets
}

// alike returns those of the bucket that have the first one's outline in truth, and
// not by its hash alone.
func (s *search) alike(bucket []int32) group {
	want := s.calendar.outline(s.fleet, bucket[0], nil)
	g := group{causes: s.calendar.causes(s.fleet, bucket[0], nil)}
	var own []int32
	for _, device := range bucket {
		if own = s.calendar.outline(s.fleet, device, own[:0]); slices.Equal(own, want) {
			g.members = append(g.members, device)
		}
	}
	return g
}

// byID orders devices by their ids, so that nothing goes by the order in which they
// came in.
func (s *search) byID(a, b int32) int {
	return bytes.Compare(s.fleet.devices[a].ID[:], s.fleet.devices[b].ID[:])
}

// hashOf mixes the numbers into one, after SplitMix64 (Steele, Lea and Flood, 2014).
func hashOf(numbers []int32) uint64 {
	h := uint64(len(numbers))
	for _, n := range numbers {
		h = mix(h ^ uint64(uint32(n)))
	}
	return h
}

func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
