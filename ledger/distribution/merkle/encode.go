package merkle

import (
	"fmt"
	"slices"
	"strconv"
)

// The fields of the tree file, as the Jupiter distributor's tools name them.
const (
	fieldRoot     = "merkle_root"
	fieldVersion  = "airdrop_version"
	fieldNodes    = "max_num_nodes"
	fieldTotal    = "max_total_claim"
	fieldUnlocked = "total_unlocked_amount"
	fieldLocked   = "total_locked_amount"
	fieldTree     = "tree_nodes"

	fieldClaimant     = "claimant"
	fieldAmount       = "amount"
	fieldLockedAmount = "locked_amount"
	fieldProof        = "proof"
)

// Append appends the tree file: the JSON that the Jupiter distributor's tools read,
// with the proof of every leaf, a leaf a line. The version is the number that tells
// the distributors of one mint apart. The same tree and version give the same bytes:
// some 1,700 a leaf, 20 MB for NodesMax.
func (t *Tree) Append(to []byte, version uint64) []byte {
	hashes := textOf(t.nodes)
	to = slices.Grow(to, 400+len(t.leaves)*(240+(1+t.Height())*hashTextMax))
	root := len(t.nodes) - 1
	to = append(append(member(to, "{", fieldRoot), hashes.at(root)...), ",\n"...)
	to = strconv.AppendUint(member(to, "", fieldVersion), version, 10)
	to = strconv.AppendUint(member(to, ",", fieldNodes), uint64(len(t.leaves)), 10)
	to = strconv.AppendUint(member(to, ",", fieldTotal), t.unlocked+t.locked, 10)
	to = strconv.AppendUint(member(to, ",", fieldUnlocked), t.unlocked, 10)
	to = strconv.AppendUint(member(to, ",", fieldLocked), t.locked, 10)
	to = append(member(to, ",", fieldTree), '[')
	for i := range t.leaves {
		if i > 0 {
			to = append(to, ',')
		}
		to = t.appendNode(append(to, '\n'), hashes, i)
	}
	return append(to, "\n]}\n"...)
}

func (t *Tree) appendNode(to []byte, hashes hashText, i int) []byte {
	l := &t.leaves[i]
	to = appendHash(member(to, "{", fieldClaimant), &l.Claimant)
	to = strconv.AppendUint(member(to, ",", fieldAmount), l.Unlocked, 10)
	to = strconv.AppendUint(member(to, ",", fieldLockedAmount), l.Locked, 10)
	to = append(member(to, ",", fieldProof), '[')
	for level := range t.Height() {
		if level > 0 {
			to = append(to, ',')
		}
		to = append(to, hashes.at(t.sibling(level, i))...)
		i /= 2
	}
	return append(to, "]}"...)
}

func member(to []byte, before, name string) []byte {
	to = append(append(to, before...), '"')
	return append(append(to, name...), `":`...)
}

// hashText is the text of hashes. Each is in some proof, and most in many.
type hashText struct {
	text []byte
	ends []int32
}

func textOf(hashes []Hash) hashText {
	h := hashText{make([]byte, 0, len(hashes)*hashTextMax), make([]int32, len(hashes))}
	for i := range hashes {
		h.text = appendHash(h.text, &hashes[i])
		h.ends[i] = int32(len(h.text))
	}
	return h
}

func (h hashText) at(i int) []byte {
	if i == 0 {
		return h.text[:h.ends[0]]
	}
	return h.text[h.ends[i-1]:h.ends[i]]
}

// hashTextMax is the longest text of a hash: 32 numbers of three digits, each with
// a comma or bracket behind it, and the first bracket.
const hashTextMax = 1 + 32*4

// appendHash appends 32 bytes as an array of 32 numbers.
func appendHash(to []byte, hash *Hash) []byte {
	to = append(to, '[')
	for _, b := range hash {
		to = append(to, numbers[b]...)
	}
	to[len(to)-1] = ']'
	return to
}

// numbers are the bytes in decimal, each with a comma behind it.
var numbers = func() (texts [256]string) {
	for i := range texts {
		texts[i] = strconv.Itoa(i) + ","
	}
	return texts
}()

// ExactMax is the amount up to which every whole number survives a reader that
// keeps numbers as 64-bit floating point, as JavaScript does.
const ExactMax = 1 << 53

// Inexact is an amount of a tree file above ExactMax. The distributor's own tools,
// which read 64-bit integers, read it as it is; others may read a neighbour of it.
type Inexact struct {
	Field  string // as "tree_nodes[17].amount"
	Amount uint64
}

func (x Inexact) String() string {
	return fmt.Sprintf("%s is %d, above 2^53: read the file with tools that keep 64-bit integers, not with JavaScript", x.Field, x.Amount)
}

// Inexact lists the amounts of the tree's file that are above ExactMax, totals
// first, in the order of the file: warnings to show before the file is handed on.
// The tree and its file are right all the same: amounts enter the hashes as 64 bits.
func (t *Tree) Inexact() (list []Inexact) {
	note := func(amount uint64, field string) {
		if amount > ExactMax {
			list = append(list, Inexact{field, amount})
		}
	}
	note(t.unlocked+t.locked, fieldTotal)
	note(t.unlocked, fieldUnlocked)
	note(t.locked, fieldLocked)
	for i, l := range t.leaves {
		if max(l.Unlocked, l.Locked) > ExactMax { // the names cost more than the check
			node := fieldTree + "[" + strconv.Itoa(i) + "]."
			note(l.Unlocked, node+fieldAmount)
			note(l.Locked, node+fieldLockedAmount)
		}
	}
	return list
}
