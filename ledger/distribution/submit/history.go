package submit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// overlap is how many slots a refresh reads again: the nodes behind one address are
// not all equally far. About ten minutes.
const overlap = 1500

// history is the finalized transactions that name the treasury's token account, by
// memo. It is read whole once, and then from shortly before its end.
type history struct {
	account solana.Key
	top     uint64 // the highest slot seen
	known   map[solana.Signature]bool
	paid    map[string][]solana.Seen // by memo; those that failed moved nothing and are left out
	read    map[solana.Signature]*solana.Landed
}

func newHistory(account solana.Key) *history {
	return &history{account: account, known: map[solana.Signature]bool{}, paid: map[string][]solana.Seen{}, read: map[solana.Signature]*solana.Landed{}}
}

// refresh reads what was finalized since.
func (h *history) refresh(ctx context.Context, client *solana.Client) error {
	all, err := client.History(ctx, h.account, h.top-min(h.top, overlap))
	if err != nil {
		return err
	}
	if h.top == 0 {
		if err := tellsMemos(ctx, client, all); err != nil {
			return err
		}
	}
	for _, seen := range all {
		h.top = max(h.top, seen.Slot)
		if h.known[seen.Signature] {
			continue
		}
		h.known[seen.Signature] = true
		if seen.Failed == "" {
			h.add(seen)
		}
	}
	return nil
}

// memoProbes is how many transactions without a memo are read to see whether that is
// so.
const memoProbes = 3

// tellsMemos makes sure that the node's history has memos: some nodes leave them out,
// and to such a one nothing was ever paid.
func tellsMemos(ctx context.Context, client *solana.Client, all []solana.Seen) error {
	probes := 0
	for _, seen := range all {
		if seen.Memo != "" || seen.Failed != "" || probes == memoProbes {
			continue
		}
		probes++
		landed, err := client.Transaction(ctx, seen.Signature)
		if err != nil {
			return err
		}
		if landed != nil && landed.Memo != "" {
			return fmt.Errorf("%w: the node leaves memos out of its history (%s has %q): by it nobody could tell what was paid; use another node",
				ErrStopped, seen.Signature, landed.Memo)
		}
	}
	return nil
}

// add files a transaction under each of its memos: whoever signed by hand may have
// added one.
func (h *history) add(seen solana.Seen) {
	memos := append(strings.Split(seen.Memo, "; "), seen.Memo)
	slices.Sort(memos)
	for _, memo := range slices.Compact(memos) {
		if memo != "" {
			h.paid[memo] = append(h.paid[memo], seen)
		}
	}
}

// memos returns the memos of all that was paid.
func (h *history) memos() []string {
	all := make([]string, 0, len(h.paid))
	for memo := range h.paid {
		all = append(all, memo)
	}
	return all
}

// payment is a transaction that moved tokens out of the treasury's account.
type payment struct {
	*solana.Landed

	signature solana.Signature
}

// payments returns the finalized transactions with the memo that moved tokens out of
// the treasury's account. Everybody can name that account and write any memo; who did
// not move its tokens paid nobody.
func (w *watch) payments(ctx context.Context, memo string) ([]payment, error) {
	var all []payment
	for _, seen := range w.history.paid[memo] {
		landed, found := w.history.read[seen.Signature]
		if !found {
			var err error
			if landed, err = w.client.Transaction(ctx, seen.Signature); err != nil {
				return nil, err
			}
			if landed == nil {
				return nil, fmt.Errorf("%w: transaction %s is in the history of %s, but cannot be read", ErrUnanswered, seen.Signature, w.source.Account)
			}
			w.history.read[seen.Signature] = landed
		}
		if w.movesOut(landed) {
			all = append(all, payment{landed, seen.Signature})
		}
	}
	return all, nil
}

func (w *watch) movesOut(t *solana.Landed) bool {
	return t.Failed == "" && (t.Changes[w.source.Account] != 0 ||
		slices.ContainsFunc(t.Transfers, func(m solana.Moved) bool { return m.From == w.source.Account }))
}
