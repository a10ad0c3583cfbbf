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
	accounts  []Account       // those of the transfers, by path
	paths     []string        // theirs
	place     map[Account]int // of an account in both
	change    []Amount        // credits - debits of each
	total     Amount
	transfers Digest
}

func newPosting(e Entry) (*posting, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	p := &posting{Entry: e, place: make(map[Account]int, len(e.Transfers))}
	for _, t := range e.Transfers {
		if err := t.check(e); err != nil {
			return nil, err
		}
		p.place[t.Debit], p.place[t.Credit] = 0, 0
	}
	p.orderAccounts()
	p.orderTransfers()
	return p, p.sum()
}

func (p *posting) orderAccounts() {
	type named struct {
		path    string
		account Account
	}
	all := make([]named, 0, len(p.place))
	for account := range p.place {
		all = append(all, named{account.Path(), account})
	}
	slices.SortFunc(all, func(a, b named) int { return cmp.Compare(a.path, b.path) })
	for i, a := range all {
		p.accounts, p.paths, p.place[a.account] = append(p.accounts, a.account), append(p.paths, a.path), i
	}
}

func (p *posting) orderTransfers() {
	p.Transfers = slices.Clone(p.Transfers)
	slices.SortFunc(p.Transfers, func(a, b Transfer) int {
		return cmp.Or(p.place[a.Debit]-p.place[b.Debit], p.place[a.Credit]-p.place[b.Credit], cmp.Compare(a.Amount, b.Amount))
	})
	digest := newTransfersDigest()
	for _, t := range p.Transfers {
		digest.add(p.paths[p.place[t.Debit]], p.paths[p.place[t.Credit]], t.Amount)
	}
	p.transfers = digest.sum()
}

func (p *posting) sum() (err error) {
	p.change = make([]Amount, len(p.accounts))
	for _, t := range p.Transfers {
		debit, credit := &p.change[p.place[t.Debit]], &p.change[p.place[t.Credit]]
		// Every partial sum is within ± the total, which is checked.
		*debit, *credit = *debit-t.Amount, *credit+t.Amount
		if p.total, err = p.total.Add(t.Amount); err != nil {
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
		Count: int64(len(p.Transfers)), Total: p.total, PostedAt: now, TransfersDigest: p.transfers, PreviousDigest: previous.Digest,
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
		{"transfers (as a digest)", p.transfers, j.TransfersDigest},
	}
	for _, pair := range pairs {
		if pair.asked != pair.found {
			return fmt.Sprintf("%s %v, not %v", pair.name, pair.found, pair.asked)
		}
	}
	return ""
}
