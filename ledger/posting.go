package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// posting is an entry whose transfers are checked and put in the order in which
// they are numbered: by debit path, credit path, amount. The order in which a
// caller happened to list them is thereby of no account.
type posting struct {
	Entry
	accounts []Account // those of the transfers, by path
	paths    []string  // theirs
	change   []Amount  // credits - debits of each
	rows     []row     // the transfers, in order
	total    Amount
	digest   Digest // of the transfers
}

// row is a transfer whose accounts are named by their places among those of the
// posting, which stand in the order of the paths: to sort half a million transfers,
// or to add them up, is then a matter of integers.
type row struct {
	debit, credit int
	amount        Amount
}

func newPosting(e Entry) (*posting, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	for _, t := range e.Transfers {
		if err := t.check(e); err != nil {
			return nil, err
		}
	}
	p := &posting{Entry: e}
	p.orderRows(p.orderAccounts())
	p.sumDigest()
	return p, p.sum()
}

// orderAccounts lists the accounts of the transfers by path, and returns the place
// of each.
func (p *posting) orderAccounts() (place map[Account]int) {
	type named struct {
		path    string
		account Account
	}
	place = make(map[Account]int, len(p.Transfers))
	for _, t := range p.Transfers {
		place[t.Debit], place[t.Credit] = 0, 0
	}
	all := make([]named, 0, len(place))
	for account := range place {
		all = append(all, named{account.Path(), account})
	}
	slices.SortFunc(all, func(a, b named) int { return cmp.Compare(a.path, b.path) })
	p.accounts, p.paths = make([]Account, len(all)), make([]string, len(all))
	for i, a := range all {
		p.accounts[i], p.paths[i], place[a.account] = a.account, a.path, i
	}
	return place
}

func (p *posting) orderRows(place map[Account]int) {
	p.rows = make([]row, len(p.Transfers))
	for i, t := range p.Transfers {
		p.rows[i] = row{place[t.Debit], place[t.Credit], t.Amount}
	}
	slices.SortFunc(p.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.debit, b.debit), cmp.Compare(a.credit, b.credit), cmp.Compare(a.amount, b.amount))
	})
}

func (p *posting) sumDigest() {
	digest := newTransfersDigest()
	for _, r := range p.rows {
		digest.add(p.paths[r.debit], p.paths[r.credit], r.amount)
	}
	p.digest = digest.sum()
}

func (p *posting) sum() (err error) {
	p.change = make([]Amount, len(p.accounts))
	for _, r := range p.rows {
		// Every partial sum is within ± the total, which is checked.
		p.change[r.debit] -= r.amount
		p.change[r.credit] += r.amount
		if p.total, err = p.total.Add(r.amount); err != nil {
			return err
		}
	}
	return nil
}

// follow makes the journal of a posting that comes after the head, or after
// nothing if previous is the zero Journal.
func (p *posting) follow(previous Journal, now time.Time) Journal {
	j := Journal{
		Number: previous.Number + 1, Act: p.Act, Key: p.Key, Actor: p.Actor, Reason: p.Reason,
		Season: p.Season, Revision: p.Revision, SubjectDigest: p.SubjectDigest, PayoutMinimum: p.PayoutMinimum,
		Count: int64(len(p.rows)), Total: p.total, PostedAt: now, TransfersDigest: p.digest, PreviousDigest: previous.Digest,
	}
	if j.PostedAt.Before(previous.PostedAt) {
		j.PostedAt = previous.PostedAt
	}
	j.Digest = j.digest()
	return j
}

// differs names the first thing in which a posting is not what the journal
// records, "" if it is the same act over again.
func (p *posting) differs(j Journal) string {
	pairs := []struct {
		name         string
		asked, found any
	}{
		{"act", p.Act, j.Act},
		{"actor", p.Actor, j.Actor},
		{"reason", p.Reason, j.Reason},
		{"season", p.Season, j.Season},
		{"revision", p.Revision, j.Revision},
		{"subject digest", p.SubjectDigest, j.SubjectDigest},
		{"payout minimum", p.PayoutMinimum, j.PayoutMinimum},
		{"total", p.total, j.Total},
		{"transfers (as a digest)", p.digest, j.TransfersDigest},
	}
	for _, pair := range pairs {
		if pair.asked != pair.found {
			return fmt.Sprintf("%s %v, not %v", pair.name, pair.found, pair.asked)
		}
	}
	return ""
}
