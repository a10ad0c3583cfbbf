package snapshot

import "math/bits"

// Movement is how amounts differ between before and after, over lines or over
// suppliers. Each is counted once, by where it stands and by how much it moves:
//
//	Gain + Lose + Same + Appear        = those after
//	Gain + Lose + Same + Vanish        = those before
//	Gained - Lost                      = Σ after - Σ before
type Movement struct {
	Gain, Lose, Same int64 // in both, with more, less or the same
	Appear           int64 // only after
	Vanish           int64 // only before
	Gained, Lost     int64 // base units, sums of what is more and of what is less, those that appear and vanish included
	Buckets          [len(Buckets)]BucketSum
}

// BucketSum is how many moved by so much, and by what in sum.
type BucketSum struct {
	Count int64
	Delta int64 // base units
}

// Buckets are the ranges of the distribution of changes, relative to the amount
// before, in order. What is absent counts as an amount of 0; "new" is from 0 to more.
var Buckets = [...]string{
	"-100 %", "-100 to -50 %", "-50 to -10 %", "-10 to -1 %", "-1 to 0 %",
	"unchanged",
	"0 to 1 %", "1 to 10 %", "10 to 50 %", "50 to 100 %", "100 % and more", "new",
}

// The buckets that are no range, and the inner bounds of the others, per mille: one
// is in the bucket that is farther from 0.
const (
	bucketAll       = 0
	bucketUnchanged = 5
	bucketNew       = len(Buckets) - 1
)

var bucketBounds = [...]uint64{10, 100, 500, 1000}

// bucketOf returns the index of the bucket of a change between amounts of at least
// 0 each.
func bucketOf(before, after int64) int {
	switch {
	case before == after:
		return bucketUnchanged
	case before == 0:
		return bucketNew
	case after == 0:
		return bucketAll
	}
	step, change := 1, after-before
	if change < 0 {
		step, change = -1, -change
	}
	bucket := bucketUnchanged + step
	for _, bound := range bucketBounds {
		if !reaches(uint64(change), uint64(before), bound) {
			break
		}
		bucket += step
	}
	return bucket
}

// reaches reports whether part / whole >= perMille / 1000, exactly.
func reaches(part, whole, perMille uint64) bool {
	partHigh, partLow := bits.Mul64(part, 1000)
	needHigh, needLow := bits.Mul64(whole, perMille)
	return partHigh > needHigh || partHigh == needHigh && partLow >= needLow
}

// Add counts one that had, and has, these amounts; 0 where it is absent.
func (m *Movement) Add(had, has bool, before, after int64) {
	delta := after - before
	switch {
	case !had:
		m.Appear++
	case !has:
		m.Vanish++
	case delta > 0:
		m.Gain++
	case delta < 0:
		m.Lose++
	default:
		m.Same++
	}
	m.Gained += max(delta, 0)
	m.Lost -= min(delta, 0)
	bucket := &m.Buckets[bucketOf(before, after)]
	bucket.Count++
	bucket.Delta += delta
}

// Merge adds what the other counted.
func (m *Movement) Merge(o *Movement) {
	m.Gain, m.Lose, m.Same = m.Gain+o.Gain, m.Lose+o.Lose, m.Same+o.Same
	m.Appear, m.Vanish = m.Appear+o.Appear, m.Vanish+o.Vanish
	m.Gained, m.Lost = m.Gained+o.Gained, m.Lost+o.Lost
	for i := range m.Buckets {
		m.Buckets[i].Count += o.Buckets[i].Count
		m.Buckets[i].Delta += o.Buckets[i].Delta
	}
}
