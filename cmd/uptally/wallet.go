package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

type walletCommands struct {
	Challenge walletChallenge `cmd:"" help:"Issue a text for a wallet's holder to sign."`
	Prove     walletProve     `cmd:"" help:"Record that a challenge was signed: the wallet counts once its hold is over."`
	Import    walletImport    `cmd:"" help:"Record a table of signed texts, all of it or nothing."`
	Allow     walletAllow     `cmd:"" help:"Make a multisig's vault a supplier's wallet: one person asks, another approves."`
	Freeze    walletFreeze    `cmd:"" help:"Pay a supplier nothing from now on."`
	Release   walletRelease   `cmd:"" help:"Lift a freeze: one person asks, another approves."`
	List      walletList      `cmd:"" help:"List suppliers' wallets and how they stand."`
	History   walletHistory   `cmd:"" help:"All that happened to a supplier's wallets."`
}

// domainDefault is the domain of an installation that has no name of its own.
const domainDefault = "uptally"

// domainFlag says which installation a text is signed for.
type domainFlag struct {
	Domain string `env:"UPTALLY_DOMAIN" default:"${domain}" help:"Which installation the text is signed for: a name of your own, such as rewards.example.org."`
}

// holdFlag says how long a new wallet waits.
type holdFlag struct {
	Hold time.Duration `env:"UPTALLY_WALLET_HOLD" default:"72h" help:"How long a new wallet waits before it counts; the one before it counts until then. Less than 72h takes a token, but on the embedded database."`
}

// need is the authority that a hold takes: the hold is what stands between a stolen
// account and its earnings, so to shorten it a name is not enough.
func (h holdFlag) need() authority {
	if h.Hold < wallet.HoldDefault {
		return financeAct
	}
	return ordinary
}

func (h holdFlag) proof(ctx context.Context, tx pgx.Tx, person int64) (wallet.Proof, error) {
	now, err := wallet.Now(ctx, tx)
	return wallet.Proof{Hold: h.Hold, Now: now, Actor: person}, err
}

// writeWallets is write for what is to be told of: the same transaction asks for
// notices to be delivered.
func (a *app) writeWallets(ctx context.Context, db *database, need authority, f func(tx pgx.Tx, person int64) error) error {
	client, err := jobs.New(db.pool, jobs.Options{})
	if err != nil {
		return err
	}
	return a.writeIn(ctx, db, need, func(tx pgx.Tx, person int64) error {
		if err := f(tx, person); err != nil {
			return err
		}
		return client.RequestNotices(ctx, tx)
	})
}

type walletFreeze struct {
	Supplier uuid.UUID `arg:"" help:"Supplier's id."`
	Reason   string    `required:"" help:"Why."`
}

// Run freezes at once.
func (c walletFreeze) Run(ctx context.Context, a *app) error {
	return a.withDatabase(ctx, func(db *database) error {
		return a.writeWallets(ctx, db, financeAct, func(tx pgx.Tx, person int64) error {
			frozen, err := distribution.FreezeWallet(ctx, tx, c.Supplier, c.Reason, person)
			if err != nil {
				return err
			}
			a.say("%s is paid nothing from now on. Two people lift it: uptally wallet release %s --reason, then --approve", c.Supplier, c.Supplier)
			a.tellFrozen(frozen)
			return a.showWalletsOf(ctx, tx, c.Supplier)
		})
	})
}

// tellFrozen says what became of payouts that had not ended.
func (a *app) tellFrozen(f distribution.Frozen) {
	if len(f.Aside) > 0 {
		a.say("Set aside, as nothing of it was sent: %s.", strings.Join(f.Aside, ", "))
	}
	if len(f.Exported) > 0 {
		a.say("Of these, files are out that pay %s: stop whoever pays from them.", strings.Join(f.Exported, ", "))
	}
	if len(f.MayLand) > 0 {
		a.say("Sent before, and beyond our reach: %s.", strings.Join(f.MayLand, ", "))
	}
}

type walletRelease struct {
	Supplier uuid.UUID `arg:"" help:"Supplier's id."`
	Reason   string    `xor:"act" required:"" help:"Ask for it, and say why."`
	Approve  bool      `xor:"act" required:"" help:"Approve what another person asked for."`
}

// Run asks for a release, or approves it.
func (c walletRelease) Run(ctx context.Context, a *app) error {
	return a.withDatabase(ctx, func(db *database) error {
		return a.writeWallets(ctx, db, financeAct, func(tx pgx.Tx, person int64) error {
			if c.Approve {
				if err := wallet.ApproveRelease(ctx, tx, c.Supplier, person); err != nil {
					return err
				}
				a.say("%s: the freeze that was asked about is lifted.", c.Supplier)
				return a.showWalletsOf(ctx, tx, c.Supplier)
			}
			if err := wallet.AskRelease(ctx, tx, c.Supplier, c.Reason, person); err != nil {
				return err
			}
			a.say("Asked for. Another person approves it with: uptally wallet release %s --approve", c.Supplier)
			return a.showWalletsOf(ctx, tx, c.Supplier)
		})
	})
}

type walletList struct{}

// Run lists the wallets by supplier id.
func (walletList) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		records, err := wallet.List(ctx, tx, now)
		if err != nil {
			return err
		}
		return a.showWallets(ctx, tx, records)
	})
}

type walletHistory struct {
	Supplier uuid.UUID `arg:"" help:"Supplier's id."`
}

// Run tells what happened, the oldest first.
func (c walletHistory) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		events, err := wallet.History(ctx, tx, c.Supplier)
		if err != nil {
			return err
		}
		views, err := viewWalletEvents(ctx, tx, events)
		if err != nil {
			return err
		}
		return a.show(views, func(out io.Writer) { printWalletEvents(out, views) })
	})
}
