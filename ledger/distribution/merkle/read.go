package merkle

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// What a tree file is refused for.
var (
	ErrMalformed = errors.New("not a tree file")
	ErrDiffers   = errors.New("the tree file differs from the tree of its leaves")
)

// file is what stands in a tree file.
type file struct {
	root                    Hash
	version, nodes          uint64
	total, unlocked, locked uint64
	totalGiven              bool
	leaves                  []Leaf
	proofs                  []Hash // of all leaves
	proofEnds               []int  // where in proofs that of each leaf ends
}

// Read reads a tree file, ours or the Jupiter distributor's: fields in any order,
// white space anywhere, leaves in the order of the file, and max_total_claim may be
// missing. It builds the tree over the leaves anew and holds the file against it:
// the root, the counts, the totals, and every proof. It errors with ErrMalformed if
// the text is no such file, with ErrDiffers if the two differ, and as Build does if
// its leaves make no tree.
func Read(text []byte) (tree *Tree, version uint64, err error) {
	f, err := parse(text)
	if err != nil {
		return nil, 0, err
	}
	tree, err = Build(f.leaves)
	if err != nil {
		return nil, 0, err
	}
	if err := f.check(tree); err != nil {
		return nil, 0, err
	}
	return tree, f.version, nil
}

func parse(text []byte) (f file, err error) {
	s := &scanner{text: text}
	number := func(to *uint64) func() { return func() { *to = s.number(math.MaxUint64) } }
	var leaf Leaf
	node := []field{
		{name: fieldClaimant, read: func() { leaf.Claimant = s.hash() }},
		{name: fieldAmount, read: number(&leaf.Unlocked)},
		{name: fieldLockedAmount, read: number(&leaf.Locked)},
		{name: fieldProof, read: func() { s.array(func(int) { f.proofs = append(f.proofs, s.hash()) }) }},
	}
	s.object([]field{
		{name: fieldRoot, read: func() { f.root = s.hash() }},
		{name: fieldVersion, read: number(&f.version)},
		{name: fieldNodes, read: number(&f.nodes)},
		{name: fieldTotal, optional: true, read: func() { f.total, f.totalGiven = s.number(math.MaxUint64), true }},
		{name: fieldUnlocked, read: number(&f.unlocked)},
		{name: fieldLocked, read: number(&f.locked)},
		{name: fieldTree, read: func() {
			s.array(func(int) {
				s.object(node)
				f.leaves, f.proofEnds = append(f.leaves, leaf), append(f.proofEnds, len(f.proofs))
			})
		}},
	})
	if s.space(); s.at < len(s.text) {
		s.fail("something follows the tree")
	}
	return f, s.err
}

// check holds the file against the tree over its leaves.
func (f *file) check(t *Tree) error {
	if f.root != t.Root() {
		return fmt.Errorf("merkle: %w: %s is %x, the leaves give %x", ErrDiffers, fieldRoot, f.root, t.Root())
	}
	for _, c := range []struct {
		field       string
		says, gives uint64
	}{
		{fieldNodes, f.nodes, uint64(len(t.leaves))},
		{fieldUnlocked, f.unlocked, t.unlocked},
		{fieldLocked, f.locked, t.locked},
		{fieldTotal, f.total, t.unlocked + t.locked},
	} {
		if c.says != c.gives && (c.field != fieldTotal || f.totalGiven) {
			return fmt.Errorf("merkle: %w: %s is %d, the leaves give %d", ErrDiffers, c.field, c.says, c.gives)
		}
	}
	var right []Hash
	from := 0
	for i, end := range f.proofEnds {
		right = t.appendProof(right[:0], i)
		if !slices.Equal(f.proofs[from:end], right) {
			return fmt.Errorf("merkle: %w: the proof of leaf %d, %s, is another", ErrDiffers, i, f.leaves[i].address())
		}
		from = end
	}
	return nil
}
