package distribution

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
)

// source is a supplier's part in one revision of a season.
type source struct {
	supplier uuid.UUID
	season   string
	revision int
}

// due is an earned balance, less what of it is set off, and which revisions it is of.
type due struct {
	supplier uuid.UUID
	amount   ledger.Amount
	lines    []PayoutLine
	setOff   []PayoutLine // kept back for what the supplier owes
}

// dues says of each earning which revisions it is of: what each credited less what
// earlier payouts took of it. The parts of an earning must sum to its balance.
func dues(earnings []ledger.Earning, taken map[source]ledger.Amount) ([]due, error) {
	all := make([]due, 0, len(earnings))
	for _, e := range earnings {
		lines := make([]PayoutLine, len(e.Credits))
		for i, c := range e.Credits {
			rest := c.Amount - taken[source{e.Supplier, c.Season, c.Revision}]
			lines[i] = PayoutLine{Season: c.Season, Revision: c.Revision, Amount: rest}
		}
		lines = absorb(lines)
		if sum := sumOf(lines); sum != e.Balance {
			return nil, fmt.Errorf("supplier %s has earned %s base units, but its seasons account for %s: run the ledger's verify",
				e.Supplier, e.Balance, sum)
		}
		all = append(all, due{supplier: e.Supplier, amount: e.Balance, lines: lines})
	}
	return all, nil
}

// absorb takes what lines below 0, corrections downwards, take away from the
// newest lines above 0: those of their own season first, then any. What is left is
// above 0 and has the same sum, if that is not below 0.
func absorb(lines []PayoutLine) []PayoutLine {
	for i := range lines {
		debt := min(0, lines[i].Amount)
		for _, own := range []bool{true, false} {
			for j := len(lines) - 1; j >= 0 && debt < 0; j-- {
				if lines[j].Amount > 0 && (lines[j].Season == lines[i].Season) == own {
					part := min(-debt, lines[j].Amount)
					lines[j].Amount -= part
					lines[i].Amount += part
					debt += part
				}
			}
		}
	}
	return slices.DeleteFunc(lines, func(l PayoutLine) bool { return l.Amount == 0 })
}

// setOff keeps back of each due what its supplier owes, the oldest lines first. A
// supplier comes to have both when a payout returns after a correction booked what
// it had paid too much.
func setOff(all []due, owing map[uuid.UUID]ledger.Amount) {
	for i := range all {
		d := &all[i]
		kept := min(d.amount, owing[d.supplier])
		d.amount -= kept
		for j := 0; kept > 0; j++ {
			line := d.lines[j]
			line.Amount = min(line.Amount, kept)
			d.lines[j].Amount -= line.Amount
			d.setOff, kept = append(d.setOff, line), kept-line.Amount
		}
		d.lines = slices.DeleteFunc(d.lines, func(l PayoutLine) bool { return l.Amount == 0 })
	}
}

func sumOf(lines []PayoutLine) (sum ledger.Amount) {
	for _, l := range lines {
		sum += l.Amount // parts of one balance
	}
	return sum
}

// highestMinimum returns the highest payout minimum of the revisions that the dues
// are of, 0 if there is none.
func highestMinimum(all []due, revisions []ledger.Journal) ledger.Amount {
	minimums := make(map[source]ledger.Amount, len(revisions))
	for _, j := range revisions {
		minimums[source{season: j.Season, revision: j.Revision}] = j.PayoutMinimum
	}
	var highest ledger.Amount
	for _, d := range all {
		for _, l := range d.lines {
			highest = max(highest, minimums[source{season: l.Season, revision: l.Revision}])
		}
	}
	return highest
}
