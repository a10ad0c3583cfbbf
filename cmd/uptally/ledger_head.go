package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

type ledgerHead struct {
	Key    string `placeholder:"FILE" env:"UPTALLY_LEDGER_KEY_FILE" help:"Key to sign with; or the key itself in UPTALLY_LEDGER_KEY. Without one the head is shown unsigned."`
	Out    string `placeholder:"FILE" help:"Write the signed head here, at once and whole, unless it holds a newer one."`
	NewKey string `placeholder:"FILE" help:"Make a key, in a file that only you can read, and show its public half; do nothing else."`
}

// headView is the newest journal as --json prints it.
type headView struct {
	Number   int64              `json:"number"` // 0: nothing was posted yet
	Digest   ledger.Digest      `json:"digest"`
	PostedAt *time.Time         `json:"posted_at,omitempty"`
	Signed   *ledger.SignedHead `json:"signed,omitempty"`
	File     string             `json:"file,omitempty"` // "" also if it was a dry run
}

// newKeyView is a key that was made, as --json prints it.
type newKeyView struct {
	File      string `json:"file"`
	PublicKey string `json:"public_key"`
}

// Run signs outside the database's reach: who owns it can rewrite what is in it.
func (c ledgerHead) Run(ctx context.Context, a *app) error {
	if c.NewKey != "" {
		return c.makeKey(a)
	}
	key, err := a.ledgerKey(c.Key)
	if err != nil {
		return err
	}
	if c.Out != "" && key == nil {
		return usage("--out writes a signed head: give --key FILE, or the key in UPTALLY_LEDGER_KEY; make one with --new-key FILE")
	}
	var journal ledger.Journal
	var found bool
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		journal, found, err = ledger.NewestJournal(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	view, err := c.sign(a, journal, found, key)
	if err != nil {
		return err
	}
	return a.show(view, view.print)
}

// sign signs the head and writes it, as far as there is one, a key and a place.
func (c ledgerHead) sign(a *app, journal ledger.Journal, found bool, key ed25519.PrivateKey) (headView, error) {
	view := headView{Number: journal.Number, Digest: journal.Digest}
	if !found {
		if c.Out != "" {
			return view, errors.New("nothing was posted yet, so there is no head to sign")
		}
		return view, nil
	}
	view.PostedAt = &journal.PostedAt
	if key == nil {
		return view, nil
	}
	signed := ledger.SignHead(journal, key, time.Now())
	view.Signed = &signed
	if c.Out == "" {
		return view, nil
	}
	if a.DryRun {
		a.say("Dry run: nothing was written.")
		return view, nil
	}
	view.File = c.Out
	return view, signed.WriteFile(c.Out)
}

func (v headView) print(out io.Writer) {
	if v.PostedAt == nil {
		fmt.Fprintln(out, "nothing was posted yet")
		return
	}
	fmt.Fprintf(out, "journal %d of %s, digest %s\n", v.Number, utc(*v.PostedAt), v.Digest)
	if v.Signed != nil {
		fmt.Fprintf(out, "signed by %s\n", ledger.FormatPublicKey(v.Signed.PublicKey))
	}
	if v.File != "" {
		fmt.Fprintf(out, "written to %s\n", v.File)
	}
}

func (c ledgerHead) makeKey(a *app) error {
	if a.DryRun {
		a.say("Dry run: no key was made.")
		return nil
	}
	public, err := ledger.NewKeyFile(c.NewKey)
	if err != nil {
		return err
	}
	view := newKeyView{c.NewKey, ledger.FormatPublicKey(public)}
	return a.show(view, func(out io.Writer) {
		fmt.Fprintf(out, "key in %s; its public half is %s\n", view.File, view.PublicKey)
	})
}

// ledgerKey returns the key that heads are signed with: that of the file, or that in
// the environment, or none. A secret is never an argument: others can read those.
func (a *app) ledgerKey(file string) (ed25519.PrivateKey, error) {
	if file != "" {
		return ledger.LoadKey(file)
	}
	text, _ := a.lookup("UPTALLY_LEDGER_KEY")
	if text == "" {
		return nil, nil
	}
	key, err := ledger.ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("UPTALLY_LEDGER_KEY: %w", err)
	}
	return key, nil
}
