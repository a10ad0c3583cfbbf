package supplier_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/town"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func april(day, hour int) time.Time { return time.Date(2024, 4, day, hour, 0, 0, 0, time.UTC) }

// The world that is read: the attack and the cut-over of a network of some hundred
// devices, a season of it sealed twice, and one that is estimated.
var (
	pulled   = uptime.SpanOf(april(23, 0), april(29, 0))
	sealedIn = snapshot.Season{Code: "test-s1", FirstDay: april(24, 0), LastDay: april(26, 0), Pool: 1_000_000_000_000_007}
	runsIn   = snapshot.Season{Code: "test-s2", FirstDay: april(27, 0), LastDay: april(28, 0), Pool: 700_000_000_000}
	outage   = snapshot.Window{
		From: simulator.CutOverAt, To: april(27, 0), Cause: "authentication migration", Lookback: snapshot.DefaultLookback,
		MinBefore: snapshot.DefaultMinBefore, Sustain: snapshot.DefaultSustain, ReconnectBy: april(28, 0), Credit: snapshot.CreditOwnRate,
	}
	// now is when the callers ask.
	now = april(28, 12)
)

// place is the world, the server that tells of it, and people.
type place struct {
	*apitest.Server
	t          testing.TB
	world      *simulator.World
	ada, grace int64
	sealed     []snapshot.Snapshot
	moved      uuid.UUID // the device that passed from one supplier to another and back
	from, to   uuid.UUID // these
}

// at makes the server's clock stand still.
func at(moment time.Time) func(*api.Config) {
	return func(c *api.Config) { c.Now = func() time.Time { return moment } }
}

// settled is a place with a season sealed twice, paid once, and another estimated.
func settled(t testing.TB) *place {
	t.Helper()
	db := pgtest.New(t)
	w := &place{t: t, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace")}
	w.Server = apitest.On(t, db, at(now))
	var err error
	w.world, err = simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: 60, Seed: 424})
	w.check(err)
	town.Pull(t, db, w.world, pulled, sealedIn.FirstDay, runsIn.LastDay)
	w.move()
	w.prepare()
	w.seal()
	w.pay()
	w.verdict()
	w.seal()
	_, err = snapshot.Reestimate(t.Context(), db.App, runsIn.Code)
	w.check(err)
	return w
}

func (w *place) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *place) tx(f func(context.Context, pgx.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	w.check(pgx.BeginFunc(ctx, w.DB.App, func(tx pgx.Tx) error { return f(ctx, tx) }))
}

func (w *place) owner(statement string, arguments ...any) {
	w.t.Helper()
	_, err := w.DB.Owner.Exec(context.Background(), statement, arguments...)
	w.check(err)
}

// move passes an honest device on for half a day, and back.
func (w *place) move() {
	for i := range w.world.Devices() {
		d := w.world.Device(i)
		owner := d.Facts.SupplierID
		if d.Kind == simulator.Honest && d.SoldAt.IsZero() && d.AttackedAt.IsZero() && d.RegisteredAt.Before(april(20, 0)) {
			if w.moved == uuid.Nil {
				w.moved, w.from = d.ID, owner
			} else if owner != w.from {
				w.to = owner
				break
			}
		}
	}
	for i, change := range []struct {
		at    time.Time
		owner uuid.UUID
	}{{april(24, 12), w.to}, {april(25, 3).Add(time.Minute), w.from}} {
		w.owner(`INSERT INTO device_change (device, seq, changed_at, channel, supplier_id, recorded_at)
			SELECT number, (SELECT max(seq) FROM device_change) + $2, $3, 'user', $4, fact_stamp() FROM device WHERE id = $1`,
			w.moved, 1000+i, change.at, change.owner)
	}
}

func (w *place) prepare() {
	rules, err := os.ReadFile("../../snapshot/rulesets/ignition-s1.toml")
	w.check(err)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		for _, s := range []snapshot.Season{sealedIn, runsIn} {
			if err := snapshot.CreateSeason(ctx, tx, s, rules, w.ada); err != nil {
				return err
			}
			for _, account := range []ledger.Account{ledger.SeasonPool(s.Code), ledger.SeasonReserve(s.Code)} {
				if _, err := ledger.Fund(ctx, tx, account, ledger.Amount(s.Pool), w.ada, "funds", "fund "+account.Path()); err != nil {
					return err
				}
			}
		}
		if _, err := snapshot.AddHold(ctx, tx, snapshot.Hold{From: april(25, 8), To: april(25, 12)}, "attack", w.ada); err != nil {
			return err
		}
		id, err := snapshot.ProposeWindow(ctx, tx, sealedIn.Code, outage, w.ada)
		if err != nil {
			return err
		}
		return snapshot.ApproveWindow(ctx, tx, id, w.grace)
	})
}

// seal takes the next revision of the season and seals it, whatever stands against it.
func (w *place) seal() {
	w.t.Helper()
	w.sealOf(sealedIn.Code)
}

// sealOf is seal of any season.
func (w *place) sealOf(season string) {
	w.t.Helper()
	w.sealTaken(w.takeOf(season))
}

