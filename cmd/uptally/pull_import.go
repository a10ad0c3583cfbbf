package main

import (
	"context"
	"encoding/hex"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
)

type pullImport struct {
	Dir     string `arg:"" help:"Folder with manifest.json and the pages that it names."`
	Approve *int64 `placeholder:"ID" help:"Approve and merge what another person proposed, instead."`
}

// Run proposes the archive, or approves and merges it. The log of changes is read
// first where a feed is configured: what no registration names is left out.
func (c pullImport) Run(ctx context.Context, a *app) error {
	url, _ := a.lookup("UPTALLY_FEED_URL")
	return a.withDatabase(ctx, func(db *database) error {
		if url != "" && !a.DryRun {
			feed, err := a.feed()
			if err != nil {
				return err
			}
			if err := uptime.SyncChanges(ctx, db.pool, feed); err != nil {
				return err
			}
		}
		if c.Approve != nil {
			return a.writeIn(ctx, db, rewardsAct, func(tx pgx.Tx, person int64) error { return c.approve(ctx, a, tx, person) })
		}
		return a.writeIn(ctx, db, rewardsAct, func(tx pgx.Tx, person int64) error { return c.propose(ctx, a, tx, person) })
	})
}

func (c pullImport) propose(ctx context.Context, a *app, tx pgx.Tx, person int64) error {
	record, preview, err := archive.Propose(ctx, tx, c.Dir, person, time.Now())
	if err != nil {
		return err
	}
	a.say("%s heartbeats in %s files are as the manifest says; %s of them lie outside of what it declares complete, %s are of ids that no registration names.",
		count(record.Heartbeats), count(record.Files), count(record.OutOfWindow), count(preview.Unknown))
	if preview.Closed > 0 {
		a.say("%s of the %s hours are closed: what the archive holds of them will be counted as late, and left out, unless they are reopened before.",
			count(preview.Closed), count(preview.Hours))
	}
	a.say("Archive %d proposed by %s. Another person approves and merges it with: uptally pull import %s --approve %d", record.ID, a.Actor, c.Dir, record.ID)
	return a.showArchive(ctx, tx, record)
}

func (c pullImport) approve(ctx context.Context, a *app, tx pgx.Tx, person int64) error {
	now := time.Now()
	record, err := archive.Approve(ctx, tx, c.Dir, *c.Approve, person, now)
	if err != nil {
		return err
	}
	if _, err := uptime.CloseHours(ctx, tx, now); err != nil {
		return err
	}
	a.say("Archive %d approved by %s and merged: %s heartbeats accepted.", record.ID, a.Actor, count(record.Accepted))
	if record.Unknown > 0 {
		a.say("%s are of ids that no registration names, and were left out.", count(record.Unknown))
	}
	if record.Late > 0 {
		a.say("%s are of hours that were closed already, and were left out: reopen those with uptally pull reopen, and propose the archive again.", count(record.Late))
	}
	return a.showArchive(ctx, tx, record)
}

// archiveSpanView is a span that an archive declares complete.
type archiveSpanView struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"` // exclusive
}

// archiveView is an archive as --json prints it.
type archiveView struct {
	ID             int64             `json:"id"`
	Source         string            `json:"source"`
	ManifestSHA256 string            `json:"manifest_sha256"`
	Complete       []archiveSpanView `json:"complete"`
	Files          int64             `json:"files"`
	Heartbeats     int64             `json:"heartbeats"`
	OutOfWindow    int64             `json:"out_of_window"`
	Accepted       int64             `json:"accepted"` // 0 until it is merged, as unknown and late are
	Unknown        int64             `json:"unknown"`
	Late           int64             `json:"late"`
	ProposedBy     string            `json:"proposed_by"`
	ProposedAt     time.Time         `json:"proposed_at"`
	ApprovedBy     *string           `json:"approved_by"` // null while proposed only
	ApprovedAt     *time.Time        `json:"approved_at"`
}

func (a *app) showArchive(ctx context.Context, tx pgx.Tx, record archive.Record) error {
	views, err := viewArchives(ctx, tx, []archive.Record{record})
	if err != nil {
		return err
	}
	return a.show(views[0], func(out io.Writer) { printArchives(out, views) })
}

// readArchives reads those that declare a slot of the span complete.
func readArchives(ctx context.Context, tx pgx.Tx, span uptime.Span) ([]archiveView, error) {
	all, err := archive.List(ctx, tx)
	if err != nil {
		return nil, err
	}
	var touching []archive.Record
	for _, r := range all {
		for _, s := range r.Spans {
			if !s.Intersect(span).Empty() {
				touching = append(touching, r)
				break
			}
		}
	}
	return viewArchives(ctx, tx, touching)
}

func viewArchives(ctx context.Context, tx pgx.Tx, records []archive.Record) ([]archiveView, error) {
	var persons []*int64
	for i := range records {
		persons = append(persons, &records[i].ProposedBy, records[i].ApprovedBy)
	}
	names, err := readNames(ctx, tx, persons...)
	if err != nil {
		return nil, err
	}
	views := make([]archiveView, len(records))
	for i, r := range records {
		views[i] = archiveView{
			ID: r.ID, Source: r.Source, ManifestSHA256: hex.EncodeToString(r.ManifestSHA256[:]), Files: r.Files,
			Heartbeats: r.Heartbeats, OutOfWindow: r.OutOfWindow, Accepted: r.Accepted, Unknown: r.Unknown, Late: r.Late,
			ProposedBy: names.of(r.ProposedBy), ProposedAt: r.ProposedAt.UTC(),
		}
		for _, s := range r.Spans {
			views[i].Complete = append(views[i].Complete, archiveSpanView{s.From.Start(), s.To.Start()})
		}
		if r.ApprovedBy != nil {
			views[i].ApprovedBy, views[i].ApprovedAt = new(names.of(*r.ApprovedBy)), new(r.ApprovedAt.UTC())
		}
	}
	return views, nil
}

// printArchives prints a line for each span; what is an archive's own stands on the
// first of them.
func printArchives(out io.Writer, views []archiveView) {
	g := newGrid(">archive", "complete from", "to", ">accepted", ">unknown", ">out of window", ">late", "proposed by", "approved by", "manifest", "source")
	for _, v := range views {
		for i, s := range v.Complete {
			if i > 0 {
				g.add("", utc(s.From), utc(s.To))
				continue
			}
			g.add(v.ID, utc(s.From), utc(s.To), count(v.Accepted), count(v.Unknown), count(v.OutOfWindow), count(v.Late),
				v.ProposedBy, orDash(v.ApprovedBy), v.ManifestSHA256, v.Source)
		}
	}
	g.print(out)
}
