package merkle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/mr-tron/base58"
)

// Hash is a SHA-256 digest: of a leaf, of a node, or the root.
type Hash = [sha256.Size]byte

// ErrOverflow is a sum of amounts that 64 bits do not hold.
var ErrOverflow = errors.New("the amounts sum to more than 64 bits hold")

// What a hash begins with tells leaves from nodes, so that no node can be passed
// off as somebody's leaf.
const (
	leafPrefix = 0
	nodePrefix = 1
)

// Leaf is what one claimant can claim, in base units.
type Leaf struct {
	Claimant [32]byte // the wallet's public key
	Unlocked uint64   // at once
	Locked   uint64   // as it vests
}

// address is the claimant as people write it.
func (l Leaf) address() string { return base58.Encode(l.Claimant[:]) }

// Hash is the leaf's hash: SHA256(0x00 || Inner).
func (l Leaf) Hash() Hash {
	inner := l.Inner()
	var text [1 + sha256.Size]byte
	text[0] = leafPrefix
	copy(text[1:], inner[:])
	return sha256.Sum256(text[:])
}

// Inner is what a distributor's program computes from a claim:
// SHA256(claimant || unlocked || locked), amounts as 64 bits, little-endian.
func (l Leaf) Inner() Hash {
	var text [48]byte
	copy(text[:32], l.Claimant[:])
	binary.LittleEndian.PutUint64(text[32:40], l.Unlocked)
	binary.LittleEndian.PutUint64(text[40:48], l.Locked)
	return sha256.Sum256(text[:])
}

// Merge orders leaves by their claimants' bytes and sums those of one claimant. It
// returns new leaves. The error is ErrOverflow.
func Merge(leaves []Leaf) ([]Leaf, error) {
	leaves = slices.Clone(leaves)
	slices.SortFunc(leaves, func(a, b Leaf) int { return bytes.Compare(a.Claimant[:], b.Claimant[:]) })
	merged := leaves[:0]
	for _, l := range leaves {
		last := len(merged) - 1
		if last < 0 || merged[last].Claimant != l.Claimant {
			merged = append(merged, l)
			continue
		}
		unlocked, over := bits.Add64(merged[last].Unlocked, l.Unlocked, 0)
		locked, more := bits.Add64(merged[last].Locked, l.Locked, 0)
		if over+more > 0 {
			return nil, fmt.Errorf("merkle: claimant %s: %w: leave out what was counted twice", l.address(), ErrOverflow)
		}
		merged[last].Unlocked, merged[last].Locked = unlocked, locked
	}
	return merged, nil
}

// totals sums the leaves. The error is ErrOverflow if the sum of both does not fit
// in 64 bits, as a distributor adds them.
func totals(leaves []Leaf) (unlocked, locked uint64, err error) {
	var over uint64 // carries
	for _, l := range leaves {
		var a, b uint64
		unlocked, a = bits.Add64(unlocked, l.Unlocked, 0)
		locked, b = bits.Add64(locked, l.Locked, 0)
		over += a + b
	}
	if _, carry := bits.Add64(unlocked, locked, 0); over+carry > 0 {
		return 0, 0, fmt.Errorf("merkle: %d leaves: %w: make several trees", len(leaves), ErrOverflow)
	}
	return unlocked, locked, nil
}