// sealTaken seals a draft.
func (w *place) sealTaken(s snapshot.Snapshot) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		o, err := snapshot.AskOverride(ctx, tx, s, "a test", w.ada)
		if err == nil {
			err = snapshot.ApproveOverride(ctx, tx, s, o.ID, w.grace)
		}
		if err == nil {
			err = snapshot.Approve(ctx, tx, s.ID, s.Digest, w.grace, "looked at it")
		}
		if err == nil {
			_, err = snapshot.Seal(ctx, tx, s.ID, w.grace)
		}
		if err == nil {
			s, err = snapshot.ByID(ctx, tx, s.ID)
		}
		return err
	})
	w.sealed = append(w.sealed, s)
}

// take takes a draft.
func (w *place) take() snapshot.Snapshot {
	w.t.Helper()
	return w.takeOf(sealedIn.Code)
}

// takeOf is take of any season.
func (w *place) takeOf(season string) (s snapshot.Snapshot) {
	w.t.Helper()
	var groups int
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, groups, err = snapshot.Take(ctx, tx, season, w.ada)
		return err
	})
	for number := range groups {
		scored, err := snapshot.ScoreGroup(w.t.Context(), w.DB.App, s.ID, number)
		w.check(err)
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.StageGroup(ctx, tx, s.ID, scored)
			return err
		})
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := snapshot.Complete(ctx, tx, s.ID); err != nil {
			return err
		}
		var err error
		s, err = snapshot.ByID(ctx, tx, s.ID)
		return err
	})
	return s
}

// verdict finds an eligible device of the supplier spoofed, from the season's second day on.
func (w *place) verdict() {
	var device uuid.UUID
	for _, l := range w.lines(w.sealed[0]) {
		if l.SupplierID == w.from && l.DeviceID != w.moved && l.Amount > 0 {
			device = l.DeviceID
		}
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{{
			DeviceID: device, Kind: uptime.Spoofed, EffectiveAt: april(25, 0), Reason: "pow_hash_rate_mismatch", Evidence: "run 17 of grace's desk",
		}}, w.grace)
		return err
	})
}

// pay pays what was earned by a merkle tree that is funded, and prepares nothing more.
func (w *place) pay() {
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		at, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		table := "supplier_id,wallet,text,signature\n"
		for _, supplier := range []uuid.UUID{w.from, w.to} {
			text := wallet.Text{Domain: "test", Supplier: supplier, Wallet: wallet.Wallet(w.world.Wallet(supplier)),
				Nonce: wallet.Nonce(supplier), Issued: at.Truncate(time.Second), Expires: at.Truncate(time.Second).Add(time.Hour)}
			table += fmt.Sprintf("%s,%s,%s,%s\n", supplier, text.Wallet, text, base58.Encode(ed25519.Sign(w.world.WalletKey(supplier), []byte(text.String()))))
		}
		if _, err := wallet.Import(ctx, tx, strings.NewReader(table), "test", wallet.Proof{Now: at, Actor: w.ada}); err != nil {
			return err
		}
		d, err := distribution.Prepare(ctx, tx, distribution.Request{Key: "all", Actor: w.ada, Reason: "pay", Rail: distribution.RailMerkle})
		if err == nil {
			_, err = distribution.Approve(ctx, tx, d.ID, w.grace)
		}
		return err
	})
}

// fund funds the tree of the first distribution, which pays its payouts.
func (w *place) fund() {
	var trees []distribution.Tree
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		trees, err = distribution.ReadTrees(ctx, tx, "d1")
		return err
	})
	vault := solanago.PublicKeyFromBytes(w.world.WalletKey(w.from).Public().(ed25519.PublicKey)).String()
	signature := solanago.SignatureFromBytes(ed25519.Sign(w.world.WalletKey(w.to), []byte("funding"))).String()
	table := fmt.Sprintf("tree,amount,vault,signature\n%s,%d,%s,%s\n", trees[0].ID, trees[0].Total, vault, signature)
	fundings, err := settle.ReadFundings(strings.NewReader(table), trees)
	w.check(err)
	_, err = settle.FromFunding(w.t.Context(), w.DB.App, nil, settle.Payer{}, fundings,
		settle.Request{Distribution: "d1", Actor: w.ada, Reason: "funded"})
	w.check(err)
}

// lines are all lines of a revision, by device id.
func (w *place) lines(s snapshot.Snapshot) (lines []snapshot.Line) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			lines = append(lines, *l)
			return nil
		})
	})
	return lines
}

// own are the lines of one supplier.
func (w *place) own(s snapshot.Snapshot, supplier uuid.UUID) (lines []snapshot.Line) {
	for _, l := range w.lines(s) {
		if l.SupplierID == supplier {
			lines = append(lines, l)
		}
	}
	return lines
}

// as is a supplier's client.
func (w *place) as(supplier uuid.UUID) *apitest.Client {
	return w.Supplier("sub-"+supplier.String()[:8], supplier)
}

func in[T any](t testing.TB, c *apitest.Client, path string) (v T) {
	t.Helper()
	c.Get(path).Want(t, 200).Into(t, &v)
	return v
}
