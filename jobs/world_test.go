package jobs_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

const (
	feedToken = "token-of-the-tests"
	worldSeed = 424
)

func day(month time.Month, day int) time.Time {
	return time.Date(2024, month, day, 0, 0, 0, 0, time.UTC)
}

// The days that most tests pull, and the season within them: the attack, the
// cut-over, and enough after it for a deadline to pass.
var (
	pulled = uptime.SpanOf(day(4, 22), day(4, 29))
	season = snapshot.Season{Code: "test-s1", FirstDay: day(4, 24), LastDay: day(4, 26), Pool: 1_000_000_000_000_007}
	window = snapshot.Window{
		From: simulator.CutOverAt, To: day(4, 27), Cause: "authentication migration", Lookback: snapshot.DefaultLookback,
		MinBefore: snapshot.DefaultMinBefore, Sustain: snapshot.DefaultSustain, ReconnectBy: day(4, 28), Credit: snapshot.CreditFull,
	}
	hold = snapshot.Hold{From: day(4, 25).Add(8 * time.Hour), To: day(4, 25).Add(12 * time.Hour)}
)

// serve serves a world of the scenario April 2024 and returns its address.
func serve(t *testing.T, devices int, options simulator.Options) string {
	t.Helper()
	world, err := simulator.New(simulator.Config{Scenario: "april-2024", Devices: devices, Seed: worldSeed})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	options.Token = feedToken
	url, wait, err := simulator.Serve(ctx, "127.0.0.1:0", world.Handler(options))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = wait() // ended by us
	})
	return url
}

// town is a database with the people who run a season on it.
type town struct {
	*pgtest.DB
	t          *testing.T
	feedURL    string
	ada, grace int64
}

func settle(t *testing.T, feedURL string) *town {
	t.Helper()
	db := pgtest.New(t)
	return &town{DB: db, t: t, feedURL: feedURL, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace")}
}

// feedConfig is of a feed that does not wait before it tries again.
func feedConfig(url string) uptime.FeedConfig {
	return uptime.FeedConfig{
		URL: url, Token: feedToken, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond, RetryAfterMax: time.Millisecond,
	}
}

func (w *town) feed() *uptime.Feed {
	w.t.Helper()
	feed, err := uptime.NewFeed(feedConfig(w.feedURL))
	if err != nil {
		w.t.Fatal(err)
	}
	return feed
}

// client returns a client; it works nothing unless it is started, and then all there is.
func (w *town) client(o jobs.Options) *jobs.Client {
	w.t.Helper()
	o.Feed = w.feed()
	o.Work = cmp.Or(o.Work, jobs.All)
	c, err := jobs.New(w.App, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *town) started(o jobs.Options) *jobs.Client {
	w.t.Helper()
	c := w.client(o)
	if err := c.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	return c
}

func (w *town) tx(f func(context.Context, pgx.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	if err := pgx.BeginFunc(ctx, w.App, func(tx pgx.Tx) error { return f(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// prepare creates and funds the season, holds the attack, and opens the window.
func (w *town) prepare(s snapshot.Season) {
	w.t.Helper()
	rules, err := os.ReadFile("../snapshot/rulesets/ignition-s1.toml")
	w.check(err)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := snapshot.CreateSeason(ctx, tx, s, rules, w.ada); err != nil {
			return err
		}
		if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool(s.Code), ledger.Amount(s.Pool), w.ada, "the pool", "fund "+s.Code); err != nil {
			return err
		}
		if _, err := snapshot.AddHold(ctx, tx, hold, "shared-token attack", w.ada); err != nil {
			return err
		}
		id, err := snapshot.ProposeWindow(ctx, tx, s.Code, window, w.ada)
		if err != nil {
			return err
		}
		return snapshot.ApproveWindow(ctx, tx, id, w.grace)
	})
}

func (w *town) approve(s snapshot.Snapshot) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.Approve(ctx, tx, s.ID, s.Digest, w.grace, "looked at it")
	})
}

// result is all of a season that must not depend on how it came about.
func (w *town) result(s snapshot.Snapshot) string {
	w.t.Helper()
	out := []byte(fmt.Sprintf("digest %x\npoints %s\nallocated %d\nresidual %d\n", s.Digest, s.Points, s.Allocated, s.Residual))
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			out = snapshot.AppendCSV(out, *l)
			return nil
		}); err != nil {
			return err
		}
		report, err := ledger.Verify(ctx, tx)
		if !report.OK() {
			w.t.Errorf("ledger: %+v", report)
		}
		return err
	})
	return string(out) + w.payouts() + w.ledger() + w.strips()
}

