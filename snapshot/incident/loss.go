package incident

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Loss is how many devices a collapse took, and how many of them came back.
type Loss struct {
	Vanished int64 // up in at least half of the observed slots of the day before, and not at the lowest slot
	Returned int64 // of them: since then up in three slots in a row
}

// add counts one device, which is not spoofed, by its slots. Both timelines have
// one span, and up slots are observed ones.
func (l *Loss) add(c Collapse, up, observed uptime.Timeline) {
	day := uptime.Span{From: c.Opened - baselineSlots, To: c.Opened}
	seen := observed.Count(day)
	if seen == 0 || 2*up.Count(day) < seen || up.Has(c.LowestAt) {
		return
	}
	l.Vanished++
	if _, back := up.FirstRun(uptime.Span{From: c.LowestAt, To: up.Span().To}, backSlots); back {
		l.Returned++
	}
}

// blockBytes bounds the bits that are in memory at a time.
const blockBytes = 64 << 20

// losses counts what each of the collapses took, from timelines that reach to the
// slot end, some shards at a time.
func losses(ctx context.Context, tx pgx.Tx, collapses []Collapse, end uptime.Slot, asOf time.Time) ([]Loss, error) {
	counts := make([]Loss, len(collapses))
	if len(collapses) == 0 {
		return counts, nil
	}
	span := uptime.Span{From: collapses[0].Opened - baselineSlots, To: end}
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	observed := uptime.Observed(hours, span)
	spoofed, err := uptime.SpoofedDevices(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	shards, err := uptime.Shards(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	together := int32(max(1, blockBytes/(span.Len()*uptime.LanesPerShard/8)))
	var lanes uptime.Lanes
	for first := int32(0); first < shards; first += together {
		last := min(first+together, shards)
		block, err := uptime.ReadBlock(ctx, tx, span, first, last-first)
		if err != nil {
			return nil, err
		}
		block.Retain(observed)
		for shard := first; shard < last; shard++ {
			block.Transpose(shard, &lanes)
			addShard(counts, collapses, &lanes, observed, func(lane int) bool {
				_, is := slices.BinarySearch(spoofed, uptime.DeviceNumber(int(shard)*uptime.LanesPerShard+lane))
				return is
			})
		}
	}
	return counts, nil
}

// addShard counts the devices of one shard that are not spoofed.
func addShard(counts []Loss, collapses []Collapse, lanes *uptime.Lanes, observed uptime.Timeline, spoofed func(lane int) bool) {
	for lane := range uptime.LanesPerShard {
		if spoofed(lane) {
			continue
		}
		up := lanes.Timeline(lane)
		for i, c := range collapses {
			counts[i].add(c, up, observed)
		}
	}
}
