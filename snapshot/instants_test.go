package snapshot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// april is a season of one day, 25 April 2024, with one device of ann's that is
// always up, over coverage of the days beside it too.
type april struct {
	Basis
	device Device
}

func newApril(t *testing.T) *april {
	t.Helper()
	rules, err := LoadRuleset([]byte(strings.Replace(goodRuleset, "require_genuine = true", "require_genuine = false", 1)))
	if err != nil {
		t.Fatal(err)
	}
	span := uptime.SpanOf(on("24T00:00"), on("27T00:00"))
	a := &april{Basis: Basis{
		Season: Season{Code: "april", FirstDay: on("25T00:00"), LastDay: on("25T00:00")},
		Rules:  rules, AsOf: on("30T00:00"), Released: map[int64]bool{},
		Observed: uptime.NewTimeline(span),
	}}
	a.device = Device{ID: storyID("device"), Up: uptime.NewTimeline(span)}
	a.Observed.AddSpan(span)
	a.device.Up.AddSpan(span)
	a.register("01T00:00")
	return a
}

// on reads a time of April 2024.
func on(text string) time.Time {
	const zeros = "2024-04-01T00:00:00Z"
	return storyClock("2024-04-" + text + zeros[min(len("2024-04-")+len(text), len(zeros)-1):])
}

func (a *april) register(at string) {
	model, connectivity := "NVIDIA H100 PCIe", "ultra"
	a.device.RegisteredAt = on(at)
	a.device.Changes = []uptime.Change{{
		Seq: 1, ChangedAt: on(at), Channel: uptime.ChannelRegistration,
		SupplierID: new(storyID("ann")), GPUModel: &model, GPUCount: new(int32(1)), Connectivity: &connectivity,
	}}
}

func (a *april) owner(at, name string, channel uptime.Channel) {
	a.device.Changes = append(a.device.Changes, uptime.Change{
		Seq: int64(len(a.device.Changes) + 1), ChangedAt: on(at), Channel: channel, SupplierID: new(storyID(name)),
	})
}

func (a *april) hold(from, to string) {
	a.Holds = append(a.Holds, Hold{From: on(from), To: on(to)})
}

func (a *april) verdict(kind uptime.VerdictKind, effective string) {
	a.device.Verdicts = append(a.device.Verdicts, uptime.Verdict{
		Seq: int64(len(a.device.Verdicts) + 1), Kind: kind, EffectiveAt: on(effective), DecidedAt: on("26T00:00"),
	})
}

// down takes the device down from one time to another, over the slots between.
func (a *april) down(from, to string) {
	out := uptime.NewTimeline(a.device.Up.Span())
	out.AddSpan(uptime.SpanOf(on(from), on(to)))
	a.device.Up = a.device.Up.AndNot(out)
}

func (a *april) window(from, to, reconnectBy string) *Window {
	a.Windows = append(a.Windows, Window{
		From: on(from), To: on(to), Cause: "outage", Lookback: 12, MinBefore: DefaultMinBefore, Sustain: 3,
		ReconnectBy: on(reconnectBy), Credit: CreditFull,
	})
	return &a.Windows[len(a.Windows)-1]
}

// says writes the lines in short: start, end, owner, observed, up, grace, outcome, notes.
func (a *april) says(t *testing.T) string {
	t.Helper()
	lines, err := a.Score(&a.device)
	if err != nil {
		t.Fatal(err)
	}
	names := map[uuid.UUID]string{storyID("ann"): "ann", storyID("bob"): "bob", storyID("eve"): "eve"}
	var says []string
	for _, l := range lines {
		if err := l.Validate(); err != nil {
			t.Error(err)
		}
		says = append(says, strings.TrimSpace(fmt.Sprintf("%s-%s %s %d/%d+%d %s %s", l.Span.From.Start().Format("15:04"),
			l.Span.To.Start().Format("15:04"), names[l.SupplierID], l.Up, l.Observed, l.Grace, l.Outcome, l.Notes)))
	}
	return strings.Join(says, ", ")
}

const wholeDay = "00:00-00:00 ann 288/288+0 eligible"

