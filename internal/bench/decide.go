package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// The seasons of a dataset, and their pool.
const (
	seasonCode = "bench"
	scaleCode  = "bench-day"
	pool       = 100_000_000_000_000 // base units
)

// decide records the seasons, a hold on the first hour of the outage, and an
// approved grace window over all of it.
func (d *dataset) decide(ctx context.Context, tx pgx.Tx) (err error) {
	if d.taker, err = insertPerson(ctx, tx); err != nil {
		return err
	}
	days := max(1, d.fleet.span.Len()/uptime.SlotsPerDay)
	for _, season := range []snapshot.Season{
		{Code: scaleCode, FirstDay: scaleDay, LastDay: scaleDay, Pool: pool},
		{Code: seasonCode, FirstDay: seasonDay, LastDay: seasonDay.AddDate(0, 0, days-1), Pool: pool},
	} {
		if err := snapshot.CreateSeason(ctx, tx, season, snapshot.Embedded()[0].TOML, d.taker); err != nil {
			return err
		}
	}
	outage := d.fleet.outage
	if outage.Empty() {
		return nil
	}
	hold := snapshot.Hold{From: outage.From.Start(), To: outage.From.Start().Add(time.Hour)}
	if _, err := snapshot.AddHold(ctx, tx, hold, "an untrusted channel in the outage", d.taker); err != nil {
		return err
	}
	return d.grant(ctx, tx, snapshot.Window{
		From: outage.From.Start(), To: outage.To.Start(), Cause: "outage of the platform",
		Lookback: snapshot.DefaultLookback, MinBefore: snapshot.DefaultMinBefore, Sustain: snapshot.DefaultSustain,
		ReconnectBy: min(outage.To+3*uptime.SlotsPerDay, d.fleet.span.To-snapshot.DefaultSustain).Start(), Credit: snapshot.CreditFull,
	})
}

// grant adds a grace window and lets another person approve it.
func (d *dataset) grant(ctx context.Context, tx pgx.Tx, w snapshot.Window) error {
	window, err := snapshot.ProposeWindow(ctx, tx, seasonCode, w, d.taker)
	if err != nil {
		return err
	}
	checker, err := insertPerson(ctx, tx)
	if err != nil {
		return err
	}
	return snapshot.ApproveWindow(ctx, tx, window, checker)
}
