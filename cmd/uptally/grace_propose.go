package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
)

type gracePropose struct {
	Incident int64  `arg:"" help:"Number of the incident."`
	Season   string `placeholder:"CODE" help:"Only for this season; by default for every one that the incident meets."`
	Cause    string `help:"What happened, as the windows will say."`
	Workers  int    `default:"4" help:"Groups of devices read at once."`
}

// Run drafts windows from the data and says what each would grant. It writes
// nothing.
func (c gracePropose) Run(ctx context.Context, a *app) error {
	if c.Workers < 1 {
		return usage("--workers %d: give 1 or more", c.Workers)
	}
	return a.withDatabase(ctx, func(db *database) error {
		var i incident.Incident
		err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
			i, err = a.incidentNow(ctx, tx, c.Incident)
			return err
		})
		if err != nil {
			return err
		}
		if i.Collapse == nil {
			return usage("incident %d is a %s, which no grace window answers; set its changes aside with: uptally hold add", c.Incident, i.Kind)
		}
		if c.Cause == "" {
			c.Cause = fmt.Sprintf("outage from %s (incident %d)", utc(i.Opened.Start()), c.Incident)
		}
		p, err := snapshot.Propose(ctx, db.pool, i.Collapse.Collapse, c.Season, c.Cause, c.Workers)
		if err != nil {
			return fmt.Errorf("incident %d: %w", c.Incident, err)
		}
		a.say("A proposal: nothing was written. Whoever proposes a window runs its command; another person approves it.")
		view := viewProposal(c.Incident, p)
		return a.show(view, func(out io.Writer) { printProposal(out, view) })
	})
}

// incidentNow returns the incident as it is found now; if it no longer is, as it was
// found last.
func (a *app) incidentNow(ctx context.Context, tx pgx.Tx, id int64) (incident.Incident, error) {
	last, err := incident.ByID(ctx, tx, id)
	if err != nil {
		return last, err
	}
	latest, current, err := incident.Latest(ctx, tx)
	if err == nil && !current {
		var now time.Time
		if now, err = incident.Now(ctx, tx); err == nil {
			latest.Incidents, err = incident.Found(ctx, tx, now)
		}
	}
	for _, i := range latest.Incidents {
		if i.ID == id {
			return i, err
		}
	}
	a.say("Incident %d is no longer found, with what is on record now: it is proposed for as it was found last.", id)
	return last, err
}

// proposalView is a proposal as --json prints it.
type proposalView struct {
	Incident  int64                `json:"incident"`
	AsOf      time.Time            `json:"as_of"`
	Began     time.Time            `json:"began"`
	LowestAt  time.Time            `json:"lowest_at"`
	SeenUntil time.Time            `json:"seen_until"` // end of the last observed slot that was looked at
	Lookbacks []lookbackView       `json:"lookbacks"`
	Lookback  int                  `json:"lookback"` // slots, of the drafts
	Seasons   []seasonProposalView `json:"seasons"`
}

// lookbackView is who had proved themselves in so many slots before, and came back.
type lookbackView struct {
	Lookback   int        `json:"lookback"` // slots
	Hit        int64      `json:"hit"`      // devices that the outage hit, spoofed ones left out
	HitBack    int64      `json:"hit_back"`
	Proven     int64      `json:"proven"`
	Back       int64      `json:"back"`
	Dead       int64      `json:"dead"`
	Separation int64      `json:"separation_permille"`
	HalfBack   *time.Time `json:"half_back"` // of the proven that came back
	NineTenths *time.Time `json:"nine_tenths_back"`
	LastBack   *time.Time `json:"last_back"`
}

// seasonProposalView is what each draft would grant in a season.
type seasonProposalView struct {
	Season  string      `json:"season"`
	Without []int64     `json:"without_windows"` // approved ones that overlap a draft: left out here
	Drafts  []draftView `json:"drafts"`
}

// draftView is a window, what it would grant, and the command that proposes it.
type draftView struct {
	Reaches     string        `json:"reaches"`
	Recommended bool          `json:"recommended"`
	From        time.Time     `json:"from"`
	To          time.Time     `json:"to"`
	ReconnectBy time.Time     `json:"reconnect_by"`
	Meets       bool          `json:"meets"` // the season
	Devices     int64         `json:"devices"`
	Slots       int64         `json:"slots"`
	Moved       ledger.Amount `json:"moved"` // to lines with granted credit
	MovedShare  int64         `json:"moved_permille"`
	Refused     struct {
		InactiveBefore int64 `json:"grace_inactive_before"`
		NotBack        int64 `json:"grace_not_back"`
		Pending        int64 `json:"grace_pending"`
	} `json:"refused"`
	Command string `json:"command"`
}

func viewProposal(id int64, p *snapshot.Proposal) proposalView {
	v := proposalView{
		Incident: id, AsOf: p.AsOf.UTC(), Began: p.Began.Start(), LowestAt: p.Bottom.Start(), SeenUntil: p.Seen.To.Start(),
		Lookback: p.Lookback, Seasons: []seasonProposalView{},
	}
	for _, r := range p.Lookbacks {
		v.Lookbacks = append(v.Lookbacks, lookbackView{
			r.Lookback, r.Hit, r.HitBack, r.Proven, r.Back, r.Dead(), r.Separation(), slotStart(r.Half), slotStart(r.NineTenths), slotStart(r.Last),
		})
	}
	for _, s := range p.Seasons {
		season := seasonProposalView{Season: s.Season.Code, Without: append([]int64{}, s.Without...), Drafts: []draftView{}}
		for _, d := range s.Drafts {
			season.Drafts = append(season.Drafts, viewDraft(s.Season.Code, d))
		}
		v.Seasons = append(v.Seasons, season)
	}
	return v
}

func viewDraft(season string, d snapshot.Grants) draftView {
	v := draftView{
		Reaches: d.Reaches, Recommended: d.Recommended, From: d.Window.From.UTC(), To: d.Window.To.UTC(), ReconnectBy: d.Window.ReconnectBy.UTC(),
		Meets: d.Meets, Devices: d.Devices, Slots: d.Slots, Moved: ledger.Amount(d.Moved), MovedShare: d.PerMille,
		Command: addCommand(season, d.Window),
	}
	v.Refused.InactiveBefore, v.Refused.NotBack, v.Refused.Pending = d.Refused.InactiveBefore, d.Refused.NotBack, d.Refused.Pending
	return v
}

// addCommand is the command that proposes the window, as a shell takes it.
func addCommand(season string, w snapshot.Window) string {
	return fmt.Sprintf("uptally grace add %s --from %s --to %s --cause %s --lookback %d --min-before %s --sustain %d --reconnect-by %s --credit %s",
		season, utc(w.From), utc(w.To), shellQuoted(w.Cause), w.Lookback, w.MinBefore, w.Sustain, utc(w.ReconnectBy), w.Credit)
}

// shellQuoted is a text as one word of a shell's command line.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func slotStart(k *uptime.Slot) *time.Time {
	if k == nil {
		return nil
	}
	return new(k.Start())
}
