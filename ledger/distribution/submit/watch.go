package submit

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// watch looks after the live attempts of one distribution. It signs nothing.
type watch struct {
	pool    *pgxpool.Pool
	client  *solana.Client
	id      string
	source  solana.Source
	history *history
	misfits map[string]string // what of the chain does not fit, by what it is about
	hook    func(step string) // called between any two steps, by many goroutines; nil but in tests
}

func newWatch(pool *pgxpool.Pool, client *solana.Client, id string, source solana.Source) *watch {
	return &watch{pool: pool, client: client, id: id, source: source, history: newHistory(source.Account), misfits: map[string]string{}}
}

// looked is what a look came to.
type looked struct {
	live    []attempt
	unseen  []attempt // live ones that are worth sending again: the chain knows nothing of them, and they are not over
	ended   map[fate]int
	expired []int // batches
}

// look asks the chain about every live attempt and ends those whose fate is proven.
func (w *watch) look(ctx context.Context) (looked, error) {
	var all []attempt
	if err := w.read(ctx, func(tx pgx.Tx) (err error) {
		all, err = liveAttempts(ctx, tx, w.id)
		return err
	}); err != nil {
		return looked{}, err
	}
	if len(all) == 0 {
		return looked{}, nil
	}
	sights, err := w.ask(ctx, all)
	if err != nil {
		return looked{live: all}, err
	}
	w.step("asked")
	return w.conclude(ctx, all, sights)
}

// conclude records the ends that follow from what was seen.
func (w *watch) conclude(ctx context.Context, all []attempt, sights []sight) (looked, error) {
	l := looked{ended: map[fate]int{}}
	var ends []end
	for i, a := range all {
		e, err := w.end(ctx, a, sights[i])
		if err != nil {
			return looked{live: all}, err
		}
		if e == nil {
			l.live = append(l.live, a)
			if a.isSigned() && !sights[i].over && !sights[i].status.Found {
				l.unseen = append(l.unseen, a)
			}
			continue
		}
		ends = append(ends, *e)
		l.ended[judge(sights[i])]++
		if e.outcome == outcomeExpired {
			l.expired = append(l.expired, a.batch)
		}
	}
	if len(ends) == 0 {
		return l, nil
	}
	err := w.paying(ctx, func(tx pgx.Tx, _ distribution.Distribution) error { return insertEnds(ctx, tx, ends) })
	w.step("ended")
	return l, err
}

// ask finds out about each attempt: first what is over, then the statuses, and then
// the history, so that neither was asked too early to know.
func (w *watch) ask(ctx context.Context, all []attempt) ([]sight, error) {
	sights := make([]sight, len(all))
	if err := w.askOver(ctx, all, sights); err != nil {
		return nil, err
	}
	if err := w.askStatuses(ctx, all, sights); err != nil {
		return nil, err
	}
	for i := range sights {
		if !sights[i].over || sights[i].status.Found {
			continue
		}
		if err := w.history.refresh(ctx, w.client); err != nil {
			return nil, err
		}
		break
	}
	for i := range sights {
		if sights[i].over && !sights[i].status.Found {
			paid, err := w.payments(ctx, all[i].memo)
			if err != nil {
				return nil, err
			}
			sights[i].asked, sights[i].paid = true, paid
		}
	}
	return sights, nil
}

func (w *watch) askOver(ctx context.Context, all []attempt, sights []sight) (err error) {
	var height uint64
	values := map[solana.Key]string{}
	for i, a := range all {
		if !a.onNonce() {
			if height == 0 {
				if height, err = w.client.Height(ctx); err != nil {
					return err
				}
			}
			sights[i].over = height > a.lastValid
			continue
		}
		if _, found := values[a.nonce]; !found {
			value, _, err := w.client.Nonce(ctx, a.nonce)
			if errors.Is(err, solana.ErrNonce) { // closed, or never one: a person's to explain
				w.misfits[a.nonce.String()] = fmt.Sprintf("%s: %s: whether it landed cannot be told by its nonce", w.batchID(a.batch), err)
				continue
			}
			if err != nil {
				return err
			}
			values[a.nonce] = value.String()
		}
		sights[i].over = values[a.nonce] != a.blockhash
	}
	return nil
}

