package distribution

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Payout is what one supplier is paid by one distribution: the whole of what they
// have earned and was not paid before. Its lines sum to its amount.
type Payout struct {
	Number   int // 1, 2, 3 … in the order of the suppliers' ids
	Supplier uuid.UUID
	Wallet   wallet.Wallet
	Amount   ledger.Amount // above 0
	Lines    []PayoutLine  // in the order in which the revisions were posted
}

// PayoutLine is what of one revision of a season a payout pays.
type PayoutLine struct {
	Season   string
	Revision int
	Amount   ledger.Amount // above 0
}

// CarryReason says why an earned balance was not paid.
type CarryReason string

// The reasons. A supplier who is below the minimum would not be paid with a wallet
// either, so NoWallet counts those that only a wallet is missing for.
const (
	BelowMinimum CarryReason = "below_minimum" // less than the distribution's minimum
	NoWallet     CarryReason = "no_wallet"     // none that is proved and counts
)

// Carried is an earned balance that a distribution leaves for a later one.
type Carried struct {
	Supplier uuid.UUID
	Amount   ledger.Amount // above 0
	Reason   CarryReason
}

// source is a supplier's part in one revision of a season.
type source struct {
	supplier uuid.UUID
	season   string
	revision int
}

// due is an earned balance, and which revisions it is of.
type due struct {
	supplier uuid.UUID
	amount   ledger.Amount
	lines    []PayoutLine
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
		all = append(all, due{e.Supplier, e.Balance, lines})
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

// divide pays every due that has a wallet and at least the minimum, in full, and
// carries the rest forward. The dues are in the order of the suppliers' ids.
func divide(all []due, wallets map[uuid.UUID]wallet.Wallet, minimum ledger.Amount) (payouts []Payout, carried []Carried) {
	for _, d := range all {
		address, found := wallets[d.supplier]
		switch {
		case d.amount < minimum:
			carried = append(carried, Carried{d.supplier, d.amount, BelowMinimum})
		case !found:
			carried = append(carried, Carried{d.supplier, d.amount, NoWallet})
		default:
			payouts = append(payouts, Payout{len(payouts) + 1, d.supplier, address, d.amount, d.lines})
		}
	}
	return payouts, carried
}
