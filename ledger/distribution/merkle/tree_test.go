package merkle

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mustEqual(t interface{ Fatalf(string, ...any) }, what string, got, want []Hash) {
	if !slices.Equal(got, want) {
		t.Fatalf("%s\n got %x\nwant %x", what, got, want)
	}
}

func mustNew(t interface{ Fatal(...any) }, leaves []Leaf) *Tree {
	tree, err := New(leaves)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// claimant is a wallet of few, so that some come twice.
func claimant(n byte) (key [32]byte) {
	key[0], key[31] = n*167, n // their order is not that of n
	return key
}

var drawLeaf = rapid.Custom(func(t *rapid.T) Leaf {
	return Leaf{
		Claimant: claimant(rapid.Byte().Draw(t, "claimant")),
		Unlocked: rapid.Uint64Max(math.MaxUint64/1000).Draw(t, "unlocked"),
		Locked:   rapid.Uint64Max(math.MaxUint64/1000).Draw(t, "locked"),
	}
})

// TestRandomTreesProveEachLeafAndNothingElse draws trees of 1 to 200 leaves, some
// claimants twice, and alters each part of what is proved.
func TestRandomTreesProveEachLeafAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfN(drawLeaf, 1, 200).Draw(t, "leaves")
		tree := mustNew(t, drawn)
		checkMerged(t, tree, drawn)
		proofs := tree.Proofs()
		for i, l := range tree.Leaves() {
			mustEqual(t, "proof among all", proofs[i], tree.Proof(i))
			if !Verify(tree.Root(), l, proofs[i]) {
				t.Fatalf("the proof of leaf %d of %d does not verify", i, len(proofs))
			}
			if at, found := tree.Index(l.Claimant); !found || at != i {
				t.Fatalf("leaf %d is found at %d: %v", i, at, found)
			}
		}
		i := rapid.IntRange(0, len(proofs)-1).Draw(t, "leaf")
		checkAlterations(t, tree.Root(), tree.Leaves()[i], proofs[i])
	})
}

// checkMerged holds the tree's leaves against sums made another way.
func checkMerged(t *rapid.T, tree *Tree, drawn []Leaf) {
	sums := make(map[[32]byte]Leaf)
	var unlocked, locked uint64
	for _, l := range drawn {
		sum := sums[l.Claimant]
		sums[l.Claimant] = Leaf{l.Claimant, sum.Unlocked + l.Unlocked, sum.Locked + l.Locked}
		unlocked, locked = unlocked+l.Unlocked, locked+l.Locked
	}
	if len(tree.Leaves()) != len(sums) {
		t.Fatalf("%d leaves of %d claimants", len(tree.Leaves()), len(sums))
	}
	for i, l := range tree.Leaves() {
		if l != sums[l.Claimant] {
			t.Fatalf("leaf %v, want %v", l, sums[l.Claimant])
		}
		if i > 0 && string(tree.Leaves()[i-1].Claimant[:]) >= string(l.Claimant[:]) {
			t.Fatalf("leaf %d is out of order", i)
		}
	}
	if u, l := tree.Totals(); u != unlocked || l != locked {
		t.Fatalf("totals %d and %d, want %d and %d", u, l, unlocked, locked)
	}
}

// checkAlterations alters the root, the leaf and the proof in one place each: none
// of it may verify.
func checkAlterations(t *rapid.T, root Hash, leaf Leaf, proof []Hash) {
	refuse := func(what string, root Hash, leaf Leaf, proof []Hash) {
		if Verify(root, leaf, proof) {
			t.Fatalf("verifies with %s", what)
		}
	}
	flip := func(h Hash) Hash {
		bit := rapid.IntRange(0, 255).Draw(t, "bit")
		h[bit/8] ^= 1 << (bit % 8)
		return h
	}
	refuse("another root", flip(root), leaf, proof)
	refuse("another claimant", root, Leaf{flip(leaf.Claimant), leaf.Unlocked, leaf.Locked}, proof)
	refuse("a unit more", root, Leaf{leaf.Claimant, leaf.Unlocked + 1, leaf.Locked}, proof)
	refuse("a unit locked", root, Leaf{leaf.Claimant, leaf.Unlocked, leaf.Locked + 1}, proof)
	if leaf.Unlocked != leaf.Locked {
		refuse("the amounts exchanged", root, Leaf{leaf.Claimant, leaf.Locked, leaf.Unlocked}, proof)
	}
	refuse("a hash too many", root, leaf, append(slices.Clone(proof), root))
	if len(proof) == 0 {
		return
	}
	at := rapid.IntRange(0, len(proof)-1).Draw(t, "hash")
	altered := slices.Clone(proof)
	altered[at] = flip(altered[at])
	refuse("another hash in the proof", root, leaf, altered)
	refuse("a hash too few", root, leaf, slices.Delete(slices.Clone(proof), at, at+1))
	if reversed := slices.Clone(proof); len(proof) > 1 {
		slices.Reverse(reversed)
		refuse("the proof from above", root, leaf, reversed)
	}
}

func TestTheOrderOfWhatIsGivenDoesNotMatterToNew(t *testing.T) {
	leaves := randomLeaves(1, 333)
	tree := mustNew(t, leaves)
	slices.Reverse(leaves)
	if again := mustNew(t, leaves); again.Root() != tree.Root() {
		t.Errorf("root %x, and %x in another order", tree.Root(), again.Root())
	}
	kept, err := Build(leaves)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Root() == tree.Root() || !slices.Equal(kept.Leaves(), leaves) {
		t.Error("Build does not keep the order")
	}
	for i, l := range leaves {
		if at, found := kept.Index(l.Claimant); !found || at != i {
			t.Fatalf("leaf %d is found at %d: %v", i, at, found)
		}
	}
	if at, found := kept.Index([32]byte{}); found {
		t.Errorf("a stranger is found at %d", at)
	}
}

