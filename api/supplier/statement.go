package supplier

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
)

func (r rooms) registerLedger() {
	wire.Own(r.service, get("get-statement", "/v1/statement", "Show my statement",
		"Every movement of your accounts over a span, in order, with what they held after it. Also as CSV."), r.statement)
	wire.Own(r.service, get("get-balance", "/v1/balance", "Show my balance", "What your accounts hold, and what you are owed."), r.balance)
	wire.Own(r.service, get("list-payouts", "/v1/payouts", "List my payouts", "Payouts to you, the newest first, and how far each has come. Also as CSV."),
		r.payouts)
	wire.Own(r.service, get("get-payout", "/v1/payouts/{payout}", "Show a payout",
		"A payout with what it pays for, how far it has come, and what proves that it was paid."), r.payout)
	wire.Own(r.service, get("get-payout-proof", "/v1/payouts/{payout}/proof", "Show a payout's proof",
		"What to claim a payout of a merkle tree with: the leaf, and the hashes beside its path to the root."), r.proof)
}

// Balance is what a supplier's accounts hold.
type Balance struct {
	Earned  wire.Money `json:"earned" doc:"Earned, and not on its way."`
	Transit wire.Money `json:"transit" doc:"On its way to you."`
	Paid    wire.Money `json:"paid" doc:"Paid to you so far."`
	Owing   wire.Money `json:"owing" doc:"What you owe, after a correction took back more than was left."`
	Owed    wire.Money `json:"owed" doc:"earned + transit - owing: below 0 if you owe."`
}

// holdings are what a supplier's accounts hold, in base units.
type holdings struct{ earned, transit, paid, owing ledger.Amount }

func (h holdings) view() Balance {
	return Balance{wire.MoneyOf(h.earned), wire.MoneyOf(h.transit), wire.MoneyOf(h.paid), wire.MoneyOf(h.owing),
		wire.MoneyOf(h.earned + h.transit - h.owing)}
}

// set puts in what one account holds.
func (h *holdings) set(kind ledger.Kind, amount ledger.Amount) {
	switch kind {
	case ledger.KindEarned:
		h.earned = amount
	case ledger.KindTransit:
		h.transit = amount
	case ledger.KindPaid:
		h.paid = amount
	case ledger.KindOwing:
		h.owing = amount
	}
}

// accountRow is an account as it is read.
type accountRow struct {
	supplier uuid.UUID
	kind     ledger.Kind
	balance  ledger.Amount
}

type balanceOut struct{ Body Balance }

func (r rooms) balance(ctx context.Context, reader wire.Reader, me auth.Caller, _ *struct{}) (*balanceOut, error) {
	var accounts []accountRow
	ask := &pgx.Batch{}
	queueAccounts(ask, &accounts)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	var held holdings
	for _, a := range mine(me, accounts, func(a *accountRow) uuid.UUID { return a.supplier }) {
		held.set(a.kind, a.balance)
	}
	return &balanceOut{held.view()}, nil
}

// Movement is a transfer into or out of an account of the caller's.
type Movement struct {
	Journal      int64      `json:"journal" doc:"Number of the ledger's journal."`
	Transfer     int32      `json:"transfer" doc:"Its place in the journal."`
	PostedAt     time.Time  `json:"posted_at" doc:"When."`
	Act          string     `json:"act" enum:"seal,correct,prepare,settle,return" doc:"What was done."`
	From         string     `json:"from" enum:"season,earned,transit,paid,owing" doc:"The account that it came out of: one of yours, or the season's funds."`
	To           string     `json:"to" enum:"season,earned,transit,paid,owing" doc:"The account that it went into."`
	Amount       wire.Money `json:"amount" doc:"How much."`
	Season       *string    `json:"season" nullable:"true" doc:"The season that it is for; null if of none." example:"ignition-s1"`
	Revision     *int32     `json:"revision" nullable:"true" doc:"The sealed revision that brought it."`
	Payout       *string    `json:"payout" nullable:"true" doc:"The payout that it is of." example:"d1-17"`
	Signature    *string    `json:"signature" nullable:"true" doc:"Of the transaction that paid it."`
	BalanceAfter Balance    `json:"balance_after" doc:"What your accounts held after it."`
}

// movementRow is a movement as it is read.
type movementRow struct {
	supplier uuid.UUID
	movement Movement
	amount   ledger.Amount
	after    holdings
}

func (m *movementRow) view() Movement {
	v := m.movement
	v.PostedAt, v.Amount, v.BalanceAfter = v.PostedAt.UTC(), wire.MoneyOf(m.amount), m.after.view()
	return v
}

// StatementTable is a page of movements.
type StatementTable struct{ wire.Page[Movement] }

// Header names the columns of the movements as CSV.
func (StatementTable) Header() []string {
	return []string{"journal", "transfer", "posted_at", "act", "from", "to", "amount", "season", "revision", "payout", "signature",
		"earned_after", "transit_after", "paid_after", "owing_after", "owed_after"}
}

// Rows yields the movements as CSV.
func (t StatementTable) Rows(yield func([]string) bool) {
	for i := range t.Items {
		m := &t.Items[i]
		revision, after := "", &m.BalanceAfter
		if m.Revision != nil {
			revision = digits(*m.Revision)
		}
		if !yield([]string{digits(m.Journal), digits(m.Transfer), instant(m.PostedAt), m.Act, m.From, m.To, m.Amount.Amount, textOr(m.Season),
			revision, textOr(m.Payout), textOr(m.Signature), after.Earned.Amount, after.Transit.Amount, after.Paid.Amount, after.Owing.Amount,
			after.Owed.Amount}) {
			return
		}
	}
}

type statementIn struct {
	wire.Paging
	From time.Time `query:"from" doc:"Movements from this instant on. Default: from the first." example:"2024-05-01T00:00:00Z"`
	To   time.Time `query:"to" doc:"Movements before this instant. Default: up to the last." example:"2024-06-01T00:00:00Z"`
}

func (r rooms) statement(ctx context.Context, reader wire.Reader, me auth.Caller, in *statementIn) (*table[StatementTable], error) {
	if !in.From.IsZero() && !in.To.IsZero() && !in.From.Before(in.To) {
		return nil, invalid("query.to", "the span is empty: give an end after its beginning")
	}
	var journal, transfer int64
	after, err := wire.ParseCursor(in.Cursor, 2)
	if err != nil {
		return nil, err
	}
	if after != nil {
		var bad error
		if journal, err = parseInteger(after[0]); err != nil {
			bad = err
		}
		if transfer, err = parseInteger(after[1]); err != nil || bad != nil {
			return nil, wire.BadCursor
		}
	}
	var found []movementRow
	ask := &pgx.Batch{}
	queueMovements(ask, in, journal, transfer, &found)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	page := wire.Page[Movement]{Items: []Movement{}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		last := &found[in.Limit-1].movement
		page.NextCursor = wire.Cursor(digits(last.Journal), digits(last.Transfer))
	}
	for _, row := range mine(me, found, func(m *movementRow) uuid.UUID { return m.supplier }) {
		page.Items = append(page.Items, row.view())
	}
	return &table[StatementTable]{page.NextCursor, StatementTable{page}}, nil
}
