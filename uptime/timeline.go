package uptime

import "math/bits"

// Timeline is a set of slots within a span: a device's up slots, or the slots
// that were observed. Slots outside the span are not in the set.
//
// Slot k is bit (k-span.From)%64, least significant first, of word
// (k-span.From)/64; the bits past the span's end are 0.
type Timeline struct {
	span  Span
	words []uint64
}

// NewTimeline returns the empty set over the span.
func NewTimeline(span Span) Timeline {
	return Timeline{span: span, words: make([]uint64, wordsFor(span))}
}

// TimelineOf returns a set over the span that shares words, laid out as the type
// says. It panics if the words are not exactly those that the span needs.
func TimelineOf(span Span, words []uint64) Timeline {
	if len(words) != wordsFor(span) {
		panic("uptime: a timeline's words do not fit its span")
	}
	return Timeline{span: span, words: words}
}

func wordsFor(span Span) int { return (span.Len() + 63) / 64 }

// Span returns the span that the timeline is defined over.
func (t Timeline) Span() Span { return t.span }

// Words returns the set's own words, not a copy, laid out as the type says.
func (t Timeline) Words() []uint64 { return t.words }

// Has reports whether slot k is in the set; false outside the span.
func (t Timeline) Has(k Slot) bool {
	if !t.span.Contains(k) {
		return false
	}
	i := uint64(k - t.span.From)
	return t.words[i>>6]>>(i&63)&1 == 1
}

// Add puts slot k into the set. Slots outside the span are ignored.
func (t Timeline) Add(k Slot) {
	if t.span.Contains(k) {
		i := uint64(k - t.span.From)
		t.words[i>>6] |= 1 << (i & 63)
	}
}

// AddSpan puts every slot of s that lies in the timeline's span into the set.
func (t Timeline) AddSpan(s Span) {
	t.eachWord(s, func(i int, mask uint64) { t.words[i] |= mask })
}

// AddAll puts the slots of o that lie in s into the set; both must have one span.
func (t Timeline) AddAll(o Timeline, s Span) {
	t.eachWord(s, func(i int, mask uint64) { t.words[i] |= o.words[i] & mask })
}

// Count returns how many slots of s are in the set. It is the engine's innermost
// loop, hence no call a word.
func (t Timeline) Count(s Span) int {
	first, end, head, tail := t.cut(s)
	if end-first < 2 {
		if first == end {
			return 0
		}
		return bits.OnesCount64(t.words[first] & head & tail)
	}
	n := bits.OnesCount64(t.words[first]&head) + bits.OnesCount64(t.words[end-1]&tail)
	for _, w := range t.words[first+1 : end-1] {
		n += bits.OnesCount64(w)
	}
	return n
}

// CountBoth returns how many slots of s are in both sets, which must have one
// span.
func (t Timeline) CountBoth(o Timeline, s Span) int {
	n := 0
	t.eachWord(s, func(i int, mask uint64) { n += bits.OnesCount64(t.words[i] & o.words[i] & mask) })
	return n
}

// And returns the slots that are in both sets, which must have one span.
func (t Timeline) And(o Timeline) Timeline {
	r := NewTimeline(t.span)
	for i, w := range t.words {
		r.words[i] = w & o.words[i]
	}
	return r
}

// AndNot returns the slots of t that are not in o; both must have one span.
func (t Timeline) AndNot(o Timeline) Timeline {
	r := NewTimeline(t.span)
	for i, w := range t.words {
		r.words[i] = w &^ o.words[i]
	}
	return r
}

// Or returns the slots that are in either set; both must have one span.
func (t Timeline) Or(o Timeline) Timeline {
	r := NewTimeline(t.span)
	for i, w := range t.words {
		r.words[i] = w | o.words[i]
	}
	return r
}

// First returns the first slot of s that is in the set, and whether there is one.
func (t Timeline) First(s Span) (Slot, bool) {
	s = s.Intersect(t.span)
	for s.From < s.To {
		i := uint64(s.From - t.span.From)
		if w := t.words[i>>6] >> (i & 63); w != 0 {
			k := s.From + Slot(bits.TrailingZeros64(w))
			return k, k < s.To
		}
		s.From += Slot(64 - i&63)
	}
	return 0, false
}

