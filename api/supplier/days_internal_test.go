package supplier

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// Days of any points share any amount so that it is all given, none is below 0, and
// every prefix is the floor of its share.
func TestDaysShareAnAmountExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "days")
		days := make([]earnedDay, n)
		all := new(big.Int)
		for i := range days {
			days[i].points = rapid.Int64Range(0, math.MaxInt64/int64(n)).Draw(t, "points")
			all.Add(all, big.NewInt(days[i].points))
		}
		amount := rapid.Int64Range(0, math.MaxInt64).Draw(t, "amount")
		shareAmount(days, ledger.Amount(amount))
		sum, soFar := int64(0), new(big.Int)
		for i := range days {
			if days[i].amount < 0 {
				t.Fatalf("day %d gets %d", i, days[i].amount)
			}
			sum += int64(days[i].amount)
			soFar.Add(soFar, big.NewInt(days[i].points))
			if all.Sign() == 0 {
				continue
			}
			want := new(big.Int).Mul(big.NewInt(amount), soFar)
			if want.Div(want, all); want.Int64() != sum {
				t.Fatalf("up to day %d: %d, want %s", i, sum, want)
			}
		}
		if sum != amount {
			t.Fatalf("the days sum to %d of %d", sum, amount)
		}
	})
}

// Slots that a window grants are credited to days so that a line has what it is
// credited, and no slot more than once.
func TestDaysShareCreditsExactly(t *testing.T) {
	start := time.Date(2024, 4, 25, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		granted := rapid.IntRange(1, 2000).Draw(t, "granted")
		credit := rapid.IntRange(0, granted).Draw(t, "credit")
		end := start.Add(time.Duration(granted) * slotLength)
		line := &snapshot.ExplainedLine{Credits: []snapshot.ExplainedCredit{{Window: 7, Granted: granted, Credit: credit}}}
		all := newCredits(line, []snapshot.ExplainedWindow{{Window: 6, From: start, To: end}, {Window: 7, From: start, To: end}})
		sum := 0
		for i := range granted {
			one := all.grant(start.Add(time.Duration(i) * slotLength))
			if one < 0 || one > 1 {
				t.Fatalf("slot %d is credited %d", i, one)
			}
			sum += one
		}
		if sum != credit {
			t.Fatalf("%d of %d slots are credited, want %d", sum, granted, credit)
		}
	})
}

// Hours become the digits of exactly the span.
func TestHoursBecomeDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := uptime.Slot(rapid.Int64Range(0, 1<<24).Draw(t, "first"))
		span := uptime.Span{From: first, To: first + uptime.Slot(rapid.IntRange(1, 500).Draw(t, "slots"))}
		from, to := span.Hours()
		var bits hourBits
		want := make([]byte, 0, span.Len())
		for hour := from; hour < to; hour++ {
			slots := rapid.Uint16Range(0, 4095).Draw(t, "hour")
			bits = append(bits, int32(slots))
			for i := range uptime.SlotsPerHour {
				if k := hour.First() + uptime.Slot(i); span.Contains(k) {
					want = append(want, '0'+byte(slots>>(11-i)&1))
				}
			}
		}
		if got := string(bits.text(span)); got != string(want) {
			t.Fatalf("%v:\n got %s\nwant %s", span, got, want)
		}
	})
}
