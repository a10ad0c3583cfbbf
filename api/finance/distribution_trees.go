package finance

import (
	"context"
	"encoding/hex"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

// MerkleTree is one merkle tree of a distribution.
type MerkleTree struct {
	ID        string     `json:"id" example:"d1-t1" doc:"Its name."`
	Root      string     `json:"merkle_root" pattern:"^[0-9a-f]{64}$" doc:"What its distributor holds."`
	Nodes     int        `json:"nodes" doc:"How many wallets claim from it."`
	Payouts   int        `json:"payouts" doc:"How many payouts it pays."`
	Total     wire.Money `json:"total" doc:"What it takes to fund it."`
	Funded    bool       `json:"funded" doc:"Its payouts are paid, and its proofs are served."`
	Vault     string     `json:"vault,omitempty" doc:"Token account of its distributor."`
	Signature string     `json:"funding,omitempty" doc:"Signature of what funded it."`
}

// MerkleTrees are all trees of a distribution.
type MerkleTrees struct {
	Items []MerkleTree `json:"items" nullable:"false" doc:"The trees, in order; none on another rail."`
}

func registerTrees(s *wire.Service) {
	type output struct{ Body MerkleTrees }
	wire.Read(s, reading("list-merkle-trees", "/distributions/{id}/trees", "List a distribution's merkle trees",
		"Their roots and totals, and what funded them."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *ByDistribution) (*output, error) {
			if _, err := distribution.Show(ctx, tx, in.ID); err != nil {
				return nil, err
			}
			trees, err := distribution.ReadTrees(ctx, tx, in.ID)
			if err != nil {
				return nil, err
			}
			fundings, err := settle.Fundings(ctx, tx, in.ID)
			items := make([]MerkleTree, len(trees))
			for i, t := range trees {
				f, funded := fundings[t.ID]
				items[i] = MerkleTree{t.ID, t.Root.String(), t.Nodes, len(t.Payouts), wire.MoneyOf(t.Total), funded, f.Vault, f.Signature}
			}
			return &output{MerkleTrees{items}}, err
		})
	registerProofs(s)
}

// ClaimProof is what a payee claims with. Hashes are in hexadecimal, and as the arrays
// of 32 numbers that the distributors' tools read.
type ClaimProof struct {
	Distribution string     `json:"distribution" example:"d1" doc:"The distribution."`
	Tree         string     `json:"tree" example:"d1-t1" doc:"The tree."`
	Payouts      []string   `json:"payouts" nullable:"false" doc:"What the leaf pays, such as d1-17."`
	Claimant     string     `json:"claimant" doc:"The wallet."`
	Amount       wire.Money `json:"amount" doc:"What it claims, unlocked."`
	Proof        []string   `json:"proof" nullable:"false" doc:"The hashes beside its path to the root."`
	ProofBytes   [][]int    `json:"proof_bytes" nullable:"false" doc:"The same as numbers."`
	Root         string     `json:"merkle_root" pattern:"^[0-9a-f]{64}$" doc:"The root."`
	RootBytes    []int      `json:"merkle_root_bytes" nullable:"false" doc:"The same as numbers."`
	Vault        string     `json:"vault" doc:"Token account of the distributor."`
	Funding      string     `json:"funding" doc:"Signature of what funded it."`
}

// ClaimProofs are what somebody claims with.
type ClaimProofs struct {
	Items []ClaimProof `json:"items" nullable:"false" doc:"The proofs, in the order of the distributions."`
}

func registerProofs(s *wire.Service) {
	type input struct {
		Payout   string    `query:"payout" maxLength:"40" pattern:"^(d[1-9][0-9]*-[1-9][0-9]*)?$" example:"d1-17" doc:"Of a payout."`
		Wallet   string    `query:"wallet" maxLength:"44" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"All of a wallet."`
		Supplier uuid.UUID `query:"supplier" format:"uuid" doc:"All of a supplier."`
	}
	type output struct{ Body ClaimProofs }
	wire.Read(s, with(reading("find-claim-proofs", "/proofs", "Find merkle proofs",
		"What a payee claims with, of trees that are funded. Give a payout, a wallet or a supplier."), wire.Long, fileMax), money,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *input) (*output, error) {
			whose := settle.Whose{Payout: in.Payout, Wallet: in.Wallet, Supplier: in.Supplier}
			if named(in.Payout != "", in.Wallet != "", in.Supplier != uuid.Nil) != 1 {
				return nil, wire.Refuse(http.StatusUnprocessableEntity, "invalid-request", "Give one of payout, wallet and supplier.")
			}
			proofs, err := settle.Proofs(ctx, tx, whose)
			items := make([]ClaimProof, len(proofs))
			for i, p := range proofs {
				items[i] = viewProof(p)
			}
			return &output{ClaimProofs{items}}, err
		})
}

// named counts what is true.
func named(all ...bool) (n int) {
	for _, is := range all {
		if is {
			n++
		}
	}
	return n
}

func viewProof(p settle.Proof) ClaimProof {
	v := ClaimProof{
		Distribution: p.Distribution, Tree: p.Tree, Payouts: p.Payouts, Claimant: p.Claimant, Amount: wire.MoneyOf(p.Amount),
		Proof: []string{}, ProofBytes: [][]int{}, Root: hex.EncodeToString(p.Root[:]), RootBytes: numbers(p.Root[:]), Vault: p.Vault, Funding: p.Signature,
	}
	for _, hash := range p.Proof {
		v.Proof, v.ProofBytes = append(v.Proof, hex.EncodeToString(hash[:])), append(v.ProofBytes, numbers(hash[:]))
	}
	return v
}

func numbers(hash []byte) []int {
	all := make([]int, len(hash))
	for i, b := range hash {
		all[i] = int(b)
	}
	return all
}
