package supplier

import (
	"math"
	"math/big"
	"slices"
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

// Days and the hours after them become the digits of exactly the span.
func TestBitsBecomeDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := uptime.Slot(rapid.Int64Range(0, 1<<24).Draw(t, "first"))
		row := timelineRow{span: uptime.Span{From: first, To: first + uptime.Slot(rapid.IntRange(1, 900).Draw(t, "slots"))}}
		from, to := row.span.Hours()
		was := map[uptime.Slot]bool{}
		begins := uptime.SlotOf(row.span.From.Day())
		days := rapid.IntRange(0, int(row.span.To-1-begins)/uptime.SlotsPerDay+1).Draw(t, "days")
		rest := begins + uptime.Slot(days*uptime.SlotsPerDay)
		for i := range days {
			day := rapid.SliceOfN(rapid.Byte(), 2*dayBytes, 2*dayBytes).Draw(t, "day")
			row.days = append(row.days, day)
			for j := range uptime.SlotsPerDay {
				was[begins+uptime.Slot(i*uptime.SlotsPerDay+j)] = day[daySeen+j/8]>>(7-j%8)&1 == 1
			}
		}
		var hours []int32
		for hour := max(from, rest.Hour()); hour < to; hour++ {
			slots := int32(rapid.Uint16Range(0, 4095).Draw(t, "hour"))
			hours = append(hours, int32(hour-from)<<12|slots)
			for i := range uptime.SlotsPerHour {
				was[hour.First()+uptime.Slot(i)] = slots>>(11-i)&1 == 1
			}
		}
		slices.Reverse(hours) // they come in no order
		want := make([]byte, 0, row.span.Len())
		for k := row.span.From; k < row.span.To; k++ {
			digit := byte('0')
			if was[k] {
				digit = '1'
			}
			want = append(want, digit)
		}
		if got := string(row.text(daySeen, hours)); got != string(want) {
			t.Fatalf("%v:\n got %s\nwant %s", row.span, got, want)
		}
	})
}
