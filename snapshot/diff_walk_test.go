package snapshot

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holiman/uint256"

	"github.com/uptally/uptally/uptime"
)

// walked is what becomes of the one device of a world: by a walk from one basis,
// and its lines as stored there, to another.
func walked(t *testing.T, before, after *Basis, d, since *Device) string {
	t.Helper()
	target := *d
	target.Verdicts = append(slices.Clone(d.Verdicts), since.Verdicts...)
	target.Changes = append(slices.Clone(d.Changes), since.Changes...)
	stored := func(b *Basis, d *Device) []Line {
		lines, err := b.Score(d)
		if err != nil {
			t.Fatal(err)
		}
		total := new(uint256.Int)
		AddPoints(total, lines)
		if _, err := b.Rate(total).Allocate(lines); err != nil {
			t.Fatal(err)
		}
		return lines
	}
	one, other := stored(before, d), stored(after, &target)
	w, tracks := newWalk(before, after), tracks{fixed: before.Corrects != nil}
	if err := w.device(d, since, one, other); err != nil {
		t.Fatal(err)
	}
	tracks.add(w)
	tracks.settle(before, after)
	var told []string
	for _, track := range tracks.all {
		for _, s := range tracks.steps(track, nil) {
			told = append(told, fmt.Sprintf("%s: %s %d → %s %d", s.Cause, s.Before.Outcome, s.Before.Amount, s.After.Outcome, s.After.Amount))
		}
	}
	return strings.Join(told, ", ")
}

// hamlet is a world of one device that was up throughout.
func hamlet(t *testing.T, log string) (*Basis, *Device) {
	t.Helper()
	s := readStory(t, `
season   2024-04-25..2024-04-25  pool=1_000_000
taken    30T00:00
rules    min_uptime=0.5  min_continuous=0  require_genuine=false  exclude=season  permille=0
weights  A100=1  H100=8.5
hold     25T06:00..25T07:00
`+log+`
observed                 |########################|########################|########################|
steady    ann    1xA100  |########################|########################|########################|  0 0 0 0 0 0 - -
`)
	return &s.basis, s.devices[0]
}

func TestWalk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		log  string
		act  func(before, after *Basis, since *Device)
		want string
	}{
		{"nothing", "", func(_, _ *Basis, _ *Device) {}, ""},
		{"other rules", "", func(_, after *Basis, _ *Device) { after.Rules = rulesWithout(t, "A100") },
			"ruleset: eligible 1000000 → unlisted_gpu 0"},
		{"other rules, and a verdict", "", func(_, after *Basis, since *Device) {
			after.Rules = rulesWithout(t, "A100")
			since.Verdicts = []uptime.Verdict{{Seq: 1, Kind: uptime.Spoofed, DecidedAt: after.AsOf, EffectiveAt: after.AsOf}}
		}, "ruleset: eligible 1000000 → unlisted_gpu 0, verdict: unlisted_gpu 0 → spoofed 0"},
		{"an earlier verdict, recorded late", "log 28T00:00 steady verdict spoofed effective=28T00:00",
			func(_, after *Basis, since *Device) {
				early := after.AsOf.AddDate(0, 0, -3)
				since.Verdicts = []uptime.Verdict{{Seq: 2, Kind: uptime.Genuine, DecidedAt: early, EffectiveAt: early}}
				after.Rules = rulesWithout(t, "A100")
			}, "ruleset: spoofed 0 → spoofed 0"},
		{"a change of owner and model", "", func(_, after *Basis, since *Device) {
			since.Changes = []uptime.Change{{
				Seq: 1, ChangedAt: after.Season.FirstDay, Channel: uptime.ChannelUser,
				SupplierID: new(storyID("kim")), GPUModel: new("V100"),
			}}
		}, "facts: eligible 1000000 → unlisted_gpu 0, ownership: unlisted_gpu 0 → unlisted_gpu 0"},
		// Believed by itself, the change that the hold set aside passes 63 bits.
		{"what cannot be computed is passed over", "log 25T06:00 steady worker-api gpu=2147483647xH100",
			func(_, after *Basis, since *Device) {
				after.Holds = nil
				since.Verdicts = []uptime.Verdict{{Seq: 1, Kind: uptime.Spoofed, DecidedAt: after.AsOf, EffectiveAt: after.AsOf}}
			}, "verdict: eligible 1000000 → spoofed 0"},
		// At the rate that was fixed, its points are worth more than 63 bits.
		{"an amount that cannot be computed is passed over", "log 25T06:00 steady worker-api gpu=1000000xA100",
			func(before, after *Basis, since *Device) {
				fixed := &Correction{Points: uint256.NewInt(100_000)}
				before.Corrects, after.Corrects, after.Holds = fixed, fixed, nil
				since.Verdicts = []uptime.Verdict{{Seq: 1, Kind: uptime.Spoofed, DecidedAt: after.AsOf, EffectiveAt: after.AsOf}}
			}, "hold: eligible 14400000000000 → eligible 14400000000000, verdict: eligible 14400000000000 → spoofed 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, device := hamlet(t, c.log)
			after, since := new(*before), &Device{}
			c.act(before, after, since)
			if got := walked(t, before, after, device, since); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// rulesWithout returns the hamlet's rules without a model.
func rulesWithout(t *testing.T, model string) *Ruleset {
	t.Helper()
	b, _ := hamlet(t, "")
	rules := *b.Rules
	rules.gpu = weightTable{}
	for name, weight := range b.Rules.gpu {
		if name != model {
			rules.gpu[name] = weight
		}
	}
	rules.sha256[0]++
	return &rules
}

func TestCausesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, c := range Causes() {
		text, err := c.MarshalText()
		var read Cause
		if err != nil || read.UnmarshalText(text) != nil || read != c || c.Meaning() == "" {
			t.Errorf("%s is written %q (%v), and read %s", c, text, err, read)
		}
	}
	read := CauseRate
	if err := read.UnmarshalText([]byte("weather")); err == nil || read != CauseRate {
		t.Errorf("weather is a cause: %s", read)
	}
	if Cause(0).Valid() || causeEnd.Valid() || len(Causes()) != int(causeEnd)-1 {
		t.Errorf("causes %v", Causes())
	}
}
