package finance

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

// TaskResult is what came of a task: each kind fills in its own part.
type TaskResult struct {
	Preview      *DistributionPreview `json:"preview,omitempty" doc:"Of preview."`
	Distribution string               `json:"distribution,omitempty" example:"d1" doc:"Of prepare and approve_cancel: the distribution."`
	Returned     *PayoutTally         `json:"returned,omitempty" doc:"Of approve_cancel: what is earned again."`
	Settlement   *SettlementResult    `json:"settlement,omitempty" doc:"Of settle_…."`
	Statement    *PaymentStatement    `json:"statement,omitempty" doc:"Of reconcile_chain."`
	Wallets      *WalletsImported     `json:"wallets,omitempty" doc:"Of import_wallets."`
}

// PayoutTally is a number of payouts and their sum.
type PayoutTally struct {
	Payouts int        `json:"payouts" doc:"How many."`
	Total   wire.Money `json:"total" doc:"Their sum."`
}

// WalletsImported is what an import came to.
type WalletsImported struct {
	Proofs  int `json:"proofs" doc:"Recorded, one a row."`
	Changes int `json:"changes" doc:"Wallets that are new or changed."`
}

// MisfitFound is one thing that does not fit.
type MisfitFound struct {
	Where string `json:"where" example:"line 7" doc:"A line, a batch, a signature, a supplier."`
	Why   string `json:"why" doc:"Why, with the remedy where there is one."`
}

// SettlementResult is what a settlement did, or would do.
type SettlementResult struct {
	Distribution string               `json:"distribution" example:"d1" doc:"The distribution."`
	Settled      PayoutTally          `json:"settled" doc:"Newly paid."`
	Returned     PayoutTally          `json:"returned" doc:"Newly earned again."`
	Failed       PayoutTally          `json:"failed" doc:"Failed for certain, and in transit still: see the notes."`
	Already      PayoutTally          `json:"already_ended" doc:"Ended before, or by others meanwhile."`
	Unknown      PayoutTally          `json:"unknown" doc:"In transit still."`
	States       []PayoutStateOfTally `json:"unknown_by_state" nullable:"false" doc:"The same by state."`
	Misfits      []MisfitFound        `json:"misfits" nullable:"false" doc:"What was left as it is, because it does not fit; the first thousand."`
	Notes        []string             `json:"notes" nullable:"false" doc:"What a person is to do."`
	Journals     []int64              `json:"journals" nullable:"false" doc:"Numbers of the journals that it posted."`
}

// PayoutStateOfTally is the payouts of one state.
type PayoutStateOfTally struct {
	State distribution.PayoutState `json:"state" enum:"waiting,live,landed,aside" doc:"The state."`
	PayoutTally
}

func viewResult(r *task.Result) *TaskResult {
	if r == nil {
		return nil
	}
	v := &TaskResult{Distribution: r.Distribution}
	if r.Preview != nil {
		v.Preview = new(viewPreview(*r.Preview))
	}
	if c := r.Cancelled; c != nil {
		v.Returned = &PayoutTally{c.Returned, wire.MoneyOf(c.ReturnedTotal)}
	}
	if r.Settlement != nil {
		v.Settlement = new(viewSettlement(*r.Settlement))
	}
	if r.Statement != nil {
		v.Statement = new(viewPaymentStatement(*r.Statement))
	}
	if e := r.Entered; e != nil {
		v.Wallets = &WalletsImported{e.Proofs, e.Changes}
	}
	return v
}

func viewTally(t settle.Tally) PayoutTally { return PayoutTally{t.Payouts, wire.MoneyOf(t.Total)} }

func viewMisfits(all []settle.Misfit) []MisfitFound {
	views := make([]MisfitFound, len(all))
	for i, m := range all {
		views[i] = MisfitFound{m.Where, wire.OverHTTP(m.Why)}
	}
	return views
}

func viewSettlement(r settle.Result) SettlementResult {
	v := SettlementResult{
		r.Distribution, viewTally(r.Settled), viewTally(r.Returned), viewTally(r.Failed), viewTally(r.Already), viewTally(r.Unknown),
		make([]PayoutStateOfTally, len(r.States)), viewMisfits(r.Misfits), orEmpty(r.Notes), orEmpty(r.Journals),
	}
	for i, s := range r.States {
		v.States[i] = PayoutStateOfTally{s.State, viewTally(s.Tally)}
	}
	return v
}

// PaymentStatement says on one page what was earned, taken back, paid, and is owed
// still, distribution by distribution, and what does not fit.
type PaymentStatement struct {
	Fits     bool            `json:"fits" doc:"Nothing was found that does not fit."`
	At       time.Time       `json:"at" doc:"Of the state of the database that it was read from."`
	Supplier *uuid.UUID      `json:"supplier_id,omitempty" doc:"Whose it is; absent: everybody's."`
	Runs     []PaymentRun    `json:"distributions" nullable:"false" doc:"In order; the last is what came since."`
	Owed     wire.Money      `json:"owed" doc:"By the balances: earned + transit - owing. The last closing."`
	Open     []OpenAttempt   `json:"attempts" nullable:"false" doc:"That may land still, landed and are not settled, or can never land; the first thousand."`
	OpenAll  int             `json:"attempt_count" doc:"How many there are."`
	Chain    *ChainConfirmed `json:"chain,omitempty" doc:"What the chain says; absent: it was not asked."`
	Misfits  []MisfitFound   `json:"misfits" nullable:"false" doc:"What does not fit; the first thousand."`
	All      int             `json:"misfit_count" doc:"How many there are."`
	Lines    []PaymentLine   `json:"lines,omitempty" doc:"Of the one supplier that was asked about."`
}

