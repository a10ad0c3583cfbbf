package jobs_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/uptime/simulator"
)

// earns gives a supplier with a wallet of their own an amount, in a season of its own.
func (w *town) earns(i int, amount ledger.Amount) {
	w.t.Helper()
	seed := sha256.Sum256(fmt.Appendf(nil, "payee %d", i))
	key := ed25519.NewKeyFromSeed(seed[:])
	supplier, season := uuid.UUID{15: byte(i)}, fmt.Sprintf("paid-s%d", i)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		terms := wallet.Terms{Domain: "test", Expires: time.Minute, Now: now, Actor: w.ada}
		rand.Read(terms.Nonce[:])
		challenge, err := wallet.Issue(ctx, tx, supplier, solana.PublicKey(key).String(), terms)
		if err != nil {
			return err
		}
		signature := base58.Encode(ed25519.Sign(key, []byte(challenge.String())))
		if _, err := wallet.Prove(ctx, tx, challenge.ID, signature, wallet.Proof{Now: now, Actor: w.ada}); err != nil {
			return err
		}
		if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season), amount, w.ada, "the pool", "fund "+season); err != nil {
			return err
		}
		_, err = ledger.Post(ctx, tx, ledger.Entry{
			Act: ledger.ActSeal, Key: season, Actor: w.ada, Reason: "sealed", Season: season, Revision: 1, SubjectDigest: ledger.Digest{1},
			Transfers: []ledger.Transfer{{Debit: ledger.SeasonPool(season), Credit: ledger.SupplierEarned(supplier), Amount: amount}},
		})
		return err
	})
}

// lands prepares and approves a distribution, sends its one transaction and records
// that it landed. It returns its signature.
func (w *town) lands(runtime *svm.Runtime, client *solana.Client) (signature string) {
	w.t.Helper()
	source := solana.Source{Mint: runtime.Mint, Decimals: svm.Decimals, Account: runtime.TreasuryAccount, Owner: runtime.TreasuryKey(), FeePayer: runtime.TreasuryKey()}
	var batch solana.Batch
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		d, err := distribution.Prepare(ctx, tx, distribution.Request{Key: uuid.NewString(), Actor: w.ada, Reason: "pay", Rail: distribution.RailTransactions, Source: &source})
		if err != nil {
			return err
		}
		if d, err = distribution.Approve(ctx, tx, d.ID, w.grace); err != nil {
			return err
		}
		_, instructions, err := distribution.ReadInstructions(ctx, tx, d.ID)
		batch = instructions.Batches[0]
		return err
	})
	blockhash, lastValid, err := client.Blockhash(w.t.Context())
	w.check(err)
	message, err := solana.Ready(batch.Message, blockhash, 0)
	w.check(err)
	transaction, first, err := solana.Sign(message, runtime.Treasury)
	w.check(err)
	w.check(client.Send(w.t.Context(), transaction))
	_, err = w.Owner.Exec(w.t.Context(), `
		WITH a AS (
			INSERT INTO distribution_attempt (distribution, batch, message, blockhash, last_valid, attempted_by)
			SELECT distribution, number, $2, $3, $4, $5 FROM distribution_batch WHERE id = $1 RETURNING id, distribution, batch),
		s AS (INSERT INTO distribution_attempt_signed (attempt, signature, transaction) SELECT id, $6, $7 FROM a),
		e AS (INSERT INTO distribution_attempt_end (attempt, outcome, signature, slot, detail) SELECT id, 'landed', $6, 1, 'seen' FROM a)
		INSERT INTO distribution_payout_attempt (distribution, payout, turn, attempt)
		SELECT a.distribution, p.payout, 1, a.id FROM a JOIN distribution_batch_payout p ON (p.distribution, p.batch) = (a.distribution, a.batch)`,
		batch.ID, message, blockhash.String(), lastValid, w.ada, first.String(), transaction)
	w.check(err)
	return first.String()
}

// What landed is settled by itself, once, in the name of who approved it; a night's
// reconciliation is silent until something left the treasury that nobody ordered.
func TestWhatLandedIsSettledByItself(t *testing.T) {
	t.Parallel()
	w, runtime := settle(t, serve(t, 1, simulator.Options{})), svm.Start(t)
	client, err := solana.Dial(runtime.URL, solana.Options{PerSecond: 10_000})
	w.check(err)
	var alerts bytes.Buffer
	c := w.client(jobs.Options{Solana: client, Log: slog.New(slog.NewTextHandler(&alerts, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	w.earns(1, 700)
	signature := w.lands(runtime, client)
	for range 2 {
		w.check(c.Work(t.Context(), jobs.SettleLanded{}, 1))
		w.check(c.Work(t.Context(), jobs.ReconcileChain{}, 1))
	}
	w.expect("ends", `SELECT outcome || ' ' || evidence || ' ' || signature FROM distribution_payout_end`, "paid chain "+signature)
	w.expect("journals", `SELECT actor::text || ' ' || reason FROM ledger_journal WHERE act = 'settle'`,
		fmt.Sprintf("%d settled from the chain by the job settle_landed", w.grace))
	if alerts.Len() > 0 {
		t.Errorf("alerts:\n%s", alerts.String())
	}
	w.earns(2, 30) // a second distribution lands with the record of the first
	stray := w.lands(runtime, client)
	w.owner(`SET session_replication_role = replica; UPDATE distribution_attempt_end SET signature = '` + signature + `' WHERE signature = '` + stray + `';
		UPDATE distribution_attempt_signed SET signature = 'x' WHERE signature = '` + stray + `'; SET session_replication_role = origin`)
	w.check(c.Work(t.Context(), jobs.SettleLanded{}, 1))
	w.check(c.Work(t.Context(), jobs.ReconcileChain{}, 1))
	for _, want := range []string{`msg="payment does not fit" distribution=d2 where=d2-b1`, `msg="money does not fit" where=` + stray + ` why="not ours: it took 30 base units`} {
		if !strings.Contains(alerts.String(), want) {
			t.Errorf("%q is not in\n%s", want, alerts.String())
		}
	}
}
