package jobs_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
	"github.com/uptally/uptally/uptime/simulator"
)

// What a submitter left behind when it was interrupted is sent again, byte for byte,
// and seen to land, without a key; and then it is settled.
func TestWhatASubmitterLeftIsLookedAfter(t *testing.T) {
	t.Parallel()
	w, runtime := settle(t, serve(t, 1, simulator.Options{})), svm.Start(t)
	client, err := solana.Dial(runtime.URL, solana.Options{PerSecond: 10_000})
	w.check(err)
	var log bytes.Buffer
	c := w.client(jobs.Options{Solana: client, Log: slog.New(slog.NewTextHandler(&log, nil))})
	w.check(c.Work(t.Context(), jobs.PollAttempts{}, 1)) // nothing to look at
	w.earns(1, 700)
	source := solana.Source{Mint: runtime.Mint, Decimals: svm.Decimals, Account: runtime.TreasuryAccount, Owner: runtime.TreasuryKey(), FeePayer: runtime.TreasuryKey()}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		d, err := distribution.Prepare(ctx, tx, distribution.Request{Key: uuid.NewString(), Actor: w.ada, Reason: "pay", Rail: distribution.RailTransactions, Source: &source})
		if err == nil {
			_, err = distribution.Approve(ctx, tx, d.ID, w.grace)
		}
		return err
	})
	runtime.DropSends(1)
	ctx, interrupt := context.WithCancel(t.Context())
	_, err = submit.Run(ctx, w.App, client, "d1", submit.Options{
		Signer: []ed25519.PrivateKey{runtime.Treasury}, Actor: w.ada, Pause: time.Hour, Progress: func(submit.Progress) { interrupt() }})
	if err == nil {
		t.Fatal("it ended by itself")
	}
	for range 2 {
		w.check(c.Work(t.Context(), jobs.PollAttempts{}, 1))
	}
	w.check(c.Work(t.Context(), jobs.SettleLanded{}, 1))
	w.expect("attempts", `SELECT e.outcome FROM distribution_attempt a JOIN distribution_attempt_end e ON e.attempt = a.id`, "landed")
	w.expect("payouts", `SELECT outcome || ' ' || evidence FROM distribution_payout_end`, "paid chain")
	if want := `msg="attempts ended" distribution=d1 landed=1`; !strings.Contains(log.String(), want) {
		t.Errorf("%q is not in\n%s", want, log.String())
	}
}
