package ledger

import (
	"cmp"
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

// Fault is one entry that is not as it was written.
type Fault struct {
	Journal int64  // its number; 0 if the fault is an account's
	Account string // its path; "" if the fault is a journal's
	What    string // what differs, in a sentence
}

// String returns the fault in a line: "journal 3: its transfers …".
func (f Fault) String() string {
	if f.Journal == 0 {
		return fmt.Sprintf("account %s: %s", f.Account, f.What)
	}
	return fmt.Sprintf("journal %d: %s", f.Journal, f.What)
}

// Verify reads the whole ledger and computes every digest and every balance
// again. A journal or transfer that was edited, removed, added or moved since it
// was written is a fault of its journal, a balance that is not the sum of its
// transfers one of its account. Faults are in the order of the journals, then of
// the accounts: the first is where the past was first changed.
//
// Whoever rewrites every digest from some journal on leaves no fault inside the
// ledger. Heads that were kept elsewhere, such as in the manifests of
// distributions, tell: each known head must still be in the chain.
//
// No journal is written while Verify reads. The error is only of the reading.
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
	journals, err := allJournals(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	sums, err := transferSums(ctx, tx, math.MinInt64, math.MaxInt64)
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
	report := Report{Journals: int64(len(journals)), Accounts: accounts, Faults: append(checkChain(journals, sums, known), misfits...)}
	if len(journals) > 0 {
		report.Head = journals[len(journals)-1].Head()
	}
	for _, s := range sums {
		report.Transfers += s.count
	}
	return report, nil
}

// transferSum is what the database has of one journal's transfers.
type transferSum struct {
	journal int64
	count   int64
	last    int64  // the highest number
	total   string // a changed amount may be past what an Amount holds
	adrift  int64  // the first that names an account that is gone, 0 if none does
	digest  Digest
}

// checkChain compares the journals, in the order of their numbers, with one
// another, with the rows that stand under them, and with the heads known from
// elsewhere.
func checkChain(journals []Journal, sums map[int64]transferSum, known []Head) []Fault {
	var faults []Fault
	onRecord := make(map[int64]Journal, len(journals))
	previous := Journal{}
	for _, j := range journals {
		faults = append(faults, checkLink(previous, j)...)
		if difference := sums[j.Number].differs(j); difference != "" {
			faults = append(faults, Fault{Journal: j.Number, What: difference})
		}
		onRecord[j.Number], previous = j, j
	}
	faults = append(faults, checkOrphans(sums, onRecord)...)
	faults = append(faults, checkKnown(known, onRecord)...)
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.Journal, b.Journal) })
	return faults
}

// checkLink checks a journal's own columns, and that it follows the one before.
func checkLink(previous, j Journal) []Fault {
	var faults []Fault
	switch {
	case j.Number != previous.Number+1:
		faults = append(faults, Fault{previous.Number + 1, "", fmt.Sprintf(
			"it is missing: journal %d is followed by journal %d", previous.Number, j.Number)})
	case j.PreviousDigest != previous.Digest:
		faults = append(faults, Fault{j.Number, "", fmt.Sprintf(
			"it follows digest %s, but journal %d has %s", j.PreviousDigest, previous.Number, previous.Digest)})
	}
	if digest := j.digest(); j.Digest != digest {
		faults = append(faults, Fault{j.Number, "", fmt.Sprintf(
			"its columns give digest %s, not %s: one of them was changed", digest, j.Digest)})
	}
	return faults
}

// differs says in what the stored transfers are not those of the journal, "" if
// in nothing.
func (s transferSum) differs(j Journal) string {
	if s.journal == 0 { // no row at all
		s.total, s.digest = "0", newTransfersDigest().sum()
	}
	switch {
	case s.count != j.Count:
		return fmt.Sprintf("it has %d transfers, but says %d", s.count, j.Count)
	case s.last != j.Count:
		return fmt.Sprintf("its %d transfers are not numbered from 1 on without a gap: the last is %d", s.count, s.last)
	case s.adrift != 0:
		return fmt.Sprintf("its transfer %d names an account that does not exist", s.adrift)
	case s.total != j.Total.String():
		return fmt.Sprintf("its transfers sum to %s base units, but it says %s", s.total, j.Total)
	case s.digest != j.TransfersDigest:
		return fmt.Sprintf("its transfers give digest %s, not %s: one was changed or moved, or an account was", s.digest, j.TransfersDigest)
	}
	return ""
}

func checkOrphans(sums map[int64]transferSum, onRecord map[int64]Journal) []Fault {
	var faults []Fault
	for number, s := range sums {
		if _, found := onRecord[number]; !found {
			faults = append(faults, Fault{number, "", fmt.Sprintf("it is not on record, but has %d transfers", s.count)})
		}
	}
	return faults
}

func checkKnown(known []Head, onRecord map[int64]Journal) []Fault {
	var faults []Fault
	for _, head := range known {
		j, found := onRecord[head.Number]
		switch {
		case head == Head{}:
		case !found:
			faults = append(faults, Fault{head.Number, "", fmt.Sprintf("it is gone: its digest is known as %s", head.Digest)})
		case j.Digest != head.Digest:
			faults = append(faults, Fault{head.Number, "", fmt.Sprintf("its digest is %s, but is known as %s", j.Digest, head.Digest)})
		}
	}
	return faults
}
