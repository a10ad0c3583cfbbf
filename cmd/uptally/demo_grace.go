package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
)

// incidents shows what was found to have happened to everybody at once, and that
// nothing is sealed over it.
func (d *demo) incidents(ctx context.Context) error {
	d.chapter("What happened to everybody at once? Incidents, and what bars the seal")
	return d.write(ctx, func(tx pgx.Tx) error {
		latest, _, err := incident.Latest(ctx, tx)
		if err != nil {
			return err
		}
		views, err := readIncidents(ctx, tx, latest.Incidents, "")
		if err != nil {
			return err
		}
		printIncidents(&indented{to: d.story}, views)
		d.blank()
		return d.tellBarred(ctx, tx)
	})
}

// tellBarred shows the guards of the last season's draft that have failed.
func (d *demo) tellBarred(ctx context.Context, tx pgx.Tx) error {
	code := storySeasons[len(storySeasons)-1].code
	s, err := snapshot.Find(ctx, tx, code)
	if err != nil {
		return err
	}
	guards, err := viewGuards(ctx, tx, s)
	if err != nil {
		return err
	}
	d.line("uptally season status %s", code)
	printBoard(&indented{to: d.story}, slices.DeleteFunc(guards, func(g guardView) bool { return g.Passed }))
	return nil
}

const graceCause = "cut-over of the uptime API to a token for each user"

// openGrace drafts a window for each season out of the data, and has it proposed and
// approved by two persons.
func (d *demo) openGrace(ctx context.Context) error {
	d.chapter("Grace for those who were cut off and proved themselves")
	fall, id, err := d.collapse(ctx)
	if err != nil {
		return err
	}
	for i, s := range storySeasons {
		drafted, err := snapshot.Propose(ctx, d.db.pool, fall, s.code, graceCause, d.Workers)
		if err != nil {
			return err
		}
		view := viewProposal(id, drafted)
		d.line("uptally grace propose %d --season %s", id, s.code)
		if i == 0 {
			d.blank()
			printReturns(&indented{to: d.story}, view)
			d.blank()
		}
		printDrafts(&indented{to: d.story}, view.Seasons[0])
		d.blank()
		if err := d.agree(ctx, s, drafted, i == 0); err != nil {
			return err
		}
		d.blank()
	}
	d.line("A device is credited for what it missed if it was up for half of the day before,")
	d.line("and was back for 15 minutes in a row in time. A fake that never came back is not.")
	d.blank()
	return d.takeBoth(ctx, "with the hold and grace")
}

// collapse returns the first collapse of the population that was found.
func (d *demo) collapse(ctx context.Context) (fall incident.Collapse, id int64, err error) {
	err = d.write(ctx, func(tx pgx.Tx) error {
		latest, _, err := incident.Latest(ctx, tx)
		for _, i := range latest.Incidents {
			if i.Collapse != nil {
				fall, id = i.Collapse.Collapse, i.ID
				return err
			}
		}
		return errors.Join(err, errors.New("no collapse was found; tell the story with more --devices"))
	})
	return fall, id, err
}

// agree proposes the recommended window as ada and approves it as grace; once, ada
// tries to do both.
func (d *demo) agree(ctx context.Context, s storySeason, drafted *snapshot.Proposal, alone bool) error {
	drafts := drafted.Seasons[0].Drafts
	recommended := slices.IndexFunc(drafts, func(g snapshot.Grants) bool { return g.Recommended })
	if recommended < 0 {
		return fmt.Errorf("season %s: no window is recommended; tell the story with more --devices", s.code)
	}
	window := drafts[recommended].Window
	var id int64
	if err := d.write(ctx, func(tx pgx.Tx) (err error) {
		id, err = snapshot.ProposeWindow(ctx, tx, s.code, window, d.ada)
		return err
	}); err != nil {
		return err
	}
	d.line("ada: uptally grace add %s --from %s --to %s --reconnect-by %s", s.code, utc(window.From), utc(window.To), utc(window.ReconnectBy))
	if alone {
		refused := d.write(ctx, func(tx pgx.Tx) error { return snapshot.ApproveWindow(ctx, tx, id, d.ada) })
		if refused == nil {
			return fmt.Errorf("grace window %d: its own proposer could approve it", id)
		}
		d.line("ada: uptally grace approve %d", id)
		d.line("     refused, exit code %d: %v", exitCode(refused), refused)
	}
	d.line("grace: uptally grace approve %d", id)
	return d.write(ctx, func(tx pgx.Tx) error { return snapshot.ApproveWindow(ctx, tx, id, d.grace) })
}

// diff shows why the last revisions are not the ones before them.
func (d *demo) diff(ctx context.Context) error {
	d.chapter("Why did it change? The difference, cause by cause, to the unit")
	for i, s := range storySeasons {
		if i > 0 {
			d.blank()
		}
		command := snapshotDiff{A: fmt.Sprintf("%s/r%d", s.code, revisionAsRecorded), B: fmt.Sprintf("%s/r%d", s.code, revisionGrace)}
		d.line("uptally snapshot diff %s %s", command.A, command.B)
		if err := d.write(ctx, func(tx pgx.Tx) error { return d.tellDifference(ctx, tx, command) }); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) tellDifference(ctx context.Context, tx pgx.Tx, command snapshotDiff) error {
	before, err := snapshot.Find(ctx, tx, command.A)
	if err != nil {
		return err
	}
	after, err := snapshot.Find(ctx, tx, command.B)
	if err != nil {
		return err
	}
	difference, err := snapshot.Diff(ctx, tx, before, after)
	if err != nil {
		return err
	}
	view, err := command.view(difference)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(&indented{to: d.story})
	printCauses(out, view)
	return out.Flush()
}
