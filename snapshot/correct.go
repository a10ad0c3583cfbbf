package snapshot

import (
	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
)

// posting turns what suppliers get, more or less, into transfers.
//
//	gets more      source (pool or reserve) ──► earned
//	  and owes     of that, as much as is owed:  earned ──► treasury,  owing ──► treasury
//	gets less      not yet paid:  earned ──► reserve
//	               paid, or on its way:  treasury ──► owing, a receivable
//
// So earned + transit + paid - owing of a supplier is always the sum of their
// amounts in the last sealed revision of every season. Paid stays what reached the
// chain; what is owing is settled by keeping back later earnings.
type posting struct {
	season        string
	source        ledger.Account
	owing, earned map[uuid.UUID]ledger.Amount
	transfers     []ledger.Transfer
}

func (p *posting) add(a SupplierAmount) {
	if a.Amount > 0 {
		p.increase(a.SupplierID, a.Amount)
	} else {
		p.decrease(a.SupplierID, -a.Amount)
	}
}

func (p *posting) increase(supplier uuid.UUID, amount int64) {
	earned, setOff := ledger.SupplierEarned(supplier), min(amount, int64(p.owing[supplier]))
	p.move(p.source, earned, amount)
	p.move(earned, ledger.Treasury(), setOff)
	p.move(ledger.SupplierOwing(supplier), ledger.Treasury(), setOff)
}

func (p *posting) decrease(supplier uuid.UUID, amount int64) {
	reversed := min(amount, int64(p.earned[supplier]))
	p.move(ledger.SupplierEarned(supplier), ledger.SeasonReserve(p.season), reversed)
	p.move(ledger.Treasury(), ledger.SupplierOwing(supplier), amount-reversed)
}

// move adds a transfer, unless it moves nothing.
func (p *posting) move(debit, credit ledger.Account, amount int64) {
	if amount > 0 {
		p.transfers = append(p.transfers, ledger.Transfer{Debit: debit, Credit: credit, Amount: ledger.Amount(amount)})
	}
}
