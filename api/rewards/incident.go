package rewards

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
)

func (d *desk) incidents() {
	wire.Read(d.Service, reading("/incidents", "list-incidents", "List the incidents",
		"Collapses of the population and surges of untrusted changes, as they are found now, and how each is resolved; of a season, those that must be."),
		house, d.listIncidents)
	wire.Read(d.Service, reading("/incidents/{id}", "get-incident", "Look at an incident",
		"Its figures, its curve, who was lost and came back, and what is to be done for each season. If it is no longer found, as it was found last."),
		house, d.getIncident)
	wire.Act(d.Service, acting("/incidents/scans", "scan-incidents", "Scan for incidents",
		"Looks for incidents now and records what it finds, so that each has a number; a job does so every hour."), team, d.scanIncidents)
	wire.Act(d.Service, acting("/incidents/{id}/dismissal", "dismiss-incident", "Dismiss an incident",
		"Decides that the incident changes nothing for a season."), team, d.dismissIncident)
	wire.Act(d.Service, acting("/incidents/{id}/end", "end-incident", "End an incident",
		"Accepts, from a slot on, the level of a population that does not recover; what comes after is measured by it."), team, d.endIncident)
}

func (d *desk) listIncidents(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *MaybeSeason) (*body[wire.Page[Incident]], error) {
	found, err := incidentsNow(ctx, tx)
	if err != nil {
		return nil, err
	}
	views, err := ReadIncidents(ctx, tx, found, in.Season)
	if err != nil {
		return nil, err
	}
	return whole(overHTTP(views)), nil
}

// incidentsNow returns the incidents as they stand: those of the last scan, or if
// something was recorded since, as they are found, some perhaps without a number.
func incidentsNow(ctx context.Context, tx pgx.Tx) ([]incident.Incident, error) {
	latest, current, err := incident.Latest(ctx, tx)
	if current || err != nil && !errors.Is(err, incident.ErrNotFound) {
		return latest.Incidents, err
	}
	now, err := incident.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	return incident.Found(ctx, tx, now)
}

func (d *desk) getIncident(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *OneID) (*body[Incident], error) {
	i, err := incidentNow(ctx, tx, in.ID)
	if err != nil {
		return nil, err
	}
	return incidentBody(ctx, tx, i)
}

// incidentNow returns the incident as it is found now; if it no longer is, as it was
// found last.
func incidentNow(ctx context.Context, tx pgx.Tx, id int64) (incident.Incident, error) {
	last, err := incident.ByID(ctx, tx, id)
	if err != nil {
		return last, err
	}
	found, err := incidentsNow(ctx, tx)
	for _, i := range found {
		if i.ID == id {
			return i, err
		}
	}
	return last, err
}

func incidentBody(ctx context.Context, tx pgx.Tx, i incident.Incident) (*body[Incident], error) {
	views, err := ReadIncidents(ctx, tx, []incident.Incident{i}, "")
	if err != nil {
		return nil, err
	}
	return &body[Incident]{overHTTP(views)[0]}, nil
}

// ReadIncidents says of incidents how they are resolved for each season that they
// concern; with a season, of those alone that concern it. What is to be done they say
// by commands.
func ReadIncidents(ctx context.Context, tx pgx.Tx, found []incident.Incident, season string) ([]Incident, error) {
	seasons, err := snapshot.Seasons(ctx, tx)
	if err != nil {
		return nil, err
	}
	if season != "" {
		one, err := snapshot.SeasonByCode(ctx, tx, season)
		if err != nil {
			return nil, err
		}
		seasons = []snapshot.PinnedSeason{one}
	}
	now, err := incident.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	views := []Incident{}
	for _, i := range found {
		view := viewIncident(i)
		for _, s := range seasons {
			if err := view.addSeason(ctx, tx, i, s, now); err != nil {
				return nil, err
			}
		}
		if season == "" || len(view.Seasons) > 0 {
			views = append(views, view)
		}
	}
	return views, nil
}

// scanned is what a scan found.
type scanned struct {
	AsOf  time.Time  `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts."`
	New   []int64    `json:"new" nullable:"false" example:"[3]" doc:"Numbers of those that no scan had found before."`
	Items []Incident `json:"items" nullable:"false" doc:"All that it found, in the order in which they opened."`
}

func (d *desk) scanIncidents(ctx context.Context, a wire.Acting, _ *struct{}) (*body[scanned], error) {
	now, err := incident.Now(ctx, a.Tx)
	if err != nil {
		return nil, err
	}
	f, err := incident.Scan(ctx, a.Tx, now)
	if err != nil {
		return nil, err
	}
	v := scanned{AsOf: f.AsOf.UTC(), New: []int64{}}
	for _, i := range f.New {
		v.New = append(v.New, i.ID)
	}
	v.Items, err = ReadIncidents(ctx, a.Tx, f.Incidents, "")
	return &body[scanned]{v}, err
}

type dismissIncident struct {
	OneID
	Body dismissIncidentBody
}

// dismissIncidentBody is what dismissIncident takes.
type dismissIncidentBody struct {
	Season string `json:"season" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Season for which it changes nothing."`
	Reason string `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"Announced maintenance, before any device had earned." doc:"Why; it stays on record."`
}

func (d *desk) dismissIncident(ctx context.Context, a wire.Acting, in *dismissIncident) (*body[Incident], error) {
	if err := incident.Dismiss(ctx, a.Tx, in.ID, in.Body.Season, in.Body.Reason, a.Person); err != nil {
		return nil, err
	}
	return incidentByID(ctx, a.Tx, in.ID)
}

type endIncident struct {
	OneID
	Body endIncidentBody
}

// endIncidentBody is what endIncident takes.
type endIncidentBody struct {
	At     time.Time `json:"at" example:"2024-05-01T00:00:00Z" doc:"From when on the level is accepted."`
	Reason string    `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"The virtual devices are gone for good." doc:"Why it is there to stay."`
}

func (d *desk) endIncident(ctx context.Context, a wire.Acting, in *endIncident) (*body[Incident], error) {
	if err := moments("body.at", &in.Body.At); err != nil {
		return nil, err
	}
	if err := incident.End(ctx, a.Tx, in.ID, in.Body.At, in.Body.Reason, a.Person); err != nil {
		return nil, err
	}
	now, err := incident.Now(ctx, a.Tx)
	if err != nil {
		return nil, err
	}
	if _, err := incident.Scan(ctx, a.Tx, now); err != nil {
		return nil, fmt.Errorf("incident %d: looking for incidents anew: %w", in.ID, err)
	}
	return incidentByID(ctx, a.Tx, in.ID)
}

func incidentByID(ctx context.Context, tx pgx.Tx, id int64) (*body[Incident], error) {
	i, err := incident.ByID(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return incidentBody(ctx, tx, i)
}
