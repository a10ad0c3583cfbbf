package fakes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// The bounds of a span: in less than a day nothing is improbable, and over more
// than a quarter nothing new is learnt.
const (
	SlotsMin = uptime.SlotsPerDay
	SlotsMax = 92 * uptime.SlotsPerDay
)

// What a search cannot be made of.
var (
	ErrSpan       = errors.New("the span cannot be searched")
	ErrUnobserved = errors.New("nothing was observed")
)

// CheckSpan returns ErrSpan, with the remedy, unless the span can be searched.
func CheckSpan(span uptime.Span) error {
	if n := span.Len(); n < SlotsMin || n > SlotsMax {
		return fmt.Errorf("%w: it has %d slots; let it be 1 to %d days, two to four weeks at best",
			ErrSpan, n, SlotsMax/uptime.SlotsPerDay)
	}
	return nil
}

// Read searches the devices and verdicts recorded by asOf over the span's chunks.
// It takes about 120 bytes a device and 4 a turn, of the bits those of 16 shards
// at a time. The transaction should see one state: repeatable read.
func Read(ctx context.Context, tx pgx.Tx, span uptime.Span, asOf time.Time) (Findings, error) {
	if err := CheckSpan(span); err != nil {
		return Findings{}, err
	}
	fleet, err := readFleet(ctx, tx, span, asOf)
	if err != nil {
		return Findings{}, fmt.Errorf("timelines of %s to %s: %w",
			span.From.Start().Format(time.RFC3339), span.To.Start().Format(time.RFC3339), err)
	}
	return Find(fleet), nil
}

func readFleet(ctx context.Context, tx pgx.Tx, span uptime.Span, asOf time.Time) (*Fleet, error) {
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	observed := uptime.Observed(hours, span)
	if observed.Count(span) == 0 {
		return nil, fmt.Errorf("%w: pull the span first", ErrUnobserved)
	}
	shards, err := uptime.Shards(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	fleet := NewFleet(observed)
	for first := int32(0); first < shards; first += shardsPerRead {
		if err := fleet.read(ctx, tx, first, min(shardsPerRead, shards-first), asOf); err != nil {
			return nil, err
		}
	}
	return fleet, nil
}

const shardsPerRead = 16 // some 9 MB of bits over a fortnight

// read adds the devices of the shards first, first+1, …
func (f *Fleet) read(ctx context.Context, tx pgx.Tx, first, shards int32, asOf time.Time) error {
	from := uptime.DeviceNumber(first) * uptime.LanesPerShard
	devices, err := selectDevices(ctx, tx, from, from+uptime.DeviceNumber(shards)*uptime.LanesPerShard, asOf)
	if err != nil {
		return err
	}
	block, err := uptime.ReadBlock(ctx, tx, f.observed.Span(), first, shards)
	if err != nil {
		return err
	}
	block.Retain(f.observed)
	var (
		lanes   uptime.Lanes
		current = int32(-1)
	)
	for _, d := range devices {
		if shard := d.Number.Shard(); shard != current {
			block.Transpose(shard, &lanes)
			current = shard
		}
		f.Add(d, lanes.Timeline(d.Number.Lane()))
	}
	return nil
}
