package main

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/rewards"
	"github.com/uptally/uptally/snapshot/incident"
)

type incidentCommands struct {
	List    incidentList    `cmd:"" help:"List collapses of the population and surges of untrusted changes, and how each is resolved."`
	Show    incidentShow    `cmd:"" help:"Show one incident: its figures, its curve, and what is to be done."`
	Dismiss incidentDismiss `cmd:"" help:"Decide that an incident changes nothing for a season."`
	End     incidentEnd     `cmd:"" help:"Accept the level of a population that does not recover, from a slot on."`
}

type incidentList struct {
	Season string `arg:"" optional:"" help:"Only what must be resolved before this season is sealed."`
}

// Run lists the incidents in the order in which they opened.
func (c incidentList) Run(ctx context.Context, a *app) error {
	return a.withIncidents(ctx, func(tx pgx.Tx, incidents []incident.Incident) error {
		views, err := readIncidents(ctx, tx, incidents, c.Season)
		if err != nil {
			return err
		}
		if len(views) == 0 {
			a.say("No incident was found.")
		}
		a.tellRemedies(views)
		return a.show(views, func(out io.Writer) { printIncidents(out, views) })
	})
}

type incidentShow struct {
	ID int64 `arg:"" help:"Number of the incident."`
}

// Run shows the incident as it is found now, or as it was found last.
func (c incidentShow) Run(ctx context.Context, a *app) error {
	return a.withIncidents(ctx, func(tx pgx.Tx, incidents []incident.Incident) error {
		for _, i := range incidents {
			if i.ID == c.ID {
				return a.showIncident(ctx, tx, i)
			}
		}
		last, err := incident.ByID(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		a.say("Incident %d is no longer found, with what is on record now: this is how it was found last.", c.ID)
		return a.showIncident(ctx, tx, last)
	})
}

type incidentDismiss struct {
	ID     int64  `arg:"" help:"Number of the incident."`
	Season string `required:"" placeholder:"CODE" help:"Season for which it changes nothing."`
	Reason string `required:"" help:"Why."`
}

// Run records the dismissal.
func (c incidentDismiss) Run(ctx context.Context, a *app) error {
	if c.Reason == "" {
		return usage("--reason is empty: say why the incident changes nothing")
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		if err := incident.Dismiss(ctx, tx, c.ID, c.Season, c.Reason, person); err != nil {
			return err
		}
		a.say("Incident %d no longer stands between season %s and its seal.", c.ID, c.Season)
		return a.showIncidentByID(ctx, tx, c.ID)
	})
}

type incidentEnd struct {
	ID     int64   `arg:"" help:"Number of the incident."`
	At     instant `required:"" placeholder:"TIME" help:"From when on the level is accepted."`
	Reason string  `required:"" help:"Why it is there to stay."`
}

// Run records the end, and looks for incidents anew.
func (c incidentEnd) Run(ctx context.Context, a *app) error {
	if c.Reason == "" {
		return usage("--reason is empty: say why the level is there to stay")
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		if err := incident.End(ctx, tx, c.ID, c.At.Time, c.Reason, person); err != nil {
			return err
		}
		now, err := incident.Now(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := incident.Scan(ctx, tx, now); err != nil {
			return err
		}
		a.say("Incident %d ends there; what comes after is measured by the level after it.", c.ID)
		return a.showIncidentByID(ctx, tx, c.ID)
	})
}

// withIncidents calls f with the incidents as they stand now: those of the last
// scan, or if something was recorded since, of a new one, so that each has a
// number. A dry run looks without writing.
func (a *app) withIncidents(ctx context.Context, f func(tx pgx.Tx, incidents []incident.Incident) error) error {
	return a.withDatabase(ctx, func(db *database) error {
		mode := pgx.TxOptions{}
		if a.DryRun {
			mode = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		}
		return pgx.BeginTxFunc(ctx, db.pool, mode, func(tx pgx.Tx) error {
			incidents, err := a.incidentsNow(ctx, tx)
			if err != nil {
				return err
			}
			return f(tx, incidents)
		})
	})
}

func (a *app) incidentsNow(ctx context.Context, tx pgx.Tx) ([]incident.Incident, error) {
	latest, current, err := incident.Latest(ctx, tx)
	if current || err != nil && !errors.Is(err, incident.ErrNotFound) {
		return latest.Incidents, err
	}
	now, err := incident.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	if a.DryRun {
		return incident.Found(ctx, tx, now)
	}
	scanned, err := incident.Scan(ctx, tx, now)
	for _, i := range scanned.New {
		a.say("Incident %d is new: a %s from %s on.", i.ID, i.Kind, utc(i.Opened.Start()))
	}
	return scanned.Incidents, err
}

// readIncidents is rewards.ReadIncidents for people.
func readIncidents(ctx context.Context, tx pgx.Tx, incidents []incident.Incident, season string) ([]incidentView, error) {
	read, err := rewards.ReadIncidents(ctx, tx, incidents, season)
	return viewsOf(read), err
}

func (a *app) showIncidentByID(ctx context.Context, tx pgx.Tx, id int64) error {
	i, err := incident.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return a.showIncident(ctx, tx, i)
}

func (a *app) showIncident(ctx context.Context, tx pgx.Tx, i incident.Incident) error {
	views, err := readIncidents(ctx, tx, []incident.Incident{i}, "")
	if err != nil {
		return err
	}
	return a.show(views[0], views[0].print)
}

// tellRemedies says what is to be done about what is open.
func (a *app) tellRemedies(views []incidentView) {
	for _, v := range views {
		for _, c := range v.Seasons {
			if !c.Resolved {
				a.say("Incident %s, season %s: %s", v.number(), c.Season, c.Remedy)
			}
		}
	}
}

// number is the incident's, or a dash if it is not on record.
func (v incidentView) number() string {
	if v.ID == nil {
		return "-"
	}
	return strconv.FormatInt(*v.ID, 10)
}
