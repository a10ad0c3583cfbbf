package settle

import (
	"fmt"
	"strconv"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

// claim is what a receipt says of the payouts that it is of: one, or all to a
// wallet.
type claim struct {
	Receipt
	payouts []distribution.PayoutStatus // those that it would end
}

// matched is a file of receipts held against a distribution's payouts.
type matched struct {
	paid, failed []claim
	already      []distribution.PayoutStatus // that ended as the file says before
}

// match finds the payouts of each receipt. Whatever does not fit is named by its
// line: recipients that are not of the distribution, payouts on two lines, other
// amounts, and payouts that ended otherwise or may still land.
func match(payouts []distribution.PayoutStatus, receipts []Receipt) (m matched, bad misfits) {
	byWallet, byNumber := map[string][]distribution.PayoutStatus{}, map[int][]distribution.PayoutStatus{}
	for _, p := range payouts {
		byWallet[string(p.Wallet)] = append(byWallet[string(p.Wallet)], p)
		byNumber[p.Number] = []distribution.PayoutStatus{p}
	}
	lines := map[int]int{}
	for _, r := range receipts {
		group := byNumber[r.Payout]
		if r.Payout == 0 {
			group = byWallet[r.Wallet]
		}
		if why := r.misfit(group, lines); why != "" {
			bad.add(r.where(), "%s", why)
			continue
		}
		c := claim{Receipt: r}
		for _, p := range group {
			lines[p.Number] = r.Line
			if why := r.against(p); why != "" {
				bad.add(r.where(), "payout %d %s", p.Number, why)
			} else if p.State == distribution.Paid || p.State == distribution.Returned {
				if r.Outcome != Unknown {
					m.already = append(m.already, p)
				}
			} else {
				c.payouts = append(c.payouts, p)
			}
		}
		m.add(c)
	}
	return m, bad
}

func (m *matched) add(c claim) {
	switch {
	case len(c.payouts) == 0:
	case c.Outcome == Paid:
		m.paid = append(m.paid, c)
	case c.Outcome == Failed:
		m.failed = append(m.failed, c)
	}
}

// misfit says why the payouts are not those of the receipt; "": they are.
func (r Receipt) misfit(group []distribution.PayoutStatus, lines map[int]int) string {
	if len(group) == 0 {
		if r.Payout != 0 {
			return fmt.Sprintf("payout %d: the distribution has none of this number", r.Payout)
		}
		return fmt.Sprintf("recipient %q: no payout of the distribution goes to it", r.Wallet)
	}
	var sum ledger.Amount
	for _, p := range group {
		if first, seen := lines[p.Number]; seen {
			return fmt.Sprintf("payout %d stands on line %d already: it is paid once; find out which of the two is true", p.Number, first)
		}
		if string(p.Wallet) != r.Wallet {
			return fmt.Sprintf("wallet %q: payout %d goes to %s", r.Wallet, p.Number, p.Wallet)
		}
		sum += p.Amount // within the distribution's total
	}
	if sum != r.Amount {
		return fmt.Sprintf("amount %s: %s base units are due to %s", r.Amount, sum, r.Wallet)
	}
	return ""
}

// against says why a payout cannot end as the receipt says; "": it can, or did.
func (r Receipt) against(p distribution.PayoutStatus) string {
	paid, failed := r.Outcome == Paid, r.Outcome == Failed
	switch p.State {
	case distribution.Paid:
		if paid && p.Signature != r.Signature {
			return "was paid by " + p.Signature + " already: this would be a second payment"
		}
		if failed && p.Signature == r.Signature {
			return "was settled as paid by this very transaction: find out which is true"
		}
		if failed {
			return "was paid by " + p.Signature + ": there is nothing to return"
		}
	case distribution.Returned:
		if paid {
			return "was returned to what its supplier has earned: it must not be paid; stop whoever pays by this file"
		}
	case distribution.Live:
		if r.Outcome != Unknown {
			return "has an attempt that may still land: let its submission see its end first"
		}
	case distribution.Landed:
		if failed || paid && p.Signature != r.Signature {
			return "was paid by our transaction " + p.Signature + ": settle it from the chain, without receipts"
		}
	}
	return ""
}

// Tally counts payouts and adds them up.
type Tally struct {
	Payouts int           `json:"payouts"`
	Total   ledger.Amount `json:"total"`
}

func (t *Tally) add(amount ledger.Amount) {
	t.Payouts++
	t.Total += amount // within a distribution's total, or those of all
}

func (t Tally) String() string { return strconv.Itoa(t.Payouts) + " payouts of " + t.Total.String() }

// tally adds up the payouts of claims.
func tally(claims []claim) (t Tally) {
	for _, c := range claims {
		for _, p := range c.payouts {
			t.add(p.Amount)
		}
	}
	return t
}
