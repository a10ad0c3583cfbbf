package ledger

import (
	"cmp"
	"slices"
)

// storedTransfer is a row as it stands, however odd.
type storedTransfer struct {
	number        int64
	debit, credit string // paths, "?" if there is no such account
	amount        int64
}

// locate returns the transfer of a journal that does not fit the others, and by what,
// in the order of how sure that is:
//
//   - the numbers run from 1 to the count, without a gap;
//   - a changed amount puts the balances of both its accounts out;
//   - a journal's transfers stand in the order of debit path, credit path, amount;
//   - another account in the place of the one that was there puts two balances out,
//     of which the row names one.
//
// It returns 0 if they all fit, or if more than one may be meant. The rows are in the
// order of their numbers; misfit are the accounts whose balances are not the sums of
// their transfers.
func locate(rows []storedTransfer, count int64, misfit map[string]bool) (number int64, why string) {
	if number := firstGap(rows, count); number != 0 {
		return number, "by the numbers of the others it is"
	}
	if number := only(rows, func(r storedTransfer) bool { return misfit[r.debit] && misfit[r.credit] }); number != 0 {
		return number, "by the balances of its accounts it is"
	}
	if number := firstOutOfOrder(rows); number != 0 {
		return number, "by the order of the others it is"
	}
	if number := only(rows, func(r storedTransfer) bool { return misfit[r.debit] || misfit[r.credit] }); number != 0 {
		return number, "by the balance of its account it is"
	}
	return 0, ""
}

// firstGap returns the first number that is missing, stands twice, or is one that the
// journal does not have.
func firstGap(rows []storedTransfer, count int64) int64 {
	for i, r := range rows {
		if want := int64(i + 1); r.number != want || want > count {
			return max(1, min(r.number, want))
		}
	}
	if last := int64(len(rows)); last < count {
		return last + 1
	}
	return 0
}

// only returns the number of the one row that fits, 0 if there are none or several.
func only(rows []storedTransfer, fits func(storedTransfer) bool) int64 {
	i := slices.IndexFunc(rows, fits)
	if i < 0 || slices.ContainsFunc(rows[i+1:], fits) {
		return 0
	}
	return rows[i].number
}

// firstOutOfOrder returns the first row without which, at its place, the order holds.
func firstOutOfOrder(rows []storedTransfer) int64 {
	for i := 1; i < len(rows); i++ {
		if compareTransfers(rows[i-1], rows[i]) <= 0 {
			continue
		}
		if i == 1 || compareTransfers(rows[i-2], rows[i]) <= 0 {
			return rows[i-1].number
		}
		return rows[i].number
	}
	return 0
}

func compareTransfers(a, b storedTransfer) int {
	return cmp.Or(cmp.Compare(a.debit, b.debit), cmp.Compare(a.credit, b.credit), cmp.Compare(a.amount, b.amount))
}
