package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

const (
	payeesMost         = 100_000
	distributionRounds = 3
)

// measureDistribution prepares, approves and exports a distribution over merkle trees
// for 100,000 payees, and writes as many bytes to the same disk.
func (b *bench) measureDistribution(ctx context.Context) (figures []Figure, err error) {
	office := &office{bench: b, suppliers: randomSuppliers(min(b.devices, payeesMost))}
	if office.out, err = os.MkdirTemp("", "uptally-bench-files-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(office.out)) }()
	if office.dataset, err = b.freshDatabase(ctx, "distribution"); err != nil {
		return nil, err
	}
	if err := office.open(ctx); err != nil {
		return nil, err
	}
	times, err := interleave(ctx, distributionRounds, office.export, office.write)
	if err != nil {
		return nil, err
	}
	return []Figure{ratioOf("distribution.export", times[0].Seconds(), times[1].Seconds(), "s", Bound{})}, nil
}

// office is a ledger whose suppliers all have something to be paid, and a wallet.
type office struct {
	bench     *bench
	suppliers []uuid.UUID
	*dataset
	maker, checker int64
	out            string // folder
	last           distribution.Distribution
}

// do runs f in a transaction of the application.
func (o *office) do(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, o.app, f)
}

// open seals a season and proves every supplier's wallet.
func (o *office) open(ctx context.Context) error {
	return o.do(ctx, func(tx pgx.Tx) (err error) {
		if o.maker, err = insertPerson(ctx, tx); err != nil {
			return err
		}
		if o.checker, err = insertPerson(ctx, tx); err != nil {
			return err
		}
		if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool("s"), pool, o.maker, "to be sealed", "fund"); err != nil {
			return err
		}
		if _, err := ledger.Post(ctx, tx, o.seal()); err != nil {
			return err
		}
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		_, err = wallet.Import(ctx, tx, signedWallets(o.suppliers, now), benchDomain, wallet.Proof{Now: now, Actor: o.maker})
		return err
	})
}

func (o *office) seal() ledger.Entry {
	entry := ledger.Entry{
		Act: ledger.ActSeal, Key: "seal", Actor: o.maker, Reason: "season sealed", Season: "s", Revision: 1,
		SubjectDigest: ledger.Digest{1}, PayoutMinimum: 1,
	}
	for i, supplier := range o.suppliers {
		entry.Transfers = append(entry.Transfers, ledger.Transfer{
			Debit: ledger.SeasonPool("s"), Credit: ledger.SupplierEarned(supplier), Amount: ledger.Amount(10_000_000 + i)})
	}
	return entry
}

const benchDomain = "bench"

// signedWallets is a table of a wallet for each supplier, with its signature.
func signedWallets(suppliers []uuid.UUID, now time.Time) *bytes.Buffer {
	table := bytes.NewBufferString("supplier_id,wallet,text,signature\n")
	issued := now.UTC().Truncate(time.Second)
	for _, supplier := range suppliers {
		seed := sha256.Sum256(supplier[:])
		key := ed25519.NewKeyFromSeed(seed[:])
		text := wallet.Text{
			Domain: benchDomain, Supplier: supplier, Wallet: wallet.Wallet(base58.Encode(key.Public().(ed25519.PublicKey))),
			Issued: issued, Expires: issued.Add(time.Hour), Nonce: wallet.Nonce(seed[:wallet.NonceLength]),
		}
		fmt.Fprintf(table, "%s,%s,%s,%s\n", supplier, text.Wallet, text, base58.Encode(ed25519.Sign(key, []byte(text.String()))))
	}
	return table
}

// export is the whole way from what is earned to files on the disk: what counts is
// preparing, approving and writing. What was prepared the round before is cancelled
// first.
func (o *office) export(ctx context.Context) (time.Duration, error) {
	if err := o.cancel(ctx); err != nil {
		return 0, err
	}
	return timed(func(ctx context.Context) error {
		if err := o.do(ctx, func(tx pgx.Tx) (err error) {
			o.last, err = distribution.Prepare(ctx, tx, distribution.Request{
				Key: uuid.NewString(), Actor: o.maker, Reason: "bench", Rail: distribution.RailMerkle,
			})
			return err
		}); err != nil {
			return err
		}
		if err := o.do(ctx, func(tx pgx.Tx) error {
			if _, err := distribution.Approve(ctx, tx, o.last.ID, o.checker); err != nil {
				return err
			}
			_, err := distribution.RecordExport(ctx, tx, o.last.ID, o.checker)
			return err
		}); err != nil {
			return err
		}
		return o.do(ctx, func(tx pgx.Tx) error {
			_, err := distribution.Export(ctx, tx, o.last.ID, filepath.Join(o.out, o.last.ID))
			return err
		})
	})(ctx)
}

func (o *office) cancel(ctx context.Context) error {
	if o.last.ID == "" {
		return nil
	}
	if err := os.RemoveAll(filepath.Join(o.out, o.last.ID)); err != nil {
		return err
	}
	return o.do(ctx, func(tx pgx.Tx) error {
		if _, err := distribution.AskCancel(ctx, tx, o.last.ID, "next round", true, o.maker); err != nil {
			return err
		}
		_, _, err := distribution.ApproveCancel(ctx, tx, o.last.ID, o.checker)
		return err
	})
}

// write brings as many files of as many bytes to the disk.
func (o *office) write(ctx context.Context) (time.Duration, error) {
	folder := filepath.Join(o.out, "plain")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return 0, err
	}
	took, err := timed(func(context.Context) error {
		for _, f := range o.last.Files {
			if err := writeSynced(filepath.Join(folder, f.Name), make([]byte, f.Bytes)); err != nil {
				return err
			}
		}
		return nil
	})(ctx)
	return took, errors.Join(err, os.RemoveAll(folder))
}

func writeSynced(path string, data []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}
