package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

type distributionCommands struct {
	Prepare  distributionPrepare  `cmd:"" help:"Turn what is earned into payouts, and build their files."`
	Approve  distributionApprove  `cmd:"" help:"Approve the files of a distribution that another person prepared."`
	Export   distributionExport   `cmd:"" help:"Write the files of an approved distribution."`
	Submit   distributionSubmit   `cmd:"" help:"Pay an approved distribution on Solana: sign, send, and see it land."`
	HandOut  distributionHandOut  `cmd:"" name:"hand-out" help:"Write transactions for signers elsewhere, such as a multisig's."`
	TakeBack distributionTakeBack `cmd:"" name:"take-back" help:"Send transactions that were handed out and come back signed."`
	Cancel   distributionCancel   `cmd:"" help:"Cancel a distribution: one person asks, another approves."`
	Settle   distributionSettle   `cmd:"" help:"Settle what was paid: from the chain, from receipts, or by the funding of a tree."`
	Proof    distributionProof    `cmd:"" help:"Print what a payee claims with from a funded merkle tree."`
	Show     distributionShow     `cmd:"" help:"Show a distribution, how far it has come, and its files."`
	List     distributionList     `cmd:"" help:"List the distributions."`
}

type distributionApprove struct {
	ID string `arg:"" help:"Distribution, such as d1."`
}

// Run approves the digest of the manifest as another person than the preparer.
func (c distributionApprove) Run(ctx context.Context, a *app) error {
	return a.write(ctx, financeAct, func(tx pgx.Tx, person int64) error {
		d, err := distribution.Approve(ctx, tx, c.ID, person)
		if err != nil {
			return err
		}
		a.say("%s approved by %s. Write its files with: uptally distribution export %s --out DIR", d.ID, a.Actor, d.ID)
		return a.showDistribution(ctx, tx, d)
	})
}

type distributionExport struct {
	ID  string `arg:"" help:"Distribution, such as d1."`
	Out string `required:"" placeholder:"DIR" help:"Folder to make; it appears whole or not at all."`
}

// Run records who is given the approved files, and then writes them.
func (c distributionExport) Run(ctx context.Context, a *app) error {
	return a.withDatabase(ctx, func(db *database) error {
		var d distribution.Distribution
		if err := a.writeIn(ctx, db, financeAct, func(tx pgx.Tx, person int64) (err error) {
			d, err = distribution.RecordExport(ctx, tx, c.ID, person)
			return err
		}); err != nil || a.DryRun {
			return err
		}
		return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) (err error) {
			if d, err = distribution.Export(ctx, tx, c.ID, c.Out); err != nil {
				return err
			}
			a.say("%s written to %s.", d.ID, c.Out)
			return a.showDistribution(ctx, tx, d)
		})
	})
}

type distributionShow struct {
	ID string `arg:"" help:"Distribution, such as d1."`
}

// Run shows one distribution.
func (c distributionShow) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		d, err := distribution.Show(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		return a.showDistribution(ctx, tx, d)
	})
}

type distributionList struct{}

// Run lists the distributions in the order in which they were prepared.
func (distributionList) Run(ctx context.Context, a *app) error {
	views := []distributionView{}
	if err := a.read(ctx, func(tx pgx.Tx) error {
		all, err := distribution.List(ctx, tx)
		if err != nil {
			return err
		}
		var persons []*int64
		for i := range all {
			persons = append(persons, &all[i].PreparedBy, &all[i].ApprovedBy, &all[i].ExportedBy, &all[i].CancelAsked.By)
		}
		names, err := readNames(ctx, tx, persons...)
		for _, d := range all {
			views = append(views, viewDistribution(d, names))
		}
		return err
	}); err != nil {
		return err
	}
	return a.show(views, func(out io.Writer) {
		g := newGrid("distribution", "state", "rail", ">suppliers", ">total", "prepared by", "at", "approved by", "exported by", "at")
		for _, v := range views {
			g.add(v.ID, v.State, orNone(v.Rail), count(v.Payees), inIO(int64(v.Total)), v.PreparedBy, utc(v.PreparedAt), orDash(v.ApprovedBy), orDash(v.ExportedBy), utcOr(v.ExportedAt, "-"))
		}
		g.print(out)
	})
}

