package settle

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Funding says that a transaction put a tree's total into the vault of its
// distributor.
type Funding struct {
	Tree      string // such as "d1-t1"
	Vault     string // the distributor's token account
	Signature string
}

// Fundings returns what funded the distribution's trees, by tree.
func Fundings(ctx context.Context, tx pgx.Tx, id string) (map[string]Funding, error) {
	all, err := allFundings(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("settle: fundings of %s: %w", id, err)
	}
	fundings := map[string]Funding{}
	for _, f := range all {
		if strings.HasPrefix(f.Tree, id+"-t") {
			fundings[f.Tree] = f.Funding
		}
	}
	return fundings, nil
}

// FromFunding settles all payouts of trees that were funded, all of them or none.
// With a client the chain must confirm each: the transaction is final and moved the
// tree's total, or more, from the treasury into the vault, and the vault belongs to
// an account that holds the tree's root and the mint, as a merkle distributor does.
// Without one the fundings are taken from whoever gives them, as a file is.
func FromFunding(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, payer Payer, fundings []Funding, r Request) (Result, error) {
	result, err := fromFunding(ctx, pool, client, payer, fundings, r)
	if err != nil {
		return Result{}, fmt.Errorf("settle %s: %w", r.Distribution, err)
	}
	return result, nil
}

