package main

import (
	"bytes"
	"context"
	"crypto/sha512"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

// settle has the payer's tool pay all but one of the wallets, settles by its log, and
// tells what was earned, paid and is owed.
func (d *demo) settle(ctx context.Context) error {
	d.chapter("Was it paid once? The payer's log, settled and reconciled")
	id := d.summary.Distribution.ID
	var payouts []distribution.PayoutStatus
	if err := d.write(ctx, func(tx pgx.Tx) (err error) {
		payouts, err = distribution.ReadPayouts(ctx, tx, id)
		return err
	}); err != nil {
		return err
	}
	d.line("Finance hands solana-tokens.csv to its tool; its log comes back, and lacks one wallet.")
	d.line("(There is no chain in this story: the log's signatures are made up.)")
	settled, err := settle.FromReceipts(ctx, d.db.pool, nil, settle.Payer{}, settle.FormatSolanaTokens, toolsLog(payouts),
		settle.Request{Distribution: id, Actor: d.grace, Reason: "settled from receipts"})
	if err != nil {
		return err
	}
	d.line("grace: uptally distribution settle %s --receipts transactions.csv", id)
	d.line("%s payouts of %s are paid. %s of %s is not in the log: it stays in transit, unknown,",
		count(settled.Settled.Payouts), inIO(int64(settled.Settled.Total)), count(settled.Unknown.Payouts), inIO(int64(settled.Unknown.Total)))
	d.line("and nobody pays it again until the chain or two persons have said what became of it.")
	d.blank()
	d.line("grace: uptally reconcile chain")
	return d.tellStatement(ctx)
}

func (d *demo) tellStatement(ctx context.Context) error {
	statement, err := settle.Reconcile(ctx, d.db.pool, nil, settle.Asked{})
	if err != nil {
		return err
	}
	if err := statement.Err(); err != nil {
		return err
	}
	d.indented(chainView{Fits: true, Statement: statement}.printRuns)
	d.blank()
	return d.write(ctx, func(tx pgx.Tx) (err error) {
		if err := d.verify(ctx, tx); err != nil {
			return err
		}
		shown, err := distribution.Show(ctx, tx, d.summary.Distribution.ID)
		if err != nil {
			return err
		}
		names, err := readNames(ctx, tx, &shown.PreparedBy, &shown.ApprovedBy)
		if err != nil {
			return err
		}
		d.summary.Distribution = viewDistribution(shown, names)
		d.summary.Distribution.Progress, err = distribution.ReadProgress(ctx, tx, shown.ID)
		return err
	})
}

// toolsLog is what solana-tokens writes down of payments to all wallets but the last.
func toolsLog(payouts []distribution.PayoutStatus) io.Reader {
	log := bytes.NewBufferString("recipient,amount,finalized_date,signature\n")
	for _, p := range payouts[:len(payouts)-1] {
		signature := sha512.Sum512([]byte(p.Wallet))
		fmt.Fprintf(log, "%s,%s,2024-06-03T12:00:00Z,%s\n", p.Wallet, p.Amount, base58.Encode(slices.Clone(signature[:])))
	}
	return log
}

// indented prints what a command would, indented as the story is.
func (d *demo) indented(print func(out io.Writer)) {
	var text strings.Builder
	print(&text)
	for line := range strings.Lines(text.String()) {
		fmt.Fprint(d.story, strings.TrimRight("  "+line, " \n")+"\n")
	}
}
