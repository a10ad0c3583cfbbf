package uptime_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// One device's bits, taken out of its chunks, are those of its lane in the block.
func TestReadTimelineIsTheLaneOfTheBlock(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	random := rand.New(rand.NewPCG(1, 2))
	hours := uptime.Span{From: hour.First(), To: hour.First() + 30*uptime.SlotsPerHour}
	err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error {
		if err := uptime.RequestSpan(t.Context(), tx, hours); err != nil {
			return err
		}
		for h := hour; h < hour+30; h += 1 + uptime.Hour(random.IntN(2)) { // some hours have no chunk
			for shard := range int32(3) {
				if err := insertChunk(t.Context(), tx, shard, h, random); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	span := uptime.Span{From: hours.From + 5, To: hours.To - 7}
	err = pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error {
		block, err := uptime.ReadBlock(t.Context(), tx, span, 0, 3)
		if err != nil {
			return err
		}
		var lanes uptime.Lanes
		for _, device := range []uptime.DeviceNumber{0, 1, 63, 64, 1023, 1024, 1500, 3071} {
			block.Transpose(device.Shard(), &lanes)
			want := lanes.Timeline(device.Lane())
			got, err := uptime.ReadTimeline(t.Context(), tx, device, span)
			if err != nil {
				return err
			}
			if got.Span() != span || got.AndNot(want).Count(span)+want.AndNot(got).Count(span) != 0 || got.Count(span) < 50 {
				t.Errorf("device %d is up in %d slots, want %d", device, got.Count(span), want.Count(span))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func insertChunk(ctx context.Context, tx pgx.Tx, shard int32, h uptime.Hour, random *rand.Rand) error {
	bits := make([]byte, uptime.ChunkBits)
	for i := range bits {
		bits[i] = '0' + byte(random.IntN(2))
	}
	_, err := tx.Exec(ctx, `INSERT INTO uptime_chunk (shard, hour, up) VALUES ($1, $2, $3::text::bit(12288))`, shard, h.Start(), string(bits))
	return err
}
