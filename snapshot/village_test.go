package snapshot_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// A village is a small world whose parts a test changes before it is settled:
// a season of one day in the middle of three that were pulled whole.
type village struct {
	facts
	observed uptime.Timeline
	season   snapshot.Season
	rules    string
	windows  []snapshot.Window
	holds    []snapshot.Hold
	released []int64 // changes
}

var (
	villageSpan   = uptime.SpanOf(may(1, 0), may(4, 0))
	villageSeason = snapshot.Season{Code: "may-2", FirstDay: may(2, 0), LastDay: may(2, 0), Pool: 1_000_000_007}
	villageWindow = snapshot.Window{
		From: may(2, 8), To: may(2, 12), Cause: "outage", Lookback: snapshot.DefaultLookback, MinBefore: snapshot.DefaultMinBefore,
		Sustain: snapshot.DefaultSustain, ReconnectBy: may(3, 0), Credit: snapshot.CreditFull,
	}
	villageHold = snapshot.Hold{From: may(2, 6), To: may(2, 7)}
)

// The devices of a village, by number.
const (
	steady    = iota // always up, with job minutes
	outaged          // down for an hour in the window
	cheat            // spoofed
	sold             // passed on at noon
	attacked         // its owner was rewritten in the hold
	neverSeen        //
	villagers
)

// The numbers of their changes in the log, after the registrations.
const (
	saleSeq   = villagers + 1 + iota
	attackSeq // in the hold
)

const villageRules = `name = "village"
version = 1
[eligibility]
min_uptime = "0.5"
min_continuous = 0
require_genuine = false
exclude = "season"
[weights.gpu]
"NVIDIA T4" = "1"
"NVIDIA H100" = "8.5"
[weights.connectivity]
default = "1"
[jobs]
permille = 500
[payout]
minimum = 0
`

// may is an hour of May 2024.
func may(day, hour int) time.Time { return time.Date(2024, 5, day, hour, 0, 0, 0, time.UTC) }

func deviceID(i int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("%08x-0000-4000-8000-000000000000", 0xd000-i))
}
func supplierID(i int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("%08x-0000-4000-8000-000000000000", 0x5000+i))
}

func newVillage() *village {
	v := &village{
		observed: uptime.NewTimeline(villageSpan), season: villageSeason, rules: villageRules,
		windows: []snapshot.Window{villageWindow}, holds: []snapshot.Hold{villageHold},
		facts: facts{minutes: map[string][]any{}, up: map[uuid.UUID]uptime.Timeline{}},
	}
	v.observed.AddSpan(villageSpan)
	for i := range villagers {
		v.change(i, "registration", may(1, 0).AddDate(0, -1, i), row{
			"supplier_id": supplierID(i / 2), "gpu_model": "NVIDIA T4", "gpu_count": 1, "connectivity": "high",
		})
		v.up[deviceID(i)] = uptime.NewTimeline(villageSpan)
		if i != neverSeen {
			v.up[deviceID(i)].AddSpan(villageSpan)
		}
	}
	v.down(outaged, uptime.SpanOf(may(2, 9), may(2, 10)))
	v.verdict(cheat, uptime.Spoofed, may(2, 3))
	v.change(sold, "user", may(2, 12), row{"supplier_id": supplierID(7)})
	v.change(attacked, "worker-api", may(2, 6), row{"supplier_id": supplierID(66)})
	v.job(steady, "2024-05-02", 100)
	return v
}

// change appends to the log of changes; the first seq is 1.
func (f *facts) change(device int, channel string, at time.Time, fields row) {
	r := row{"seq": len(f.changes) + 1, "device_id": deviceID(device), "channel": channel, "changed_at": at.Format(time.RFC3339Nano)}
	maps.Copy(r, fields)
	f.changes = append(f.changes, r)
}

// verdict appends to the log of verdicts one that is effective at once.
func (f *facts) verdict(device int, kind uptime.VerdictKind, at time.Time) {
	f.verdicts = append(f.verdicts, row{
		"seq": len(f.verdicts) + 1, "device_id": deviceID(device), "verdict": kind, "reason": "pow_hash_rate_mismatch", "evidence": "",
		"effective_at": at.Format(time.RFC3339Nano), "decided_at": at.Format(time.RFC3339Nano),
	})
}

// job sets the device's job minutes of the day.
func (f *facts) job(device int, day string, minutes int) {
	f.minutes[day] = append(f.minutes[day], row{"device_id": deviceID(device), "minutes": minutes})
}

// down takes the device down for the span.
func (f *facts) down(device int, span uptime.Span) {
	down := uptime.NewTimeline(villageSpan)
	down.AddSpan(span)
	f.up[deviceID(device)] = f.up[deviceID(device)].AndNot(down)
}

// settle reads the village into a database of its own.
func (v *village) settle(t *testing.T) *office {
	t.Helper()
	o := open(t, v.facts)
	o.syncChanges()
	o.syncVerdicts()
	o.readMinutes()
	o.pull(v.observed)
	o.create(v.season, []byte(v.rules))
	for _, w := range v.windows {
		o.window(v.season.Code, w)
	}
	for _, h := range v.holds {
		o.hold(h)
	}
	for _, seq := range v.released {
		o.releaseChange(seq)
	}
	return o
}
