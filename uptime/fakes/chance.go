package fakes

import "math/bits"

// Shares are in 2^-32, evidence in 1/1024 bit: no float comes near a decision.
const (
	shareOne = 1 << 32
	bit      = 1 << 10
)

// log2 returns the logarithm of x to the base 2 in 1/1024, rounded down: ten times,
// square the mantissa and note whether it passed 2. x is at least 1.
func log2(x uint64) int64 {
	whole := bits.Len64(x) - 1
	mantissa := x << (63 - whole) // one is 1<<63
	log := int64(whole)
	for range 10 {
		log <<= 1
		high, low := bits.Mul64(mantissa, mantissa) // one is 1<<62
		if high>>63 == 1 {
			log |= 1
			mantissa = high
		} else {
			mantissa = high<<1 | low>>63
		}
	}
	return log
}

// evidence returns how unlikely it is that so many of m or more do what each does
// with the probability p, apart from the others: at least so many 1/1024 bits. It
// is 0 if no more do than were to be expected. 0 < n <= m, 0 < p <= shareOne.
//
// The bound is Chernoff's (1952), with x = n/m: 2^-m(x log2 x/p + (1-x) log2 (1-x)/(1-p)).
func evidence(n, m int64, p uint64) int64 {
	if high, low := bits.Mul64(uint64(m), p); high > 0 || low >= uint64(n)*shareOne {
		return 0
	}
	of := log2(uint64(m))
	total := n * (log2(uint64(n)) - of - log2(p) + 32*bit)
	if rest := m - n; rest > 0 {
		total += rest * (log2(uint64(rest)) - of - log2(shareOne-p) + 32*bit)
	}
	return max(0, total)
}

// power returns 2^-cost as a share, rounded up: between whole powers it is taken on
// the chord. It is 2^-24 at least: less is nothing that records can tell apart.
func power(cost int64) uint64 {
	cost = min(max(0, cost), 24*bit)
	return (shareOne - uint64(cost%bit)*(shareOne/2/bit)) >> (cost / bit)
}

// worth returns what doing as c of r did counts, in 1/1024 bit, up to the most: by
// the rule of succession, (c+1)/(r+2), and twice that, for the benefit of the doubt.
// If nobody could have done it, it counts nothing.
func worth(c, r, most int64) int64 {
	c, r = max(0, c), max(0, r)
	return min(most, max(0, log2(uint64(r+2))-log2(uint64(c+1))-bit))
}
