package snapshot

import (
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
	block.Retain(b.Observed)
	group.staged = make([]byte, 0, (len(devices)+len(devices)/16)*lineBytes) // few devices have a second line
	for i := range devices {
		d := &devices[i]
		if d.Number.Lane() == 0 {
			block.Transpose(d.Number.Shard(), &lanes)
			digest.bits(block.Bits(d.Number.Shard()))
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
	// Registrations and facts of all devices stand in one piece of memory each.
	devices := make([]Device, 0, end-first)
	registrations := make([]uptime.Change, 0, end-first)
	facts := make([]uptime.Facts, 0, end-first)
	texts := interner{}
	err := eachDevice(ctx, tx, first, end, b.AsOf, texts,
		func(number uptime.DeviceNumber, seq int64, id uuid.UUID, registered time.Time, f uptime.Facts) {
			facts = append(facts, f)
			own := &facts[len(facts)-1]
			registrations = append(registrations, uptime.Change{
				Seq: seq, DeviceID: id, ChangedAt: registered, Channel: uptime.ChannelRegistration,
				SupplierID: &own.SupplierID, GPUModel: &own.GPUModel, GPUCount: &own.GPUCount, Connectivity: &own.Connectivity,
			})
			n := len(registrations)
			devices = append(devices, Device{Number: number, ID: id, RegisteredAt: registered, Changes: registrations[n-1 : n : n]})
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
			days := &of(n).JobMinutes
			if last := len(*days) - 1; last >= 0 && (*days)[last].Day.Equal(m.Day) {
				(*days)[last] = m
			} else {
				*days = append(*days, m)
			}
		}))
	return devices, err
}

// interner keeps one copy of each text: a season has a dozen GPU models.
type interner map[string]string

func (in interner) one(text []byte) string {
	if kept, ok := in[string(text)]; ok {
		return kept
	}
	in[string(text)] = string(text)
	return string(text)
}
