package merkle

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// randomLeaves makes leaves of a seed: n claimants, in no order.
func randomLeaves(seed, n int) []Leaf {
	chacha := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	leaves := make([]Leaf, n)
	for i := range leaves {
		var amounts [16]byte
		chacha.Read(leaves[i].Claimant[:])
		chacha.Read(amounts[:])
		leaves[i].Unlocked = binary.LittleEndian.Uint64(amounts[:]) >> 20 // 12,000 of them fit in 64 bits
		leaves[i].Locked = binary.LittleEndian.Uint64(amounts[8:]) >> 40
	}
	return leaves
}

func BenchmarkBuild(b *testing.B) {
	leaves, _ := Merge(randomLeaves(1, NodesMax))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Build(leaves); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProofs(b *testing.B) {
	tree, err := New(randomLeaves(1, NodesMax))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		tree.Proofs()
	}
}

func BenchmarkAppend(b *testing.B) {
	tree, err := New(randomLeaves(1, NodesMax))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(tree.Append(nil, 0))))
	}
}

func BenchmarkRead(b *testing.B) {
	tree, err := New(randomLeaves(1, NodesMax))
	if err != nil {
		b.Fatal(err)
	}
	text := tree.Append(nil, 0)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Read(text); err != nil {
			b.Fatal(err)
		}
	}
}
