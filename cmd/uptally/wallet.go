package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
)

type walletCommands struct {
	Add  walletAdd  `cmd:"" help:"Record where a supplier is paid, or many at once from a table."`
	List walletList `cmd:"" help:"List each supplier's wallet."`
}

type walletAdd struct {
	Supplier string `arg:"" optional:"" help:"Supplier's id."`
	Address  string `arg:"" optional:"" help:"Solana address of the wallet."`
	File     string `placeholder:"CSV" help:"Table with the header supplier_id,wallet; '-' is stdin. All of it is recorded, or nothing."`
}

// Run records one wallet, or a table of them in one transaction.
func (c walletAdd) Run(ctx context.Context, a *app) error {
	if c.File != "" {
		if c.Supplier != "" {
			return usage("wallet add: give a supplier and an address, or --file")
		}
		return c.addFile(ctx, a)
	}
	supplier, err := uuid.Parse(c.Supplier)
	if err != nil || c.Address == "" {
		return usage("wallet add: give a supplier's id and an address, or --file with a table of them")
	}
	if _, err := distribution.ParseWallet(c.Address); err != nil {
		return usage("%w", err)
	}
	return a.write(ctx, ordinary, func(tx pgx.Tx, person int64) error {
		if err := distribution.AddWallet(ctx, tx, supplier, c.Address, person); err != nil {
			return err
		}
		a.say("%s is paid to %s from now on.", supplier, c.Address)
		return a.show(map[string]any{"supplier_id": supplier, "wallet": c.Address}, func(io.Writer) {})
	})
}

func (c walletAdd) addFile(ctx context.Context, a *app) error {
	table := a.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return usage("--file: %w", err)
		}
		defer file.Close()
		table = file
	}
	return a.write(ctx, ordinary, func(tx pgx.Tx, person int64) error {
		added, err := distribution.AddWallets(ctx, tx, table, person)
		if err != nil {
			return err
		}
		a.say("%s wallets are new or changed.", count(added))
		return a.show(map[string]any{"added": added}, func(io.Writer) {})
	})
}

type walletList struct{}

// walletView is a wallet as --json prints it.
type walletView struct {
	SupplierID uuid.UUID `json:"supplier_id"`
	Wallet     string    `json:"wallet"`
	RecordedBy string    `json:"recorded_by"`
	RecordedAt time.Time `json:"recorded_at"`
}

// Run lists the wallets by supplier id.
func (walletList) Run(ctx context.Context, a *app) error {
	views := []walletView{}
	if err := a.read(ctx, func(tx pgx.Tx) error {
		wallets, err := distribution.Wallets(ctx, tx)
		if err != nil {
			return err
		}
		persons := make([]*int64, len(wallets))
		for i := range wallets {
			persons[i] = &wallets[i].RecordedBy
		}
		names, err := readNames(ctx, tx, persons...)
		for _, w := range wallets {
			views = append(views, walletView{w.Supplier, string(w.Wallet), names.of(w.RecordedBy), w.RecordedAt.UTC()})
		}
		return err
	}); err != nil {
		return err
	}
	return a.show(views, func(out io.Writer) {
		g := newGrid("supplier", "wallet", "recorded by", "at")
		for _, v := range views {
			g.add(v.SupplierID, v.Wallet, v.RecordedBy, utc(v.RecordedAt))
		}
		g.print(out)
	})
}
