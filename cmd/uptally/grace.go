package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

type graceCommands struct {
	Propose gracePropose `cmd:"" help:"Draft windows for an incident from the data, and say what each would grant; nothing is written."`
	Add     graceAdd     `cmd:"" help:"Propose a window in which proven devices are credited; another person approves it."`
	Approve graceApprove `cmd:"" help:"Approve a window that another person proposed."`
	List    graceList    `cmd:"" help:"List the windows."`
}

type graceAdd struct {
	Season         string  `arg:"" help:"Season that the window is of."`
	From           instant `required:"" placeholder:"TIME" help:"First instant."`
	To             instant `required:"" placeholder:"TIME" help:"End, exclusive."`
	Cause          string  `required:"" help:"What happened."`
	Lookback       int     `default:"288" help:"Slots before the window that are looked at."`
	MinBefore      string  `default:"0.5" placeholder:"SHARE" help:"Share of the observed ones of them that the device was up, at least."`
	Sustain        int     `default:"3" help:"Slots in a row that prove a device back."`
	ReconnectBy    instant `required:"" placeholder:"TIME" help:"By when the first of them must start."`
	Credit         string  `enum:"full,own_rate" default:"full" help:"What is credited: full, or own_rate, the device's own share before the window."`
	Cap            *int    `placeholder:"SLOTS" help:"Slots granted to a device at most."`
	RequireGenuine bool    `help:"Only devices that a proof of work found genuine."`
}

// window returns the window that the flags describe, checked.
func (c graceAdd) window() (snapshot.Window, error) {
	least, err := snapshot.ParseFraction(c.MinBefore)
	if err != nil {
		return snapshot.Window{}, usage("--min-before: %w", err)
	}
	w := snapshot.Window{
		From: c.From.Time, To: c.To.Time, Cause: c.Cause, Lookback: c.Lookback, MinBefore: least, Sustain: c.Sustain,
		ReconnectBy: c.ReconnectBy.Time, Credit: snapshot.Credit(c.Credit), Cap: c.Cap, RequireGenuine: c.RequireGenuine,
	}
	if err := w.Validate(); err != nil {
		return w, usage("%w", err)
	}
	return w, nil
}

// Run proposes the window.
func (c graceAdd) Run(ctx context.Context, a *app) error {
	window, err := c.window()
	if err != nil {
		return err
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		id, err := snapshot.ProposeWindow(ctx, tx, c.Season, window, person)
		if err != nil {
			return err
		}
		a.say("Grace window %d of %s proposed by %s. Another person approves it with: uptally grace approve %d", id, c.Season, a.Actor, id)
		return a.showWindows(ctx, tx, c.Season, &id)
	})
}

type graceApprove struct {
	ID int64 `arg:"" help:"Number of the window."`
}

// Run approves the window as another person than its proposer.
func (c graceApprove) Run(ctx context.Context, a *app) error {
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		if err := snapshot.ApproveWindow(ctx, tx, c.ID, person); err != nil {
			return err
		}
		a.say("Grace window %d approved by %s; it counts in every snapshot taken from now on.", c.ID, a.Actor)
		return a.showWindows(ctx, tx, "", &c.ID)
	})
}

type graceList struct {
	Season string `arg:"" optional:"" help:"Only the windows of this season."`
}

// Run lists the windows by season and beginning.
func (c graceList) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		if c.Season != "" {
			if _, err := snapshot.SeasonByCode(ctx, tx, c.Season); err != nil {
				return err
			}
		}
		return a.showWindows(ctx, tx, c.Season, nil)
	})
}

// windowView is a grace window as --json prints it.
type windowView struct {
	ID             int64      `json:"id"`
	Season         string     `json:"season"`
	From           time.Time  `json:"from"`
	To             time.Time  `json:"to"` // exclusive
	Cause          string     `json:"cause"`
	Lookback       int        `json:"lookback"` // slots
	MinBefore      string     `json:"min_before"`
	Sustain        int        `json:"sustain"` // slots
	ReconnectBy    time.Time  `json:"reconnect_by"`
	Credit         string     `json:"credit"`
	Cap            *int       `json:"cap"` // slots
	RequireGenuine bool       `json:"require_genuine"`
	ProposedBy     string     `json:"proposed_by"`
	ApprovedBy     *string    `json:"approved_by"`
	ApprovedAt     *time.Time `json:"approved_at"`
}

// showWindows prints the windows of the season, of all if it is empty, or the one
// of the number.
func (a *app) showWindows(ctx context.Context, tx pgx.Tx, season string, only *int64) error {
	windows, err := snapshot.Windows(ctx, tx, season, everRecorded)
	if err != nil {
		return err
	}
	var persons []*int64
	for i := range windows {
		persons = append(persons, &windows[i].ProposedBy, windows[i].ApprovedBy)
	}
	names, err := readNames(ctx, tx, persons...)
	if err != nil {
		return err
	}
	views := []windowView{}
	for _, w := range windows {
		if only == nil || *only == w.ID {
			views = append(views, viewWindow(w, names))
		}
	}
	var data any = views
	if only != nil && len(views) == 1 {
		data = views[0]
	}
	return a.show(data, func(out io.Writer) {
		g := newGrid(">window", "season", "from", "to", "reconnect by", "rule", "proposed by", "approved by", "cause")
		for _, v := range views {
			g.add(v.ID, v.Season, utc(v.From), utc(v.To), utc(v.ReconnectBy), v.rule(), v.ProposedBy, orDash(v.ApprovedBy), v.Cause)
		}
		g.print(out)
	})
}

func viewWindow(w snapshot.WindowRecord, names personNames) windowView {
	v := windowView{
		ID: w.ID, Season: w.Season, From: w.From.UTC(), To: w.To.UTC(), Cause: w.Cause, Lookback: w.Lookback,
		MinBefore: w.MinBefore.String(), Sustain: w.Sustain, ReconnectBy: w.ReconnectBy.UTC(), Credit: string(w.Credit),
		Cap: w.Cap, RequireGenuine: w.RequireGenuine, ProposedBy: names.of(w.ProposedBy),
	}
	if w.ApprovedBy != nil {
		v.ApprovedBy, v.ApprovedAt = new(names.of(*w.ApprovedBy)), new(w.ApprovedAt.UTC())
	}
	return v
}

// rule writes in short how a device proves itself.
func (v windowView) rule() string {
	rule := fmt.Sprintf("up %s of %d before, %d in a row after, %s", v.MinBefore, v.Lookback, v.Sustain, v.Credit)
	if v.Cap != nil {
		rule += fmt.Sprintf(", at most %d", *v.Cap)
	}
	if v.RequireGenuine {
		rule += ", genuine only"
	}
	return rule
}

func orDash(text *string) string {
	if text == nil {
		return "-"
	}
	return *text
}

// everRecorded is after every stamp: what is asked for as of it is all that was
// recorded.
var everRecorded = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
