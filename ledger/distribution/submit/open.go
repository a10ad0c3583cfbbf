package submit

import "slices"

// open is a batch that was not divided, as its payouts stand.
type open struct {
	number  int
	memo    string
	free    []int  // payouts that can be paid
	gone    []int  // aside, paid or returned
	live    []int  // with an attempt that may land
	failure string // why its latest attempt failed on the chain; "": it did not
}

func (o *open) add(payout int, state string) {
	switch state {
	case "free":
		o.free = append(o.free, payout)
	case "live":
		o.live = append(o.live, payout)
	default:
		o.gone = append(o.gone, payout)
	}
}

// withFree leaves out the batches of which nothing can be paid.
func withFree(all []open) []open {
	return slices.DeleteFunc(all, func(o open) bool { return len(o.free) == 0 })
}

// end is how an attempt ended.
type end struct {
	attempt   int64
	outcome   outcome
	signature string // by which it landed or failed
	slot      uint64
	detail    string // what proves it
}

// outcome is how an attempt ended, as the database has it.
type outcome string

const (
	outcomeLanded  outcome = "landed"
	outcomeFailed  outcome = "failed"
	outcomeExpired outcome = "expired"
)

// named is a batch whose memo was paid on the chain.
type named struct {
	batch     int
	memo      string
	live      bool   // an attempt of it has no end
	signature string // by which it landed, as we know; "": it did not
}
