package settle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Chain is what the chain says beside the ledger.
type Chain struct {
	Transactions int           `json:"transactions"`  // that were held against payouts
	PaidByChain  ledger.Amount `json:"paid_by_chain"` // Σ of settled payouts that the chain confirms
	PaidByLedger ledger.Amount `json:"paid_by_ledger"`
	NotOurs      []Outflow     `json:"not_ours"` // what else left the treasury since the first distribution
}

// Outflow is a transaction that took tokens out of the treasury's account.
type Outflow struct {
	Signature string        `json:"signature"`
	Account   string        `json:"account"`
	Time      time.Time     `json:"time"`
	Amount    ledger.Amount `json:"amount"`
	Memo      string        `json:"memo"`
}

// histories are the finalized transactions of each account that pays.
type histories map[Payer][]solana.Seen

// readHistory asks for the history of every account that pays a distribution. Of one
// supplier's statement it is no part.
func readHistory(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, asked Asked) (histories, error) {
	if client == nil || asked.Supplier != uuid.Nil {
		return nil, nil
	}
	var all []distribution.Distribution
	if err := reading(ctx, pool, func(tx pgx.Tx) (err error) {
		all, err = distribution.List(ctx, tx)
		return err
	}); err != nil {
		return nil, err
	}
	found := histories{}
	for _, d := range all {
		payer, err := payerOf(d, asked.Payer)
		if err != nil {
			return nil, err
		}
		if _, read := found[payer]; read {
			continue
		}
		if found[payer], err = client.History(ctx, payer.Account, 0); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// ask holds the books against the chain.
func (l *books) ask(ctx context.Context, client *solana.Client, history histories) error {
	l.Chain = &Chain{NotOurs: []Outflow{}}
	ours := map[string]bool{}
	for i, d := range l.distributions {
		payer, err := payerOf(d, l.asked.Payer)
		if err != nil {
			return err
		}
		if err := l.askPaid(ctx, client, payer, d, l.Runs[i].Transactions, ours); err != nil {
			return err
		}
	}
	var bad misfits
	if l.Chain.PaidByChain != l.Chain.PaidByLedger {
		bad.add("chain", "it confirms %s base units of the %s that the ledger has as paid", l.Chain.PaidByChain, l.Chain.PaidByLedger)
	}
	if err := l.askOthers(ctx, client, history, ours, &bad); err != nil {
		return err
	}
	l.Misfits = append(l.Misfits, bad...)
	return nil
}

// askPaid holds the settled payouts of a distribution against their transactions.
func (l *books) askPaid(ctx context.Context, client *solana.Client, payer Payer, d distribution.Distribution, transactions []Transaction, ours map[string]bool) error {
	signatures := make([]string, len(transactions))
	for i, t := range transactions {
		signatures[i], ours[t.Signature] = t.Signature, true
	}
	found, err := statuses(ctx, client, signatures)
	if err != nil {
		return err
	}
	bySignature := map[string][]Part{}
	for _, p := range l.parts {
		if p.State == distribution.Paid && p.distribution() == d.ID {
			bySignature[p.Signature] = append(bySignature[p.Signature], p)
		}
	}
	var bad misfits
	for _, t := range transactions {
		l.Chain.Transactions++
		l.Chain.PaidByLedger += t.Total
		why, done := notLanded(found[t.Signature]), (*solana.Landed)(nil)
		if why == "" {
			if done, why, err = transaction(ctx, client, t.Signature); err != nil {
				return err
			}
		}
		if why == "" {
			if why, err = l.moved(payer, d, bySignature[t.Signature], done); err != nil {
				return err
			}
		}
		if why != "" {
			bad.add(d.ID+" "+t.Signature, "%s: it is settled as paid to %d payouts of %s base units", why, t.Payouts, t.Total)
			continue
		}
		l.Chain.PaidByChain += t.Total
	}
	l.Misfits = append(l.Misfits, bad...)
	return nil
}

// moved says why a transaction did not pay the payouts that are settled by it; "":
// it did, and moved nothing else.
func (l *books) moved(payer Payer, d distribution.Distribution, parts []Part, done *solana.Landed) (string, error) {
	if d.Rail == distribution.RailMerkle {
		return l.funded(payer, parts, done), nil
	}
	dues, err := payer.duesOf(d.Rail, parts)
	if err != nil {
		return "", err
	}
	lacking, others := payer.covers(done, dues)
	if len(lacking) > 0 {
		return fmt.Sprintf("it does not move the %s base units of %s to %s", lacking[0].amount, lacking[0].where, lacking[0].account), nil
	}
	if l.Supplier != nil { // of one supplier's part nothing follows about the rest
		return "", nil
	}
	if len(others) > 0 {
		return fmt.Sprintf("it also moves %d base units to %s", others[0].Amount, others[0].To), nil
	}
	if out := payer.out(done); out != sumOf(dues) {
		return fmt.Sprintf("it took %s base units out of the treasury %s", out, payer.Account), nil
	}
	return "", nil
}

// duesOf are what a transaction must have moved for the parts: one transfer each, or
// one a wallet as solana-tokens pays.
func (p Payer) duesOf(rail distribution.Rail, parts []Part) (dues []due, err error) {
	perWallet := map[string]int{}
	for _, part := range parts {
		if i, seen := perWallet[part.Wallet]; seen && rail == distribution.RailSolanaTokens {
			dues[i].amount += part.Amount // of one distribution's total
			continue
		}
		d, err := p.dueTo(part.Payout, part.Wallet, part.Amount)
		if err != nil {
			return nil, err
		}
		perWallet[part.Wallet] = len(dues)
		dues = append(dues, d)
	}
	return dues, nil
}

// funded says why a transaction did not fund the trees that the payouts stand in;
// "": it did.
func (l *books) funded(payer Payer, parts []Part, done *solana.Landed) string {
	var total ledger.Amount
	trees := 0
	for _, f := range l.fundings {
		if f.Signature != parts[0].Signature {
			continue
		}
		if got := ledger.Amount(done.Changes[f.vault]); got < f.total {
			return fmt.Sprintf("it put %s base units into the vault %s of %s, not its %s", got, f.Vault, f.Tree, f.total)
		}
		total += f.total
		trees++
	}
	if out := payer.out(done); trees == 0 || out < total {
		return fmt.Sprintf("it funds %d trees, and took %s base units out of the treasury %s, not their %s", trees, out, payer.Account, total)
	}
	return ""
}

// askOthers looks at everything else that the accounts which pay took part in.
func (l *books) askOthers(ctx context.Context, client *solana.Client, history histories, ours map[string]bool, bad *misfits) error {
	for _, f := range l.fundings {
		ours[f.Signature] = true
	}
	seen := map[string]bool{} // accounts: two mints cannot share one
	for payer, transactions := range history {
		if account := payer.Account.String(); !seen[account] {
			seen[account] = true
			if err := l.askAccount(ctx, client, payer, transactions, ours, bad); err != nil {
				return err
			}
		}
	}
	slices.SortFunc(l.Chain.NotOurs, func(a, b Outflow) int {
		if order := a.Time.Compare(b.Time); order != 0 {
			return order
		}
		return strings.Compare(a.Signature, b.Signature)
	})
	for _, o := range l.Chain.NotOurs {
		bad.add(o.Signature, "not ours: it took %s base units out of the treasury %s%s", o.Amount, o.Account, remark(o.Memo))
	}
	return nil
}

// remark tells of a memo, which may be that of a batch that was paid by hand.
func remark(memo string) string {
	if memo == "" {
		return ""
	}
	return fmt.Sprintf(", with the memo %q", memo)
}

// askAccount walks an account's history, newest first, back to the first
// distribution.
func (l *books) askAccount(ctx context.Context, client *solana.Client, payer Payer, history []solana.Seen, ours map[string]bool, bad *misfits) error {
	for _, t := range history {
		signature := t.Signature.String()
		if t.Failed != "" || ours[signature] {
			continue
		}
		if a, found := l.attempts[signature]; found {
			if a.outcome == "expired" || a.outcome == "failed" {
				bad.add(a.batch, "attempt %s is on record as %s (%s), but it landed: its payouts may be paid twice; stop, and look", signature, a.outcome, a.detail)
			}
			continue // landed, and not settled yet: it stands among the open attempts
		}
		done, err := client.Transaction(ctx, t.Signature)
		if err != nil {
			return err
		}
		if done == nil {
			bad.add(signature, "the node lists it for the treasury %s but does not know what it did: ask one that keeps history", payer.Account)
			continue
		}
		if !done.Time.IsZero() && done.Time.Before(l.distributions[0].PreparedAt.Add(-clockSkew)) {
			return nil // and so are those after it, which are older
		}
		if out := payer.out(done); out > 0 {
			l.Chain.NotOurs = append(l.Chain.NotOurs, Outflow{signature, payer.Account.String(), done.Time, out, done.Memo})
		}
	}
	return nil
}

// signedAttempt is an attempt as the chain may know it.
type signedAttempt struct {
	batch, outcome, detail string // the outcome is "" if it is live
}

// treeFunding is a funded tree.
type treeFunding struct {
	Funding
	vault solana.Key
	total ledger.Amount
}

// distribution returns the id of the payout's distribution.
func (p Part) distribution() string {
	id, _, _ := strings.Cut(p.Payout, "-")
	return id
}
