package snapshot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/uptime"
)

// A group is what one job scores: some 16,000 devices, whose season takes about
// 20 MB of bits.
const (
	shardsPerGroup  = 16
	devicesPerGroup = shardsPerGroup * uptime.LanesPerShard
)

// Take begins a new revision of the season: it fixes the moment as of which facts
// count, supersedes a revision that is under way, and makes the groups, which are
// open until ScoreGroup has been called for each. It returns their number.
func Take(ctx context.Context, tx pgx.Tx, season string, person int64) (s Snapshot, groups int, err error) {
	if err := lockSeason(ctx, tx, season); err != nil {
		return s, 0, err
	}
	asOf, err := fixAsOf(ctx, tx)
	if err != nil {
		return s, 0, err
	}
	b, _, err := loadBasis(ctx, tx, season, asOf)
	if err != nil {
		return s, 0, err
	}
	s = Snapshot{Season: season, State: Taking, AsOf: asOf, TakenBy: person}
	if s.Estimate, s.Reopenings, err = closings(ctx, tx, b); err != nil {
		return s, 0, err
	}
	shards, err := uptime.Shards(ctx, tx, asOf)
	if err != nil {
		return s, 0, err
	}
	groups = max(1, int(shards+shardsPerGroup-1)/shardsPerGroup)
	if err := supersede(ctx, tx, season); err != nil {
		return s, 0, err
	}
	if s.ID, s.Revision, err = insertSnapshot(ctx, tx, s); err != nil {
		return s, 0, err
	}
	return s, groups, insertGroups(ctx, tx, s.ID, groups)
}

// loadBasis returns what the season's devices are scored by, as of the moment,
// and the changes released from holds, by number.
func loadBasis(ctx context.Context, tx pgx.Tx, code string, asOf time.Time) (*Basis, []int64, error) {
	season, err := SeasonByCode(ctx, tx, code)
	if err != nil {
		return nil, nil, err
	}
	b := &Basis{Season: season.Season, AsOf: asOf, Released: map[int64]bool{}}
	if b.Rules, err = RulesetOf(ctx, tx, season); err != nil {
		return nil, nil, err
	}
	windows, err := selectWindows(ctx, tx, code, asOf)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range windows {
		if w.ApprovedAt != nil {
			b.Windows = append(b.Windows, w.Window)
		}
	}
	holds, err := selectHolds(ctx, tx, asOf)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range holds {
		if h.ReleasedAt == nil {
			b.Holds = append(b.Holds, h.Hold)
		}
	}
	released, err := selectReleasedChanges(ctx, tx, asOf)
	if err != nil {
		return nil, nil, err
	}
	for _, seq := range released {
		b.Released[seq] = true
	}
	b.Observed, err = observedOf(ctx, tx, b.Span())
	return b, released, err
}

// observedOf returns the observed slots of the span, clipped to the first and the
// last of them: what was never pulled has no part in a digest.
func observedOf(ctx context.Context, tx pgx.Tx, span uptime.Span) (uptime.Timeline, error) {
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return uptime.Timeline{}, err
	}
	var seen uptime.Span
	for _, h := range hours {
		for i := range uptime.SlotsPerHour {
			if k := h.Hour.First() + uptime.Slot(i); h.Observed.Has(i) && span.Contains(k) {
				if seen.Empty() {
					seen.From = k
				}
				seen.To = k + 1
			}
		}
	}
	return uptime.Observed(hours, seen), nil
}

// closings tells whether an hour that the basis needs is still open, and how often
// the hours that it reads have been reopened.
func closings(ctx context.Context, tx pgx.Tx, b *Basis) (open bool, reopenings int64, err error) {
	hours, err := uptime.CoverageOf(ctx, tx, b.Span())
	if err != nil {
		return false, 0, err
	}
	first, end := neededSlots(b).Hours()
	missing := int(end - first)
	for _, h := range hours {
		reopenings += int64(h.Reopened)
		if h.ClosedAt == nil {
			open = open || h.Observed != 0 // bits that may still change would count
		} else if first <= h.Hour && h.Hour < end {
			missing--
		}
	}
	return open || missing > 0, reopenings, nil
}