// PaymentSums is what is owed over a span: opening + earned - reversed - paid = closing.
type PaymentSums struct {
	Opening  wire.Money `json:"opening" doc:"What was owed before."`
	Earned   wire.Money `json:"earned" doc:"Added by seals and corrections."`
	Reversed wire.Money `json:"reversed" doc:"Taken back by them."`
	Paid     wire.Money `json:"paid" doc:"By the distribution, as far as it is settled."`
	Closing  wire.Money `json:"closing" doc:"What is owed after."`
}

// PaymentRun is the line of one distribution.
type PaymentRun struct {
	Distribution string     `json:"distribution" example:"d1" doc:"The distribution; empty: what came since the last."`
	PreparedAt   *time.Time `json:"prepared_at,omitempty" doc:"When it was prepared."`
	PaymentSums
	Settled  PayoutTally `json:"settled" doc:"Payouts that are paid."`
	Returned PayoutTally `json:"returned" doc:"Payouts that came back."`
	Transit  PayoutTally `json:"in_transit" doc:"Payouts that have not ended."`
}

// PaymentLine is one supplier's part in the span of one distribution.
type PaymentLine struct {
	Distribution string `json:"distribution" example:"d1" doc:"The distribution; empty: what came since the last."`
	PaymentSums
	Payout    string                   `json:"payout,omitempty" example:"d1-17" doc:"Their payout."`
	Amount    *wire.Money              `json:"amount,omitempty" doc:"What it pays."`
	State     distribution.PayoutState `json:"state,omitempty" enum:"waiting,paid,returned" doc:"How far it is; waiting: in transit still."`
	Signature string                   `json:"signature,omitempty" doc:"Of what paid it."`
	Evidence  distribution.Evidence    `json:"evidence,omitempty" enum:"chain,file" doc:"Who says so."`
}

// OpenAttempt is an attempt that is not simply settled.
type OpenAttempt struct {
	Batch     string    `json:"batch" example:"d1-b3" doc:"Its batch."`
	State     string    `json:"state" enum:"live,landed,expired" doc:"How it stands."`
	Signature string    `json:"signature,omitempty" doc:"Absent: not signed yet."`
	Since     time.Time `json:"since" doc:"Since when."`
	Detail    string    `json:"detail,omitempty" doc:"What proved its end."`
	PayoutTally
}

// ChainConfirmed is what the chain says of what is settled.
type ChainConfirmed struct {
	Transactions int        `json:"transactions" doc:"That were held against payouts."`
	PaidByChain  wire.Money `json:"paid_by_chain" doc:"Settled payouts that the chain confirms."`
	PaidByLedger wire.Money `json:"paid_by_ledger" doc:"Settled payouts."`
	NotOurs      int        `json:"not_ours" doc:"Other transactions that took tokens out of the treasury since the first distribution."`
}

func viewPaymentStatement(s task.Statement) PaymentStatement {
	v := PaymentStatement{
		Fits: s.MisfitsAll == 0, At: s.At, Supplier: s.Supplier, Runs: make([]PaymentRun, len(s.Runs)), Owed: wire.MoneyOf(s.Owed),
		Open: make([]OpenAttempt, len(s.Open)), OpenAll: s.OpenAll, Misfits: viewMisfits(s.Misfits), All: s.MisfitsAll,
	}
	for i, r := range s.Runs {
		v.Runs[i] = PaymentRun{r.Distribution, momentOrNone(r.PreparedAt), viewSums(r.Line), viewTally(r.Settled), viewTally(r.Returned), viewTally(r.Transit)}
	}
	for i, o := range s.Open {
		v.Open[i] = OpenAttempt{o.Batch, o.State, o.Signature, o.Since, o.Detail, viewTally(o.Tally)}
	}
	for _, l := range s.Lines {
		v.Lines = append(v.Lines, viewPaymentLine(l))
	}
	if c := s.Chain; c != nil {
		v.Chain = &ChainConfirmed{c.Transactions, wire.MoneyOf(c.PaidByChain), wire.MoneyOf(c.PaidByLedger), s.NotOursAll}
	}
	return v
}

func viewSums(l settle.Line) PaymentSums {
	return PaymentSums{wire.MoneyOf(l.Opening), wire.MoneyOf(l.Earned), wire.MoneyOf(l.Reversed), wire.MoneyOf(l.Paid), wire.MoneyOf(l.Closing)}
}

func viewPaymentLine(l settle.SupplierLine) PaymentLine {
	v := PaymentLine{Distribution: l.Distribution, PaymentSums: viewSums(l.Line)}
	if p := l.Part; p != nil {
		v.Payout, v.Amount, v.State, v.Signature, v.Evidence = p.Payout, new(wire.MoneyOf(p.Amount)), p.State, p.Signature, p.Evidence
	}
	return v
}
