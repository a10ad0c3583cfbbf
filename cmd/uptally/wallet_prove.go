package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/ledger/distribution/wallet"
)

type walletChallenge struct {
	Supplier uuid.UUID `arg:"" help:"Supplier's id."`
	Address  string    `arg:"" help:"Solana address of the wallet."`
	domainFlag
	Expires time.Duration `default:"30m" help:"How long the text is good for: 1m to 2160h."`
}

// challengeView is a challenge as --json prints it.
type challengeView struct {
	ID                string    `json:"id"`
	Text              string    `json:"text"`
	SupplierID        uuid.UUID `json:"supplier_id"`
	Wallet            string    `json:"wallet"`
	Domain            string    `json:"domain"`
	ApplicationDomain string    `json:"application_domain"` // base58, for envelopes that have one
	IssuedAt          time.Time `json:"issued_at"`
	ExpiresAt         time.Time `json:"expires_at"` // exclusive
}

// Run issues a challenge and prints its text, which is all that is signed.
func (c walletChallenge) Run(ctx context.Context, a *app) error {
	if _, err := wallet.ParseWallet(c.Address); err != nil {
		return err
	}
	terms := wallet.Terms{Domain: c.Domain, Expires: c.Expires}
	rand.Read(terms.Nonce[:])
	return a.write(ctx, ordinary, func(tx pgx.Tx, person int64) (err error) {
		terms.Actor = person
		if terms.Now, err = wallet.Now(ctx, tx); err != nil {
			return err
		}
		issued, err := wallet.Issue(ctx, tx, c.Supplier, c.Address, terms)
		if err != nil {
			return err
		}
		a.say("%s is good until %s. Have it signed by the wallet, such as with: solana sign-offchain-message TEXT\n"+
			"Then: uptally wallet prove %s SIGNATURE", issued.ID, utc(issued.Expires), issued.ID)
		application := wallet.ApplicationDomain(issued.Domain)
		return a.show(challengeView{
			ID: issued.ID, Text: issued.String(), SupplierID: issued.Supplier, Wallet: string(issued.Wallet), Domain: issued.Domain,
			ApplicationDomain: base58.Encode(application[:]), IssuedAt: issued.Issued, ExpiresAt: issued.Expires,
		}, func(out io.Writer) { fmt.Fprintln(out, issued.String()) })
	})
}

type walletProve struct {
	Challenge string `arg:"" help:"Challenge, such as c1."`
	Signature string `arg:"" help:"Its signature, base58 or base64."`
	holdFlag
	chainFlag
}

// Run records the proof, once the chain has nothing against the wallet.
func (c walletProve) Run(ctx context.Context, a *app) error {
	if _, err := wallet.ParseSignature(c.Signature); err != nil {
		return err
	}
	node, err := c.dial()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		challenge, err := lookupChallenge(ctx, db, c.Challenge)
		if err != nil {
			return err
		}
		if err := checkOnChain(ctx, node, string(challenge.Wallet)); err != nil {
			return err
		}
		return a.writeWallets(ctx, db, c.need(), func(tx pgx.Tx, person int64) error {
			proof, err := c.proof(ctx, tx, person)
			if err != nil {
				return err
			}
			record, err := wallet.Prove(ctx, tx, c.Challenge, c.Signature, proof)
			if err != nil {
				return err
			}
			a.sayHow(record)
			return a.showWalletsOf(ctx, tx, record.Supplier)
		})
	})
}

func lookupChallenge(ctx context.Context, db *database, id string) (c wallet.Challenge, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		c, err = wallet.Lookup(ctx, tx, id)
		return err
	})
	return c, err
}

// sayHow says what a wallet that was just shown to be a supplier's comes to.
func (a *app) sayHow(r wallet.Record) {
	switch r.State {
	case wallet.Pending:
		a.say("%s is paid to %s from %s on.", r.Supplier, r.Wallet, utc(r.ActiveFrom))
	case wallet.Frozen:
		a.say("%s is on record for %s, who is frozen.", r.Wallet, r.Supplier)
	default:
		a.say("%s is paid to %s.", r.Supplier, r.Wallet)
	}
}

