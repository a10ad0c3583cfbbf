package uptime

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A strip is a closed day of some devices, device by device: where chunks of a day are
// 24 rows, a device's timeline lies in one.
//
//	strip 7, 2024-04-25                                   1152 bytes in Postgres
//	  device 224   00:00  1111 1111  1110 1111 ...  23:55   <- 288 slots, 36 bytes
//	  device 225          1111 1111  1111 1111 ...             bit 1 = a heartbeat in the slot
//	  ...
//	  device 255          0000 0000  0000 0000 ...
const (
	DevicesPerStrip = 32
	dayBytes        = SlotsPerDay / 8
	stripsPerShard  = LanesPerShard / DevicesPerStrip
	shardsPerCut    = 8 // at a time
)

// Strip returns the strip that the device lies in.
func (n DeviceNumber) Strip() int32 { return int32(n) / DevicesPerStrip }

// dayOf returns the slots of the day that the slot lies in.
func dayOf(k Slot) Span {
	from := SlotOf(k.Day())
	return Span{From: from, To: from + SlotsPerDay}
}

// UncutDays returns the first slots of the days whose hours are all closed, and of which
// there are no strips, in order. There are none as long as no device is registered.
func UncutDays(ctx context.Context, tx pgx.Tx) ([]Slot, error) {
	return selectUncut(ctx, tx)
}

// CutDays cuts every closed day of which there are no strips, each in a transaction of its
// own: the first time, all days of before are there to be cut.
func CutDays(ctx context.Context, pool *pgxpool.Pool) error {
	var days []Slot
	if err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
		days, err = UncutDays(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	for _, day := range days {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return CutDay(ctx, tx, day) })
		if err != nil && !errors.Is(err, ErrHourOpen) { // opened again meanwhile: it is cut once it is closed
			return err
		}
	}
	return nil
}

// CutDay cuts the day that the slot lies in into strips, one for every 32 registered
// devices. Its hours must be closed, all 24, or the error is ErrHourOpen; if one is
// opened again, the day's strips are gone. It does nothing if there are strips already.
func CutDay(ctx context.Context, tx pgx.Tx, k Slot) error {
	day := dayOf(k)
	first, end := day.Hours()
	hours, err := lockCoverage(ctx, tx, first, end)
	if err != nil {
		return err
	}
	if err := allClosed(hours, day); err != nil {
		return err
	}
	if there, err := hasStrips(ctx, tx, day.From.Start()); there || err != nil {
		return err
	}
	count, err := countDevices(ctx, tx)
	if err != nil {
		return err
	}
	devices := int32(count)
	observed := appendDay(nil, Observed(hours, day))
	shards := (devices + LanesPerShard - 1) / LanesPerShard
	for shard := int32(0); shard < shards; shard += shardsPerCut {
		block, err := ReadBlock(ctx, tx, day, shard, min(shardsPerCut, shards-shard))
		if err != nil {
			return fmt.Errorf("day of %s: %w", day.From.Start(), err)
		}
		strips := (min((shard+shardsPerCut)*LanesPerShard, devices)+DevicesPerStrip-1)/DevicesPerStrip - shard*stripsPerShard
		if err := copyStrips(ctx, tx, day.From.Start(), observed, shard*stripsPerShard, cut(block, shard, strips)); err != nil {
			return err
		}
	}
	return nil
}

// cut returns what the first strips of the block hold, from the shard on.
func cut(b *Block, shard, strips int32) [][]byte {
	cut := make([][]byte, 0, strips)
	var lanes Lanes
	for ; len(cut) < int(strips); shard++ {
		b.Transpose(shard, &lanes)
		for lane := 0; lane < LanesPerShard && len(cut) < int(strips); lane += DevicesPerStrip {
			up := make([]byte, 0, DevicesPerStrip*dayBytes)
			for i := range DevicesPerStrip {
				up = appendDay(up, lanes.Timeline(lane+i))
			}
			cut = append(cut, up)
		}
	}
	return cut
}

// appendDay appends the 36 bytes of a day's timeline: the first slot is the highest bit
// of the first byte.
func appendDay(dst []byte, t Timeline) []byte {
	words := t.words
	for _, w := range words[:len(words)-1] {
		dst = binary.BigEndian.AppendUint64(dst, bits.Reverse64(w))
	}
	return binary.BigEndian.AppendUint32(dst, bits.Reverse32(uint32(words[len(words)-1])))
}

// addDay adds the slots of 36 bytes, as appendDay appends them, from slot first on.
func (t Timeline) addDay(first Slot, day []byte) {
	for i, b := range day {
		for ; b != 0; b &= b - 1 {
			t.Add(first + Slot(i*8+7-bits.TrailingZeros8(b)))
		}
	}
}
