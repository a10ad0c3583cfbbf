package jobs_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// A flood of refusals, by the thresholds that hold unless others are given: the next
// look, at most 15 s later, raises the alerts, and the hook is told until it takes them.
func TestASurgeIsLoggedCountedAndTold(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	const key = "a key of the tests"
	var status, taken atomic.Int64
	status.Store(http.StatusServiceUnavailable)
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(body)
		if in.Header.Get(wallet.HookHeader) != "sha256="+hex.EncodeToString(mac.Sum(nil)) || !strings.Contains(string(body), `"kind":"refusals_of_address","subject":"192.0.2.7"`) {
			t.Errorf("told %s", body)
		}
		out.WriteHeader(int(status.Load()))
		if status.Load() == http.StatusOK {
			taken.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	hook, err := wallet.NewHook(server.URL, key)
	w.check(err)
	var log bytes.Buffer
	var counted []audit.AlertKind
	c := w.noFeed(jobs.Options{
		Hook: hook, Log: slog.New(slog.NewTextHandler(&log, nil)), Alerted: func(a audit.Alert) { counted = append(counted, a.Kind) },
	})

	w.check(c.Work(t.Context(), jobs.WatchAudit{}, 1))
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		flood := make([]audit.Entry, 250)
		for i := range flood {
			flood[i] = audit.Entry{At: time.Unix(int64(i), 0), Address: "192.0.2.7", Method: "GET", Target: fmt.Sprint("/v1/devices/", i), Status: 404}
		}
		return audit.Append(ctx, tx, flood...)
	})
	for range 2 { // the second look finds nothing new
		w.check(c.Work(t.Context(), jobs.WatchAudit{}, 1))
	}
	if got := fmt.Sprint(counted); got != "[probing_of_address probing_of_network refusals_of_address]" {
		t.Errorf("counted %s", got)
	}
	if text := log.String(); strings.Count(text, "surge in the audit log") != 3 || strings.Count(text, "level=WARN") != 3 ||
		!strings.Contains(text, "kind=refusals_of_address subject=192.0.2.7 count=250 threshold=200") ||
		strings.Count(text, "head of the audit log") != 1 || !strings.Contains(text, "entry=250 digest=") {
		t.Errorf("log:\n%s", text)
	}
	w.expect("who is to be told", `SELECT kind || ' ' || state FROM river_job`, "notify_alerts available")

	if err := c.Work(t.Context(), jobs.NotifyAlerts{}, 1); !errors.Is(err, wallet.ErrHook) {
		t.Errorf("got %v, want ErrHook", err)
	}
	w.expect("refused", `SELECT count(*)::text FROM audit_alert_delivery`, "0")
	status.Store(http.StatusOK)
	for range 2 {
		w.check(c.Work(t.Context(), jobs.NotifyAlerts{}, 2))
	}
	w.expect("told", `SELECT count(*)::text FROM audit_alert_delivery`, "3")
	if taken.Load() != 1 {
		t.Errorf("taken %d times, want once", taken.Load())
	}
}

// An alert is told while all that work for wallets are busy, and while it is told the
// next is looked for.
func TestAnAlertWaitsForNoWallet(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) { _, _ = io.Copy(io.Discard, in.Body) }))
	t.Cleanup(server.Close)
	hook, err := wallet.NewHook(server.URL, "a key of the tests")
	w.check(err)
	c := w.noFeed(jobs.Options{Hook: hook, Surges: audit.Thresholds{Span: time.Minute, CoolDown: time.Minute, Refusals: 1}})
	w.check(c.Start(t.Context()))
	t.Cleanup(func() { w.check(c.Stop(context.Background())) })

	busy, err := w.Owner.Begin(t.Context()) // what waits for its end, waits for nothing that could be over sooner
	w.check(err)
	t.Cleanup(func() { _ = busy.Rollback(context.Background()) })
	_, err = busy.Exec(t.Context(), `LOCK TABLE wallet_event IN ACCESS EXCLUSIVE MODE`)
	w.check(err)
	w.check(c.Enqueue(t.Context(), jobs.ActivateWallets{}))
	w.check(c.Enqueue(t.Context(), jobs.NotifyWallets{}))
	w.until(`SELECT count(*) FROM river_job WHERE queue = 'wallet' AND state = 'running'`, 2)
	w.tx(func(ctx context.Context, tx pgx.Tx) error { return audit.Append(ctx, tx, audit.Entry{Status: 401}) })
	w.check(c.Enqueue(t.Context(), jobs.WatchAudit{}))
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'notify_alerts' AND state = 'completed'`, 1)
	w.expect("told", `SELECT count(*)::text FROM audit_alert_delivery`, "1")

	_, err = busy.Exec(t.Context(), `LOCK TABLE audit_alert_delivery IN ACCESS EXCLUSIVE MODE`)
	w.check(err)
	w.check(c.Enqueue(t.Context(), jobs.NotifyAlerts{}))
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'notify_alerts' AND state = 'running'`, 1)
	w.check(c.Enqueue(t.Context(), jobs.WatchAudit{}))
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'watch_audit' AND state = 'completed'`, 2)
	w.expect("busy", `SELECT kind || ' ' || state FROM river_job WHERE finalized_at IS NULL ORDER BY kind`,
		"activate_wallets running", "notify_alerts running", "notify_wallets running")
	w.check(busy.Rollback(t.Context()))
	w.until(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`, 0)
}

// A flood over the limit is counted in few entries, and as many calls as it was.
func TestASurgeOfCallsInOneEntry(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	var log bytes.Buffer
	c := w.noFeed(jobs.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return audit.Append(ctx, tx, audit.Entry{Address: "192.0.2.7", Status: 429}, audit.Entry{Address: "192.0.2.7", Status: 429, Calls: 249})
	})
	w.check(c.Work(t.Context(), jobs.WatchAudit{}, 1))
	if text := log.String(); strings.Count(text, "surge in the audit log") != 1 ||
		!strings.Contains(text, "kind=refusals_of_address subject=192.0.2.7 count=250 threshold=200") || !strings.Contains(text, "first=1 last=2") {
		t.Errorf("log:\n%s", text)
	}
}

// Without a hook, an alert is logged all the same, and nothing is asked for.
func TestASurgeWithoutAHook(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	var log bytes.Buffer
	c := w.noFeed(jobs.Options{
		Surges: audit.Thresholds{Span: time.Minute, CoolDown: time.Minute, Refusals: 1},
		Log:    slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	w.tx(func(ctx context.Context, tx pgx.Tx) error { return audit.Append(ctx, tx, audit.Entry{Status: 401}) })
	w.check(c.Work(t.Context(), jobs.WatchAudit{}, 1))
	if text := log.String(); strings.Count(text, "surge in the audit log") != 1 || !strings.Contains(text, "kind=refusals ") {
		t.Errorf("log:\n%s", text)
	}
	w.expect("jobs", `SELECT kind FROM river_job`)
}
