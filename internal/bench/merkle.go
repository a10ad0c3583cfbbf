package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"time"

	"github.com/uptally/uptally/ledger/distribution/merkle"
)

const (
	merkleRounds = 11
	merkleWarmUp = 3 // rounds in which Node compiles what it will run

	// Trees of a round: enough that both collect their garbage meanwhile, and that
	// the rounds take about as long.
	merkleTrees      = 60
	merkleTreesOther = 3
)

// measureMerkle makes one tree of as many leaves as a tree can have, with all
// proofs, in this process and in one of Node, in turn.
func (b *bench) measureMerkle(ctx context.Context) ([]Figure, error) {
	leaves, err := merkle.Merge(merkleLeaves(merkle.NodesMax))
	if err != nil {
		return nil, err
	}
	peer, err := startPeer(ctx)
	if err != nil {
		return nil, err
	}
	defer peer.stop()
	if err := peer.compare(leaves); err != nil {
		return nil, err
	}
	ours := repeated(merkleTrees, func() error {
		tree, err := merkle.Build(leaves)
		if err == nil {
			tree.Proofs()
		}
		return err
	})
	tasks := []task{ours, peer.round("createHash"), peer.round("hash")}
	if _, err := interleave(ctx, merkleWarmUp, tasks...); err != nil {
		return nil, err
	}
	times, err := interleave(ctx, merkleRounds, tasks...)
	if err != nil {
		return nil, err
	}
	times[0] /= merkleTrees
	times[1] /= merkleTreesOther
	times[2] /= merkleTreesOther
	b.tell("a tree of %d leaves with all proofs: %.2f ms; merkletreejs %.1f ms, and %.1f ms by crypto.hash, where Node has it",
		len(leaves), milliseconds(times[0]), milliseconds(times[1]), milliseconds(times[2]))
	speed := func(d time.Duration) float64 { return float64(len(leaves)) / d.Seconds() }
	return []Figure{ratioOf("merkle.tree", speed(times[0]), speed(times[1]), "leaves/s", AtLeast(20))}, nil
}

// merkleLeaves makes n leaves of a seed.
func merkleLeaves(n int) []merkle.Leaf {
	random := rand.NewChaCha8([32]byte{1})
	leaves := make([]merkle.Leaf, n)
	for i := range leaves {
		for at := 0; at < len(leaves[i].Claimant); at += 8 {
			binary.LittleEndian.PutUint64(leaves[i].Claimant[at:], random.Uint64())
		}
		leaves[i].Unlocked = random.Uint64() >> 20
	}
	return leaves
}

var errOtherTree = errors.New("merkletreejs makes another tree: the two cannot be compared")

// compare hands the leaves over and holds the root, and the proofs of all leaves up
// to the largest power of two, against ours.
func (p *peer) compare(leaves []merkle.Leaf) error {
	tree, err := merkle.Build(leaves)
	if err != nil {
		return err
	}
	claims := make([]byte, 0, 48*len(leaves))
	for _, l := range leaves {
		claims = append(claims, l.Claimant[:]...)
		claims = binary.LittleEndian.AppendUint64(claims, l.Unlocked)
		claims = binary.LittleEndian.AppendUint64(claims, l.Locked)
	}
	var theirs struct{ Root, Proofs string }
	if err := p.ask(hex.EncodeToString(claims), &theirs); err != nil {
		return err
	}
	root, proofs := tree.Root(), sha256.New()
	for _, proof := range tree.Proofs()[:1<<(bits.Len(uint(len(leaves)))-1)] {
		for _, hash := range proof {
			proofs.Write(hash[:])
		}
	}
	if theirs.Root != hex.EncodeToString(root[:]) || theirs.Proofs != hex.EncodeToString(proofs.Sum(nil)) {
		return fmt.Errorf("%w: root %s, ours %x; digest of proofs %s, ours %x", errOtherTree, theirs.Root, root, theirs.Proofs, proofs.Sum(nil))
	}
	return nil
}
