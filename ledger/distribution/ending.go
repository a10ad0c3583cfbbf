package distribution

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// PayoutState is how far one payout has come.
type PayoutState string

// The states. What a file pays outside of our sight is waiting until it is settled.
const (
	Waiting  PayoutState = "waiting"  // nothing was sent
	Live     PayoutState = "live"     // an attempt may still land, or has unseen
	Landed   PayoutState = "landed"   // an attempt landed; it is not settled yet
	Aside    PayoutState = "aside"    // not attempted any more
	Paid     PayoutState = "paid"     // settled: transit to paid
	Returned PayoutState = "returned" // settled: transit back to earned
)

// PayoutStatus is a payout and how far it has come. Its lines are left out.
type PayoutStatus struct {
	Payout
	State     PayoutState
	Signature string // of what paid it, or of its latest attempt; "" if there is none
	Detail    string // why it is aside, or how its latest attempt ended; "" if there is nothing to say
}

// ReadPayouts returns how far each payout has come, in the order of their numbers.
func ReadPayouts(ctx context.Context, tx pgx.Tx, id string) ([]PayoutStatus, error) {
	d, err := distributionByID(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("distribution: payouts of %s: %w", id, err)
	}
	payouts, err := payoutStatuses(ctx, tx, d.number, nil)
	if err != nil {
		return nil, fmt.Errorf("distribution: payouts of %s: %w", id, err)
	}
	return payouts, nil
}

// payoutsRead is how many payouts are looked at together, where some are looked for.
const payoutsRead = 10_000

// ReadPayoutsAfter is ReadPayouts a page at a time: at most so many payouts, those
// after a number, all or those in one state. It reads what it returns, or, looking for
// a state, windows of payouts until there are enough.
func ReadPayoutsAfter(ctx context.Context, tx pgx.Tx, id string, state PayoutState, after, limit int) ([]PayoutStatus, error) {
	d, err := distributionByID(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("distribution: payouts of %s: %w", id, err)
	}
	window := limit
	if state != "" {
		window = max(limit, payoutsRead)
	}
	found := []PayoutStatus{}
	for next := max(after, 0) + 1; len(found) < limit && int64(next) <= d.Payees; next += window {
		numbers := make([]int, min(window, int(d.Payees)-next+1)) // they are 1, 2, 3 … without a gap
		for i := range numbers {
			numbers[i] = next + i
		}
		payouts, err := payoutStatuses(ctx, tx, d.number, numbers)
		if err != nil {
			return nil, fmt.Errorf("distribution: payouts of %s: %w", id, err)
		}
		found = append(found, slices.DeleteFunc(payouts, func(p PayoutStatus) bool { return state != "" && p.State != state })...)
	}
	return found[:min(len(found), limit)], nil
}

// Progress is how many of a distribution's payouts are in one state.
type Progress struct {
	State   PayoutState   `json:"state"`
	Payouts int64         `json:"payouts"`
	Amount  ledger.Amount `json:"amount"`
}

// payoutStates are all of them, in the order of a payout's way.
var payoutStates = []PayoutState{Waiting, Live, Landed, Aside, Paid, Returned}

// ReadProgress returns the states that the distribution's payouts are in, in the
// order of their way.
func ReadProgress(ctx context.Context, tx pgx.Tx, id string) ([]Progress, error) {
	d, err := distributionByID(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("distribution: progress of %s: %w", id, err)
	}
	all, err := payoutTotals(ctx, tx, d.number)
	if err != nil {
		return nil, fmt.Errorf("distribution: progress of %s: %w", id, err)
	}
	slices.SortFunc(all, func(a, b Progress) int {
		return slices.Index(payoutStates, a.State) - slices.Index(payoutStates, b.State)
	})
	return all, nil
}

// Evidence is who says that a payout was paid.
type Evidence string

// The evidence.
const (
	EvidenceChain Evidence = "chain" // the transaction was read and decoded
	EvidenceFile  Evidence = "file"  // a receipt, which nobody held against the chain
)

// PaidBy is one payout, and the transaction that paid it.
type PaidBy struct {
	Payout    int
	Signature string
	Evidence  Evidence
}

