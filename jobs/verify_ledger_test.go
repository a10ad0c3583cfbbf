package jobs_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger"
)

// night is a ledger that is verified by its job, and what that says.
type night struct {
	*town
	head   jobs.HeadFile
	alerts bytes.Buffer
}

func newNight(t *testing.T) *night {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte("n"), ed25519.SeedSize))
	n := &night{town: settle(t, "http://127.0.0.1:1"), head: jobs.HeadFile{Path: filepath.Join(t.TempDir(), "head.json"), Key: key}}
	n.fund("spring")
	return n
}

func (n *night) fund(season string) {
	n.t.Helper()
	n.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season), 100, n.ada, "to give", "fund "+season)
		return err
	})
}

// verify runs the job once, and returns what it put on record.
func (n *night) verify() (v ledger.Verification, err error) {
	n.t.Helper()
	n.alerts.Reset()
	c := n.client(jobs.Options{Head: n.head, Log: slog.New(slog.NewTextHandler(&n.alerts, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	err = c.Work(n.t.Context(), jobs.VerifyLedger{}, 1)
	n.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		v, err = ledger.LastVerification(ctx, tx)
		return err
	})
	return v, err
}

func (n *night) kept() ledger.SignedHead {
	n.t.Helper()
	signed, err := ledger.ReadSignedHead(n.head.Path)
	n.check(err)
	n.check(signed.Check(ledger.PublicKeyOf(n.head.Key)))
	return signed
}

// forged runs the statement with no trigger in its way.
func (n *night) forged(statement string) {
	n.t.Helper()
	n.check(pgx.BeginFunc(n.t.Context(), n.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(n.t.Context(), `SET LOCAL session_replication_role = replica; `+statement)
		return err
	}))
}

func TestEveryNightTheNewestHeadIsKept(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	v, err := n.verify()
	n.check(err)
	if v.Faults != 0 || v.Journals != 1 || n.kept().Head() != v.Head || !strings.Contains(n.alerts.String(), "no signed head") {
		t.Errorf("the first night: %+v, kept %d, %s", v, n.kept().Number, n.alerts.String())
	}
	n.fund("summer")
	if v, err = n.verify(); err != nil || v.Faults != 0 || n.kept().Number != 2 || n.alerts.Len() != 0 {
		t.Errorf("the second night: %+v, kept %d, %s, %v", v, n.kept().Number, n.alerts.String(), err)
	}
}

func TestAChangedLedgerIsAnAlertAndKeepsTheHead(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	n.fund("summer")
	_, err := n.verify()
	n.check(err)
	kept := n.kept()
	n.forged(`UPDATE ledger_journal SET reason = 'another' WHERE number = 2`)
	v, err := n.verify()
	n.check(err)
	if v.Faults != 1 || !strings.HasPrefix(v.First[0], "journal 2: its columns") {
		t.Errorf("on record: %+v", v)
	}
	if log := n.alerts.String(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "the ledger was changed") || !strings.Contains(log, "journal 2") {
		t.Errorf("alerts: %s", log)
	}
	if again := n.kept(); again.SignedAt != kept.SignedAt {
		t.Error("the head was signed again")
	}
}

// Whoever owns the database takes the record of the last night away, too: what is kept
// outside still tells.
func TestTheKeptHeadTellsOfAnEndThatWasCutOff(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	n.fund("summer")
	_, err := n.verify()
	n.check(err)
	n.forged(`DELETE FROM ledger_verification; DELETE FROM ledger_transfer WHERE journal = 2; DELETE FROM ledger_journal WHERE number = 2;
		DELETE FROM ledger_account WHERE season = 'summer'; UPDATE ledger_account SET balance = -100 WHERE kind = 'treasury'`)
	v, err := n.verify()
	n.check(err)
	if v.Faults != 1 || !strings.HasPrefix(v.First[0], "journal 2: it is gone") || n.kept().Number != 2 {
		t.Errorf("on record: %+v, kept %d", v, n.kept().Number)
	}
}

func TestABadHeadFileIsAnAlert(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	_, err := n.verify()
	n.check(err)
	text, err := os.ReadFile(n.head.Path)
	n.check(err)
	for _, c := range []struct{ name, old, new, alert string }{
		{"another number", `"number": 1`, `"number": 2`, "bad signature"},
		{"no head", `"format"`, `"no format"`, "the signed head cannot be read"},
	} {
		n.check(os.WriteFile(n.head.Path, bytes.Replace(text, []byte(c.old), []byte(c.new), 1), 0o600))
		_, err := n.verify()
		if log := n.alerts.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, c.alert) {
			t.Errorf("%s: %v, alerts: %s", c.name, err, log)
		}
	}
	n.check(os.WriteFile(n.head.Path, text, 0o600))
	n.head.Trusted = ed25519.NewKeyFromSeed(bytes.Repeat([]byte("o"), ed25519.SeedSize)).Public().(ed25519.PublicKey)
	if v, err := n.verify(); err != nil || v.Faults != 1 || !strings.Contains(v.First[0], "journal 1: bad signature: its signed head is signed by key") {
		t.Errorf("signed by another: %+v, %v", v, err)
	}
}

// Without a file, nothing is compared or kept but in the database.
func TestWithoutAHeadFile(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	n.head = jobs.HeadFile{}
	if v, err := n.verify(); err != nil || v.Faults != 0 || n.alerts.Len() != 0 {
		t.Errorf("%+v, %v, %s", v, err, n.alerts.String())
	}
}
