package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

type distributionCommands struct {
	Prepare distributionPrepare `cmd:"" help:"Turn what is earned into payouts, and build their files."`
	Approve distributionApprove `cmd:"" help:"Approve the files of a distribution that another person prepared."`
	Export  distributionExport  `cmd:"" help:"Write the files of an approved distribution."`
	Show    distributionShow    `cmd:"" help:"Show a distribution and its files."`
	List    distributionList    `cmd:"" help:"List the distributions."`
}

type distributionPrepare struct {
	Minimum *amount `placeholder:"AMOUNT" help:"Least that is paid; without it, the highest of the seasons that are due."`
	Reason  string  `default:"distribution" help:"Why."`
	Key     string  `help:"Idempotency key: the same key prepares once. Without it, each call is a new one."`
}

// Run prepares a distribution of everything that is earned.
func (c distributionPrepare) Run(ctx context.Context, a *app) error {
	request := distribution.Request{Key: c.Key, Reason: c.Reason}
	if request.Key == "" {
		request.Key = uuid.NewString()
	}
	if c.Minimum != nil {
		request.Minimum = &c.Minimum.Amount
	}
	return a.write(ctx, twoPerson, func(tx pgx.Tx, person int64) error {
		request.Actor = person
		d, err := distribution.Prepare(ctx, tx, request)
		if err != nil {
			return err
		}
		a.say("%s pays %s to %s suppliers. Another person approves it with: uptally distribution approve %s",
			d.ID, inIO(int64(d.Total)), count(d.Payees), d.ID)
		return a.showDistribution(ctx, tx, d)
	})
}

type distributionApprove struct {
	ID string `arg:"" help:"Distribution, such as d1."`
}

// Run approves the digest of the manifest as another person than the preparer.
func (c distributionApprove) Run(ctx context.Context, a *app) error {
	return a.write(ctx, twoPerson, func(tx pgx.Tx, person int64) error {
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

// Run writes the approved files.
func (c distributionExport) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		if a.DryRun {
			d, err := distribution.Show(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			a.say("Dry run: nothing was written to %s.", c.Out)
			return a.showDistribution(ctx, tx, d)
		}
		d, err := distribution.Export(ctx, tx, c.ID, c.Out)
		if err != nil {
			return err
		}
		a.say("%s written to %s.", d.ID, c.Out)
		return a.showDistribution(ctx, tx, d)
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
			persons = append(persons, &all[i].PreparedBy, &all[i].ApprovedBy)
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
		g := newGrid("distribution", "state", ">suppliers", ">total", "prepared by", "at", "approved by")
		for _, v := range views {
			g.add(v.ID, v.State, count(v.Payees), inIO(int64(v.Total)), v.PreparedBy, utc(v.PreparedAt), orDash(v.ApprovedBy))
		}
		g.print(out)
	})
}

// distributionView is a distribution as --json prints it.
type distributionView struct {
	ID         string                      `json:"id"`
	State      string                      `json:"state"`
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
}

func viewDistribution(d distribution.Distribution, names personNames) distributionView {
	v := distributionView{
		ID: d.ID, State: string(d.State), Reason: d.Reason, Minimum: d.Minimum, Payees: d.Payees, Total: d.Total,
		Carried: d.Carried, Journal: d.Journal, Manifest: d.Manifest, Files: d.Files,
		PreparedBy: names.of(d.PreparedBy), PreparedAt: d.PreparedAt.UTC(),
	}
	if v.Carried == nil {
		v.Carried = []distribution.CarriedTotal{}
	}
	if d.ApprovedBy != 0 {
		v.ApprovedBy, v.ApprovedAt = new(names.of(d.ApprovedBy)), new(d.ApprovedAt.UTC())
	}
	return v
}

func (a *app) showDistribution(ctx context.Context, tx pgx.Tx, d distribution.Distribution) error {
	names, err := readNames(ctx, tx, &d.PreparedBy, &d.ApprovedBy)
	if err != nil {
		return err
	}
	view := viewDistribution(d, names)
	return a.show(view, view.print)
}

func (v distributionView) print(out io.Writer) {
	fmt.Fprintf(out, "%s is %s: %s to %s suppliers, at least %s each; prepared by %s, approved by %s\n",
		v.ID, v.State, inIO(int64(v.Total)), count(v.Payees), inIO(int64(v.Minimum)), v.PreparedBy, orDash(v.ApprovedBy))
	for _, c := range v.Carried {
		if c.Suppliers > 0 {
			fmt.Fprintf(out, "carried forward, %s: %s of %s suppliers\n", c.Reason, inIO(int64(c.Amount)), count(c.Suppliers))
		}
	}
	fmt.Fprintln(out)
	files := newGrid("file", ">rows", ">bytes", "SHA-256")
	for _, f := range v.Files {
		files.add(f.Name, count(f.Rows), count(f.Bytes), f.SHA256)
	}
	files.print(out)
}