// Settlement is what became of some of a distribution's payouts.
type Settlement struct {
	Distribution string
	Actor        int64
	Reason       string
	Paid         []PaidBy
	Returned     []int // payouts that nothing can pay any more
}

// Settled is what a settlement posted.
type Settled struct {
	Paid, Returned           int
	PaidTotal, ReturnedTotal ledger.Amount
	Journals                 []int64 // their numbers
}

// Settle ends payouts: transit to paid, or back to earned, each once. Payouts that
// ended so before are passed over, so a settlement can be repeated; one that ended
// otherwise, or was paid by another transaction, is ErrConflict; one with an attempt
// that may still land is ErrMayLand. A payout that may still be paid is not returned: not while an attempt may land, and not when the
// files are out, which only two persons can say were not paid (see Cancel); that is
// ErrMayLand.
func Settle(ctx context.Context, tx pgx.Tx, s Settlement) (Settled, error) {
	settled, err := settle(ctx, tx, s)
	if err != nil {
		return Settled{}, fmt.Errorf("distribution: settle %s: %w", s.Distribution, err)
	}
	return settled, nil
}

func settle(ctx context.Context, tx pgx.Tx, s Settlement) (Settled, error) {
	if err := ledger.Lock(ctx, tx); err != nil { // always before the lock of paying
		return Settled{}, err
	}
	d, err := LockPaying(ctx, tx, s.Distribution)
	if err != nil {
		return Settled{}, err
	}
	if d.State == Prepared && len(s.Paid) > 0 {
		return Settled{}, fmt.Errorf("%w: nothing of it can have been paid: have another person than who prepared it approve it first", ErrNotApproved)
	}
	if d.FilesOut() && len(s.Returned) > 0 {
		return Settled{}, fmt.Errorf("%w: its files were exported, and could be paid by hand: have two persons cancel it, who know that they were not", ErrMayLand)
	}
	return end(ctx, tx, d, s)
}

// end posts what is new of a settlement. The caller holds the lock of paying.
func end(ctx context.Context, tx pgx.Tx, d Distribution, s Settlement) (Settled, error) {
	payouts, err := readStatuses(ctx, tx, d, s.numbers())
	if err != nil {
		return Settled{}, err
	}
	var settled Settled
	paid, err := newlyPaid(payouts, s.Paid)
	if err != nil {
		return settled, err
	}
	returned, err := newlyReturned(payouts, s.Returned)
	if err != nil {
		return settled, err
	}
	if len(paid) > 0 {
		journal, err := postEnd(ctx, tx, d, s, ledger.ActSettle, paid)
		if err != nil {
			return settled, err
		}
		settled.Paid, settled.PaidTotal, settled.Journals = len(paid), journal.Total, append(settled.Journals, journal.Number)
	}
	if len(returned) > 0 {
		journal, err := postEnd(ctx, tx, d, s, ledger.ActReturn, returned)
		if err != nil {
			return settled, err
		}
		settled.Returned, settled.ReturnedTotal, settled.Journals = len(returned), journal.Total, append(settled.Journals, journal.Number)
	}
	return settled, nil
}

// ended is a payout that ends now.
type ended struct {
	PayoutStatus
	by PaidBy // zero if it returns
}

