package ledger

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// chain is what the database has of the journals, and what is known of them from
// elsewhere.
type chain struct {
	journals  []Journal // well-formed, in the order of their numbers
	malformed []Fault   // of the others
	sums      map[int64]transferSum
	known     []Head
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

// check compares the journals with one another, with the rows that stand under them,
// and with the heads known from elsewhere.
func (c chain) check() []Fault {
	faults := slices.Clone(c.malformed)
	onRecord := make(map[int64]Journal, len(c.journals)+len(c.malformed))
	for _, f := range c.malformed {
		onRecord[f.Journal] = Journal{}
	}
	previous := Journal{}
	for _, j := range c.journals {
		if fault := checkPlace(previous, j, onRecord); fault.What != "" {
			faults = append(faults, fault)
		}
		faults = append(faults, c.checkContents(j)...)
		onRecord[j.Number], previous = j, j
	}
	faults = append(faults, c.checkOrphans(onRecord)...)
	faults = append(faults, c.checkKnown(onRecord)...)
	sortFaults(faults)
	return faults
}

// sortFaults puts faults in the order of their journals, then of their accounts. A
// journal whose number is none that a journal can have comes after the others: where
// it stood before, one is missing.
func sortFaults(faults []Fault) {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Journal, b.Journal))
	})
}

func (f Fault) rank() int64 {
	if f.Journal < 1 {
		return math.MaxInt64
	}
	return f.Journal
}

// checkPlace checks that a journal follows the one before it: of those on record, only
// malformed ones may stand between.
func checkPlace(previous, j Journal, onRecord map[int64]Journal) (fault Fault) {
	next := previous.Number + 1
	for _, malformed := onRecord[next]; malformed && next < j.Number; _, malformed = onRecord[next] {
		next++
	}
	switch {
	case j.Number < next:
		return Fault{Journal: j.Number, What: "it stands there twice"}
	case j.Number > next:
		return Fault{Journal: next, What: fmt.Sprintf("it is missing: journal %d is followed by journal %d", previous.Number, j.Number)}
	case next == previous.Number+1 && j.PreviousDigest != previous.Digest:
		return Fault{Journal: j.Number, What: fmt.Sprintf("it follows digest %s, but journal %d has %s", j.PreviousDigest, previous.Number, previous.Digest)}
	}
	return Fault{}
}

// checkContents checks a journal's own columns, and the transfers under it.
func (c chain) checkContents(j Journal) (faults []Fault) {
	digest := j.digest()
	if j.Digest != digest {
		faults = append(faults, Fault{Journal: j.Number, What: fmt.Sprintf(
			"its columns give digest %s, not %s: one of them was changed", digest, j.Digest)})
	}
	if difference := c.sums[j.Number].differs(j); difference != "" {
		fault := Fault{Journal: j.Number, What: difference}
		if j.Digest == digest {
			fault.whole = &j
		}
		faults = append(faults, fault)
	}
	return faults
}

// differs says in what the stored transfers are not those of the journal, "" if
// in nothing.
func (s transferSum) differs(j Journal) string {
	if s.count == 0 {
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

func (c chain) checkOrphans(onRecord map[int64]Journal) (faults []Fault) {
	for number, s := range c.sums {
		if _, found := onRecord[number]; !found {
			faults = append(faults, Fault{Journal: number, What: fmt.Sprintf("it is not on record, but has %d transfers", s.count)})
		}
	}
	return faults
}

func (c chain) checkKnown(onRecord map[int64]Journal) (faults []Fault) {
	for _, head := range c.known {
		j, found := onRecord[head.Number]
		switch {
		case head == Head{}:
		case !found:
			faults = append(faults, Fault{Journal: head.Number, What: fmt.Sprintf("it is gone: its digest is known as %s", head.Digest)})
		case j.Digest != head.Digest:
			faults = append(faults, Fault{Journal: head.Number, What: fmt.Sprintf("its digest is %s, but is known as %s", j.Digest, head.Digest)})
		}
	}
	return faults
}
