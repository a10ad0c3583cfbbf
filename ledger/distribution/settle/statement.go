package settle

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

// Line is what is owed over a span: Opening + Earned - Reversed - Paid = Closing. Of
// a supplier who owes, opening and closing are below 0.
type Line struct {
	Opening  ledger.Amount `json:"opening"`
	Earned   ledger.Amount `json:"earned"`   // added by seals and corrections
	Reversed ledger.Amount `json:"reversed"` // taken back by them
	Paid     ledger.Amount `json:"paid"`     // by the distribution, as far as it is settled
	Closing  ledger.Amount `json:"closing"`
}

// close computes the closing balance.
func (l *Line) close() { l.Closing = l.Opening + l.Earned - l.Reversed - l.Paid }

// Part is one payout, as a statement shows it.
type Part struct {
	Payout    string                   `json:"payout"` // such as "d1-17"
	Supplier  uuid.UUID                `json:"supplier"`
	Wallet    string                   `json:"wallet"`
	Amount    ledger.Amount            `json:"amount"`
	State     distribution.PayoutState `json:"state"`     // paid, returned, or waiting: in transit still
	Signature string                   `json:"signature"` // of what paid it; else ""
	Evidence  distribution.Evidence    `json:"evidence"`  // who says so; else ""

	span int // of its distribution
}

// SupplierLine is one supplier's part in the span of one distribution.
type SupplierLine struct {
	Supplier     uuid.UUID `json:"supplier"`
	Distribution string    `json:"distribution"` // "": what came since the last
	Line
	Part *Part `json:"payout"` // nil: the distribution pays them nothing
}

// Transaction is what paid payouts of a distribution.
type Transaction struct {
	Signature string                `json:"signature"`
	Evidence  distribution.Evidence `json:"evidence"`
	Tally
}

// Run is the line of one distribution, the sum of its suppliers'.
type Run struct {
	Distribution string    `json:"distribution"` // "": what came since the last
	PreparedAt   time.Time `json:"prepared_at"`  // zero: since
	Line
	Settled      Tally         `json:"settled"`
	Returned     Tally         `json:"returned"`
	Transit      Tally         `json:"in_transit"`
	Transactions []Transaction `json:"transactions"` // in the order of the payouts
}

// book adds up a statement, one supplier after another.
type book struct {
	runs     []Run // one more than there are distributions
	place    map[[2]string]int
	owed     map[uuid.UUID]ledger.Amount // by the balances; what was met is taken out
	misfits  misfits
	supplier func(SupplierLine) // called with every line; may be nil
}

func newBook(distributions []distribution.Distribution, owed map[uuid.UUID]ledger.Amount, each func(SupplierLine)) *book {
	b := &book{runs: make([]Run, len(distributions)+1), place: map[[2]string]int{}, owed: owed, supplier: each}
	for i, d := range distributions {
		b.runs[i].Distribution, b.runs[i].PreparedAt = d.ID, d.PreparedAt
	}
	for i := range b.runs {
		b.runs[i].Transactions = []Transaction{}
	}
	return b
}

// add enters one supplier: what was added and taken back, and their payouts, each at
// most once a span and in the order of the spans. What comes of it must be what the
// balances say.
func (b *book) add(supplier uuid.UUID, movements []ledger.Movement, parts []Part) {
	var balance ledger.Amount
	for span := range b.runs {
		line := SupplierLine{Supplier: supplier, Distribution: b.runs[span].Distribution, Line: Line{Opening: balance}}
		if len(movements) > 0 && movements[0].Span == span {
			line.Earned, line.Reversed = movements[0].Earned, movements[0].Reversed
			movements = movements[1:]
		}
		if len(parts) > 0 && parts[0].span == span {
			line.Part = &parts[0]
			parts = parts[1:]
			if line.Part.State == distribution.Paid {
				line.Paid = line.Part.Amount
			}
			b.runs[span].pay(*line.Part, b.place)
		}
		line.close()
		b.runs[span].enter(line.Line)
		if balance = line.Closing; b.supplier != nil && (line.Earned|line.Reversed != 0 || line.Part != nil) {
			b.supplier(line)
		}
	}
	if owed := b.owed[supplier]; owed != balance {
		b.misfits.add("supplier "+supplier.String(), "earned - reversed - paid is %s base units, but earned + transit - owing is %s: "+
			"a journal or a settlement is missing, or is not what it says; see `uptally ledger verify`", balance, owed)
	}
	delete(b.owed, supplier)
}

// enter adds a supplier's line to the distribution's. Sums of what suppliers are
// owed fit, as the whole supply does.
func (r *Run) enter(l Line) {
	r.Opening += l.Opening
	r.Earned += l.Earned
	r.Reversed += l.Reversed
	r.Paid += l.Paid
}

// pay counts a payout by its state, and under its transaction. The place is of each
// distribution's transactions.
func (r *Run) pay(p Part, place map[[2]string]int) {
	switch p.State {
	case distribution.Returned:
		r.Returned.add(p.Amount)
	case distribution.Paid:
		r.Settled.add(p.Amount)
		key := [2]string{r.Distribution, p.Signature}
		at, found := place[key]
		if !found {
			at, place[key] = len(r.Transactions), len(r.Transactions)
			r.Transactions = append(r.Transactions, Transaction{Signature: p.Signature, Evidence: p.Evidence})
		}
		r.Transactions[at].add(p.Amount)
	default:
		r.Transit.add(p.Amount)
	}
}

// finish closes the distributions' lines and holds the last against the balances.
func (b *book) finish() {
	for _, supplier := range slices.SortedFunc(maps.Keys(b.owed), compareIDs) {
		b.add(supplier, nil, nil) // owed something that no journal explains
	}
	for i := range b.runs {
		b.runs[i].close()
		if i > 0 && b.runs[i].Opening != b.runs[i-1].Closing {
			b.misfits.add(name(b.runs[i].Distribution), "it opens with %s base units, but %s closed with %s",
				b.runs[i].Opening, name(b.runs[i-1].Distribution), b.runs[i-1].Closing)
		}
	}
}

// name is how the span of a distribution is called.
func name(distribution string) string {
	if distribution == "" {
		return "since"
	}
	return distribution
}

func (l Line) String() string {
	return fmt.Sprintf("%s + %s - %s - %s = %s", l.Opening, l.Earned, l.Reversed, l.Paid, l.Closing)
}