// FirstAbsent returns the first slot of s that is not in the set, and whether
// there is one. A slot outside the timeline's span is absent.
func (t Timeline) FirstAbsent(s Span) (Slot, bool) {
	for s.From < s.To {
		if !t.span.Contains(s.From) {
			return s.From, true
		}
		i := uint64(s.From - t.span.From)
		if w := ^t.words[i>>6] >> (i & 63); w != 0 {
			k := s.From + Slot(bits.TrailingZeros64(w))
			return k, k < s.To
		}
		s.From += Slot(64 - i&63)
	}
	return 0, false
}

// FirstRun returns the first slot k of s at which a run of n slots in the set
// begins, k, k+1, … k+n-1, and whether there is one. The run may pass the end of
// s, never that of the timeline. n is at least 1.
func (t Timeline) FirstRun(s Span, n int) (Slot, bool) {
	for {
		k, ok := t.First(s)
		if !ok {
			return 0, false
		}
		gap, broken := t.FirstAbsent(Span{From: k, To: k + Slot(n)})
		if !broken {
			return k, true
		}
		s.From = gap + 1
	}
}

// Prefix returns the shortest span from the start of s that holds the first n
// slots of s in the set: empty for n = 0, and s itself if it holds fewer.
func (t Timeline) Prefix(s Span, n int) Span {
	if n <= 0 {
		return Span{From: s.From, To: s.From}
	}
	for rest := s.Intersect(t.span); !rest.Empty(); {
		inWord := Slot(uint64(rest.From-t.span.From) & 63)
		word := Span{From: rest.From, To: min(rest.To, rest.From+64-inWord)}
		if count := t.Count(word); count < n {
			n, rest.From = n-count, word.To
			continue
		}
		for k := range t.Slots(word) {
			if n--; n == 0 {
				return Span{From: s.From, To: k + 1}
			}
		}
	}
	return s
}

// LongestRun returns the most slots of s in the set in a row. Slots that are not
// in observed are skipped: they neither break a run nor lengthen it. The set must
// be a subset of observed; both must have one span.
func (t Timeline) LongestRun(observed Timeline, s Span) int {
	longest, run := 0, 0
	first, end, head, tail := t.cut(s)
	for i := first; i < end; i++ {
		in, out := t.words[i], observed.words[i]&^t.words[i]
		if i == first {
			in, out = in&head, out&head
		}
		if i == end-1 {
			in, out = in&tail, out&tail
		}
		for out != 0 { // one turn a run that ends in this word
			below := uint64(1)<<bits.TrailingZeros64(out) - 1
			longest = max(longest, run+bits.OnesCount64(in&below))
			run, in = 0, in&^below
			out &^= uint64(1)<<bits.TrailingZeros64(in) - 1 // all of it if no more are in
		}
		run += bits.OnesCount64(in)
	}
	return max(longest, run)
}

// Slots calls yield for each slot of s in the set, in order, until it returns
// false.
func (t Timeline) Slots(s Span) func(yield func(Slot) bool) {
	return func(yield func(Slot) bool) {
		for k, ok := t.First(s); ok; k, ok = t.First(Span{From: k + 1, To: s.To}) {
			if !yield(k) {
				return
			}
		}
	}
}

// eachWord calls f for every word that holds slots of s, with the mask of those
// slots.
func (t Timeline) eachWord(s Span, f func(i int, mask uint64)) {
	first, end, head, tail := t.cut(s)
	for i := first; i < end; i++ {
		mask := ^uint64(0)
		if i == first {
			mask &= head
		}
		if i == end-1 {
			mask &= tail
		}
		f(i, mask)
	}
}

// cut returns the words [first, end) that hold slots of s, and the masks of those
// slots in the first and in the last of them; all others lie in s whole.
func (t Timeline) cut(s Span) (first, end int, head, tail uint64) {
	if s = s.Intersect(t.span); s.Empty() {
		return 0, 0, 0, 0
	}
	from, last := uint64(s.From-t.span.From), uint64(s.To-t.span.From)-1
	return int(from >> 6), int(last>>6) + 1, ^uint64(0) << (from & 63), ^uint64(0) >> (63 - last&63)
}
