package ledger

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Report is what Verify found.
type Report struct {
	Head      Head  // the newest journal, the zero Head if there is none
	Journals  int64 // that were read
	Transfers int64 // likewise
	Accounts  int64 // likewise
	Faults    []Fault
}

// OK reports whether nothing was found to be wrong.
func (r Report) OK() bool { return len(r.Faults) == 0 }

// Add puts faults that were found elsewhere, such as in signed heads, in their place
// among the others.
func (r *Report) Add(faults ...Fault) {
	r.Faults = append(r.Faults, faults...)
	sortFaults(r.Faults)
}

// Fault is one entry that is not as it was written.
type Fault struct {
	Journal  int64  // its number; 0 if the fault is an account's
	Account  string // its path; "" if the fault is a journal's
	What     string // what differs, in a sentence
	Transfer int64  // the transfer of the journal that does not fit; 0: not known

	whole *Journal // the journal, if its own columns are whole and its transfers differ
}

// String returns the fault in a line: "journal 3: its transfers …".
func (f Fault) String() string {
	if f.Account != "" {
		return fmt.Sprintf("account %s: %s", f.Account, f.What)
	}
	return fmt.Sprintf("journal %d: %s", f.Journal, f.What)
}

// Verify reads the whole ledger and computes every digest and every balance
// again. A journal or transfer that was edited, removed, added or moved since it
// was written is a fault of its journal, a balance that is not the sum of its
// transfers one of its account. Faults are in the order of the journals, then of
// the accounts: the first is where the past was first changed. Of the first journal
// whose transfers differ, the transfer is named too if the others give it away (see
// locate): there is no digest of each.
//
// Whoever rewrites every digest from some journal on, or takes the newest away with
// all that it moved, leaves no fault in the chain. Heads that were kept tell: each
// that a Verify without a fault put on record (see Record), and each known from
// elsewhere, such as a SignedHead or the manifest of a distribution, must still be in
// the chain.
//
// No journal is written while Verify reads. The error is only of the reading: what a
// row holds, however odd, is a fault.
func Verify(ctx context.Context, tx pgx.Tx, known ...Head) (Report, error) {
	report, err := verify(ctx, tx, known)
	if err != nil {
		return Report{}, fmt.Errorf("ledger: verify: %w", err)
	}
	return report, nil
}

func verify(ctx context.Context, tx pgx.Tx, known []Head) (Report, error) {
	if err := lockJournalsShared(ctx, tx); err != nil {
		return Report{}, err
	}
	verified, err := verifiedHeads(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	found, err := readChain(ctx, tx, append(verified, known...))
	if err != nil {
		return Report{}, err
	}
	accounts, err := countAccounts(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	misfits, err := misfitAccounts(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	report := Report{Journals: int64(len(found.journals) + len(found.malformed)), Accounts: accounts}
	report.Faults = append(found.check(), misfits...)
	if len(found.journals) > 0 {
		report.Head = found.journals[len(found.journals)-1].Head()
	}
	for _, s := range found.sums {
		report.Transfers += s.count
	}
	return report, nameTransfer(ctx, tx, report.Faults)
}

// readChain reads what check compares.
func readChain(ctx context.Context, tx pgx.Tx, known []Head) (c chain, err error) {
	if c.malformed, err = malformedJournals(ctx, tx); err != nil {
		return c, err
	}
	if c.journals, err = wellFormedJournals(ctx, tx); err != nil {
		return c, err
	}
	c.sums, err = transferSums(ctx, tx, math.MinInt64, math.MaxInt64)
	c.known = known
	return c, err
}

// nameTransfer looks into the first journal whose transfers differ for the one that
// does not fit.
func nameTransfer(ctx context.Context, tx pgx.Tx, faults []Fault) error {
	i := slices.IndexFunc(faults, func(f Fault) bool { return f.whole != nil })
	if i < 0 {
		return nil
	}
	stored, err := storedTransfers(ctx, tx, faults[i].Journal)
	if err != nil {
		return err
	}
	misfit := map[string]bool{}
	for _, f := range faults {
		if f.Account != "" {
			misfit[f.Account] = true
		}
	}
	if number, why := locate(stored, faults[i].whole.Count, misfit); number != 0 {
		faults[i].Transfer = number
		faults[i].What += fmt.Sprintf("; %s transfer %d", why, number)
	}
	return nil
}
