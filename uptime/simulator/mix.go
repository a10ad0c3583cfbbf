package simulator

import "math/bits"

// key names an endless stream of 64-bit numbers that can be read at any place:
// the generator SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
// number generators", 2014), whose n-th output is a hash of the key and n.
type key uint64

// at returns the stream's n-th number.
func (k key) at(n uint64) uint64 {
	z := uint64(k) + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// child returns a stream of its own for n.
func (k key) child(n uint64) key { return key(k.at(n)) }

// part makes a number 0 <= x < n, n at most 65536, of the 16 bits of draw from
// shift on. Parts at shifts 0, 16, 32 and 48 are independent of one another.
func part(draw uint64, shift uint, n int32) int32 {
	return int32(uint64(uint16(draw>>shift)) * uint64(n) >> 16)
}

// spread makes a number 0 <= x < n of a fraction of 2^32.
func spread(fraction uint32, n int32) int32 {
	return int32(uint64(fraction) * uint64(n) >> 32)
}

// quantile deals i its place among n, as a fraction of 2^32. The n quantiles of
// one key are the middles of n equal parts, so a share of them is that share of
// the n, rounded: a trait dealt so is there in a small world too.
func (k key) quantile(i, n int) uint32 {
	return uint32((2*uint64(k.shuffle(uint32(i), uint32(n))) + 1) << 31 / uint64(n))
}

// perMille returns the quantile in thousandths, 0 to 999.
func perMille(quantile uint32) int32 { return spread(quantile, 1000) }

// shuffle permutes the numbers 0 to n-1, n at least 1: a Feistel network over the
// next even number of bits, walked until it is back inside.
func (k key) shuffle(i, n uint32) uint32 {
	half := max(1, uint(bits.Len32(n-1)+1)/2)
	for {
		if i = k.encipher(i, half); i < n {
			return i
		}
	}
}

// rounds of the Feistel network: four make it a good shuffle.
const rounds = 4

// encipher permutes the numbers of 2*half bits; half is 1 to 16.
func (k key) encipher(v uint32, half uint) uint32 {
	mask := uint32(1)<<half - 1
	left, right := v>>half, v&mask
	for round := range uint64(rounds) {
		left, right = right, left^uint32(k.at(round<<32|uint64(right)))&mask
	}
	return left<<half | right
}

// decipher undoes encipher.
func (k key) decipher(v uint32, half uint) uint32 {
	mask := uint32(1)<<half - 1
	left, right := v>>half, v&mask
	for round := uint64(rounds); round > 0; round-- {
		left, right = right^uint32(k.at((round-1)<<32|uint64(left)))&mask, left
	}
	return left<<half | right
}
