package settle

import (
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// FromReceipts settles the payouts that a file of receipts tells of, all of them or
// none. With a client each signature is checked on the chain, and a failed payment
// is returned if the chain proves that nothing paid it; without one a file alone
// never returns money.
//
// Rows that cannot be read or do not fit are a *Misfits that names every one.
func FromReceipts(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, payer Payer, format Format, file io.Reader, r Request) (Result, error) {
	result, err := fromReceipts(ctx, pool, client, payer, format, file, r)
	if err != nil {
		return Result{}, fmt.Errorf("settle %s: %w", r.Distribution, err)
	}
	return result, nil
}

func fromReceipts(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, payer Payer, format Format, file io.Reader, r Request) (Result, error) {
	receipts, err := ReadReceipts(file, format, r.Distribution)
	if err != nil {
		return Result{}, err
	}
	w, err := readWorld(ctx, pool, r.Distribution, receipts)
	if err != nil {
		return Result{}, err
	}
	if err := accepts(w.d, format); err != nil {
		return Result{}, err
	}
	m, bad := match(w.payouts, receipts)
	bad = append(bad, w.elsewhere(receipts)...)
	if err := bad.err(then); err != nil {
		return Result{}, err
	}
	evidence := distribution.EvidenceFile
	result := newResult(r)
	if client != nil {
		if payer, err = payerOf(w.d, payer); err != nil {
			return Result{}, err
		}
		if err := (asking{pool, client, payer, w}).check(ctx, m); err != nil {
			return Result{}, err
		}
		evidence = distribution.EvidenceChain
	} else if len(m.failed) > 0 {
		return Result{}, refuseFailed(m.failed)
	}
	s := settlement(m, evidence)
	if w.d.FilesOut() && len(s.Returned) > 0 {
		result.Failed, s.Returned = tally(m.failed), nil
		result.note("%s failed, as the chain confirms, but the files are out, by which they could be paid again: "+
			"have two persons cancel what is left of %s, who know that nobody will", result.Failed, w.d.ID)
	}
	if err := result.look(ctx, pool, w.payouts, s); err != nil {
		return Result{}, err
	}
	if err := result.post(ctx, pool, w.payouts, s); err != nil {
		return Result{}, err
	}
	return *result, result.rest(ctx, pool)
}

// accepts refuses receipts of payouts that are not paid by such a tool.
func accepts(d distribution.Distribution, format Format) error {
	switch {
	case d.ApprovedBy == 0:
		return fmt.Errorf("%w: nothing of it can have been paid", distribution.ErrNotApproved)
	case d.Rail == distribution.RailMerkle:
		return fmt.Errorf("%w: %s is paid by merkle trees: settle it by their funding: `uptally distribution settle %s --tree ID`", distribution.ErrRail, d.ID, d.ID)
	case d.Rail == distribution.RailTransactions && format == FormatSolanaTokens:
		return fmt.Errorf("%w: %s is paid by its own transactions, not by solana-tokens: settle it from the chain: `uptally distribution settle %s --rpc URL`, "+
			"or give receipts of the format %s", distribution.ErrRail, d.ID, d.ID, FormatUptally)
	}
	return nil
}

// refuseFailed names the rows that would return money on the word of a file alone.
func refuseFailed(failed []claim) error {
	var bad misfits
	for _, c := range failed {
		bad.add(c.where(), "failed: a file alone returns no money")
	}
	return bad.err("nothing was posted; have the chain confirm it (name a Solana RPC node), leave these rows out, or cancel what is left by two persons")
}

// world is what the database says of a distribution's payouts.
type world struct {
	d       distribution.Distribution
	payouts []distribution.PayoutStatus
	others  map[string]string // signatures of the file that paid other distributions, and one of each
}

func readWorld(ctx context.Context, pool *pgxpool.Pool, id string, receipts []Receipt) (w world, err error) {
	signatures := make([]string, len(receipts))
	for i, r := range receipts {
		signatures[i] = r.Signature
	}
	err = reading(ctx, pool, func(tx pgx.Tx) error {
		if w.d, err = distribution.Show(ctx, tx, id); err != nil {
			return err
		}
		if w.payouts, err = distribution.ReadPayouts(ctx, tx, id); err != nil {
			return err
		}
		w.others, err = paidElsewhere(ctx, tx, id, signatures)
		return err
	})
	return w, err
}

// elsewhere names the rows whose transaction paid another distribution.
func (w world) elsewhere(receipts []Receipt) (bad misfits) {
	for _, r := range receipts {
		if other, found := w.others[r.Signature]; found {
			bad.add(r.where(), "signature %s paid %s: it cannot pay %s, too", r.Signature, other, w.d.ID)
		}
	}
	return bad
}

// settlement is what posting the file asks for.
func settlement(m matched, evidence distribution.Evidence) (s distribution.Settlement) {
	for _, c := range m.paid {
		for _, p := range c.payouts {
			s.Paid = append(s.Paid, distribution.PaidBy{Payout: p.Number, Signature: c.Signature, Evidence: evidence})
		}
	}
	for _, c := range m.failed {
		for _, p := range c.payouts {
			s.Returned = append(s.Returned, p.Number)
		}
	}
	return s
}

// reading runs f on one state of the database.
func reading(ctx context.Context, pool *pgxpool.Pool, f func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}
