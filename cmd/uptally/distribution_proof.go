package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/merkle"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

type distributionProof struct {
	Payout   string `arg:"" optional:"" help:"Payout, such as d1-17."`
	Wallet   string `placeholder:"ADDRESS" help:"All proofs of a wallet, in place of a payout."`
	Supplier string `placeholder:"ID" help:"All proofs of a supplier."`
}

// proofView is what a payee claims with, as --json prints it. Hashes are in
// hexadecimal, and as the arrays of 32 numbers that the distributors' tools read.
type proofView struct {
	Distribution string        `json:"distribution"`
	Tree         string        `json:"tree"`
	Payouts      []string      `json:"payouts"`
	Claimant     string        `json:"claimant"`
	Amount       ledger.Amount `json:"amount"`
	Locked       ledger.Amount `json:"locked_amount"` // always 0
	Proof        []string      `json:"proof"`
	ProofBytes   [][]int       `json:"proof_bytes"`
	Root         string        `json:"merkle_root"`
	RootBytes    []int         `json:"merkle_root_bytes"`
	Vault        string        `json:"vault"`
	Funding      string        `json:"funding"` // the transaction's signature
}

// Run prints the proofs of a payout, wallet or supplier.
func (c distributionProof) Run(ctx context.Context, a *app) error {
	whose, err := c.whose()
	if err != nil {
		return err
	}
	var proofs []settle.Proof
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		proofs, err = settle.Proofs(ctx, tx, whose)
		return err
	}); err != nil {
		return err
	}
	views := make([]proofView, len(proofs))
	for i, p := range proofs {
		views[i] = viewProof(p)
	}
	return a.show(views, func(out io.Writer) {
		for _, v := range views {
			v.print(out)
		}
	})
}

func (c distributionProof) whose() (whose settle.Whose, err error) {
	named := 0
	for _, name := range []string{c.Payout, c.Wallet, c.Supplier} {
		if name != "" {
			named++
		}
	}
	if named != 1 {
		return whose, usage("distribution proof: name a payout such as d1-17, or --wallet, or --supplier")
	}
	whose.Payout, whose.Wallet = c.Payout, c.Wallet
	if c.Supplier != "" {
		if whose.Supplier, err = uuid.Parse(c.Supplier); err != nil {
			return whose, usage("--supplier %q: give a UUID", c.Supplier)
		}
	}
	return whose, nil
}

func viewProof(p settle.Proof) proofView {
	v := proofView{
		Distribution: p.Distribution, Tree: p.Tree, Payouts: p.Payouts, Claimant: p.Claimant, Amount: p.Amount,
		Proof: []string{}, ProofBytes: [][]int{}, Root: hex.EncodeToString(p.Root[:]), RootBytes: numbers(p.Root), Vault: p.Vault, Funding: p.Signature,
	}
	for _, hash := range p.Proof {
		v.Proof, v.ProofBytes = append(v.Proof, hex.EncodeToString(hash[:])), append(v.ProofBytes, numbers(hash))
	}
	return v
}

func numbers(hash merkle.Hash) []int {
	all := make([]int, len(hash))
	for i, b := range hash {
		all[i] = int(b)
	}
	return all
}

func (v proofView) print(out io.Writer) {
	fmt.Fprintf(out, "%s claims %s (%s base units) in %s\n  root    %s\n  vault   %s\n  funded  %s\n",
		v.Claimant, inIO(int64(v.Amount)), v.Amount, v.Tree, v.Root, v.Vault, v.Funding)
	for i, hash := range v.Proof {
		heading := "proof"
		if i > 0 {
			heading = ""
		}
		fmt.Fprintf(out, "  %-7s %s\n", heading, hash)
	}
}
