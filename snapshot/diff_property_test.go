package snapshot_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// dice make random acts on a village.
type dice struct {
	*rand.Rand
	*office
	season  snapshot.Season
	devices int
	open    []int64 // holds not released
	windows int     // approved so far: the next begins where they end
}

// act is one random act of the cause's kind.
func (d *dice) act(c snapshot.Cause) {
	device, at := d.IntN(d.devices), may(2, 0).Add(time.Duration(d.IntN(24*60))*time.Minute)
	channel := []string{"user", "worker-api"}[d.IntN(2)]
	switch c {
	case snapshot.CauseVerdict:
		kind := []uptime.VerdictKind{uptime.Spoofed, uptime.Genuine}[d.IntN(2)]
		d.network.do(func(f *facts) { f.verdict(device, kind, at) })
	case snapshot.CauseOwnership:
		d.network.do(func(f *facts) { f.change(device, channel, at, row{"supplier_id": supplierID(d.IntN(6))}) })
	case snapshot.CauseFacts:
		d.fact(device, channel, at)
	case snapshot.CauseHold:
		if len(d.open) > 0 && d.IntN(2) == 0 {
			d.check(d.releaseHold(d.open[0]))
			d.open = d.open[1:]
		} else {
			d.open = append(d.open, d.hold(snapshot.Hold{From: at, To: at.Add(time.Duration(1+d.IntN(600)) * time.Minute)}))
		}
	case snapshot.CauseGrace:
		w := villageWindow
		w.From, w.To, w.Credit = may(2, 12+d.windows), may(2, 13+d.windows), []snapshot.Credit{snapshot.CreditFull, snapshot.CreditOwnRate}[d.IntN(2)]
		d.windows++
		d.window(d.season.Code, w)
	case snapshot.CauseHours:
		d.rewriteHour(device, at.Truncate(time.Hour))
	}
	d.syncChanges()
	d.syncVerdicts()
	d.readMinutes()
}

func (d *dice) fact(device int, channel string, at time.Time) {
	d.network.do(func(f *facts) {
		switch d.IntN(4) {
		case 0:
			f.change(device, channel, at, row{"gpu_model": []string{"NVIDIA H100", "NVIDIA T4", "NVIDIA ?"}[d.IntN(3)]})
		case 1:
			f.change(device, channel, at, row{"gpu_count": 1 + d.IntN(8)})
		case 2:
			f.change(d.devices, "registration", at, row{
				"supplier_id": supplierID(d.IntN(6)), "gpu_model": "NVIDIA T4", "gpu_count": 1, "connectivity": "high",
			})
			d.devices++
		case 3:
			day := f.minutes["2024-05-02"]
			day = slices.DeleteFunc(day, func(r any) bool { return r.(row)["device_id"] == deviceID(device) })
			f.minutes["2024-05-02"] = append(day, row{"device_id": deviceID(device), "minutes": d.IntN(1000)})
		}
	})
}

// Whatever happened between any two revisions, sealed or not: the causes explain the
// whole difference, the way back is the inverse, and what did not happen is no cause.
func TestDifferences(t *testing.T) {
	t.Parallel()
	kinds := []snapshot.Cause{
		snapshot.CauseHours, snapshot.CauseHold, snapshot.CauseVerdict, snapshot.CauseFacts, snapshot.CauseOwnership, snapshot.CauseGrace,
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			v := newVillage()
			for i := villagers; i < villagers+4*int(seed); i++ {
				v.change(i, "registration", may(1, 0), row{
					"supplier_id": supplierID(i % 6), "gpu_model": "NVIDIA T4", "gpu_count": 1, "connectivity": "high",
				})
				v.up[deviceID(i)] = uptime.NewTimeline(villageSpan)
				v.up[deviceID(i)].AddSpan(uptime.SpanOf(may(1, 0), may(2, random.IntN(24))))
				v.up[deviceID(i)].AddSpan(uptime.SpanOf(may(2, 12+random.IntN(12)), may(4, 0)))
			}
			d := &dice{Rand: random, office: v.settle(t), season: v.season, devices: villagers + 4*int(seed)}
			d.open = append(d.open, d.holds(farOff)[0].ID)
			d.run(kinds)
		})
	}
}

// run takes revision after revision, each after acts of some kinds.
func (d *dice) run(kinds []snapshot.Cause) {
	d.fund(d.season, 2*d.season.Pool)
	revisions := []snapshot.Snapshot{d.take(d.season.Code)}
	sealed := 2 + d.IntN(2) // this one
	for range 4 {
		last := revisions[len(revisions)-1]
		if last.Revision == sealed {
			d.approve(last)
			_, err := d.seal(last)
			d.check(err)
		}
		some := kinds[:0:0]
		for range 1 + d.IntN(2) {
			some = append(some, kinds[d.IntN(len(kinds))])
		}
		for range 1 + d.IntN(4) {
			d.act(some[d.IntN(len(some))])
		}
		next := d.take(d.season.Code)
		difference := d.explained(last, next)
		for _, c := range causesOf(difference) { // no rate: the last was sealed at its own, or at one that was fixed
			if !slices.Contains(some, c) {
				d.t.Errorf("%s to %s: %s, after acts of %v", last.Name(), next.Name(), c, some)
			}
		}
		revisions = append(revisions, next)
	}
	for i, a := range revisions {
		for _, b := range revisions[i+1:] {
			d.explained(a, b)
			d.inverse(a, b)
		}
	}
}
