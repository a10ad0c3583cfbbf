package submit

import (
	"context"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// overlap is how many slots a refresh reads again: the nodes behind one address are
// not all equally far. About ten minutes.
const overlap = 1500

// history is what finalized transactions of the treasury's token account paid, by
// memo. It is read whole once, and then from shortly before its end.
type history struct {
	account solana.Key
	top     uint64 // the highest slot seen
	known   map[solana.Signature]bool
	paid    map[string][]solana.Seen // by memo; those that failed moved nothing and are left out
}

func newHistory(account solana.Key) *history {
	return &history{account: account, known: map[solana.Signature]bool{}, paid: map[string][]solana.Seen{}}
}

// refresh reads what was finalized since.
func (h *history) refresh(ctx context.Context, client *solana.Client) error {
	all, err := client.History(ctx, h.account, h.top-min(h.top, overlap))
	if err != nil {
		return err
	}
	for _, seen := range all {
		h.top = max(h.top, seen.Slot)
		if h.known[seen.Signature] {
			continue
		}
		h.known[seen.Signature] = true
		if seen.Failed == "" && seen.Memo != "" {
			h.paid[seen.Memo] = append(h.paid[seen.Memo], seen)
		}
	}
	return nil
}

// memos returns the memos of all that was paid.
func (h *history) memos() []string {
	all := make([]string, 0, len(h.paid))
	for memo := range h.paid {
		all = append(all, memo)
	}
	return all
}
