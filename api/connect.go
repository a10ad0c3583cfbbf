package api

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/migrations"
)

// supplierSettings is what every connection of suppliers is: it reads, from one
// snapshot a transaction, not for long, and by plans that are made once. PostgreSQL
// would make them anew for each call, as row security makes plans look dear.
var supplierSettings = map[string]string{
	"default_transaction_read_only": "on",
	"default_transaction_isolation": "repeatable read",
	"statement_timeout":             "10s",
	"plan_cache_mode":               "force_generic_plan",
}

// connectionsPerCore is how many connections suppliers share, unless their URL says so by
// pool_max_conns. What they read is short and kept busy by the processor: more at once
// only cool each other's caches (a day of a timeline cost a fifth more through 16
// connections than through 8, on two cores that served the database as well).
const connectionsPerCore = 4

// ConnectSuppliers returns a pool that suppliers read through.
// The URL must be that of migrations.SupplierRole, and the role may do no more than it
// should: else the error is migrations.ErrTooPowerful. Errors do not show the URL.
func ConnectSuppliers(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("it is no URL of a database")
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = int32(connectionsPerCore * runtime.GOMAXPROCS(0))
	}
	maps.Copy(config.ConnConfig.RuntimeParams, supplierSettings)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := migrations.CheckServing(ctx, pool, migrations.SupplierRole); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}