func (w *watch) askStatuses(ctx context.Context, all []attempt, sights []sight) error {
	var signatures []solana.Signature
	var places []int
	for i, a := range all {
		if a.isSigned() {
			signatures, places = append(signatures, a.signature), append(places, i)
		}
	}
	if len(signatures) == 0 {
		return nil
	}
	statuses, err := w.client.Statuses(ctx, signatures)
	if err != nil {
		return err
	}
	for i, place := range places {
		sights[place].status = statuses[i]
	}
	return nil
}

// end returns the end of an attempt, nil while it may land.
func (w *watch) end(ctx context.Context, a attempt, s sight) (*end, error) {
	switch judge(s) {
	case landed:
		return &end{a.id, outcomeLanded, a.signature.String(), s.status.Slot, "finalized, by its own signature"}, nil
	case failed:
		return &end{a.id, outcomeFailed, a.signature.String(), s.status.Slot, s.status.Failed}, nil
	case elsewhere:
		return w.endElsewhere(ctx, a, s.paid)
	case expired:
		return &end{attempt: a.id, outcome: outcomeExpired, detail: a.proof()}, nil
	case mayLand:
	}
	return nil, nil
}

// proof says why an attempt can never land, for an end that expired.
func (a attempt) proof() string {
	over := fmt.Sprintf("the finalized block height is past %d", a.lastValid)
	if a.onNonce() {
		over = fmt.Sprintf("nonce account %s moved on from %s", a.nonce, a.blockhash)
	}
	if a.isSigned() {
		over += ", no node knows its signature"
	}
	return over + ", and nothing that was paid carries its memo"
}

// endElsewhere ends an attempt whose memo landed by another signature, once that
// transaction was read and does what the batch does. A replacement ends with what it
// takes the place of: that one holds the payouts.
func (w *watch) endElsewhere(ctx context.Context, a attempt, paid []payment) (*end, error) {
	if a.replaces != 0 {
		return &end{attempt: a.id, outcome: outcomeExpired,
			detail: fmt.Sprintf("nonce account %s moved on, and its batch landed by %s", a.nonce, paid[0].signature)}, nil
	}
	payees, err := w.payees(ctx, a.batch)
	if err == nil {
		err = w.check(a.batch, payees, paid)
	}
	if errors.Is(err, ErrMisfit) {
		w.misfits[a.memo] = err.Error()
		return nil, nil // unknown, until a person has looked
	}
	if err != nil {
		return nil, err
	}
	return &end{a.id, outcomeLanded, paid[0].signature.String(), paid[0].Slot, "finalized, found by its memo and decoded"}, nil
}

// check holds the one transaction that carries a batch's memo against what the batch
// pays. The error is ErrMisfit if it does otherwise.
func (w *watch) check(batch int, payees []payee, paid []payment) error {
	if len(paid) > 1 {
		return fmt.Errorf("%w: %s was paid by %s and by %s: reconcile with the chain",
			ErrMisfit, w.batchID(batch), paid[0].signature, paid[1].signature)
	}
	if err := pays(w.source, payees, paid[0].Landed); err != nil {
		return fmt.Errorf("%w: transaction %s carries the memo of %s, but %w: reconcile with the chain; nothing of this batch is paid until then",
			ErrMisfit, paid[0].signature, w.batchID(batch), err)
	}
	return nil
}

func (w *watch) payees(ctx context.Context, batch int) (payees []payee, err error) {
	err = w.read(ctx, func(tx pgx.Tx) error {
		payees, err = payeesOf(ctx, tx, w.id, batch)
		return err
	})
	return payees, err
}

func (w *watch) step(name string) {
	if w.hook != nil {
		w.hook(name)
	}
}

func (w *watch) read(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, w.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, f)
}

// paying runs f in a transaction that holds the lock of the distribution's paying.
func (w *watch) paying(ctx context.Context, f func(tx pgx.Tx, d distribution.Distribution) error) error {
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		d, err := distribution.LockPaying(ctx, tx, w.id)
		if err != nil {
			return err
		}
		return f(tx, d)
	})
}

// resend hands the same bytes to the node once more. Whether it took them is seen
// at the next look.
func (w *watch) resend(ctx context.Context, all []attempt) error {
	return each(ctx, all, func(a attempt) error {
		_ = w.client.Send(ctx, a.transaction) // it may land, whatever the answer
		w.step("resent")
		return ctx.Err()
	})
}