// TestManyCoresHashAsOneDoes is about a tree wide enough to be shared out.
func TestManyCoresHashAsOneDoes(t *testing.T) {
	leaves := randomLeaves(2, 9*chunk+1)
	level := make([]Hash, len(leaves))
	tree, err := Build(leaves)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range leaves {
		level[i] = l.Hash()
	}
	for len(level) > 1 {
		var above []Hash
		for i := 0; i < len(level); i += 2 {
			above = append(above, parent(&level[i], &level[min(i+1, len(level)-1)]))
		}
		level = above
	}
	if tree.Root() != level[0] {
		t.Errorf("root %x, want %x", tree.Root(), level[0])
	}
}

func TestWhatMakesNoTreeIsRefused(t *testing.T) {
	const most = math.MaxUint64
	for _, c := range []struct {
		name   string
		make   func([]Leaf) (*Tree, error)
		leaves []Leaf
		want   error
	}{
		{"no leaf", New, nil, ErrNoLeaf},
		{"no leaf, kept in order", Build, []Leaf{}, ErrNoLeaf},
		{"as many as there can be", New, randomLeaves(3, NodesMax), nil},
		{"one too many", New, randomLeaves(3, NodesMax+1), ErrTooMany},
		{"one too many, kept in order", Build, randomLeaves(3, NodesMax+1), ErrTooMany},
		{"as many claimants, one twice", New, append(randomLeaves(3, NodesMax), randomLeaves(3, 1)...), nil},
		{"a claimant twice, kept in order", Build, []Leaf{{claimant(1), 1, 0}, {claimant(2), 1, 0}, {claimant(1), 1, 0}}, ErrTwice},
		{"the largest amounts", New, []Leaf{{claimant(1), most - 3, 1}, {claimant(2), 1, 1}}, nil},
		{"one claimant's unlocked", New, []Leaf{{claimant(1), most, 0}, {claimant(1), 1, 0}}, ErrOverflow},
		{"one claimant's locked", New, []Leaf{{claimant(1), 0, 1}, {claimant(1), 0, most}}, ErrOverflow},
		{"all unlocked", New, []Leaf{{claimant(1), most, 0}, {claimant(2), 1, 0}}, ErrOverflow},
		{"all locked", New, []Leaf{{claimant(1), 0, most}, {claimant(2), 0, 1}}, ErrOverflow},
		{"all of both", New, []Leaf{{claimant(1), most, 0}, {claimant(2), 0, 1}}, ErrOverflow},
		{"twice around", New, []Leaf{{claimant(1), most, 0}, {claimant(2), most, 0}, {claimant(3), 2, 0}}, ErrOverflow},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, err := c.make(c.leaves)
			if !errors.Is(err, c.want) || (tree == nil) != (c.want != nil) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

// TestATreeIsItsOwn says that what is given may be changed afterwards, and that one
// proof does not run into the next.
func TestATreeIsItsOwn(t *testing.T) {
	leaves := randomLeaves(4, 100)
	tree := mustNew(t, leaves)
	built, err := Build(tree.Leaves())
	if err != nil {
		t.Fatal(err)
	}
	root := tree.Root()
	clear(leaves)
	proofs := tree.Proofs()
	second := slices.Clone(proofs[1])
	_ = append(proofs[0], Hash{})
	mustEqual(t, "the next proof", proofs[1], second)
	clear(proofs[0])
	for i, l := range tree.Leaves() {
		if !Verify(root, l, tree.Proof(i)) {
			t.Fatalf("leaf %d no longer verifies", i)
		}
	}
	if built.Root() != root {
		t.Errorf("root %x, want %x", built.Root(), root)
	}
}

// FuzzVerify holds Verify to: of all roots, leaves and proofs, those of trees alone.
func FuzzVerify(f *testing.F) {
	tree, err := Build(randomLeaves(5, 13))
	if err != nil {
		f.Fatal(err)
	}
	root := tree.Root()
	for i, l := range tree.Leaves() {
		f.Add(root[:], l.Claimant[:], l.Unlocked, l.Locked, flat(tree.Proof(i)))
	}
	f.Fuzz(func(t *testing.T, root, key []byte, unlocked, locked uint64, text []byte) {
		leaf, proof := Leaf{Unlocked: unlocked, Locked: locked}, make([]Hash, len(text)/32)
		copy(leaf.Claimant[:], key)
		for i := range proof {
			proof[i] = Hash(text[32*i:])
		}
		var given Hash
		copy(given[:], root)
		verifies := Verify(given, leaf, proof)
		at, found := tree.Index(leaf.Claimant)
		genuine := found && given == tree.Root() && tree.Leaves()[at] == leaf && slices.Equal(tree.Proof(at), proof)
		single := len(proof) == 0 && given == leaf.Hash()
		if given == tree.Root() && verifies != genuine || genuine && !verifies || single && !verifies {
			t.Errorf("verifies: %v, genuine: %v", verifies, genuine)
		}
	})
}

func flat(proof []Hash) (text []byte) {
	for _, h := range proof {
		text = append(text, h[:]...)
	}
	return text
}
