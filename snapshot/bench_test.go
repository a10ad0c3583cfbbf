package snapshot_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// BenchmarkScore scores the common device: 30 days, one grace window, an outage, a
// restart a day.
func BenchmarkScore(b *testing.B) {
	basis, device := commonDevice(b)
	scorer := basis.NewScorer()
	var lines []snapshot.Line
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if lines, err = scorer.Score(device, lines[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

// TestScorerAllocatesNothing holds what makes 600,000 devices a second possible.
func TestScorerAllocatesNothing(t *testing.T) {
	basis, device := commonDevice(t)
	scorer, lines := basis.NewScorer(), make([]snapshot.Line, 0, 1)
	score := func() {
		if _, err := scorer.Score(device, lines); err != nil {
			t.Fatal(err)
		}
	}
	score() // the scratch memory of the scorer is made once
	if n := testing.AllocsPerRun(100, score); n != 0 {
		t.Errorf("%v allocations a device, want 0", n)
	}
	if got, err := basis.Score(device); err != nil || got[0].Grace == 0 || got[0].Outcome != snapshot.OutcomeEligible {
		t.Errorf("the device is not the common one: %+v, %v", got, err)
	}
}

func commonDevice(t testing.TB) (*snapshot.Basis, *snapshot.Device) {
	t.Helper()
	day := func(n int) time.Time { return time.Date(2024, 5, n, 0, 0, 0, 0, time.UTC) }
	rules, err := snapshot.LoadRuleset(snapshot.Embedded()[0].TOML)
	if err != nil {
		t.Fatal(err)
	}
	basis := &snapshot.Basis{
		Season: snapshot.Season{Code: "may", FirstDay: day(1), LastDay: day(30), Pool: 1e15},
		Rules:  rules, AsOf: day(40),
		Windows: []snapshot.Window{{
			From: day(10), To: day(12), Cause: "outage", Lookback: snapshot.DefaultLookback, MinBefore: snapshot.DefaultMinBefore,
			Sustain: snapshot.DefaultSustain, ReconnectBy: day(20), Credit: snapshot.CreditFull,
		}},
	}
	basis.Observed = uptime.NewTimeline(basis.Span())
	basis.Observed.AddSpan(basis.Span())
	up := uptime.NewTimeline(basis.Span())
	for n := 1; n <= 30; n++ {
		if n != 10 { // down for a day in the window, else up but for half an hour a day
			up.AddSpan(uptime.SpanOf(day(n).Add(time.Duration(n)*30*time.Minute), day(n+1)))
			up.AddSpan(uptime.SpanOf(day(n), day(n).Add(time.Duration(n-1)*30*time.Minute)))
		}
	}
	id, supplier, model, count, connectivity := uuid.New(), uuid.New(), "NVIDIA T4", int32(2), "high"
	return basis, &snapshot.Device{
		ID: id, RegisteredAt: day(-60), Up: up,
		Changes: []uptime.Change{{
			Seq: 1, DeviceID: id, ChangedAt: day(-60), Channel: uptime.ChannelRegistration,
			SupplierID: &supplier, GPUModel: &model, GPUCount: &count, Connectivity: &connectivity,
		}},
		JobMinutes: []uptime.JobMinutes{{DeviceID: id, Day: day(3), Minutes: 100}},
	}
}
