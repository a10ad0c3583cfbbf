package task

import (
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Result is what came of a task that is done: each kind fills in its own.
type Result struct {
	Preview      *distribution.Preview `json:"preview,omitempty"`
	Distribution string                `json:"distribution,omitempty"` // such as "d1": prepare, approve_cancel
	Cancelled    *distribution.Settled `json:"cancelled,omitempty"`
	Settlement   *settle.Result        `json:"settlement,omitempty"`
	Statement    *Statement            `json:"statement,omitempty"`
	Entered      *wallet.Entered       `json:"entered,omitempty"`
}

// Statement is a settle.Statement whose lists were cut to what people read, with how
// long they are.
type Statement struct {
	settle.Statement
	MisfitsAll int                   `json:"misfits_all"`
	OpenAll    int                   `json:"attempts_all"`
	NotOursAll int                   `json:"not_ours_all"`
	Lines      []settle.SupplierLine `json:"lines,omitempty"` // of the one supplier that was asked for
}

// listMax bounds the lists of a result.
const listMax = 1000

func cut[T any](all []T) []T { return all[:min(len(all), listMax)] }

// newStatement cuts a statement's lists. The transactions of each distribution are
// summed in its line anyway.
func newStatement(s settle.Statement, lines []settle.SupplierLine) *Statement {
	out := &Statement{Statement: s, MisfitsAll: len(s.Misfits), OpenAll: len(s.Open), Lines: cut(lines)}
	out.Misfits, out.Open = cut(s.Misfits), cut(s.Open)
	for i := range out.Runs {
		out.Runs[i].Transactions = cut(out.Runs[i].Transactions)
	}
	if s.Chain != nil {
		chain := *s.Chain
		out.NotOursAll, chain.NotOurs = len(chain.NotOurs), cut(chain.NotOurs)
		out.Chain = &chain
	}
	return out
}

// newSettlement cuts a settlement's lists, and adds what earlier runs of its task
// posted: the journals are all of the task's.
func newSettlement(r settle.Result, journals []ledger.Journal) *settle.Result {
	counted := map[int64]bool{}
	for _, number := range r.Journals {
		counted[number] = true
	}
	r.Journals = []int64{}
	for _, j := range journals {
		r.Journals = append(r.Journals, j.Number)
		if counted[j.Number] {
			continue
		}
		into := &r.Settled
		if j.Act == ledger.ActReturn {
			into = &r.Returned
		}
		into.Payouts, into.Total = into.Payouts+int(j.Count), into.Total+j.Total // a transfer a payout
		r.Already.Payouts, r.Already.Total = r.Already.Payouts-int(j.Count), r.Already.Total-j.Total
	}
	r.Misfits, r.Notes = cut(r.Misfits), cut(r.Notes)
	return &r
}
