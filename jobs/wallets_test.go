package jobs_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/uptime/simulator"
)

// walletTown is a town with suppliers who have wallets to prove.
func walletTown(t *testing.T) (*town, *simulator.World, []uuid.UUID) {
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: 1, Seed: worldSeed})
	if err != nil {
		t.Fatal(err)
	}
	return settle(t, ""), world, []uuid.UUID{{15: 1}, {15: 2}, {15: 3}}
}

// noFeed returns a client that pulls nothing.
func (w *town) noFeed(o jobs.Options) *jobs.Client {
	w.t.Helper()
	o.Work = cmp.Or(o.Work, jobs.All)
	c, err := jobs.New(w.App, o)
	w.check(err)
	return c
}

func TestHoldsThatAreOverAreActivatedOnce(t *testing.T) {
	t.Parallel()
	w, world, suppliers := walletTown(t)
	chain := svm.Start(t)
	client, err := solana.Dial(chain.URL, solana.Options{PerSecond: 1000})
	w.check(err)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := w.proveWallets(ctx, tx, world, 73*time.Hour, wallet.HoldDefault, suppliers[:2]...); err != nil {
			return err
		}
		return w.proveWallets(ctx, tx, world, time.Hour, wallet.HoldDefault, suppliers[2])
	})
	chain.SetAccount(solanago.MustPublicKeyFromBase58(world.Wallet(suppliers[1])),
		svm.Account{Lamports: 1_000_000_000, Owner: solanago.StakeProgramID, Data: make([]byte, 200)})
	var alerts bytes.Buffer
	c := w.noFeed(jobs.Options{Solana: client, Log: slog.New(slog.NewTextHandler(&alerts, &slog.HandlerOptions{Level: slog.LevelWarn}))})

	chain.FailCalls("getMultipleAccounts", 1, http.StatusForbidden)
	if err := c.Work(t.Context(), jobs.ActivateWallets{}, 1); err == nil || strings.Contains(err.Error(), chain.URL) {
		t.Errorf("a node that refuses: %v", err)
	}
	w.expect("without an answer", `SELECT kind FROM wallet_event WHERE kind NOT IN ('proved', 'pending')`)
	for range 2 {
		w.check(c.Work(t.Context(), jobs.ActivateWallets{}, 1))
	}
	w.expect("events", `SELECT kind || ' ' || right(supplier_id::text, 1) FROM wallet_event WHERE kind NOT IN ('proved', 'pending') ORDER BY id`,
		"activated 1", "activated 2", "frozen 2")
	if text := alerts.String(); strings.Count(text, "wallet frozen") != 1 || !strings.Contains(text, "Stake111") || strings.Contains(text, chain.URL) {
		t.Errorf("alerts:\n%s", text)
	}
	w.expect("who is to be told", `SELECT kind || ' ' || state FROM river_job`, "notify_wallets available")
}

func TestTheHookIsToldAndTheNextRunTellsWhatItRefused(t *testing.T) {
	t.Parallel()
	w, world, suppliers := walletTown(t)
	var status atomic.Int64
	status.Store(http.StatusServiceUnavailable)
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		io.Copy(io.Discard, in.Body)
		out.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(server.Close)
	hook, err := wallet.NewHook(server.URL+"/secret", "a key of the tests")
	w.check(err)
	c := w.noFeed(jobs.Options{Hook: hook})

	// Rolled back, nothing is asked for; committed, it is, once.
	rolledBack := errors.New("rolled back")
	record := func(ctx context.Context, tx pgx.Tx) error {
		if err := w.proveWallets(ctx, tx, world, 0, 0, suppliers...); err != nil {
			return err
		}
		if err := c.RequestNotices(ctx, tx); err != nil {
			return err
		}
		return c.RequestNotices(ctx, tx)
	}
	if err := pgx.BeginFunc(t.Context(), w.App, func(tx pgx.Tx) error { return errors.Join(record(t.Context(), tx), rolledBack) }); !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
	w.expect("rolled back", `SELECT kind FROM river_job`)
	w.tx(record)
	w.expect("committed", `SELECT kind FROM river_job`, "notify_wallets")

	if err := c.Work(t.Context(), jobs.NotifyWallets{}, 1); !errors.Is(err, wallet.ErrHook) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want ErrHook", err)
	}
	w.expect("refused", `SELECT count(*)::text FROM wallet_delivery`, "0")
	status.Store(http.StatusAccepted)
	w.check(c.Start(context.Background()))
	t.Cleanup(func() { w.check(c.Stop(context.Background())) })
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'notify_wallets' AND state = 'completed'`, 1)
	w.expect("told", `SELECT count(*)::text FROM wallet_delivery`, "6")
}