func TestInstantsStandForTheFirstSlotAtOrAfter(t *testing.T) {
	spoofedFrom := func(effective string) func(*april) {
		return func(a *april) { a.verdict(uptime.Spoofed, effective) }
	}
	user, worker := uptime.ChannelUser, uptime.ChannelWorkerAPI
	for _, c := range []struct {
		name string
		set  func(*april)
		want string
	}{
		{"registered at the start of a slot", func(a *april) { a.register("25T08:05") }, "08:05-00:00 ann 191/191+0 eligible"},
		{"registered within a slot", func(a *april) { a.register("25T08:05:00.000001") }, "08:10-00:00 ann 190/190+0 eligible"},
		{"registered in the last slot", func(a *april) { a.register("25T23:55") }, "23:55-00:00 ann 1/1+0 below_min_continuous"},
		{"registered after its start", func(a *april) { a.register("25T23:55:01") }, ""},
		{"registered before the first slot", func(a *april) { a.register("24T23:59:59") }, wholeDay},

		{"an owner from the start of a slot", func(a *april) { a.owner("25T12:00", "bob", user) },
			"00:00-12:00 ann 144/144+0 eligible owner_changed, 12:00-00:00 bob 144/144+0 eligible owner_changed"},
		{"an owner from within a slot", func(a *april) { a.owner("25T11:55:01", "bob", user) },
			"00:00-12:00 ann 144/144+0 eligible owner_changed, 12:00-00:00 bob 144/144+0 eligible owner_changed"},
		{"two owners within one slot", func(a *april) { a.owner("25T11:56", "bob", user); a.owner("25T11:59", "eve", user) },
			"00:00-12:00 ann 144/144+0 eligible owner_changed, 12:00-00:00 eve 144/144+0 eligible owner_changed"},
		{"away and back within one slot", func(a *april) { a.owner("25T11:56", "bob", user); a.owner("25T12:00", "ann", user) }, wholeDay},
		{"two owners of one instant, by seq", func(a *april) {
			a.owner("25T12:00", "bob", user)
			a.owner("25T12:00", "ann", user)
			slices.Reverse(a.device.Changes)
		}, wholeDay},
		{"in the log early, in effect late", func(a *april) { a.owner("25T12:00", "bob", user); a.owner("24T12:00", "eve", user) },
			"00:00-12:00 eve 144/144+0 eligible owner_changed, 12:00-00:00 bob 144/144+0 eligible owner_changed"},
		{"an owner from the last slot", func(a *april) { a.owner("25T23:55", "bob", user) },
			"00:00-23:55 ann 287/287+0 eligible owner_changed, 23:55-00:00 bob 1/1+0 below_min_continuous owner_changed"},
		{"an owner from after its start", func(a *april) { a.owner("25T23:55:01", "bob", user) }, wholeDay},

		{"held from the hold's first instant", func(a *april) { a.hold("25T08:00:00.5", "25T09:00"); a.owner("25T08:00:00.5", "eve", worker) }, wholeDay + " metadata_held"},
		{"believed an instant before, in the same slot", func(a *april) { a.hold("25T08:00:00.5", "25T09:00"); a.owner("25T08:00:00.4", "bob", worker) },
			"00:00-08:05 ann 97/97+0 eligible owner_changed, 08:05-00:00 bob 191/191+0 eligible owner_changed"},
		{"believed at the hold's end", func(a *april) { a.hold("25T07:00", "25T08:00"); a.owner("25T08:00", "bob", worker) },
			"00:00-08:00 ann 96/96+0 eligible owner_changed, 08:00-00:00 bob 192/192+0 eligible owner_changed"},
		{"held by the second of two holds", func(a *april) {
			a.hold("25T07:00", "25T08:00")
			a.hold("25T07:59", "25T09:00")
			a.owner("25T08:00", "eve", worker)
		}, wholeDay + " metadata_held"},
		{"held, its slot the season's first", func(a *april) { a.hold("24T00:00", "26T00:00"); a.owner("24T23:55:01", "eve", worker) }, wholeDay + " metadata_held"},
		{"held, its slot the day before", func(a *april) { a.hold("24T00:00", "26T00:00"); a.owner("24T23:55", "eve", worker) }, wholeDay},
		{"held, its slot the day after", func(a *april) { a.hold("24T00:00", "26T00:00"); a.owner("25T23:55:01", "eve", worker) }, wholeDay},
		{"another's hold does not set aside the user's own", func(a *april) { a.hold("24T00:00", "26T00:00"); a.owner("24T12:00", "bob", user) },
			"00:00-00:00 bob 288/288+0 eligible"},

		{"spoofed from the start of a slot", spoofedFrom("25T12:00"), "00:00-00:00 ann 144/144+0 eligible"},
		{"spoofed from within a slot", spoofedFrom("25T12:00:01"), "00:00-00:00 ann 145/145+0 eligible"},
		{"spoofed from the first slot", spoofedFrom("25T00:00"), "00:00-00:00 ann 0/0+0 spoofed"},
		{"spoofed from within the first slot", spoofedFrom("25T00:00:01"), "00:00-00:00 ann 1/1+0 below_min_continuous"},
		{"spoofed from within the last slot", spoofedFrom("25T23:55:01"), wholeDay},
		{"of one instant, the last verdict by seq", func(a *april) { a.verdict(uptime.Spoofed, "24T00:00"); a.verdict(uptime.Genuine, "24T00:00") }, wholeDay},
		{"of one instant, in any order", func(a *april) {
			a.verdict(uptime.Genuine, "24T00:00")
			a.verdict(uptime.Spoofed, "24T00:00")
			slices.Reverse(a.device.Verdicts)
		}, "00:00-00:00 ann 0/0+0 spoofed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newApril(t)
			c.set(a)
			if got := a.says(t); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestGraceAtItsEdges(t *testing.T) {
	const down = "00:00-00:00 ann 276/288+0 eligible" // 12:00 to 13:00
	for _, c := range []struct {
		name string
		set  func(*april)
		want string
	}{
		{"within slots", func(a *april) { a.window("25T12:02", "25T12:07", "26T00:00") }, "00:00-00:00 ann 276/288+1 eligible grace_applied"},
		{"between two starts of slots", func(a *april) { a.window("25T12:01", "25T12:04", "25T00:00") }, down},
		{"between two starts at the season's end", func(a *april) { a.window("25T23:56", "26T00:00", "25T00:00") }, down},
		{"ends as the season begins", func(a *april) { a.window("24T12:00", "25T00:00", "24T00:00"); a.down("24T12:00", "25T06:00") },
			"00:00-00:00 ann 204/288+0 below_min_uptime"},
		{"ends within the season's first slot", func(a *april) { a.window("24T12:00", "25T00:00:01", "25T12:00"); a.down("24T12:00", "25T02:00") },
			"00:00-00:00 ann 252/288+1 eligible grace_applied"},
		{"the gap is after the season", func(a *april) { a.window("25T20:00", "26T20:00", "26T12:00"); a.down("26T10:00", "27T00:00") },
			down + " grace_not_back"},
		{"back before the season", func(a *april) { a.window("24T10:00", "25T20:00", "26T12:00"); a.down("24T10:00", "24T12:00") }, down},
		{"the cap counts slots of the season", func(a *april) {
			a.window("24T20:00", "25T20:00", "26T12:00").Cap = new(5)
			a.down("24T20:00", "25T01:00")
		}, "00:00-00:00 ann 264/288+5 eligible grace_applied"},
		{"a cap of 0", func(a *april) { a.window("25T12:00", "25T13:00", "26T00:00").Cap = new(0) }, down},
		{"the first slot missed is what r follows", func(a *april) { a.window("25T11:00", "25T13:00", "26T00:00") }, "00:00-00:00 ann 276/288+12 eligible grace_applied"},
		{"back at reconnect_by", func(a *april) { a.window("25T12:00", "25T13:00", "25T13:00") }, down + " grace_not_back"},
		{"back in the slot that it lies in", func(a *april) { a.window("25T12:00", "25T13:00", "25T12:55:01") }, down + " grace_not_back"},
		{"back before it, by its slot", func(a *april) { a.window("25T12:00", "25T13:00", "25T13:00:01") }, "00:00-00:00 ann 276/288+12 eligible grace_applied"},
		{"the proof may pass reconnect_by", func(a *april) { a.window("25T12:00", "25T13:00", "25T13:05"); a.down("25T13:15", "25T13:20") },
			"00:00-00:00 ann 275/288+12 eligible grace_applied"},
		{"the proof is a slot short", func(a *april) { a.window("25T12:00", "25T13:00", "25T13:05"); a.down("25T13:10", "25T13:15") },
			"00:00-00:00 ann 275/288+0 eligible grace_not_back"},
		{"taken at reconnect_by", func(a *april) { a.AsOf = on("25T13:00"); a.window("25T12:00", "25T13:00", "25T13:00") }, down + " grace_not_back"},
		{"taken an instant before it", func(a *april) { a.AsOf = on("25T12:59:59.999999"); a.window("25T12:00", "25T13:00", "25T13:00") }, down + " grace_pending"},
		{"the proof would lie beyond what there is", func(a *april) { a.window("25T12:00", "25T13:00", "30T00:00"); a.down("25T13:00", "26T23:50") },
			"00:00-00:00 ann 144/288+0 below_min_uptime grace_not_back"},
		{"the lookback reaches before what there is", func(a *april) { a.window("25T12:00", "25T13:00", "26T00:00").Lookback = 1 << 30 },
			"00:00-00:00 ann 276/288+12 eligible grace_applied"},
		{"the lookback begins with the registration", func(a *april) { a.register("25T11:55"); a.window("25T12:00", "25T13:00", "26T00:00") },
			"11:55-00:00 ann 133/145+12 eligible grace_applied"},
		{"registered as the window begins", func(a *april) { a.register("25T12:00"); a.window("25T12:00", "25T13:00", "26T00:00") },
			"12:00-00:00 ann 132/144+0 eligible grace_inactive_before"},
		{"heartbeats before the registration prove nothing", func(a *april) { a.register("25T11:56"); a.window("25T12:00", "25T13:00", "26T00:00") },
			"12:00-00:00 ann 132/144+0 eligible grace_inactive_before"},
		{"own rate rounded down to nothing is not applied", func(a *april) {
			a.down("25T11:00", "25T11:05")
			a.window("25T12:55", "25T13:00", "26T00:00").Credit = CreditOwnRate
			a.Windows[0].Lookback = 24
		}, "00:00-00:00 ann 275/288+0 eligible"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newApril(t)
			a.down("25T12:00", "25T13:00")
			c.set(a)
			if got := a.says(t); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestJobMinutesBelongToTheDaysLastSlot(t *testing.T) {
	a := newApril(t)
	a.Season.LastDay = on("26T00:00")
	a.owner("25T23:55", "bob", uptime.ChannelUser)
	for i, day := range []string{"24T00:00", "25T00:00", "26T00:00", "27T00:00"} {
		a.device.JobMinutes = append(a.device.JobMinutes, uptime.JobMinutes{Day: on(day), Minutes: []int32{1, 10, 100, 1000}[i]})
	}
	check := func(want ...int64) {
		t.Helper()
		lines, err := a.Score(&a.device)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, l := range lines {
			got = append(got, l.JobMinutes)
		}
		if !slices.Equal(got, want) {
			t.Errorf("job minutes %v, want %v", got, want)
		}
	}
	check(0, 110)
	a.device.Changes[1].ChangedAt = on("25T23:55:01")
	check(10, 100)
	a.verdict(uptime.Spoofed, "26T23:50")
	check(10, 0)
	a.register("25T23:55:01") // the 25th has no slot of the device
	check(0)
}

func TestScoreErrorsNameTheDevice(t *testing.T) {
	for want, set := range map[error]func(*april){
		ErrWeightTooLarge: func(a *april) { a.Rules = rulesetOf(t, "99999999999999", "1.25", "0") },
		ErrPointsTooLarge: func(a *april) {
			a.Rules = rulesetOf(t, "2000000", "1.25", "0")
			a.verdict(uptime.Genuine, "24T00:00")
			a.device.Changes[0].GPUCount = new(int32(1 << 20))
		},
		ErrUnregistered: func(a *april) { a.device.Changes = nil },
		ErrSpans:        func(a *april) { a.device.Up = uptime.NewTimeline(a.Season.Span()) },
	} {
		a := newApril(t)
		set(a)
		kept := []Line{goodLine()}
		lines, err := a.NewScorer().Score(&a.device, kept)
		if !errors.Is(err, want) || !strings.Contains(err.Error(), a.device.ID.String()) || len(lines) != 1 {
			t.Errorf("%d lines, error %v, want %v", len(lines), err, want)
		}
	}
}

// A line that is not eligible has no points, so none that are too many.
func TestPointsOfOtherLinesNeverFail(t *testing.T) {
	a := newApril(t)
	a.Rules = rulesetOf(t, "2000000", "1.25", "0") // and genuine devices only
	a.device.Changes[0].GPUCount = new(int32(1 << 20))
	if got := a.says(t); got != "00:00-00:00 ann 288/288+0 not_genuine" {
		t.Error(got)
	}
}
