package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

const (
	decodeRounds  = 9
	pagesPerRound = 20 // one page is too short to be timed
)

// measureDecode reads one page over and over, with our decoder and with
// encoding/json: both end with ids and times that were checked.
func (b *bench) measureDecode(ctx context.Context) ([]Figure, error) {
	body := (&feed{devices: 2 * pageRows}).page(0, mergeDay, 0)
	var (
		ours  uptime.HeartbeatPage
		other struct {
			Heartbeats []struct {
				DeviceID uuid.UUID `json:"device_id"`
				At       time.Time `json:"at"`
			} `json:"heartbeats"`
			NextCursor string `json:"next_cursor"`
		}
	)
	times, err := interleave(ctx, decodeRounds,
		repeated(pagesPerRound, func() error { return ours.Decode(body) }),
		repeated(pagesPerRound, func() error { return json.Unmarshal(body, &other) }))
	if err != nil {
		return nil, err
	}
	speed := func(d time.Duration) float64 {
		return float64(pagesPerRound*len(body)) / 1e6 / d.Seconds()
	}
	return []Figure{ratioOf("ingest.decode", speed(times[0]), speed(times[1]), "MB/s", AtLeast(4))}, nil
}

// repeated is the task of doing so often what alone is too short to be timed.
func repeated(times int, f func() error) task {
	return timed(func(context.Context) error {
		for range times {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	})
}