func fromFunding(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, payer Payer, fundings []Funding, r Request) (Result, error) {
	w, err := readWorld(ctx, pool, r.Distribution, nil)
	if err != nil {
		return Result{}, err
	}
	if w.d.Rail != distribution.RailMerkle {
		return Result{}, fmt.Errorf("%w: %s has no trees: settle it by what was paid: `uptally distribution settle %s --receipts FILE` or `uptally distribution settle %s --rpc URL`", distribution.ErrRail, w.d.ID, w.d.ID, w.d.ID)
	}
	trees, err := treesFunded(ctx, pool, r.Distribution, fundings)
	if err != nil {
		return Result{}, err
	}
	evidence := distribution.EvidenceFile
	if client != nil {
		if payer, err = payerOf(w.d, payer); err != nil {
			return Result{}, err
		}
		if err := payer.checkFundings(ctx, client, trees, fundings); err != nil {
			return Result{}, err
		}
		evidence = distribution.EvidenceChain
	}
	result := newResult(r)
	var s distribution.Settlement
	for i, tree := range trees {
		for _, number := range tree.Payouts {
			s.Paid = append(s.Paid, distribution.PaidBy{Payout: number, Signature: fundings[i].Signature, Evidence: evidence})
		}
	}
	if err := result.look(ctx, pool, w.payouts, s); err != nil {
		return Result{}, err
	}
	err = result.postWith(ctx, pool, w.payouts, s, func(tx pgx.Tx) error {
		for i, tree := range trees {
			if err := fund(ctx, tx, tree, fundings[i], evidence, r.Actor); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	return *result, result.rest(ctx, pool)
}

// treesFunded returns the tree of each funding.
func treesFunded(ctx context.Context, pool *pgxpool.Pool, id string, fundings []Funding) (funded []distribution.Tree, err error) {
	var trees []distribution.Tree
	if err := reading(ctx, pool, func(tx pgx.Tx) error {
		trees, err = distribution.ReadTrees(ctx, tx, id)
		return err
	}); err != nil {
		return nil, err
	}
	var bad misfits
	for i, f := range fundings {
		at := slices.IndexFunc(trees, func(t distribution.Tree) bool { return t.ID == f.Tree })
		if at < 0 {
			bad.add(f.Tree, "%s has no such tree: its %d are %s-t1 …", id, len(trees), id)
			continue
		}
		for _, earlier := range fundings[:i] {
			if earlier.Tree == f.Tree || earlier.Vault == f.Vault {
				bad.add(f.Tree, "it or its vault is named twice: a vault serves one tree")
			}
		}
		funded = append(funded, trees[at])
	}
	return funded, bad.err("nothing was posted; correct them and give all again")
}

// fund records a tree's funding, once.
func fund(ctx context.Context, tx pgx.Tx, tree distribution.Tree, f Funding, evidence distribution.Evidence, actor int64) error {
	if err := insertFunding(ctx, tx, f, evidence, actor); err != nil {
		return err
	}
	stored, found, err := fundingOf(ctx, tx, tree.ID)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%w: vault %s serves another tree: fund %s in a vault of its own", ErrMisfit, f.Vault, f.Tree)
	case stored != f:
		return fmt.Errorf("%w: %s is funded by %s in %s already", distribution.ErrConflict, f.Tree, stored.Signature, stored.Vault)
	}
	return nil
}

// checkFundings asks the chain about every funding. One transaction may fund several
// trees.
func (p Payer) checkFundings(ctx context.Context, client *solana.Client, trees []distribution.Tree, fundings []Funding) error {
	var bad misfits
	totals := map[string]ledger.Amount{}
	for i, f := range fundings {
		totals[f.Signature] += trees[i].Total
	}
	for i, f := range fundings {
		why, err := p.funds(ctx, client, trees[i], f, totals[f.Signature])
		if err != nil {
			return err
		}
		if why != "" {
			bad.add(f.Tree, "%s", why)
		}
	}
	return bad.err("nothing was posted; correct them and give all again")
}

func addressOf(text string) (key solana.Key, ok bool) {
	key, err := solanago.PublicKeyFromBase58(text)
	return key, err == nil
}

// funds says why the chain does not confirm a funding; "": it does. The total is of
// all trees that the transaction is said to fund.
func (p Payer) funds(ctx context.Context, client *solana.Client, tree distribution.Tree, f Funding, total ledger.Amount) (why string, err error) {
	vault, ok := addressOf(f.Vault)
	if !ok {
		return fmt.Sprintf("vault %q: give the address of a token account", f.Vault), nil
	}
	if why, err := p.isVault(ctx, client, vault, tree); why != "" || err != nil {
		return why, err
	}
	status, err := statuses(ctx, client, []string{f.Signature})
	if err != nil {
		return "", err
	}
	if why := notLanded(status[f.Signature]); why != "" {
		return fmt.Sprintf("signature %s: %s", f.Signature, why), nil
	}
	done, why, err := transaction(ctx, client, f.Signature)
	if why != "" || err != nil {
		return why, err
	}
	if got := ledger.Amount(done.Changes[vault]); got < tree.Total {
		return fmt.Sprintf("signature %s put %s base units into vault %s, not the %s of the tree", f.Signature, got, vault, tree.Total), nil
	}
	if out := p.out(done); out < total {
		return fmt.Sprintf("signature %s took %s base units out of the treasury %s, not the %s of what it funds", f.Signature, out, p.Account, total), nil
	}
	return "", nil
}

// isVault says why an account is not the vault of the tree's distributor; "": it is.
// A distributor's account holds root and mint, one after the other, and the vault's
// address: so do those of Jito and Jupiter (merkle_distributor.rs).
func (p Payer) isVault(ctx context.Context, client *solana.Client, vault solana.Key, tree distribution.Tree) (why string, err error) {
	accounts, err := client.TokenAccounts(ctx, []solana.Key{vault})
	if errors.Is(err, solana.ErrNotTokenAccount) || err == nil && accounts[0] == nil {
		return fmt.Sprintf("vault %s is no token account: name that of the distributor", vault), nil
	}
	if err != nil {
		return "", err
	}
	if accounts[0].Mint != p.Mint {
		return fmt.Sprintf("vault %s is of mint %s, not %s", vault, accounts[0].Mint, p.Mint), nil
	}
	owners, err := client.Accounts(ctx, []solana.Key{accounts[0].Owner})
	if err != nil {
		return "", err
	}
	marks := slices.Concat(tree.Root[:], p.Mint[:])
	if owners[0] == nil || !bytes.Contains(owners[0].Data, marks) || !bytes.Contains(owners[0].Data, vault[:]) {
		return fmt.Sprintf("vault %s belongs to %s, which is no distributor of the root %s", vault, accounts[0].Owner, tree.Root), nil
	}
	return "", nil
}

var fundingColumns = []string{"tree", "amount", "vault", "signature"}

// ReadFundings reads a table with the header tree,amount,vault,signature. The
// amounts must be the trees' totals. If rows are bad, the error is a *Misfits that
// names every one by its line.
func ReadFundings(file io.Reader, trees []distribution.Tree) (fundings []Funding, err error) {
	reader := csv.NewReader(file)
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReceipts, err)
	}
	if len(rows) > 0 && len(rows[0]) > 0 {
		rows[0][0] = strings.TrimPrefix(rows[0][0], byteOrderMark)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], fundingColumns) {
		return nil, fmt.Errorf("%w: begin it with %s", ErrNotReceipts, strings.Join(fundingColumns, ","))
	}
	var bad misfits
	for i, row := range rows[1:] {
		f := Funding{row[0], row[2], row[3]}
		if why := f.check(row[1], trees); why != "" {
			bad.add(fmt.Sprintf("line %d", i+2), "%s", why)
		}
		fundings = append(fundings, f)
	}
	return fundings, bad.err(then)
}

func (f Funding) check(amount string, trees []distribution.Tree) string {
	at := slices.IndexFunc(trees, func(t distribution.Tree) bool { return t.ID == f.Tree })
	if at < 0 {
		return fmt.Sprintf("tree %q: the distribution has %d trees and none of this name", f.Tree, len(trees))
	}
	if units, err := readAmount(amount); err != nil || units < trees[at].Total {
		return fmt.Sprintf("amount %q: the tree needs %s base units", amount, trees[at].Total)
	}
	return f.syntax()
}

func (f Funding) syntax() string {
	if vault, err := solanago.PublicKeyFromBase58(f.Vault); err != nil || vault.String() != f.Vault {
		return fmt.Sprintf("vault %q: give the address of a token account", f.Vault)
	}
	if _, err := readSignature(f.Signature); err != nil {
		return err.Error()
	}
	return ""
}