type walletAllow struct {
	Supplier uuid.UUID `arg:"" help:"Supplier's id."`
	Address  string    `arg:"" help:"Solana address of the multisig's vault."`
	Reason   string    `xor:"act" required:"" help:"Ask for it, and say whose vault it is and how you know."`
	Approve  bool      `xor:"act" required:"" help:"Approve what another person asked for."`
	holdFlag
	chainFlag
}

// Run asks that a vault be allowed, or approves it.
func (c walletAllow) Run(ctx context.Context, a *app) error {
	if _, err := wallet.ParseVault(c.Address); err != nil {
		return err
	}
	node, err := c.dial()
	if err != nil {
		return err
	}
	if err := checkOnChain(ctx, node, c.Address); err != nil {
		return err
	}
	act := c.ask
	if c.Approve {
		act = c.approve
	}
	return a.withDatabase(ctx, func(db *database) error {
		return a.writeWallets(ctx, db, financeAct, func(tx pgx.Tx, person int64) error { return act(ctx, a, tx, person) })
	})
}

func (c walletAllow) ask(ctx context.Context, a *app, tx pgx.Tx, person int64) error {
	if err := wallet.Allow(ctx, tx, c.Supplier, c.Address, c.Reason, person); err != nil {
		return err
	}
	a.say("Asked for. Another person approves it with: uptally wallet allow %s %s --approve", c.Supplier, c.Address)
	return a.showWalletsOf(ctx, tx, c.Supplier)
}

func (c walletAllow) approve(ctx context.Context, a *app, tx pgx.Tx, person int64) error {
	proof, err := c.proof(ctx, tx, person)
	if err != nil {
		return err
	}
	record, err := wallet.ApproveAllowance(ctx, tx, c.Supplier, c.Address, proof)
	if err != nil {
		return err
	}
	a.sayHow(record)
	return a.showWalletsOf(ctx, tx, c.Supplier)
}

type walletImport struct {
	File string `required:"" placeholder:"CSV" help:"Table with the header supplier_id,wallet,text,signature; '-' is stdin."`
	domainFlag
	holdFlag
	chainFlag
}

// enteredView is what an import came to, as --json prints it.
type enteredView struct {
	Proofs  int `json:"proofs"`
	Changes int `json:"changes"`
}

// Run verifies a table and records it in one transaction.
func (c walletImport) Run(ctx context.Context, a *app) error {
	table, err := a.readAll(c.File)
	if err != nil {
		return err
	}
	entries, err := wallet.ReadTable(bytes.NewReader(table), c.Domain)
	if err != nil {
		return err
	}
	node, err := c.dial()
	if err != nil {
		return err
	}
	if node != nil {
		if err := wallet.CheckEntriesOnChain(ctx, node, entries); err != nil {
			return err
		}
	}
	return a.withDatabase(ctx, func(db *database) error {
		return a.writeWallets(ctx, db, c.need(), func(tx pgx.Tx, person int64) error {
			proof, err := c.proof(ctx, tx, person)
			if err != nil {
				return err
			}
			entered, err := wallet.Enter(ctx, tx, entries, proof)
			if err != nil {
				return err
			}
			a.say("%s wallets were proved; %s are new or changed, and count from %s on.",
				count(entered.Proofs), count(entered.Changes), utc(proof.Now.Add(c.Hold)))
			return a.show(enteredView(entered), func(io.Writer) {})
		})
	})
}

// readAll reads a file that a flag names; "-" is stdin.
func (a *app) readAll(name string) ([]byte, error) {
	in := a.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, usage("--file: %w", err)
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, usage("--file: %w", err)
	}
	return data, nil
}
