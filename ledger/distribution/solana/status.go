package solana

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gagliardetto/solana-go/rpc"
)

// What nodes answer at once at most.
const (
	statusesMax = 256
	historyMax  = 1000
)

// Status is what became of a signature.
type Status struct {
	Found     bool
	Finalized bool   // it, or that it failed, is for good
	Failed    string // why it failed; "": it did not
	Slot      uint64
}

// Statuses returns the status of each signature, in their order, with a search of
// the node's whole history. One that is not found may still land until its
// blockhash has expired.
func (c *Client) Statuses(ctx context.Context, signatures []Signature) ([]Status, error) {
	statuses := make([]Status, 0, len(signatures))
	for chunk := range slices.Chunk(signatures, statusesMax) {
		found, err := c.statuses(ctx, chunk)
		if err != nil {
			return nil, fmt.Errorf("solana: statuses: %w", err)
		}
		for _, s := range found {
			statuses = append(statuses, statusOf(s))
		}
	}
	return statuses, nil
}

func (c *Client) statuses(ctx context.Context, signatures []Signature) ([]*rpc.SignatureStatusesResult, error) {
	var out rpc.GetSignatureStatusesResult
	params := []any{signatures, rpc.M{"searchTransactionHistory": true}}
	err := c.calls.call(ctx, "getSignatureStatuses", params, func(result json.RawMessage) error {
		out = rpc.GetSignatureStatusesResult{}
		if err := decodeResult(result, &out); err != nil {
			return err
		}
		// The method knows no minContextSlot.
		if known := c.known.Load(); out.Context.Slot < known {
			return fmt.Errorf("it is at slot %d, behind %d, which is final", out.Context.Slot, known)
		}
		if len(out.Value) != len(signatures) {
			return fmt.Errorf("%d statuses of %d signatures", len(out.Value), len(signatures))
		}
		return nil
	})
	return out.Value, err
}

func statusOf(s *rpc.SignatureStatusesResult) Status {
	if s == nil {
		return Status{}
	}
	failed, _ := reason(s.Err)
	return Status{true, s.ConfirmationStatus == rpc.ConfirmationStatusFinalized, failed, s.Slot}
}

// Seen is a finalized transaction that names an account.
type Seen struct {
	Signature Signature
	Slot      uint64
	Failed    string // why it failed; "": it did not
	Memo      string // several are joined by "; "; "": none
}

// History returns the finalized transactions that name the account, of the slot and
// later, newest first. It goes back as far as the node's own history does.
// Everybody can name an account and write any memo: what a transaction paid, and who
// signed, tells Transaction only.
func (c *Client) History(ctx context.Context, account Key, fromSlot uint64) ([]Seen, error) {
	var history []Seen
	var before Signature
	for {
		page, err := c.page(ctx, account, before)
		if err != nil {
			return nil, fmt.Errorf("solana: history of %s: %w", account, err)
		}
		for _, s := range page {
			if s.Slot < fromSlot {
				return history, nil
			}
			history = append(history, s)
		}
		if len(page) < historyMax {
			return history, nil
		}
		before = page[len(page)-1].Signature
	}
}

func (c *Client) page(ctx context.Context, account Key, before Signature) ([]Seen, error) {
	limit := historyMax
	options := &rpc.GetSignaturesForAddressOpts{Limit: &limit, Before: before, Commitment: rpc.CommitmentFinalized, MinContextSlot: c.atLeast()}
	found, err := c.node.GetSignaturesForAddressWithOpts(ctx, account, options)
	if err != nil {
		return nil, err
	}
	page := make([]Seen, len(found))
	for i, s := range found {
		if s == nil {
			return nil, fmt.Errorf("%w: a transaction that is null", ErrUnreachable)
		}
		failed, _ := reason(s.Err)
		page[i] = Seen{Signature: s.Signature, Slot: s.Slot, Failed: failed}
		if s.Memo != nil {
			page[i].Memo = plainMemo(*s.Memo)
		}
	}
	return page, nil
}

// atLeast is the slot that a node must have reached to be believed; nil: any.
func (c *Client) atLeast() *uint64 {
	if slot := c.known.Load(); slot > 0 {
		return &slot
	}
	return nil
}

// plainMemo returns memos without the lengths that nodes write before them: "[2] ab;
// [1] c" is "ab; c". A text of another form is returned as it is.
func plainMemo(text string) string {
	var memos []string
	for rest := text; ; {
		length, memo, found := strings.Cut(strings.TrimPrefix(rest, "["), "] ")
		size, err := strconv.Atoi(length)
		if !found || err != nil || size < 0 || size > len(memo) {
			return text
		}
		memos, rest = append(memos, memo[:size]), memo[size:]
		if rest == "" {
			return strings.Join(memos, "; ")
		}
		if rest, found = strings.CutPrefix(rest, "; "); !found {
			return text
		}
	}
}
