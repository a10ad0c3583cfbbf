package settle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// asking holds a matched file against the chain.
type asking struct {
	pool   *pgxpool.Pool
	client *solana.Client
	payer  Payer
	world
}

// clockSkew is how much earlier than ours a block's clock may be.
const clockSkew = time.Hour

// check asks the chain about every row.
func (a asking) check(ctx context.Context, m matched) error {
	bySignature := map[string][]claim{}
	for _, c := range slices.Concat(m.paid, m.failed) {
		bySignature[c.Signature] = append(bySignature[c.Signature], c)
	}
	signatures := slices.Sorted(maps.Keys(bySignature))
	found, err := statuses(ctx, a.client, signatures)
	if err != nil {
		return err
	}
	var bad misfits
	for _, signature := range signatures {
		paid, failed := divide(bySignature[signature])
		if err := a.checkPaid(ctx, paid, found[signature], &bad); err != nil {
			return err
		}
		for _, c := range failed {
			if err := a.checkFailed(ctx, c, found[signature], &bad); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(bad, func(x, y Misfit) int { return lineOf(x) - lineOf(y) })
	return bad.err(then)
}

func divide(claims []claim) (paid, failed []claim) {
	for _, c := range claims {
		if c.Outcome == Paid {
			paid = append(paid, c)
		} else {
			failed = append(failed, c)
		}
	}
	return paid, failed
}

func lineOf(m Misfit) (line int) {
	_, _ = fmt.Sscanf(m.Where, "line %d", &line)
	return line
}

// checkPaid holds the paid rows of one signature against what it did.
func (a asking) checkPaid(ctx context.Context, claims []claim, status solana.Status, bad *misfits) error {
	if len(claims) == 0 {
		return nil
	}
	why := notLanded(status)
	var done *solana.Landed
	if why == "" {
		var err error
		if done, why, err = transaction(ctx, a.client, claims[0].Signature); err != nil {
			return err
		}
	}
	if why != "" {
		for _, c := range claims {
			bad.add(c.where(), "signature %s: %s", c.Signature, why)
		}
		return nil
	}
	return a.moved(claims, done, bad)
}

// moved checks that the transaction has a transfer for each row, beside those for
// what it paid before.
func (a asking) moved(claims []claim, done *solana.Landed, bad *misfits) error {
	signature := claims[0].Signature
	dues, err := a.dues(signature, claims)
	if err != nil {
		return err
	}
	lacking, _ := a.payer.covers(done, dues)
	for _, d := range lacking {
		bad.add(d.where, "signature %s moves no %s base units from %s to %s that no other row claims", signature, d.amount, a.payer.Account, d.account)
	}
	if out := a.payer.out(done); len(lacking) == 0 && out < sumOf(dues) {
		bad.add(claims[0].where(), "signature %s took %s base units out of %s, less than the %s that it should have paid",
			signature, out, a.payer.Account, sumOf(dues))
	}
	if a.isEarly(done) {
		bad.add(claims[0].where(), "signature %s is of %s, before %s was prepared", signature, done.Time.UTC().Format(time.RFC3339), a.d.ID)
	}
	return nil
}

// isEarly reports whether a transaction is older than the distribution.
func (a asking) isEarly(t *solana.Landed) bool {
	return !t.Time.IsZero() && t.Time.Before(a.d.PreparedAt.Add(-clockSkew))
}

// dues are what the signature must have moved: what it paid of this distribution
// already, and the claims. solana-tokens pays a wallet by one transfer, whatever the
// number of its payouts.
func (a asking) dues(signature string, claims []claim) (dues []due, err error) {
	perWallet := map[string]int{}
	add := func(where, wallet string, amount ledger.Amount) {
		if i, seen := perWallet[wallet]; seen && a.d.Rail == distribution.RailSolanaTokens {
			dues[i].amount += amount // of one distribution's total
			return
		}
		d, failed := a.payer.dueTo(where, wallet, amount)
		if failed != nil {
			err = failed
		}
		perWallet[wallet] = len(dues)
		dues = append(dues, d)
	}
	for _, c := range claims { // first, so that a misfit is named by its line
		add(c.where(), c.Wallet, c.Amount)
	}
	for _, p := range a.payouts {
		if p.State == distribution.Paid && p.Signature == signature {
			add(fmt.Sprintf("payout %d", p.Number), string(p.Wallet), p.Amount)
		}
	}
	return dues, err
}

// checkFailed asks for proof that a payment failed, and that nothing else paid it.
func (a asking) checkFailed(ctx context.Context, c claim, status solana.Status, bad *misfits) error {
	if !status.Found || !status.Finalized || status.Failed == "" {
		bad.add(c.where(), "failed: the chain does not say so of %s: leave the row out, or cancel what is left by two persons", c.Signature)
		return nil
	}
	d, err := a.payer.dueTo(c.where(), c.Wallet, c.Amount)
	if err != nil {
		return err
	}
	asked, err := a.client.Transaction(ctx, solanago.MustSignatureFromBase58(c.Signature))
	if err != nil {
		return err
	}
	if asked == nil {
		bad.add(c.where(), "failed: the node does not know what %s was to do: ask one that keeps history", c.Signature)
		return nil
	}
	if lacking, _ := a.payer.covers(asked, []due{d}); len(lacking) > 0 {
		bad.add(c.where(), "failed: %s was not to move %s base units to %s: it is another payment that failed", c.Signature, d.amount, d.account)
		return nil
	}
	why, err := a.paidSince(ctx, d)
	if why != "" {
		bad.add(c.where(), "failed: %s", why)
	}
	return err
}

// paidSince says what may have paid an account since the distribution was prepared,
// beside the transactions that are known to have paid others; "": nothing did.
func (a asking) paidSince(ctx context.Context, d due) (why string, err error) {
	history, err := a.client.History(ctx, d.account, 0)
	if err != nil {
		return "", err
	}
	ours, err := a.ours(ctx, history)
	if err != nil {
		return "", err
	}
	for _, seen := range history {
		if seen.Failed != "" || ours[seen.Signature.String()] {
			continue
		}
		done, err := a.client.Transaction(ctx, seen.Signature)
		if err != nil {
			return "", err
		}
		if done == nil {
			return fmt.Sprintf("transaction %s names %s, too, and the node does not know what it did: ask one that keeps history", seen.Signature, d.account), nil
		}
		if a.isEarly(done) { // and those after it, which are older
			return "", nil
		}
		if paid := a.payer.to(done, d.account); paid > 0 {
			return fmt.Sprintf("transaction %s moved %s base units to %s since: it may be what paid it", seen.Signature, paid, d.account), nil
		}
	}
	return "", nil
}

// ours tells which of the transactions are known to have paid payouts.
func (a asking) ours(ctx context.Context, history []solana.Seen) (ours map[string]bool, err error) {
	signatures := make([]string, len(history))
	for i, seen := range history {
		signatures[i] = seen.Signature.String()
	}
	err = reading(ctx, a.pool, func(tx pgx.Tx) error {
		ours, err = knownSignatures(ctx, tx, signatures)
		return err
	})
	return ours, err
}
