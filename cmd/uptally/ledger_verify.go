package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

type ledgerVerify struct {
	Head      []string `placeholder:"FILE" help:"Signed head that must still be in the chain; repeat for several."`
	PublicKey string   `placeholder:"KEY" env:"UPTALLY_LEDGER_PUBLIC_KEY" help:"Who must have signed the heads, as uptally ledger head prints it; without it, any key that a head names."`
	Last      bool     `help:"Show when the ledger was last verified by its nightly job, and what was found, instead of verifying it now."`
}

// verifyView is what a verification found.
type verifyView struct {
	OK        bool          `json:"ok"`
	At        *time.Time    `json:"at,omitempty"` // of a verification on record
	Journals  int64         `json:"journals"`
	Transfers int64         `json:"transfers"`
	Accounts  int64         `json:"accounts"`
	Head      int64         `json:"head"`
	Digest    ledger.Digest `json:"digest"`
	Heads     int           `json:"heads_compared"`
	FaultsAll int64         `json:"fault_count"` // of a verification on record, faults are the first hundred
	Faults    []string      `json:"faults"`
}

// Run reads the whole ledger; faults are an error after they have been printed.
func (c ledgerVerify) Run(ctx context.Context, a *app) error {
	find := c.verify
	if c.Last {
		if len(c.Head) > 0 {
			return usage("--last and --head: choose one")
		}
		find = lastVerified
	}
	view, err := find(ctx, a)
	if err != nil {
		return err
	}
	if err := a.show(view, view.print); err != nil {
		return err
	}
	if !view.OK {
		return fmt.Errorf("%w in the ledger: %d; the first is where the past was first changed", errFaulty, view.FaultsAll)
	}
	return nil
}

func (c ledgerVerify) verify(ctx context.Context, a *app) (verifyView, error) {
	known, faults, err := c.heads(a)
	if err != nil {
		return verifyView{}, err
	}
	var report ledger.Report
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		report, err = ledger.Verify(ctx, tx, known...)
		return err
	}); err != nil {
		return verifyView{}, err
	}
	report.Add(faults...)
	view := verifyView{
		OK: report.OK(), Journals: report.Journals, Transfers: report.Transfers, Accounts: report.Accounts,
		Head: report.Head.Number, Digest: report.Head.Digest, Heads: len(known), FaultsAll: int64(len(report.Faults)), Faults: []string{},
	}
	for _, fault := range report.Faults {
		view.Faults = append(view.Faults, fault.String())
	}
	return view, nil
}

// heads reads the files of signed heads.
func (c ledgerVerify) heads(a *app) (known []ledger.Head, faults []ledger.Fault, err error) {
	var trusted ed25519.PublicKey
	if c.PublicKey != "" {
		if trusted, err = ledger.ParsePublicKey(c.PublicKey); err != nil {
			return nil, nil, err
		}
	} else if len(c.Head) > 0 {
		a.say("The heads are held to the keys that they name; to hold them to yours, give --public-key.")
	}
	signed := make([]ledger.SignedHead, len(c.Head))
	for i, path := range c.Head {
		if signed[i], err = ledger.ReadSignedHead(path); err != nil {
			return nil, nil, err
		}
	}
	known, faults = ledger.CheckHeads(trusted, signed...)
	return known, faults, nil
}

// lastVerified reads what the nightly job put on record last.
func lastVerified(ctx context.Context, a *app) (view verifyView, err error) {
	err = a.read(ctx, func(tx pgx.Tx) error {
		v, err := ledger.LastVerification(ctx, tx)
		view = verifyView{
			OK: v.Faults == 0, At: &v.At, Journals: v.Journals, Transfers: v.Transfers, Accounts: v.Accounts,
			Head: v.Head.Number, Digest: v.Head.Digest, FaultsAll: v.Faults, Faults: v.First,
		}
		return err
	})
	return view, err
}

func (v verifyView) print(out io.Writer) {
	if v.At != nil {
		fmt.Fprintf(out, "verified at %s\n", utc(*v.At))
	}
	for _, fault := range v.Faults {
		fmt.Fprintln(out, fault)
	}
	fmt.Fprintf(out, "%s journals, %s transfers, %s accounts: %d faults; head is journal %d, %s\n",
		count(v.Journals), count(v.Transfers), count(v.Accounts), v.FaultsAll, v.Head, v.Digest)
}
