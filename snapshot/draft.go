package snapshot

import (
	"math/bits"
	"slices"
	"time"

	"github.com/uptally/uptally/uptime"
)

// DraftWindow is a grace window that data suggests.
type DraftWindow struct {
	Reaches     string // what it reaches, of Reaches
	At          uptime.Slot
	Window      Window
	Recommended bool
}

// What drafts reach, in the order in which they come.
const (
	ReachesHalf       = "half of the returns"
	ReachesNineTenths = "nine tenths of the returns"
	ReachesRecovery   = "the population's recovery"
	ReachesLast       = "the last return"
)

// drafts returns the windows that reach the returns and the recovery, if it has
// come: each from the outage's beginning to the first whole hour after what it
// reaches, which is also the deadline, so that a device that was back in that very
// slot is in time. Of several to the same hour, the last of Reaches stands. The
// last return's is recommended: it leaves out no device that proved itself, and a
// device that never came back gets nothing by any.
func drafts(began uptime.Slot, r *Returns, recovered *uptime.Slot, cause string) []DraftWindow {
	var all []DraftWindow
	for _, x := range []struct {
		reaches string
		at      *uptime.Slot
	}{
		{ReachesHalf, r.Half}, {ReachesNineTenths, r.NineTenths}, {ReachesRecovery, recovered}, {ReachesLast, r.Last},
	} {
		if x.at == nil || *x.at < began {
			continue
		}
		end := hourAfter(*x.at)
		d := DraftWindow{Reaches: x.reaches, At: *x.at, Recommended: x.reaches == ReachesLast, Window: Window{
			From: began.Start(), To: end, Cause: cause, Lookback: r.Lookback, MinBefore: DefaultMinBefore,
			Sustain: DefaultSustain, ReconnectBy: end, Credit: CreditFull,
		}}
		all = append(slices.DeleteFunc(all, func(o DraftWindow) bool { return o.Window.To.Equal(end) }), d)
	}
	slices.SortStableFunc(all, func(a, b DraftWindow) int { return a.Window.To.Compare(b.Window.To) })
	return all
}

// hourAfter returns the first whole hour after the slot's start.
func hourAfter(k uptime.Slot) time.Time { return (k.Hour() + 1).Start() }

// perMille returns part / whole in thousandths, rounded towards 0; 0 for a whole of
// 0. whole is not negative.
func perMille(part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(size(part)), 1000)
	if high >= uint64(whole) {
		return 0 // a part that many times the whole is none
	}
	quotient, _ := bits.Div64(high, low, uint64(whole))
	if part < 0 {
		return -int64(quotient)
	}
	return int64(quotient)
}