// distributionView is a distribution as --json prints it.
type distributionView struct {
	ID         string                      `json:"id"`
	State      string                      `json:"state"`
	Rail       distribution.Rail           `json:"rail"`
	Source     *solana.Source              `json:"source"`
	Reason     string                      `json:"reason"`
	Minimum    ledger.Amount               `json:"minimum"`
	Payees     int64                       `json:"payees"`
	Total      ledger.Amount               `json:"total"`
	Carried    []distribution.CarriedTotal `json:"carried_forward"`
	Journal    int64                       `json:"journal"`
	Manifest   ledger.Digest               `json:"manifest_sha256"`
	Files      []distribution.File         `json:"files"`
	PreparedBy string                      `json:"prepared_by"`
	PreparedAt time.Time                   `json:"prepared_at"`
	ApprovedBy *string                     `json:"approved_by"`
	ApprovedAt *time.Time                  `json:"approved_at"`
	Exports    int64                       `json:"exports"`
	ExportedBy *string                     `json:"exported_by"` // last
	ExportedAt *time.Time                  `json:"exported_at"`
	Cancel     *cancelView                 `json:"cancel"`
	Progress   []distribution.Progress     `json:"progress"` // by state of the payouts
}

// cancelView is who asked to cancel.
type cancelView struct {
	AskedBy string `json:"asked_by"`
	Reason  string `json:"reason"`
	Unpaid  bool   `json:"files_unpaid"`
}

func viewDistribution(d distribution.Distribution, names personNames) distributionView {
	v := distributionView{
		ID: d.ID, State: string(d.State), Rail: d.Rail, Source: d.Source, Reason: d.Reason, Exports: d.Exports, Progress: []distribution.Progress{}, Minimum: d.Minimum, Payees: d.Payees, Total: d.Total,
		Carried: d.Carried, Journal: d.Journal, Manifest: d.Manifest, Files: d.Files,
		PreparedBy: names.of(d.PreparedBy), PreparedAt: d.PreparedAt.UTC(),
	}
	if v.Carried == nil {
		v.Carried = []distribution.CarriedTotal{}
	}
	if d.ApprovedBy != 0 {
		v.ApprovedBy, v.ApprovedAt = new(names.of(d.ApprovedBy)), new(d.ApprovedAt.UTC())
	}
	if d.ExportedBy != 0 {
		v.ExportedBy, v.ExportedAt = new(names.of(d.ExportedBy)), new(d.ExportedAt.UTC())
	}
	if c := d.CancelAsked; c.By != 0 {
		v.Cancel = &cancelView{names.of(c.By), c.Reason, c.Unpaid}
	}
	return v
}

func (a *app) showDistribution(ctx context.Context, tx pgx.Tx, d distribution.Distribution) error {
	names, err := readNames(ctx, tx, &d.PreparedBy, &d.ApprovedBy, &d.ExportedBy, &d.CancelAsked.By)
	if err != nil {
		return err
	}
	view := viewDistribution(d, names)
	if view.Progress, err = distribution.ReadProgress(ctx, tx, d.ID); err != nil {
		return err
	}
	return a.show(view, view.print)
}

func (v distributionView) print(out io.Writer) {
	fmt.Fprintf(out, "%s is %s: %s to %s suppliers on the rail %s, at least %s each; prepared by %s, approved by %s\n",
		v.ID, v.State, inIO(int64(v.Total)), count(v.Payees), orNone(v.Rail), inIO(int64(v.Minimum)), v.PreparedBy, orDash(v.ApprovedBy))
	if v.ExportedBy != nil {
		fmt.Fprintf(out, "files given out %s times, last to %s at %s\n", count(v.Exports), *v.ExportedBy, utc(*v.ExportedAt))
	}
	if v.Cancel != nil {
		fmt.Fprintf(out, "%s asked to cancel it: %s\n", v.Cancel.AskedBy, v.Cancel.Reason)
	}
	for _, p := range v.Progress {
		fmt.Fprintf(out, "%s: %s to %s suppliers\n", p.State, inIO(int64(p.Amount)), count(p.Payouts))
	}
	printCarried(out, v.Carried)
	fmt.Fprintln(out)
	files := newGrid("file", ">rows", ">bytes", "SHA-256")
	for _, f := range v.Files {
		files.add(f.Name, count(f.Rows), count(f.Bytes), f.SHA256)
	}
	files.print(out)
}

// orNone names the rail, which those that were prepared before there were rails lack.
func orNone(rail distribution.Rail) distribution.Rail {
	if rail == distribution.RailNone {
		return "none"
	}
	return rail
}
