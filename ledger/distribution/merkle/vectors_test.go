package merkle

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
)

// vector is a tree that an independent implementation made.
type vector struct {
	Name          string
	MaxNumNodes   int
	MaxTotalClaim string
	Root          hexHash
	Nodes         []struct {
		ClaimantHex, InnerHash, Leaf hexHash
		Claimant                     string
		AmountUnlocked, AmountLocked string
		Proof                        []hexHash
	}
}

type hexHash Hash

func (h *hexHash) UnmarshalText(text []byte) error {
	if n, err := hex.Decode(h[:], text); err != nil || n != len(h) {
		return fmt.Errorf("%q: %d bytes, %w", text, n, err)
	}
	return nil
}

func (v vector) leaves(t *testing.T) []Leaf {
	leaves := make([]Leaf, len(v.Nodes))
	for i, n := range v.Nodes {
		leaves[i] = Leaf{Hash(n.ClaimantHex), number(t, n.AmountUnlocked), number(t, n.AmountLocked)}
	}
	return leaves
}

func number(t *testing.T, text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func vectors(t *testing.T) []vector {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 6 {
		t.Fatalf("%d vectors, want 6", len(file.Vectors))
	}
	return file.Vectors
}

// TestTreesEqualThoseOfAnotherImplementation is about the format itself: each hash
// of each tree, from the claim's to the root.
func TestTreesEqualThoseOfAnotherImplementation(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			leaves := v.leaves(t)
			tree, err := Build(leaves)
			if err != nil {
				t.Fatal(err)
			}
			if tree.Root() != Hash(v.Root) {
				t.Errorf("root %x, want %x", tree.Root(), v.Root)
			}
			unlocked, locked := tree.Totals()
			if total := number(t, v.MaxTotalClaim); len(tree.Leaves()) != v.MaxNumNodes || unlocked+locked != total {
				t.Errorf("%d leaves of %d, want %d of %d", len(tree.Leaves()), unlocked+locked, v.MaxNumNodes, total)
			}
			proofs := tree.Proofs()
			for i, n := range v.Nodes {
				if leaves[i].Inner() != Hash(n.InnerHash) || leaves[i].Hash() != Hash(n.Leaf) || leaves[i].address() != n.Claimant {
					t.Errorf("leaf %d: %s, inner %x, hash %x", i, leaves[i].address(), leaves[i].Inner(), leaves[i].Hash())
				}
				want := make([]Hash, len(n.Proof))
				for j, h := range n.Proof {
					want[j] = Hash(h)
				}
				mustEqual(t, "proof", tree.Proof(i), want)
				mustEqual(t, "proof among all", proofs[i], want)
				if !Verify(Hash(v.Root), leaves[i], want) {
					t.Errorf("the proof of leaf %d does not verify", i)
				}
			}
		})
	}
}
