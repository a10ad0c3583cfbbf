package snapshot

import (
	"errors"
	"strings"
	"testing"

	"github.com/holiman/uint256"

	"github.com/uptally/uptally/uptime"
)

// What an explanation says where it matters how.
func TestExplanationSays(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*april)
		says func(*Explanation) string
		want string
	}{
		{"a line that nobody could look at is told so", func(a *april) { a.Observed, a.device.Up = unseen(a), unseen(a) },
			func(e *Explanation) string { return e.Lines[0].Reason.Code + ": " + e.Lines[0].Reason.Meaning },
			"never_seen: We could not see you: none of these slots could be observed, so nothing says whether the device was up."},
		{"its test says the same", func(a *april) { a.Observed, a.device.Up = unseen(a), unseen(a) },
			lastTest, "we could not see you: none of its slots could be observed"},
		{"a line that was looked at and not seen is told that", func(a *april) { a.down("24T00:00", "27T00:00") },
			func(e *Explanation) string { return e.Lines[0].Reason.Meaning }, OutcomeNeverSeen.Reason().Meaning},
		{"its test counts", func(a *april) { a.down("24T00:00", "27T00:00") }, lastTest, "0 slots are credited of 288 observed"},
		{"too little uptime, without a division", func(a *april) { a.down("25T12:00", "25T18:05") }, lastTest,
			"215/288 with at least 0.75: 215 * 100 = 21500 < 75 * 288 = 21600"},
		{"too short a run", func(a *april) { a.register("25T23:05") }, lastTest, "the longest run is 11 slots, asked for are 12"},
		{"the weight of a listed model", func(*april) {}, func(e *Explanation) string { return e.Lines[0].Weight.Written },
			"floor_6(8.5 * 1 * 1.25) = 10625000 millionths"},
		{"points", func(a *april) { a.device.JobMinutes = []uptime.JobMinutes{{Day: on("25T00:00"), Minutes: 60}} },
			func(e *Explanation) string { return e.Lines[0].Worth.Written }, "(1000 * 5 * 288 + 500 * 60) * 10625000 = 15618750000000"},
		{"the amount", func(*april) {}, func(e *Explanation) string { return e.Lines[0].Share.Written },
			"floor(1000000007 * 15300000000000 / 20000000000000) = 765000005"},
		{"how to check it", func(*april) {}, func(e *Explanation) string { return e.Lines[0].Share.Product + " r " + e.Lines[0].Share.Remainder },
			"15300000107100000000000 r 7100000000000"},
		{"points of a line that has none", func(a *april) { a.verdict(uptime.Spoofed, "25T00:00") },
			func(e *Explanation) string { return e.Lines[0].Worth.Written }, "0: the line is spoofed, and only eligible lines have points"},
		{"a verdict that leaves no slot", func(a *april) { a.verdict(uptime.Spoofed, "25T00:00") }, lastTest,
			"the last verdict, of 2024-04-26T00:00:00Z, is spoofed, from 2024-04-25T00:00:00Z on, which leaves no slot of the line"},
		{"what a verdict takes out is drawn so", func(a *april) { a.verdict(uptime.Spoofed, "25T23:50") }, lastSlots, "##xx"},
		{"unobserved comes first", func(a *april) {
			a.verdict(uptime.Spoofed, "25T23:50")
			a.Observed = a.Observed.AndNot(slotsOf(a, "25T23:55", "26T00:00"))
			a.device.Up = a.device.Up.AndNot(slotsOf(a, "25T23:55", "26T00:00"))
		}, lastSlots, "##x?"},
		{"before the registration", func(a *april) { a.register("25T23:50") }, lastSlots, "--##"},
		{"an own rate", func(a *april) { a.down("25T08:00", "25T08:05"); a.down("25T12:00", "25T12:35"); ownRate(a) },
			func(e *Explanation) string { return e.Lines[0].Credits[0].Written }, "floor(7 * 287 / 288) = 6"},
		{"a grant", func(a *april) { a.down("25T12:00", "25T12:35"); ownRate(a) }, windowSays,
			"granted: up in 288 of the 288 observed slots before it, missed from 2024-04-25T12:00:00Z, back at 2024-04-25T12:35:00Z: 7 slots"},
		{"not back yet", func(a *april) { a.down("25T12:00", "27T00:00"); ownRate(a).ReconnectBy = on("30T00:01") }, windowSays,
			"pending: up in 288 of the 288 observed slots before it, but not yet back; 3 slots up in a row must begin before 2024-04-30T00:05:00Z"},
		{"a released change", func(a *april) {
			a.hold("25T00:00", "26T00:00")
			a.owner("25T12:00", "bob", uptime.ChannelWorkerAPI)
			a.Released[2] = true
		}, func(e *Explanation) string { return string(e.Changes[1].Standing) }, "released"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newApril(t)
			a.Season.Pool = 1_000_000_007
			c.set(a)
			e, err := Explain(&a.Basis, &a.device, Rate{a.Season.Pool, uint256.NewInt(20_000_000_000_000)})
			if err != nil {
				t.Fatal(err)
			}
			if got := c.says(e); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func unseen(a *april) uptime.Timeline { return uptime.NewTimeline(a.Observed.Span()) }

func slotsOf(a *april, from, to string) uptime.Timeline {
	slots := unseen(a)
	slots.AddSpan(uptime.SpanOf(on(from), on(to)))
	return slots
}

func ownRate(a *april) *Window {
	w := a.window("25T12:00", "25T18:00", "26T00:00")
	w.Lookback, w.Credit = 288, CreditOwnRate
	return w
}

func lastTest(e *Explanation) string   { l := e.Lines[0]; return l.Tests[len(l.Tests)-1].Says }
func windowSays(e *Explanation) string { return e.Windows[0].Says }
func lastSlots(e *Explanation) string  { return e.Days[0].Slots[284:] }

func TestWhatCannotBeExplained(t *testing.T) {
	a := newApril(t)
	a.Season.Pool = 1 << 62
	if _, err := Explain(&a.Basis, &a.device, Rate{a.Season.Pool, uint256.NewInt(1)}); !errors.Is(err, ErrAmountTooLarge) {
		t.Errorf("an amount above 63 bits: %v", err)
	}
	a.device.Changes = nil
	if _, err := Explain(&a.Basis, &a.device, Rate{a.Season.Pool, uint256.NewInt(1)}); !errors.Is(err, ErrUnregistered) {
		t.Errorf("a device without a registration: %v", err)
	}
	late := newApril(t)
	late.register("26T00:00")
	e, err := Explain(&late.Basis, &late.device, Rate{0, new(uint256.Int)})
	if err != nil || e.Span.Slots != 0 || len(e.Lines) != 0 || len(e.Days) != 0 {
		t.Errorf("a device registered after the season: %+v (%v)", e, err)
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		least       string
		part, whole int
		want        string
	}{
		{"0.5", 144, 288, "144 * 10 = 1440 >= 5 * 288 = 1440"},
		{"1", 287, 288, "287 * 1 = 287 < 1 * 288 = 288"},
		{"0", 0, 0, "0 * 1 = 0 >= 0 * 0 = 0"},
		{"0.333333333333333333", 1 << 40, 3 << 40, strings.Join([]string{"1099511627776 * 1000000000000000000 = 1099511627776000000000000000000",
			"333333333333333333 * 3298534883328 = 1099511627775999998900488372224"}, " >= ")},
	} {
		f, err := ParseFraction(c.least)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Compare(c.part, c.whole); got.Written != c.want || got.Holds != f.AtLeast(c.part, c.whole) {
			t.Errorf("%+v, want %s", got, c.want)
		}
	}
}
