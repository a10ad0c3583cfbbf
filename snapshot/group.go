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
	DevicesPerGroup = shardsPerGroup * uptime.LanesPerShard
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
		b, err := BasisOf(ctx, tx, s)
		if err != nil {
			return err
		}
		group, err := LoadGroup(ctx, tx, b, number)
		if err != nil {
			return err
		}
		scored, err = group.Score(b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("snapshot %d, group %d: %w", id, number, err)
	}
	return scored, nil
}

// Groups returns how many groups hold the devices registered by the moment, at
// least 1.
func Groups(ctx context.Context, tx pgx.Tx, asOf time.Time) (int, error) {
	shards, err := uptime.Shards(ctx, tx, asOf)
	return max(1, int(shards+shardsPerGroup-1)/shardsPerGroup), err
}

// Group is what the lines of some 16,000 devices follow from, beside the basis.
type Group struct {
	Number  int           // devices from Number * DevicesPerGroup on
	Devices []Device      // in order of number, without their bits
	Bits    *uptime.Block // over the span of Basis.Observed
}

// LoadGroup reads the bits and the facts of a group, as of the basis.
func LoadGroup(ctx context.Context, tx pgx.Tx, b *Basis, number int) (*Group, error) {
	first := uptime.DeviceNumber(number * DevicesPerGroup)
	devices, err := loadDevices(ctx, tx, b, first, first+DevicesPerGroup)
	if err != nil {
		return nil, err
	}
	shards := int32(len(devices)+uptime.LanesPerShard-1) / uptime.LanesPerShard
	block, err := uptime.ReadBlock(ctx, tx, b.Observed.Span(), first.Shard(), shards)
	return &Group{Number: number, Devices: devices, Bits: block}, err
}

// Recorded is what stands on record of one group of a snapshot that has its lines.
type Recorded struct {
	Inputs []byte // SHA-256 of what its lines were scored from
	Digest []byte // SHA-256 of that and of the lines with their amounts
	Lines  []Line // by device number, then first slot
}

// RecordedGroup reads what stands on record of a group, to be held against what it
// comes to now. Its lines are without the ids of their devices.
func RecordedGroup(ctx context.Context, tx pgx.Tx, s Snapshot, number int) (*Recorded, error) {
	r := &Recorded{}
	var err error
	if r.Inputs, r.Digest, err = selectGroupDigests(ctx, tx, s.ID, number); err != nil {
		return nil, err
	}
	first := int32(number * shardsPerGroup)
	r.Lines, err = selectShardLines(ctx, tx, s.ID, first, first+shardsPerGroup)
	return r, err
}

// Each calls visit for every device in turn, with its bits of the observed slots.
// They are valid until the next shard begins: keep none. shard is called before
// the first device of each shard, with all its bits; it may be nil.
func (g *Group) Each(b *Basis, shard func(bits []byte), visit func(d *Device) error) error {
	var lanes uptime.Lanes
	g.Bits.Retain(b.Observed)
	for i := range g.Devices {
		d := &g.Devices[i]
		if d.Number.Lane() == 0 {
			g.Bits.Transpose(d.Number.Shard(), &lanes)
			if shard != nil {
				shard(g.Bits.Bits(d.Number.Shard()))
			}
		}
		d.Up = lanes.Timeline(d.Number.Lane())
		if err := visit(d); err != nil {
			return err
		}
	}
	return nil
}

// Scored is a group's result before amounts.
type Scored struct {
	Number int
	Lines  int
	Points *uint256.Int // Σ points of the lines
	Inputs []byte       // SHA-256 of what went in
	Staged []byte       // the lines, encoded one after the other (see AppendLine)
}

// Score scores the group's devices, shard by shard, so that the timelines of one
// shard are in memory at a time. The error wraps ErrImpossible.
func (g *Group) Score(b *Basis) (*Scored, error) {
	var (
		scored = &Scored{Number: g.Number, Points: new(uint256.Int)}
		digest = digester{Hash: sha256.New()}
		scorer = b.NewScorer()
		lines  []Line
	)
	scored.Staged = make([]byte, 0, (len(g.Devices)+len(g.Devices)/16)*LineBytes) // few devices have a second line
	err := g.Each(b, digest.bits, func(d *Device) (err error) {
		digest.device(d)
		if lines, err = scorer.Score(d, lines[:0]); err != nil {
			return fmt.Errorf("%w: %w", ErrImpossible, err)
		}
		AddPoints(scored.Points, lines)
		for j := range lines {
			scored.Staged = AppendLine(scored.Staged, &lines[j])
		}
		scored.Lines += len(lines)
		return nil
	})
	digest.flush()
	scored.Inputs = digest.Sum(nil)
	return scored, err
}

// loadDevices returns the devices [first, end) recorded as of the basis, with
// their facts, in order of number and without their bits.
func loadDevices(ctx context.Context, tx pgx.Tx, b *Basis, first, end uptime.DeviceNumber) ([]Device, error) {
	at := recorded{By: b.AsOf}
	devices, err := loadRegistrations(ctx, tx, first, end, at)
	if err != nil {
		return nil, err
	}
	return devices, loadFacts(ctx, tx, b.Season, first, end, at, func(number uptime.DeviceNumber) *Device {
		return &devices[number-first]
	})
}

// loadRegistrations returns the devices [first, end) so recorded, in order of
// number, each with its registration as its one change.
func loadRegistrations(ctx context.Context, tx pgx.Tx, first, end uptime.DeviceNumber, at recorded) ([]Device, error) {
	// Registrations and facts of all devices stand in one piece of memory each.
	devices := make([]Device, 0, end-first)
	registrations := make([]uptime.Change, 0, end-first)
	facts := make([]uptime.Facts, 0, end-first)
	texts := interner{}
	err := eachDevice(ctx, tx, first, end, at, texts,
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
	return devices, err
}

// loadFacts adds what was so recorded of the devices [first, end) but their
// registrations: changes, verdicts, and job minutes of the season, one value a day.
func loadFacts(ctx context.Context, tx pgx.Tx, s Season, first, end uptime.DeviceNumber, at recorded,
	of func(uptime.DeviceNumber) *Device,
) error {
	return errors.Join(
		eachChange(ctx, tx, first, end, at, func(n uptime.DeviceNumber, c uptime.Change) {
			d := of(n)
			d.Changes = append(d.Changes, c)
		}),
		eachVerdict(ctx, tx, first, end, at, func(n uptime.DeviceNumber, v uptime.Verdict) {
			d := of(n)
			d.Verdicts = append(d.Verdicts, v)
		}),
		eachJobMinutes(ctx, tx, first, end, s, at, func(n uptime.DeviceNumber, m uptime.JobMinutes) {
			days := &of(n).JobMinutes
			if last := len(*days) - 1; last >= 0 && (*days)[last].Day.Equal(m.Day) {
				(*days)[last] = m
			} else {
				*days = append(*days, m)
			}
		}))
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
