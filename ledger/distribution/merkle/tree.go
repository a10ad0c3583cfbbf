package merkle

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// NodesMax is how many leaves one tree can have: what the distributor's own tools
// put into one.
const NodesMax = 12_000

// What no tree can be made of.
var (
	ErrNoLeaf  = errors.New("no leaf")
	ErrTooMany = errors.New("too many leaves for one tree")
	ErrTwice   = errors.New("a claimant has two leaves")
)

// Tree is a Merkle tree with all its hashes. It does not change and may be read by
// many at once.
type Tree struct {
	leaves     []Leaf
	byClaimant []int32 // positions of the leaves, in the order of their claimants
	nodes      []Hash  // level after level: the leaves' hashes first, the root last
	starts     []int   // where in nodes each level begins; the last is the root's
	unlocked   uint64  // sum over the leaves
	locked     uint64
}

// New returns the tree over what Merge makes of the leaves: 1 to NodesMax
// claimants, ordered by their bytes. The errors are ErrNoLeaf, ErrTooMany and
// ErrOverflow.
func New(leaves []Leaf) (*Tree, error) {
	leaves, err := Merge(leaves)
	if err != nil {
		return nil, err
	}
	return Build(leaves)
}

// Build returns the tree over the leaves in the order in which they are given: 1 to
// NodesMax, of as many claimants. It copies them. The errors are ErrNoLeaf,
// ErrTooMany, ErrTwice and ErrOverflow.
func Build(leaves []Leaf) (*Tree, error) {
	switch {
	case len(leaves) == 0:
		return nil, fmt.Errorf("merkle: %w: a tree has 1 to %d", ErrNoLeaf, NodesMax)
	case len(leaves) > NodesMax:
		return nil, fmt.Errorf("merkle: %w: %d, at most %d: make several trees", ErrTooMany, len(leaves), NodesMax)
	}
	t := &Tree{leaves: slices.Clone(leaves)}
	if err := t.order(); err != nil {
		return nil, err
	}
	var err error
	if t.unlocked, t.locked, err = totals(leaves); err != nil {
		return nil, err
	}
	t.hash()
	return t, nil
}

// order fills byClaimant, in which two leaves of one claimant stand side by side.
func (t *Tree) order() error {
	t.byClaimant = make([]int32, len(t.leaves))
	for i := range t.byClaimant {
		t.byClaimant[i] = int32(i)
	}
	slices.SortFunc(t.byClaimant, func(i, j int32) int {
		return cmp.Or(bytes.Compare(t.leaves[i].Claimant[:], t.leaves[j].Claimant[:]), cmp.Compare(i, j))
	})
	for at, i := range t.byClaimant[1:] {
		if j := t.byClaimant[at]; t.leaves[i].Claimant == t.leaves[j].Claimant {
			return fmt.Errorf("merkle: %w: %s, leaves %d and %d: sum them", ErrTwice, t.leaves[i].address(), j, i)
		}
	}
	return nil
}

// hash fills starts and nodes, level by level from the leaves to the root.
func (t *Tree) hash() {
	size := 0
	for width := len(t.leaves); ; width = (width + 1) / 2 {
		t.starts = append(t.starts, size)
		size += width
		if width == 1 {
			break
		}
	}
	t.nodes = make([]Hash, size)
	each(len(t.leaves), func(i int) { t.nodes[i] = t.leaves[i].Hash() })
	for level, start := range t.starts[1:] {
		below := t.level(level)
		each((len(below)+1)/2, func(i int) {
			t.nodes[start+i] = parent(&below[2*i], &below[min(2*i+1, len(below)-1)])
		})
	}
}

// level returns the hashes of a level below the root, the leaves' being level 0.
func (t *Tree) level(level int) []Hash { return t.nodes[t.starts[level]:t.starts[level+1]] }

// parent is the hash of the node over two: SHA256(0x01 || smaller || larger). So a
// proof need not tell left from right.
func parent(a, b *Hash) Hash {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	var text [1 + 2*sha256.Size]byte
	text[0] = nodePrefix
	copy(text[1:], a[:])
	copy(text[1+sha256.Size:], b[:])
	return sha256.Sum256(text[:])
}

// chunk is how many calls are worth handing out at once: some 30 µs of hashing.
const chunk = 256

// each calls f(0) to f(n-1), on all cores if there are many: a core that others
// slow down takes fewer. The calls must not depend on each other.
func each(n int, f func(i int)) {
	var next atomic.Int64
	work := func() {
		for from := 0; from < n; {
			from = int(next.Add(chunk)) - chunk
			for i := from; i < min(from+chunk, n); i++ {
				f(i)
			}
		}
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n/chunk) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}

// Root is what the distributor keeps on chain.
func (t *Tree) Root() Hash { return t.nodes[len(t.nodes)-1] }

// Leaves returns the leaves in the order of the tree. They must not be changed.
func (t *Tree) Leaves() []Leaf { return t.leaves }

// Totals returns the sums over the leaves; the sum of both fits in 64 bits, too.
func (t *Tree) Totals() (unlocked, locked uint64) { return t.unlocked, t.locked }

// Index returns the position of the claimant's leaf.
func (t *Tree) Index(claimant [32]byte) (position int, found bool) {
	at, found := slices.BinarySearchFunc(t.byClaimant, claimant, func(i int32, c [32]byte) int {
		return bytes.Compare(t.leaves[i].Claimant[:], c[:])
	})
	if !found {
		return 0, false
	}
	return int(t.byClaimant[at]), true
}
