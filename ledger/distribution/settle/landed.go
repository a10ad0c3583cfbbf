package settle

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// attempt is a transaction of ours that is on record as landed, with all payouts
// that it was made for.
type attempt struct {
	id        int64
	batch     string // such as "d1-b3"
	memo      string
	signature string
	payouts   []distribution.PayoutStatus
}

// attemptsPerJournal bounds what one transaction of the database settles: at most
// 17 payouts an attempt.
const attemptsPerJournal = 64

// FromChain settles a distribution on the rail transactions: it holds each landed
// attempt against the chain in three ways - the status of its signature, its decoded
// transfers, and the change of the treasury's account - and posts its payouts as
// paid if all three agree. One that does not fit is reported and left; the others go
// on. Payouts that were set aside, and of which no attempt can land, are returned,
// unless files were exported by which they could be paid by hand.
//
// It may be killed at any point and run twice, or twice at once: a payout ends once.
func FromChain(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, r Request) (Result, error) {
	result, err := fromChain(ctx, pool, client, r)
	if err != nil {
		return Result{}, fmt.Errorf("settle %s: %w", r.Distribution, err)
	}
	return result, nil
}

func fromChain(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, r Request) (Result, error) {
	s, err := readSubmitted(ctx, pool, r.Distribution)
	if err != nil {
		return Result{}, err
	}
	if s.d.Rail != distribution.RailTransactions {
		return Result{}, fmt.Errorf("%w: %s is not paid by transactions of its own: settle it by receipts or by the funding of its trees: `uptally distribution settle %s --receipts FILE` or `uptally distribution settle %s --tree ID`", distribution.ErrRail, s.d.ID, s.d.ID, s.d.ID)
	}
	payer, err := payerOf(s.d, Payer{})
	if err != nil {
		return Result{}, err
	}
	result := newResult(r)
	var bad misfits
	for some := range slices.Chunk(s.landed, attemptsPerJournal) {
		paid, err := payer.verify(ctx, client, some, &bad)
		if err != nil {
			return Result{}, err
		}
		if err := result.post(ctx, pool, s.payouts, distribution.Settlement{Paid: paid}); err != nil {
			return Result{}, err
		}
	}
	returned, err := s.returnable(ctx, client, payer, result, &bad)
	if err != nil {
		return Result{}, err
	}
	if err := result.post(ctx, pool, s.payouts, distribution.Settlement{Returned: returned}); err != nil {
		return Result{}, err
	}
	result.Misfits = append(result.Misfits, bad...)
	return *result, result.rest(ctx, pool)
}

// submitted is what the database says of a distribution that was submitted.
type submitted struct {
	world
	landed []attempt
	memos  map[string]string // of its batches, by memo
}

func readSubmitted(ctx context.Context, pool *pgxpool.Pool, id string) (s submitted, err error) {
	if s.world, err = readWorld(ctx, pool, id, nil); err != nil {
		return s, err
	}
	err = reading(ctx, pool, func(tx pgx.Tx) error {
		if s.landed, err = landedAttempts(ctx, tx, id); err != nil {
			return err
		}
		s.memos, err = batchMemos(ctx, tx, id)
		return err
	})
	byNumber := map[int]distribution.PayoutStatus{}
	for _, p := range s.payouts {
		byNumber[p.Number] = p
	}
	for _, a := range s.landed {
		for i, p := range a.payouts {
			a.payouts[i] = byNumber[p.Number]
		}
	}
	return s, err
}

// verify returns the payouts of those attempts that the chain confirms in all three
// ways.
func (p Payer) verify(ctx context.Context, client *solana.Client, attempts []attempt, bad *misfits) (paid []distribution.PaidBy, err error) {
	signatures := make([]string, len(attempts))
	for i, a := range attempts {
		signatures[i] = a.signature
	}
	found, err := statuses(ctx, client, signatures)
	if err != nil {
		return nil, err
	}
	for _, a := range attempts {
		why, err := p.confirms(ctx, client, a, found[a.signature])
		if err != nil {
			return nil, err
		}
		if why != "" {
			bad.add(a.batch, "signature %s: %s", a.signature, why)
			continue
		}
		for _, payout := range a.payouts {
			paid = append(paid, distribution.PaidBy{Payout: payout.Number, Signature: a.signature, Evidence: distribution.EvidenceChain})
		}
	}
	return paid, nil
}

// confirms says why the chain does not confirm that an attempt paid its payouts,
// all of them, and nothing else; "": it does.
func (p Payer) confirms(ctx context.Context, client *solana.Client, a attempt, status solana.Status) (why string, err error) {
	if why := notLanded(status); why != "" {
		return why, nil
	}
	done, why, err := transaction(ctx, client, a.signature)
	if err != nil || why != "" {
		return why, err
	}
	dues := make([]due, len(a.payouts))
	for i, payout := range a.payouts {
		if dues[i], err = p.dueTo(fmt.Sprintf("payout %d", payout.Number), string(payout.Wallet), payout.Amount); err != nil {
			return "", err
		}
	}
	lacking, others := p.covers(done, dues)
	switch out := p.out(done); {
	case len(lacking) > 0:
		return fmt.Sprintf("it does not pay %s %s base units to %s", lacking[0].where, lacking[0].amount, lacking[0].account), nil
	case len(others) > 0:
		return fmt.Sprintf("it also moves %d base units to %s, which is of none of its payouts", others[0].Amount, others[0].To), nil
	case out != sumOf(dues):
		return fmt.Sprintf("it took %s base units out of %s, not the %s of its payouts", out, p.Account, sumOf(dues)), nil
	case done.Memo != a.memo:
		return fmt.Sprintf("its memo is %q, not %q", done.Memo, a.memo), nil
	}
	return "", nil
}

// returnable are the payouts that are set aside and that nothing can pay any more.
func (s submitted) returnable(ctx context.Context, client *solana.Client, payer Payer, result *Result, bad *misfits) (numbers []int, err error) {
	for _, p := range s.payouts {
		if p.State == distribution.Aside {
			numbers = append(numbers, p.Number)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	if s.d.FilesOut() {
		result.note("%d payouts are set aside, but the files are out, by which they could be paid by hand: "+
			"have two persons cancel what is left of %s, who know that nobody will", len(numbers), s.d.ID)
		return nil, nil
	}
	history, err := client.History(ctx, payer.Account, 0)
	if err != nil {
		return nil, err
	}
	ours := s.signatures()
	for _, seen := range history {
		if batch, found := s.memos[seen.Memo]; found && seen.Failed == "" && !ours[seen.Signature.String()] {
			bad.add(batch, "transaction %s carries its memo and is none of our attempts: it was paid by hand; nothing that is set aside is returned", seen.Signature)
			return nil, nil
		}
	}
	return numbers, nil
}

// signatures are those of the landed attempts.
func (s submitted) signatures() map[string]bool {
	all := make(map[string]bool, len(s.landed))
	for _, a := range s.landed {
		all[a.signature] = true
	}
	return all
}
