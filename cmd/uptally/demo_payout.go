package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/uptime/simulator"
)

// ledger shows what accounts hold and checks every digest and balance.
func (d *demo) ledger(ctx context.Context) error {
	d.chapter("Who is owed? The ledger")
	return d.write(ctx, func(tx pgx.Tx) error {
		balances, err := ledger.Balances(ctx, tx, "")
		if err != nil {
			return err
		}
		d.table(balanceTotals(balances))
		return d.verify(ctx, tx)
	})
}

// balanceTotals adds up the balances by what the accounts are for.
func balanceTotals(balances []ledger.AccountBalance) grid {
	g := newGrid("accounts", ">number", ">balance")
	var sum ledger.Amount
	for _, kind := range []ledger.Kind{ledger.KindTreasury, ledger.KindPool, ledger.KindEarned, ledger.KindTransit} {
		var number int
		var held ledger.Amount
		for _, b := range balances {
			if b.Account.Kind() == kind {
				number++
				held += b.Balance
			}
		}
		g.add(kind, count(number), inIO(int64(held)))
		sum += held
	}
	g.AppendFooter([]any{"", "", inIO(int64(sum))})
	return g
}

func (d *demo) verify(ctx context.Context, tx pgx.Tx) error {
	report, err := ledger.Verify(ctx, tx)
	if err != nil {
		return err
	}
	d.summary.LedgerFaults = len(report.Faults)
	d.line("uptally ledger verify: %s journals, %s transfers, %s accounts computed again: %d faults.",
		count(report.Journals), count(report.Transfers), count(report.Accounts), len(report.Faults))
	if !report.OK() {
		return fmt.Errorf("%w in the ledger: %s", errFaulty, report.Faults[0])
	}
	return nil
}

// pay proves wallets, prepares a distribution, has it approved, and writes it.
func (d *demo) pay(ctx context.Context) error {
	d.chapter("Was it paid? A distribution")
	if err := d.proveWallets(ctx); err != nil {
		return err
	}
	var prepared distribution.Distribution
	if err := d.write(ctx, func(tx pgx.Tx) (err error) {
		request := distribution.Request{Key: "demo", Actor: d.ada, Reason: "Ignition seasons 1 and 2"}
		prepared, err = distribution.Prepare(ctx, tx, request)
		return err
	}); err != nil {
		return err
	}
	d.line("ada: uptally distribution prepare")
	out := d.Out
	if out == "" {
		out = d.folder.distribution()
	}
	if err := d.write(ctx, func(tx pgx.Tx) error {
		if _, err := distribution.Approve(ctx, tx, prepared.ID, d.grace); err != nil {
			return err
		}
		d.line("grace: uptally distribution approve %s", prepared.ID)
		_, err := distribution.RecordExport(ctx, tx, prepared.ID, d.grace)
		return err
	}); err != nil {
		return err
	}
	if err := d.write(ctx, func(tx pgx.Tx) error {
		exported, err := distribution.Export(ctx, tx, prepared.ID, out)
		if err != nil {
			return err
		}
		d.line("grace: uptally distribution export %s --out %s", prepared.ID, out)
		d.blank()
		names, err := readNames(ctx, tx, &exported.PreparedBy, &exported.ApprovedBy)
		if err != nil {
			return err
		}
		d.summary.Distribution, d.summary.Out = viewDistribution(exported, names), out
		return d.verify(ctx, tx)
	}); err != nil {
		return err
	}
	d.tellDistribution()
	return nil
}

// proveWallets proves a wallet of every supplier of the world, as an operator who was
// sent a table of signed texts. A demo does not wait three days for the hold.
func (d *demo) proveWallets(ctx context.Context) error {
	return d.write(ctx, func(tx pgx.Tx) error {
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		proof := wallet.Proof{Hold: 0, Now: now, Actor: d.ada}
		entered, err := wallet.Import(ctx, tx, signedTable(d.world, now), domainDefault, proof)
		if err == nil {
			d.line("ada: uptally wallet import --file wallets.csv --hold 0s (%s wallets, each with its holder's signature)", count(entered.Changes))
		}
		return err
	})
}

// signedTable is a table of every supplier's wallet and its signature, made with the
// keys that suppliers have.
func signedTable(world *simulator.World, now time.Time) io.Reader {
	var table bytes.Buffer
	table.WriteString("supplier_id,wallet,text,signature\n")
	for s := range world.Suppliers() {
		issued := now.UTC().Truncate(time.Second)
		text := wallet.Text{Domain: domainDefault, Supplier: s.ID, Wallet: wallet.Wallet(world.Wallet(s.ID)),
			Issued: issued, Expires: issued.Add(time.Hour)}
		rand.Read(text.Nonce[:])
		signature := ed25519.Sign(world.WalletKey(s.ID), []byte(text.String()))
		fmt.Fprintf(&table, "%s,%s,%s,%s\n", s.ID, text.Wallet, text, base58.Encode(signature))
	}
	return &table
}

func (d *demo) tellDistribution() {
	d.blank()
	d.indented(d.summary.Distribution.print)
}

// end names the commands to look further.
func (d *demo) end(elapsed time.Duration) error {
	d.summary.Data, d.summary.ElapsedSecond = d.folder.path, int64(elapsed/time.Second)
	d.chapter("To look further")
	for _, command := range []string{
		"pull status",
		"snapshot list",
		"incident list",
		"season status ignition-s2",
		"snapshot show ignition-s2/r3",
		"snapshot diff ignition-s2/r2 ignition-s2/r3",
		"snapshot preview ignition-s2 --set eligibility.min_uptime=0.9",
		"snapshot lines ignition-s2 --outcome below_min_uptime",
		"grace list",
		"ledger balance season/",
		"ledger statement treasury",
		"distribution show d1",
		"wallet list",
		"reconcile chain",
	} {
		d.line("uptally --data %s %s", quoted(d.folder.path), command)
	}
	d.line("uptally --data %s device explain %s --season ignition-s2", quoted(d.folder.path), d.credited.DeviceID)
	d.blank()
	d.line("Over HTTP, as the supplier of that device, or with --role rewards or finance instead:")
	d.line("uptally --data %s serve --workers=false", quoted(d.folder.path))
	d.line("TOKEN=$(uptally --data %s token --role supplier --supplier %s)", quoted(d.folder.path), d.credited.SupplierID)
	d.line(`curl -H "Authorization: Bearer $TOKEN" 'http://127.0.0.1:8480/v1/devices/%s/timeline?from=%s&to=%s'`,
		d.credited.DeviceID, utc(holdFrom), utc(holdUntil))
	d.blank()
	d.line("The files are in %s. Told in %s.", d.summary.Out, elapsed.Round(100*time.Millisecond))
	if d.JSON {
		return printJSON(d.out, d.summary)
	}
	return nil
}

// quoted writes a path as a shell reads it back.
func quoted(path string) string {
	if filepath.IsAbs(path) && !strings.ContainsAny(path, " \t'\"\\$&;|<>()*?[]#~`!") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