// newlyPaid returns those of the payouts that were not known to be paid.
func newlyPaid(payouts statuses, all []PaidBy) ([]ended, error) {
	var paid []ended
	seen := map[int]string{}
	for _, by := range all {
		p := payouts[by.Payout]
		first, twice := seen[by.Payout]
		seen[by.Payout] = by.Signature
		switch {
		case by.Signature == "" || by.Evidence != EvidenceChain && by.Evidence != EvidenceFile:
			return nil, fmt.Errorf("%w: payout %d: name the transaction that paid it, and who says so", ErrInvalid, by.Payout)
		case twice && first != by.Signature:
			return nil, fmt.Errorf("%w: payout %d is said to be paid by %s and by %s: find out which", ErrConflict, by.Payout, first, by.Signature)
		case twice || p.State == Paid && p.Signature == by.Signature:
			continue
		case p.State == Paid:
			return nil, fmt.Errorf("%w: payout %d was paid by %s, not %s: find out whether it was paid twice", ErrConflict, by.Payout, p.Signature, by.Signature)
		case p.State == Live:
			return nil, fmt.Errorf("%w: payout %d has an attempt, %s, and is said to be paid by %s: wait until the attempt has landed or expired",
				ErrMayLand, by.Payout, p.Signature, by.Signature)
		case p.State == Landed && p.Signature != by.Signature:
			return nil, fmt.Errorf("%w: payout %d was paid by our transaction %s, but is said to be paid by %s: find out whether it was paid twice",
				ErrConflict, by.Payout, p.Signature, by.Signature)
		case p.State == Returned:
			return nil, fmt.Errorf("%w: payout %d was returned, but is said to be paid by %s: a person must look", ErrConflict, by.Payout, by.Signature)
		}
		paid = append(paid, ended{p, by})
	}
	return paid, nil
}

// newlyReturned returns those of the payouts that were not known to be returned.
func newlyReturned(payouts statuses, numbers []int) ([]ended, error) {
	var returned []ended
	for _, number := range slices.Compact(slices.Sorted(slices.Values(numbers))) {
		p := payouts[number]
		switch p.State {
		case Returned:
			continue
		case Paid, Landed:
			return nil, fmt.Errorf("%w: payout %d was paid by %s: it is not returned", ErrConflict, number, p.Signature)
		case Live:
			return nil, fmt.Errorf("%w: payout %d has an attempt, %s: wait until that has landed or expired", ErrMayLand, number, p.Signature)
		case Waiting, Aside:
		}
		returned = append(returned, ended{PayoutStatus: p})
	}
	return returned, nil
}

// statuses are some of a distribution's payouts, by number.
type statuses map[int]PayoutStatus

// readStatuses returns the payouts of these numbers; it costs what they are, not what
// the distribution is. The error for a number that is none of them is ErrInvalid.
func readStatuses(ctx context.Context, tx pgx.Tx, d Distribution, numbers []int) (statuses, error) {
	if len(numbers) == 0 { // which would stand for all
		return nil, nil
	}
	all, err := payoutStatuses(ctx, tx, d.number, numbers)
	if err != nil {
		return nil, err
	}
	byNumber := make(statuses, len(all))
	for _, p := range all {
		byNumber[p.Number] = p
	}
	for _, number := range numbers {
		if _, found := byNumber[number]; !found {
			return nil, fmt.Errorf("%w: payout %d: it has the payouts 1 to %d", ErrInvalid, number, d.Payees)
		}
	}
	return byNumber, nil
}

// numbers are those of all payouts that the settlement speaks of.
func (s Settlement) numbers() []int {
	numbers := slices.Clone(s.Returned)
	for _, by := range s.Paid {
		numbers = append(numbers, by.Payout)
	}
	return numbers
}

// postEnd posts one journal for payouts that end alike, and records their ends. Its
// key is of the payouts: whoever ends them again finds the first journal.
func postEnd(ctx context.Context, tx pgx.Tx, d Distribution, s Settlement, act ledger.Act, all []ended) (ledger.Journal, error) {
	digest, transfers := sha256.New(), make([]ledger.Transfer, len(all))
	for i, p := range all {
		fmt.Fprintf(digest, "%d %s\n", p.Number, p.by.Signature)
		transfers[i] = ledger.Transfer{
			Debit: ledger.SupplierTransit(p.Supplier), Credit: ledger.SupplierPaid(p.Supplier), Amount: p.Amount,
		}
		if act == ledger.ActReturn {
			transfers[i].Credit = ledger.SupplierEarned(p.Supplier)
		}
	}
	subject := ledger.Digest(digest.Sum(nil))
	journal, err := ledger.Post(ctx, tx, ledger.Entry{
		Act: act, Key: fmt.Sprintf("%s %s %s", act, d.ID, subject), Actor: s.Actor, Reason: s.Reason,
		SubjectDigest: subject, Transfers: transfers,
	})
	if err != nil {
		return ledger.Journal{}, err
	}
	return journal, insertEnds(ctx, tx, d.number, journal.Number, all)
}
