package settle

import (
	"context"
	"errors"
	"fmt"
	"slices"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/merkle"
)

// Errors of proofs.
var (
	ErrNoPayout     = errors.New("unknown payout")
	ErrNotClaimable = errors.New("not claimable yet")
)

// Proof is what a payee claims with: the leaf, and the hashes beside its path to
// the root. A wallet stands once in a tree, with all its payouts there.
type Proof struct {
	Distribution string
	Tree         string   // such as "d1-t1"
	Payouts      []string // such as "d1-17": what the leaf pays
	Claimant     string   // the wallet
	Amount       ledger.Amount
	Proof        []merkle.Hash
	Root         merkle.Hash
	Vault        string // the distributor's token account
	Signature    string // of what funded it
}

// Whose names whose proofs are read: give one of them.
type Whose struct {
	Payout   string // such as "d1-17"
	Wallet   string
	Supplier uuid.UUID
}

// Proofs returns the proofs of the payouts, in the order of the distributions. They
// are computed from the payouts and held against the root that was prepared. One
// whose tree is not funded is ErrNotClaimable; whoever is paid by no tree is
// ErrNoPayout.
func Proofs(ctx context.Context, tx pgx.Tx, whose Whose) ([]Proof, error) {
	places, err := treePlaces(ctx, tx, whose)
	if err != nil {
		return nil, fmt.Errorf("settle: proofs: %w", err)
	}
	if len(places) == 0 {
		return nil, fmt.Errorf("settle: proofs: %w: no merkle tree pays it: give a payout such as d1-17 of the rail %s, a wallet or a supplier",
			ErrNoPayout, distribution.RailMerkle)
	}
	var proofs []Proof
	for _, at := range places {
		proof, err := readProof(ctx, tx, at)
		if errors.Is(err, ErrNotClaimable) && whose.Payout == "" && len(places) > 1 {
			continue // those that can be claimed
		}
		if err != nil {
			return nil, fmt.Errorf("settle: proof of %s in %s: %w", at.wallet, at.tree, err)
		}
		proofs = append(proofs, proof)
	}
	if len(proofs) == 0 {
		return nil, fmt.Errorf("settle: proofs: %w: none of the trees is funded", ErrNotClaimable)
	}
	return proofs, nil
}

// place is a wallet in a tree.
type place struct {
	distribution, tree, wallet string
}

func readProof(ctx context.Context, tx pgx.Tx, at place) (Proof, error) {
	funding, funded, err := fundingOf(ctx, tx, at.tree)
	if err != nil {
		return Proof{}, err
	}
	if !funded {
		return Proof{}, fmt.Errorf("%w: the distributor of %s is not known to be funded: settle it once it is: `uptally distribution settle %s --tree ID`",
			ErrNotClaimable, at.tree, at.distribution)
	}
	trees, err := distribution.ReadTrees(ctx, tx, at.distribution)
	if err != nil {
		return Proof{}, err
	}
	i := slices.IndexFunc(trees, func(t distribution.Tree) bool { return t.ID == at.tree })
	if i < 0 {
		return Proof{}, fmt.Errorf("%w: %s has no tree %s", ErrNoPayout, at.distribution, at.tree)
	}
	payouts, err := distribution.ReadPayouts(ctx, tx, at.distribution)
	if err != nil {
		return Proof{}, err
	}
	proof, err := prove(trees[i], payouts, at)
	proof.Vault, proof.Signature = funding.Vault, funding.Signature
	return proof, err
}

// prove grows the tree again and reads the wallet's proof off it.
func prove(tree distribution.Tree, payouts []distribution.PayoutStatus, at place) (Proof, error) {
	proof := Proof{Distribution: at.distribution, Tree: at.tree, Claimant: at.wallet}
	var leaves []merkle.Leaf
	for _, number := range tree.Payouts {
		p := payouts[number-1]
		key, err := solanago.PublicKeyFromBase58(string(p.Wallet))
		if err != nil {
			return Proof{}, err
		}
		leaves = append(leaves, merkle.Leaf{Claimant: key, Unlocked: uint64(p.Amount)})
		if string(p.Wallet) == at.wallet {
			proof.Payouts = append(proof.Payouts, fmt.Sprintf("%s-%d", at.distribution, number))
			proof.Amount += p.Amount // within the tree's total
		}
	}
	grown, err := merkle.New(leaves)
	if err != nil {
		return Proof{}, err
	}
	if grown.Root() != merkle.Hash(tree.Root) {
		return Proof{}, fmt.Errorf("%w: its payouts give the root %x, but %s was prepared", distribution.ErrCorrupt, grown.Root(), tree.Root)
	}
	i, found := grown.Index(solanago.MustPublicKeyFromBase58(at.wallet))
	if !found {
		return Proof{}, fmt.Errorf("%w: %s pays nothing to it", ErrNoPayout, at.tree)
	}
	proof.Proof, proof.Root = grown.Proof(i), grown.Root()
	return proof, nil
}
