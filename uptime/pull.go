package uptime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PullOutcome is how a pass over a window ended.
type PullOutcome string

// The outcomes of a pass. Only a merged one changed anything but its own record.
const (
	PullMerged       PullOutcome = "merged"
	PullMalformed    PullOutcome = "malformed"    // a page broke the contract
	PullUnauthorised PullOutcome = "unauthorised" // 401 or 403: our own outage
	PullUnavailable  PullOutcome = "unavailable"  // the network did not answer in time
)

// Pull is the record of one pass over a window.
type Pull struct {
	Window       Span
	Pages        int64
	Heartbeats   int64 // rows read = accepted + unknown + out of window + late, if merged
	Accepted     int64
	Unknown      int64 // of ids that no registration names
	OutOfWindow  int64
	Late         int64 // of hours that were closed by then
	BodiesSHA256 [32]byte
	StartedAt    time.Time
	EndedAt      time.Time
	Outcome      PullOutcome
	Cause        string // why it failed; empty if merged
	Archive      *int64 // the archive that it was read from; nil: the network
}

// PullTotal adds up passes of one outcome.
type PullTotal struct {
	Outcome     PullOutcome
	Passes      int64
	Pages       int64
	Heartbeats  int64
	Accepted    int64
	Unknown     int64
	OutOfWindow int64
	Late        int64
}

// ReadWindow reads a window as it is to be merged: the log of changes is read to
// its end before the pass, and once more if ids turn up that no registration
// names. On an error nothing of the pass is to be used but its account, which is
// always returned.
func ReadWindow(ctx context.Context, pool *pgxpool.Pool, feed *Feed, devices *Registry, window Span, now func() time.Time) (*Pass, error) {
	if err := RefreshDevices(ctx, pool, feed, devices); err != nil {
		return newPass(window, now()), err
	}
	return ReadSlot(ctx, pool, feed, devices, window, now)
}

// ReadSlot is ReadWindow for one of many short windows that are read together: the
// caller has called RefreshDevices for all of them.
func ReadSlot(ctx context.Context, pool *pgxpool.Pool, feed *Feed, devices *Registry, window Span, now func() time.Time) (*Pass, error) {
	pass, err := ReadPass(ctx, feed, devices, window, now)
	if err != nil || !pass.HasUnknown() {
		return pass, err
	}
	if err := refreshDevices(ctx, pool, feed, devices); err != nil {
		return pass, err
	}
	pass.Resolve(devices)
	return pass, nil
}

// RefreshDevices reads the log of changes to its end and takes in the devices that
// it registers. Calls at one time share one reading.
func RefreshDevices(ctx context.Context, pool *pgxpool.Pool, feed *Feed, devices *Registry) error {
	_, err, _ := devices.refreshing.Do("", func() (any, error) {
		return nil, refreshDevices(ctx, pool, feed, devices)
	})
	return err
}

func refreshDevices(ctx context.Context, pool *pgxpool.Pool, feed *Feed, devices *Registry) error {
	if err := SyncChanges(ctx, pool, feed); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return devices.Refresh(ctx, tx) })
}

// Merge writes the pass: its bits and its coverage, in one transaction, so that an
// up bit always stands in an observed slot. It locks the coverage rows of the
// window in hour order first; what belongs to closed hours is left out and
// counted as late. It is safe to merge a pass twice, or passes in any order.
func Merge(ctx context.Context, tx pgx.Tx, p *Pass) (Pull, error) {
	pull := p.account()
	hours, err := lockSpan(ctx, tx, p.Window)
	if err != nil {
		return pull, fmt.Errorf("coverage of the window from %s: %w", p.Window.From.Start(), err)
	}
	var (
		shards []int32
		starts []time.Time
		up     []pgtype.Bits
		marks  []Coverage
	)
	first, end := sentSlots(p.Window)
	for _, h := range hours {
		part := &p.hours[h.Hour-p.firstHour]
		if h.ClosedAt != nil {
			pull.Late += part.accepted
			pull.Accepted -= part.accepted
			continue
		}
		for shard, chunk := range part.chunks {
			if chunk != nil {
				bytes, _ := chunk.AppendBinary(make([]byte, 0, ChunkBytes))
				sent := bitsOf(bytes[first*slotBytes:end*slotBytes], int32(end-first)*LanesPerShard)
				shards, starts, up = append(shards, int32(shard)), append(starts, h.Hour.Start()), append(up, sent)
			}
		}
		observed := slotsWithin(h.Hour, p.Window)
		marks = append(marks, Coverage{Hour: h.Hour, Observed: observed, Final: observed & finalBy(h.Hour, p.StartedAt)})
	}
	if err := mergeChunks(ctx, tx, shards, starts, up, first*LanesPerShard); err != nil {
		return pull, fmt.Errorf("chunks of the window from %s: %w", p.Window.From.Start(), err)
	}
	if err := markCoverage(ctx, tx, marks); err != nil {
		return pull, fmt.Errorf("coverage of the window from %s: %w", p.Window.From.Start(), err)
	}
	return pull, insertPull(ctx, tx, pull)
}

// sentSlots returns the slots of each hour, [first, end), that a merge of the
// window sends: of a window within one hour only its own, a twelfth of a chunk for
// five minutes. Sending is most of what such a merge costs.
func sentSlots(window Span) (first, end int) {
	if window.From.Hour() != (window.To - 1).Hour() {
		return 0, SlotsPerHour
	}
	first = window.From.InHour()
	return first, first + window.Len()
}

// RecordFailure writes the account of a pass that failed, and nothing else. The
// cause decides the outcome.
func RecordFailure(ctx context.Context, tx pgx.Tx, p *Pass, cause error) (Pull, error) {
	pull := p.account()
	pull.Accepted, pull.Outcome, pull.Cause = 0, PullUnavailable, cause.Error()
	switch {
	case errors.Is(cause, ErrMalformed):
		pull.Outcome = PullMalformed
	case errors.Is(cause, ErrUnauthorised):
		pull.Outcome = PullUnauthorised
	}
	return pull, insertPull(ctx, tx, pull)
}

// Pulls returns the last passes that touch the span, newest first, at most limit.
func Pulls(ctx context.Context, tx pgx.Tx, span Span, failedOnly bool, limit int) ([]Pull, error) {
	return selectPulls(ctx, tx, span, failedOnly, limit)
}

// PullTotals adds up the passes that touch the span, by outcome.
func PullTotals(ctx context.Context, tx pgx.Tx, span Span) ([]PullTotal, error) {
	return sumPulls(ctx, tx, span)
}

// finalBy returns the slots of the hour that ended at least LateCommits before.
func finalBy(h Hour, started time.Time) HourSlots {
	return slotsWithin(h, Span{From: h.First(), To: SlotOf(started.Add(-LateCommits))})
}

func markCoverage(ctx context.Context, tx pgx.Tx, marks []Coverage) error {
	if len(marks) == 0 {
		return nil
	}
	hours := make([]time.Time, len(marks))
	observed, final := make([]pgtype.Bits, len(marks)), make([]pgtype.Bits, len(marks))
	for i, m := range marks {
		hours[i], observed[i], final[i] = m.Hour.Start(), bitsOfSlots(m.Observed), bitsOfSlots(m.Final)
	}
	return mergeCoverage(ctx, tx, hours, observed, final)
}
