package merkle

// Height is how many hashes each proof has: 0 for a single leaf, 14 for NodesMax.
func (t *Tree) Height() int { return len(t.starts) - 1 }

// Proof returns the proof of the leaf at position i: the hashes beside the path
// from the leaf to the root, from below. It is empty for a single leaf.
func (t *Tree) Proof(i int) []Hash { return t.appendProof(make([]Hash, 0, t.Height()), i) }

// Proofs returns the proofs of all leaves, in their order. They share one array.
func (t *Tree) Proofs() [][]Hash {
	height := t.Height()
	proofs, all := make([][]Hash, len(t.leaves)), make([]Hash, len(t.leaves)*height)
	each(len(proofs), func(i int) {
		from, to := i*height, (i+1)*height
		proofs[i] = t.appendProof(all[from:from:to], i)
	})
	return proofs
}

func (t *Tree) appendProof(proof []Hash, i int) []Hash {
	for level := range t.Height() {
		proof = append(proof, t.nodes[t.sibling(level, i)])
		i /= 2
	}
	return proof
}

// sibling returns where in nodes the one stands that is hashed with the i-th of the
// level: its neighbour, or itself if it is last and has none.
func (t *Tree) sibling(level, i int) int {
	return min(t.starts[level]+(i^1), t.starts[level+1]-1)
}

// Verify reports whether the proof leads from the leaf to the root, as the
// distributor's program does when somebody claims.
func Verify(root Hash, leaf Leaf, proof []Hash) bool {
	hash := leaf.Hash()
	for i := range proof {
		hash = parent(&hash, &proof[i])
	}
	return hash == root
}