// payouts pays what was earned, and returns the table of it and of what it is for.
func (w *town) payouts() string {
	w.t.Helper()
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: 1, Seed: worldSeed})
	w.check(err)
	dir := filepath.Join(w.t.TempDir(), "payouts")
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		balances, err := ledger.Balances(ctx, tx, "supplier/")
		if err != nil {
			return err
		}
		suppliers := make([]uuid.UUID, len(balances))
		for i, b := range balances {
			suppliers[i] = b.Account.Supplier()
		}
		if err := w.proveWallets(ctx, tx, world, 0, 0, suppliers...); err != nil {
			return err
		}
		d, err := distribution.Prepare(ctx, tx, distribution.Request{Key: "all", Actor: w.ada, Reason: "pay the season"})
		if err != nil {
			return err
		}
		if _, err := distribution.Approve(ctx, tx, d.ID, w.grace); err != nil {
			return err
		}
		if _, err := distribution.RecordExport(ctx, tx, d.ID, w.grace); err != nil {
			return err
		}
		_, err = distribution.Export(ctx, tx, d.ID, dir)
		return err
	})
	payouts, err := os.ReadFile(filepath.Join(dir, "payouts.csv"))
	w.check(err)
	lines, err := os.ReadFile(filepath.Join(dir, "payout_lines.csv"))
	w.check(err)
	if bytes.Count(payouts, []byte("\n")) < 5 {
		w.t.Errorf("next to nobody is paid:\n%s", payouts)
	}
	return string(payouts) + string(lines)
}

// proveWallets has the suppliers' wallets proved some time ago, with a hold.
func (w *town) proveWallets(ctx context.Context, tx pgx.Tx, world *simulator.World, ago, hold time.Duration, suppliers ...uuid.UUID) error {
	now, err := wallet.Now(ctx, tx)
	if err != nil {
		return err
	}
	now = now.Add(-ago)
	table := "supplier_id,wallet,text,signature\n"
	for _, supplier := range suppliers {
		text := wallet.Text{Domain: "test", Supplier: supplier, Wallet: wallet.Wallet(world.Wallet(supplier)),
			Nonce: wallet.Nonce(supplier), Issued: now.Truncate(time.Second), Expires: now.Truncate(time.Second).Add(time.Hour)}
		signature := base58.Encode(ed25519.Sign(world.WalletKey(supplier), []byte(text.String())))
		table += fmt.Sprintf("%s,%s,%s,%s\n", supplier, text.Wallet, text, signature)
	}
	_, err = wallet.Import(ctx, tx, strings.NewReader(table), "test", wallet.Proof{Hold: hold, Now: now, Actor: w.ada})
	return err
}

// ledger is every transfer and balance, as text.
func (w *town) ledger() string {
	w.t.Helper()
	rows, err := w.Owner.Query(context.Background(), `
		SELECT line FROM (
			SELECT 1 AS part, t.journal, t.number, j.act || ' ' || d.path || ' ' || c.path || ' ' || t.amount AS line
			FROM ledger_transfer t JOIN ledger_journal j ON j.number = t.journal
			JOIN ledger_account d ON d.id = t.debit JOIN ledger_account c ON c.id = t.credit
			UNION ALL SELECT 2, 0, row_number() OVER (ORDER BY path), path || ' ' || balance FROM ledger_account
		) AS lines ORDER BY part, journal, number`)
	w.check(err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.check(err)
	return strings.Join(lines, "\n")
}

// strips says which days are cut, and into what.
func (w *town) strips() string {
	w.t.Helper()
	return strings.Join(w.texts(`SELECT '\n' || day || ': ' || count(*) || ' strips ' || md5(string_agg(strip || encode(observed || up, 'hex'), ',' ORDER BY strip))
		FROM uptime_strip GROUP BY day ORDER BY day`), "")
}

// process is a worker process of its own.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
	err   error         // then: how
}

// spawn starts a worker process.
func (w *town) spawn(what task) *process {
	w.t.Helper()
	what.DatabaseURL, what.FeedURL = w.AppURL, w.feedURL
	text, err := json.Marshal(what)
	w.check(err)
	p := &process{cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	if what.Zone != "" {
		p.cmd.Env = append(p.cmd.Env, "TZ="+what.Zone)
	}
	p.cmd.Stderr = os.Stderr
	w.check(p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	w.t.Cleanup(p.kill)
	return p
}

// wait returns when the process has ended by itself, with how.
func (p *process) wait() error {
	<-p.ended
	return p.err
}

// kill is kill -9; a process that has ended already is as good.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// running reports whether the process has not ended.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}
