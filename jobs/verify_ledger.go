package jobs

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/ledger"
)

// HeadFile is the file in which the ledger's signed head is kept, outside the database
// and best on another machine's disk.
type HeadFile struct {
	Path    string             // "": none is kept
	Key     ed25519.PrivateKey // nil: the head is compared, and not replaced
	Trusted ed25519.PublicKey  // who must have signed it; nil: Key, or without one whoever it names
}

// trusted returns whose signature the head must bear.
func (h HeadFile) trusted() ed25519.PublicKey {
	if h.Trusted == nil && h.Key != nil {
		return ledger.PublicKeyOf(h.Key)
	}
	return h.Trusted
}

// VerifyLedger computes the whole ledger again.
type VerifyLedger struct{}

// Kind names the job.
func (VerifyLedger) Kind() string { return "verify_ledger" }

// InsertOpts keeps it from standing in the queue twice.
func (VerifyLedger) InsertOpts() river.InsertOpts { return once(queueUpkeep) }

type verifyLedger struct {
	river.WorkerDefaults[VerifyLedger]
	c *Client
}

func (*verifyLedger) Timeout(*river.Job[VerifyLedger]) time.Duration { return time.Hour }

func (*verifyLedger) NextRetry(job *river.Job[VerifyLedger]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work verifies, holds the chain to the signed head, and puts on record what it found;
// an alert names the first fault. Of a ledger without one it keeps the newest head.
func (w *verifyLedger) Work(ctx context.Context, _ *river.Job[VerifyLedger]) error {
	known, faults := ledger.CheckHeads(w.c.head.trusted(), w.signedHeads()...)
	var report ledger.Report
	var newest ledger.Journal
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		if report, err = ledger.Verify(ctx, tx, known...); err != nil {
			return err
		}
		report.Add(faults...)
		if err := ledger.Record(ctx, tx, report); err != nil {
			return err
		}
		newest, _, err = ledger.NewestJournal(ctx, tx) // the one verified: until the end no other is posted
		return err
	}); err != nil {
		return err
	}
	if !report.OK() {
		w.c.log.Error("the ledger was changed", "faults", len(report.Faults), "first", report.Faults[0].String(),
			"next", "uptally ledger verify --last")
		return nil // once more would find the same
	}
	return w.keep(newest)
}

// signedHeads reads the file, if there is one. One that cannot be read keeps nothing
// from being verified, and is not replaced.
func (w *verifyLedger) signedHeads() []ledger.SignedHead {
	if w.c.head.Path == "" {
		return nil
	}
	signed, err := ledger.ReadSignedHead(w.c.head.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.c.log.Warn("no signed head to hold the ledger to", "file", w.c.head.Path)
		return nil
	case err != nil:
		w.c.log.Error("the signed head cannot be read", "file", w.c.head.Path, "error", err)
		return nil
	}
	return []ledger.SignedHead{signed}
}

// keep signs the head and puts it into the file.
func (w *verifyLedger) keep(newest ledger.Journal) error {
	if w.c.head.Path == "" || w.c.head.Key == nil || newest.Number == 0 {
		return nil
	}
	return ledger.SignHead(newest, w.c.head.Key, w.c.now()).WriteFile(w.c.head.Path)
}
