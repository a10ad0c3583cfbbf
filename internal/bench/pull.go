package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

const (
	pullHours     = 3
	pullPerSecond = 300_000
)

// pullFrom is the time of the simulated world that is pulled.
var pullFrom = time.Date(2024, time.May, 10, 10, 0, 0, 0, time.UTC)

// measurePull pulls some hours of a steady simulated fleet by the real jobs. The
// simulator, the client and Postgres share this machine's cores, the first two in
// this very process; pages are not compressed. The log of registrations, and one
// slot, are read beforehand.
func (b *bench) measurePull(ctx context.Context) (_ []Figure, err error) {
	world, err := simulator.New(simulator.Config{Scenario: simulator.Steady, Devices: min(b.devices, simulator.MaxDevices), Seed: 1})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	url, _, err := simulator.Serve(ctx, "127.0.0.1:0", world.Handler(simulator.Options{Token: "bench"}))
	if err != nil {
		return nil, err
	}
	feed, err := uptime.NewFeed(uptime.FeedConfig{URL: url, Token: "bench"})
	if err != nil {
		return nil, err
	}
	d, err := b.freshDatabase(ctx, "pull")
	if err != nil {
		return nil, err
	}
	defer d.close()
	client, err := jobs.New(d.app, jobs.Options{Work: jobs.Pulls, Feed: feed})
	if err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if stopErr := client.Stop(context.WithoutCancel(ctx)); err == nil {
			err = stopErr
		}
	}()
	first := uptime.SlotOf(pullFrom)
	warm, span := uptime.Span{From: first - 1, To: first}, uptime.Span{From: first, To: first + pullHours*uptime.SlotsPerHour}
	if _, err := pull(ctx, client, warm); err != nil {
		return nil, err
	}
	b.tell("registrations of %d simulated devices read", world.Devices())
	took, err := pull(ctx, client, span)
	if err != nil {
		return nil, err
	}
	merged, err := d.pulled(ctx, span)
	if err != nil {
		return nil, err
	}
	return []Figure{ratioOf("ingest.pull", float64(merged)/took.Seconds(), pullPerSecond, "beats/s", AtLeast(1))}, nil
}

// pull backfills the span and returns how long it took until all was merged.
func pull(ctx context.Context, client *jobs.Client, span uptime.Span) (time.Duration, error) {
	return timed(func(ctx context.Context) error {
		ids, err := client.Backfill(ctx, span)
		if err != nil {
			return err
		}
		return client.Wait(ctx, ids, nil)
	})(ctx)
}

// pulled returns how many heartbeats were merged of the span, once it is certain
// that every slot of it is covered.
func (d *dataset) pulled(ctx context.Context, span uptime.Span) (merged int64, err error) {
	err = d.begin(ctx, func(tx pgx.Tx) error {
		hours, err := uptime.CoverageOf(ctx, tx, span)
		if err != nil {
			return err
		}
		if totals := uptime.SumCoverage(hours, span); totals.Observed != span.Len() {
			return fmt.Errorf("%d of %d slots were pulled", totals.Observed, span.Len())
		}
		totals, err := uptime.PullTotals(ctx, tx, span)
		for _, t := range totals {
			if t.Outcome == uptime.PullMerged {
				merged += t.Accepted
			}
		}
		return err
	})
	return merged, err
}
