package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/town"
)

// What is asked for, by how many at once, how often.
const (
	poolCalls   = 3000
	poolCallers = 12
)

var poolPaths = []string{
	"/v1/devices?limit=200&owned=all", "/v1/seasons/" + town.Sealed.Code + "/earnings/devices?limit=200",
	"/v1/payouts", "/v1/statement", "/v1/appeals", "/v1/wallets", "/v1/balance",
}

// One connection, on which everybody reads in turn while requests are given up and
// operations panic in the middle of a transaction: every answer is the caller's own.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	w := town.New(t)
	narrow := apitest.On(t, w.DB, func(c *api.Config) {
		*c = w.Config
		c.App, c.Supplier = one(t, w.DB.AppURL), one(t, w.DB.SupplierURL)
		c.Also, c.Log = registerPanics, slog.New(slog.DiscardHandler)
	})
	w.Server.URL = narrow.URL
	own := map[string][]byte{}
	var readers []*apitest.Client
	for _, supplier := range w.Suppliers() {
		reader := w.Supplier("reader of "+supplier.String(), supplier)
		readers = append(readers, reader)
		for _, path := range poolPaths {
			body := reader.Get(path).Want(t, http.StatusOK).Body
			own[reader.Token+path] = body
			for _, other := range w.Suppliers() {
				if other != supplier && bytes.Contains(body, []byte(other.String())) {
					t.Fatalf("%s of %s names %s", path, supplier, other)
				}
			}
		}
	}
	var calls, cancelled, panicked, answered atomic.Int64
	var crowd sync.WaitGroup
	for number := range poolCallers {
		crowd.Go(func() {
			drawn := rand.New(rand.NewPCG(5, uint64(number)))
			for calls.Add(1) <= poolCalls {
				reader := readers[drawn.IntN(len(readers))]
				path := poolPaths[drawn.IntN(len(poolPaths))]
				switch drawn.IntN(10) {
				case 0:
					panicked.Add(1)
					path = []string{"/v1/test/panic-between", "/v1/test/panic-within"}[drawn.IntN(2)]
					if got, err := reader.Try(http.MethodGet, path, nil, nil); err != nil || got.Status != http.StatusInternalServerError {
						t.Errorf("%s: %d, error %v", path, got.Status, err)
					}
				case 1, 2:
					cancelled.Add(1)
					give(reader, path, drawn)
				default:
					got, err := reader.Try(http.MethodGet, path, nil, nil)
					if err != nil || got.Status != http.StatusOK || !bytes.Equal(got.Body, own[reader.Token+path]) {
						t.Errorf("%s: %d, error %v: %s, want %s", path, got.Status, err, cut(string(got.Body)), cut(string(own[reader.Token+path])))
					}
					answered.Add(1)
				}
			}
		})
	}
	crowd.Wait()
	t.Logf("%d suppliers: %d answers, %d given up, %d panics", len(readers), answered.Load(), cancelled.Load(), panicked.Load())
}

// give gives a request up after a while, or at once.
func give(reader *apitest.Client, path string, drawn *rand.Rand) {
	ctx, cancel := context.WithCancel(context.Background())
	spins := drawn.IntN(50_000)
	go func() {
		for range spins { // a while that is no time
			_ = strings.Repeat("x", 1)
		}
		cancel()
	}()
	_, _ = reader.TryIn(ctx, http.MethodGet, path, nil, nil) // answered or given up
	cancel()
}

// one returns a pool of one connection.
func one(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// registerPanics adds operations that panic while they read as somebody.
func registerPanics(s *wire.Service) {
	within := func(f func(ctx context.Context, tx pgx.Tx) error) func(context.Context, wire.Reader, auth.Caller, *struct{}) (*struct{}, error) {
		return func(ctx context.Context, r wire.Reader, _ auth.Caller, _ *struct{}) (*struct{}, error) {
			return nil, r.In(ctx, func(tx pgx.Tx) error { return f(ctx, tx) })
		}
	}
	wire.Own(s, huma.Operation{OperationID: "test-panic-between", Method: http.MethodGet, Path: "/v1/test/panic-between"},
		within(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `SELECT id FROM appeal`)
			panic(errors.Join(errors.New("between two statements"), err))
		}))
	wire.Own(s, huma.Operation{OperationID: "test-panic-within", Method: http.MethodGet, Path: "/v1/test/panic-within"},
		within(func(ctx context.Context, tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT id FROM appeal`)
			panic(errors.Join(errors.New("while rows are read"), err, rows.Err()))
		}))
}
