package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
	"github.com/uptally/uptally/uptime"
)

// The calendar. The season begins in the middle of a month, so that two partitions
// are filled at once; what is merged on top has months of its own.
var (
	seasonDay = time.Date(2024, time.April, 16, 0, 0, 0, 0, time.UTC)
	mergeDay  = time.Date(2024, time.June, 1, 0, 0, 0, 0, time.UTC)
	scaleDay  = time.Date(2024, time.July, 1, 0, 0, 0, 0, time.UTC)
)

// daysMax keeps the season out of the months that are merged into.
const daysMax = 46

// dataset is one loaded database: a fleet's facts, its season's chunks, and the
// decisions that a season takes.
type dataset struct {
	fleet *fleet
	owner *pgxpool.Pool // loads, and looks at sizes
	app   *pgxpool.Pool // what is measured runs as the application does
	url   string        // the application's

	supplierURL string // of the role that suppliers read through
	taker       int64  // the person who takes snapshots
}

// newFleet is the fleet of so many devices over the season's first days. Of no
// days, it has devices and no past.
func newFleet(devices, days int) *fleet {
	span := uptime.SpanOf(seasonDay, seasonDay.AddDate(0, 0, days))
	middle := span.From + uptime.Slot(span.Len()/2)
	outage := uptime.Span{From: middle, To: middle + uptime.Slot(min(span.Len()/4, outageSlots))}
	return &fleet{devices: devices, span: span, outage: outage}
}

// outageSlots is how long the outage lasts: six hours.
const outageSlots = 6 * uptime.SlotsPerHour

// openDataset returns the database of a fleet. Unless it is loaded already it is
// made anew: what another run left half way is of no use.
func (b *bench) openDataset(ctx context.Context, f *fleet) (*dataset, error) {
	name := fmt.Sprintf("devices_%d_days_%d", f.devices, f.span.Len()/uptime.SlotsPerDay)
	d, err := b.openDatabase(ctx, name)
	if err != nil {
		return nil, err
	}
	d.fleet = f
	loaded, err := d.findTaker(ctx)
	if loaded || err != nil {
		return d, err
	}
	d.close()
	if d, err = b.freshDatabase(ctx, name); err != nil {
		return nil, err
	}
	d.fleet = f
	began := time.Now()
	if err := d.load(ctx); err != nil {
		d.close()
		return nil, fmt.Errorf("loading %s: %w", name, err)
	}
	b.tell("%s loaded in %.1f s", name, time.Since(began).Seconds())
	return d, nil
}

// findTaker looks for the person who takes snapshots. Whoever loads a dataset
// records them last: without one, it is not loaded.
func (d *dataset) findTaker(ctx context.Context) (found bool, err error) {
	err = d.begin(ctx, func(tx pgx.Tx) error {
		d.taker, found, err = selectPerson(ctx, tx)
		return err
	})
	return found, err
}

// freshDatabase returns a migrated database with nothing in it.
func (b *bench) freshDatabase(ctx context.Context, name string) (*dataset, error) {
	if err := dropDatabase(ctx, b.server.URL(""), name); err != nil {
		return nil, err
	}
	return b.openDatabase(ctx, name)
}

// openDatabase returns a migrated database without a fleet, made if it is absent:
// the cluster's server runs already, and to start it again makes no more than that.
func (b *bench) openDatabase(ctx context.Context, name string) (*dataset, error) {
	server, err := embedpg.Start(ctx, embedpg.Config{DataDir: b.cluster, Database: name})
	if err != nil {
		return nil, err
	}
	if _, err := migrations.Up(ctx, server.URL("")); err != nil {
		return nil, err
	}
	d := &dataset{url: server.URL(migrations.AppRole), supplierURL: server.URL(migrations.SupplierRole)}
	if d.owner, err = connect(ctx, server.URL("")); err != nil {
		return nil, err
	}
	if d.app, err = connect(ctx, d.url); err != nil {
		d.owner.Close()
		return nil, err
	}
	return d, nil
}

// connect returns the pool of a working process: a connection for each of its
// workers, and some to watch.
func connect(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 16
	return pgxpool.NewWithConfig(ctx, config)
}

func (d *dataset) close() {
	d.app.Close()
	d.owner.Close()
}

// begin runs f in a transaction of the owner.
func (d *dataset) begin(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, d.owner, f)
}