// ScoreGroup scores the devices of one group of a snapshot that is being taken,
// and returns what StageGroup writes; nothing, if the group is scored already or
// the snapshot no longer being taken. ErrImpossible says that trying again is in
// vain.
func ScoreGroup(ctx context.Context, pool *pgxpool.Pool, id int64, number int) (*Scored, error) {
	var scored *Scored
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		s, err := selectSnapshot(ctx, tx, id)
		if err != nil {
			return err
		}
		done, err := selectGroupScored(ctx, tx, id, number)
		if err != nil || done || s.State != Taking {
			return err
		}
		b, _, err := loadBasis(ctx, tx, s.Season, s.AsOf)
		if err != nil {
			return err
		}
		group, err := scoreGroup(ctx, tx, b, number)
		scored = &Scored{snapshot: id, group: group}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("snapshot %d, group %d: %w", id, number, err)
	}
	return scored, nil
}

// Scored is a scored group on its way to the database.
type Scored struct {
	snapshot int64
	group    scoredGroup
}

type scoredGroup struct {
	number int
	lines  int
	points *uint256.Int // Σ points of the lines
	inputs []byte       // digest of what went in
	staged []byte       // the lines, encoded
}

// scoreGroup reads a group's bits and facts and scores its devices, shard by
// shard, so that the timelines of one shard are in memory at a time.
func scoreGroup(ctx context.Context, tx pgx.Tx, b *Basis, number int) (scoredGroup, error) {
	first := uptime.DeviceNumber(number * devicesPerGroup)
	devices, err := loadDevices(ctx, tx, b, first, first+devicesPerGroup)
	if err != nil {
		return scoredGroup{}, err
	}
	shards := int32(len(devices)+uptime.LanesPerShard-1) / uptime.LanesPerShard
	block, err := uptime.ReadBlock(ctx, tx, b.Observed.Span(), first.Shard(), shards)
	if err != nil {
		return scoredGroup{}, err
	}
	var (
		group  = scoredGroup{number: number, points: new(uint256.Int)}
		digest = digester{Hash: sha256.New()}
		scorer = b.NewScorer()
		lanes  uptime.Lanes
		lines  []Line
	)
	for i := range devices {
		d := &devices[i]
		if d.Number.Lane() == 0 {
			block.Transpose(d.Number.Shard(), &lanes)
			lanes.Retain(b.Observed)
		}
		d.Up = lanes.Timeline(d.Number.Lane())
		digest.device(d)
		if lines, err = scorer.Score(d, lines[:0]); err != nil {
			return group, fmt.Errorf("%w: %w", ErrImpossible, err)
		}
		AddPoints(group.points, lines)
		for j := range lines {
			group.staged = AppendLine(group.staged, &lines[j])
		}
		group.lines += len(lines)
	}
	digest.flush()
	group.inputs = digest.Sum(nil)
	return group, nil
}

// loadDevices returns the devices [first, end) recorded as of the basis, with
// their facts, in order of number and without their bits.
func loadDevices(ctx context.Context, tx pgx.Tx, b *Basis, first, end uptime.DeviceNumber) ([]Device, error) {
	var devices []Device
	texts := interner{}
	err := eachDevice(ctx, tx, first, end, b.AsOf,
		func(number uptime.DeviceNumber, seq int64, id uuid.UUID, registered time.Time, f uptime.Facts) {
			facts := &uptime.Facts{
				SupplierID: f.SupplierID, GPUModel: texts.one(f.GPUModel), GPUCount: f.GPUCount, Connectivity: texts.one(f.Connectivity),
			}
			devices = append(devices, Device{
				Number: number, ID: id, RegisteredAt: registered,
				Changes: []uptime.Change{{
					Seq: seq, DeviceID: id, ChangedAt: registered, Channel: uptime.ChannelRegistration,
					SupplierID: &facts.SupplierID, GPUModel: &facts.GPUModel, GPUCount: &facts.GPUCount, Connectivity: &facts.Connectivity,
				}},
			})
		})
	if err != nil {
		return nil, err
	}
	of := func(number uptime.DeviceNumber) *Device { return &devices[number-first] }
	err = errors.Join(
		eachChange(ctx, tx, first, end, b.AsOf, func(n uptime.DeviceNumber, c uptime.Change) {
			of(n).Changes = append(of(n).Changes, c)
		}),
		eachVerdict(ctx, tx, first, end, b.AsOf, func(n uptime.DeviceNumber, v uptime.Verdict) {
			of(n).Verdicts = append(of(n).Verdicts, v)
		}),
		eachJobMinutes(ctx, tx, first, end, b.Season, b.AsOf, func(n uptime.DeviceNumber, m uptime.JobMinutes) {
			of(n).JobMinutes = append(of(n).JobMinutes, m)
		}))
	return devices, err
}

