package settle

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
)

// Request is whose settlement it is, and of what.
type Request struct {
	Distribution string // such as "d1"
	Actor        int64  // the person's id
	Reason       string // why, in a phrase
	DryRun       bool   // post nothing

	// Look is called once with what a file would settle, before anything is posted; an
	// error of it stops that. It may be nil.
	Look func(Result) error
}

// Result is what a settlement did, or would do.
type Result struct {
	Distribution string       `json:"distribution"`
	Settled      Tally        `json:"settled"`       // newly paid
	Returned     Tally        `json:"returned"`      // newly earned again
	Failed       Tally        `json:"failed"`        // failed for certain, and in transit still: see the notes
	Already      Tally        `json:"already_ended"` // before, or by others meanwhile
	Unknown      Tally        `json:"unknown"`       // in transit still
	States       []StateTally `json:"unknown_by_state"`
	Misfits      []Misfit     `json:"misfits"` // what was left as it is, because it does not fit
	Notes        []string     `json:"notes"`   // what a person is to do
	Journals     []int64      `json:"journals"`

	request Request
	would   map[int]bool // payouts that a dry run would have ended
}

// StateTally is the payouts in transit of one state.
type StateTally struct {
	State distribution.PayoutState `json:"state"`
	Tally
}

func newResult(r Request) *Result {
	return &Result{Distribution: r.Distribution, States: []StateTally{}, Misfits: []Misfit{}, Notes: []string{}, Journals: []int64{},
		request: r, would: map[int]bool{}}
}

func (r *Result) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// post posts a settlement in one transaction, or counts what it would post.
func (r *Result) post(ctx context.Context, pool *pgxpool.Pool, payouts []distribution.PayoutStatus, s distribution.Settlement) error {
	return r.postWith(ctx, pool, payouts, s, func(pgx.Tx) error { return nil })
}

// postWith is post, and what is recorded beside it in the same transaction.
func (r *Result) postWith(ctx context.Context, pool *pgxpool.Pool, payouts []distribution.PayoutStatus, s distribution.Settlement, beside func(pgx.Tx) error) error {
	if len(s.Paid)+len(s.Returned) == 0 {
		return nil
	}
	s.Distribution, s.Actor, s.Reason = r.request.Distribution, r.request.Actor, r.request.Reason
	if r.request.DryRun {
		r.count(payouts, s)
		return nil
	}
	var settled distribution.Settled
	if err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
		if settled, err = distribution.Settle(ctx, tx, s); err != nil {
			return err
		}
		return beside(tx)
	}); err != nil {
		return err
	}
	r.Settled.Payouts, r.Settled.Total = r.Settled.Payouts+settled.Paid, r.Settled.Total+settled.PaidTotal
	r.Returned.Payouts, r.Returned.Total = r.Returned.Payouts+settled.Returned, r.Returned.Total+settled.ReturnedTotal
	r.Journals = append(r.Journals, settled.Journals...)
	return nil
}

// look shows what the settlement would post, unless nothing is posted anyway.
func (r *Result) look(ctx context.Context, pool *pgxpool.Pool, payouts []distribution.PayoutStatus, s distribution.Settlement) error {
	if r.request.Look == nil || r.request.DryRun || len(s.Paid)+len(s.Returned) == 0 {
		return nil
	}
	dry := *r
	dry.request.DryRun, dry.would, dry.States = true, map[int]bool{}, nil
	dry.count(payouts, s)
	if err := dry.rest(ctx, pool); err != nil {
		return err
	}
	return r.request.Look(dry)
}

// count adds up what a settlement would newly end.
func (r *Result) count(payouts []distribution.PayoutStatus, s distribution.Settlement) {
	for _, by := range s.Paid {
		if p := payouts[by.Payout-1]; !hasEnded(p) {
			r.Settled.add(p.Amount)
			r.would[p.Number] = true
		}
	}
	for _, number := range s.Returned {
		if p := payouts[number-1]; !hasEnded(p) {
			r.Returned.add(p.Amount)
			r.would[p.Number] = true
		}
	}
}

func hasEnded(p distribution.PayoutStatus) bool {
	return p.State == distribution.Paid || p.State == distribution.Returned
}

// rest says how the distribution stands after all was posted.
func (r *Result) rest(ctx context.Context, pool *pgxpool.Pool) error {
	var payouts []distribution.PayoutStatus
	if err := reading(ctx, pool, func(tx pgx.Tx) (err error) {
		payouts, err = distribution.ReadPayouts(ctx, tx, r.Distribution)
		return err
	}); err != nil {
		return err
	}
	states := map[distribution.PayoutState]Tally{}
	for _, p := range payouts {
		if hasEnded(p) {
			r.Already.add(p.Amount)
			continue
		}
		if r.would[p.Number] {
			continue
		}
		r.Unknown.add(p.Amount)
		t := states[p.State]
		t.add(p.Amount)
		states[p.State] = t
	}
	for _, state := range []distribution.PayoutState{distribution.Waiting, distribution.Live, distribution.Landed, distribution.Aside} {
		if t, found := states[state]; found {
			r.States = append(r.States, StateTally{state, t})
		}
	}
	if !r.request.DryRun { // what we ended stands among what has ended
		r.Already.Payouts -= r.Settled.Payouts + r.Returned.Payouts
		r.Already.Total -= r.Settled.Total + r.Returned.Total
	}
	return nil
}
