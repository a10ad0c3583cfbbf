package snapshot

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/uptally/uptally/uptime"
)

// drawApril fills a season of one day at random: coverage, a device with changes
// and verdicts, holds and windows.
func drawApril(t *rapid.T, a *april, windows bool) {
	instant := func(name string) time.Time {
		return on("24T00:00").Add(time.Duration(rapid.Int64Range(0, 72*3600).Draw(t, name)) * time.Second)
	}
	toggle := func(line uptime.Timeline, name string) {
		for range rapid.IntRange(0, 4).Draw(t, name) {
			from := instant(name + " out")
			out := uptime.NewTimeline(line.Span())
			out.AddSpan(uptime.SpanOf(from, from.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes"))*time.Minute)))
			for i, w := range out.Words() {
				line.Words()[i] &^= w
			}
		}
	}
	toggle(a.Observed, "observed")
	toggle(a.device.Up, "up")
	for i, w := range a.Observed.Words() {
		a.device.Up.Words()[i] &= w
	}
	if rapid.Bool().Draw(t, "registered late") {
		a.device.RegisteredAt = instant("registered")
		a.device.Changes[0].ChangedAt = a.device.RegisteredAt
	}
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		a.owner("25T00:00", rapid.SampledFrom([]string{"ann", "bob", "eve"}).Draw(t, "owner"),
			rapid.SampledFrom([]uptime.Channel{uptime.ChannelUser, uptime.ChannelWorkerAPI}).Draw(t, "channel"))
		a.device.Changes[len(a.device.Changes)-1].ChangedAt = instant("changed").Round(10 * time.Minute)
	}
	for range rapid.IntRange(0, 2).Draw(t, "verdicts") {
		a.verdict(rapid.SampledFrom([]uptime.VerdictKind{uptime.Spoofed, uptime.Genuine}).Draw(t, "verdict"), "25T12:00")
		a.device.Verdicts[len(a.device.Verdicts)-1].EffectiveAt = instant("effective")
	}
	a.hold("25T08:00", "25T14:00")
	a.device.JobMinutes = []uptime.JobMinutes{{Day: on("24T00:00"), Minutes: 7}, {Day: on("25T00:00"), Minutes: 60}}
	if windows {
		a.window("24T22:00", "25T04:00", "25T12:00").Credit = CreditOwnRate
		a.window("25T04:00", "25T09:01", "25T12:00").Cap = new(rapid.IntRange(0, 40).Draw(t, "cap"))
		a.window("25T12:00", "26T06:00", "26T12:00")
	}
}

func scoreDrawn(t *rapid.T, a *april) []Line {
	lines, err := a.Score(&a.device)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestLinesPartitionTheDevicesSlots(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newApril(t)
		drawApril(rt, a, true)
		season := a.Season.Span()
		next, owner := max(season.From, uptime.SlotAtOrAfter(a.device.RegisteredAt)), a.device.ID
		lines := scoreDrawn(rt, a)
		if len(lines) == 0 && next < season.To {
			rt.Fatal("a device with slots of the season has no line")
		}
		for _, l := range lines {
			if l.Span.From != next || l.Span.Empty() || l.SupplierID == owner {
				rt.Fatalf("after %s of %s: %+v", next.Start(), owner, l)
			}
			if err := l.Validate(); err != nil {
				rt.Fatal(err)
			}
			next, owner = l.Span.To, l.SupplierID
		}
		if len(lines) > 0 && next != season.To {
			rt.Fatalf("the lines end at %s", next.Start())
		}
	})
}

// The logs may come in any order, and a scorer remembers nothing of a device.
func TestScoreIsOfTheFactsAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newApril(t)
		drawApril(rt, a, true)
		want := scoreDrawn(rt, a)
		d := a.device
		d.Changes = rapid.Permutation(d.Changes).Draw(rt, "changes in another order")
		d.Verdicts = rapid.Permutation(d.Verdicts).Draw(rt, "verdicts in another order")
		scorer := a.NewScorer()
		other := newApril(t)
		if _, err := scorer.Score(&other.device, nil); err != nil {
			rt.Fatal(err)
		}
		got, err := scorer.Score(&d, nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			rt.Fatalf("got %+v (%v)\nwant %+v", got, err, want)
		}
	})
}

// Without grace, another heartbeat never costs a line anything. (With it, a device
// that is back for good ends its own grace.)
func TestHeartbeatsNeverCost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newApril(t)
		drawApril(rt, a, false)
		before := scoreDrawn(rt, a)
		more := uptime.Span{From: a.Season.Span().From + uptime.Slot(rapid.IntRange(0, 287).Draw(rt, "from"))}
		more.To = more.From + uptime.Slot(rapid.IntRange(1, 30).Draw(rt, "slots"))
		a.device.Up.AddAll(a.Observed, more)
		for i, l := range scoreDrawn(rt, a) {
			if b := before[i]; l.Points < b.Points || l.Up < b.Up || l.LongestRun < b.LongestRun || l.Outcome < b.Outcome {
				rt.Fatalf("after more heartbeats %+v\nbefore %+v", l, b)
			}
		}
	})
}