// interner keeps one copy of each text: a season has a dozen GPU models.
type interner map[string]string

func (in interner) one(s string) string {
	if kept, ok := in[s]; ok {
		return kept
	}
	in[s] = s
	return s
}

// StageGroup writes a scored group, replacing it whole, and reports whether no
// group is open any longer: then the caller enqueues the allocation in the same
// transaction. The lock on the snapshot lets only one group find that.
func StageGroup(ctx context.Context, tx pgx.Tx, scored *Scored) (last bool, err error) {
	s, err := lockSnapshot(ctx, tx, scored.snapshot)
	if err != nil || s.State != Taking {
		return false, err
	}
	if err := updateScored(ctx, tx, s.ID, scored.group); err != nil {
		return false, err
	}
	open, err := countOpenGroups(ctx, tx, s.ID)
	return open == 0, err
}

// Complete turns the points of all groups into amounts, inserts the lines once,
// group by group, and makes the snapshot a draft with its digest. It does nothing
// if the snapshot is no longer being taken.
func Complete(ctx context.Context, tx pgx.Tx, id int64) error {
	s, err := lockSnapshot(ctx, tx, id)
	if err != nil || s.State != Taking {
		return err
	}
	b, released, err := loadBasis(ctx, tx, s.Season, s.AsOf)
	if err != nil {
		return err
	}
	_, reopenings, err := closings(ctx, tx, b)
	if err != nil {
		return err
	}
	if reopenings != s.Reopenings {
		return fmt.Errorf("snapshot %s: %w: an hour was reopened while it was being taken; take it again", s.Name(), ErrImpossible)
	}
	points, groups, err := sumPoints(ctx, tx, id)
	if err != nil {
		return err
	}
	total, err := uint256.FromDecimal(points)
	if err != nil {
		return fmt.Errorf("snapshot %s: points %s: %w", s.Name(), points, err)
	}
	digest := digester{Hash: sha256.New()}
	digest.basis(b, released)
	for number := range groups {
		group, err := allocateGroup(ctx, tx, &s, b.Season.Pool, total, number)
		if err != nil {
			return fmt.Errorf("snapshot %s, group %d: %w", s.Name(), number, err)
		}
		digest.buf = append(digest.buf, group...)
	}
	s.Points, s.Residual = points, b.Season.Pool-s.Allocated
	digest.text(points)
	digest.number(s.Allocated)
	digest.number(s.Residual)
	digest.number(s.Lines)
	digest.flush()
	s.Digest = digest.Sum(nil)
	s.ObservedSlots, s.SeasonSlots = int32(b.Observed.Count(b.Season.Span())), int32(b.Season.Span().Len())
	if s.Suppliers, err = countSuppliers(ctx, tx, id); err != nil {
		return err
	}
	return updateDraft(ctx, tx, s)
}

// allocateGroup inserts a group's lines with their amounts, adds them to the
// snapshot's figures, and returns the group's digest: SHA-256 over the digest of
// what went in and the lines that came out.
func allocateGroup(ctx context.Context, tx pgx.Tx, s *Snapshot, pool int64, total *uint256.Int, number int) ([]byte, error) {
	inputs, staged, err := selectStaged(ctx, tx, s.ID, number)
	if err != nil {
		return nil, err
	}
	lines, err := DecodeLines(nil, staged)
	if err != nil {
		return nil, err
	}
	s.Allocated += Allocate(pool, total, lines)
	s.Lines += int64(len(lines))
	out := staged[:0]
	stream := append(make([]byte, 0, len(lines)*160+64), copyHeader...)
	for i := range lines {
		out = AppendLine(out, &lines[i])
		stream = appendCopyLine(stream, s.ID, &lines[i])
	}
	if err := copyLines(ctx, tx, bytes.NewReader(append(stream, copyTrailer...))); err != nil {
		return nil, err
	}
	digest := sha256.New()
	digest.Write(inputs)
	digest.Write(out)
	sum := digest.Sum(nil)
	return sum, updateAllocated(ctx, tx, s.ID, number, sum)
}

// Fail ends a take that cannot be finished.
func Fail(ctx context.Context, tx pgx.Tx, id int64, cause error) error {
	return updateFailed(ctx, tx, id, cause.Error())
}
