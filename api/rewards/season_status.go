package rewards

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// seasonStatus is a season on its way to a seal.
type seasonStatus struct {
	Season
	Revision int        `json:"revision" example:"2" doc:"Its latest revision; 0 if none was taken."`
	State    string     `json:"state" example:"draft" enum:"not taken,taking,draft,approved,sealed,rejected,superseded,failed" doc:"State of that revision."`
	AsOf     *time.Time `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts in it."`
	Hours    hours      `json:"hours" doc:"The season's hours."`
	Coverage coverage   `json:"coverage" doc:"Which of the season's slots were read, by now."`
	Logs     []logState `json:"logs" nullable:"false" doc:"How far the network's logs were read."`
	Guards   []guard    `json:"guards" nullable:"false" doc:"The board of guards: of the revision that is under way, or of the one that would be taken now."`
	Next     string     `json:"next" example:"approve" enum:"wait,mend,take,approve,seal,pay" doc:"The one next step: mend what the first guard that has failed asks for, or the act."`
}

// hours are how many hours may not change any longer.
type hours struct {
	All    int `json:"all" example:"4200" doc:"Hours of the season."`
	Closed int `json:"closed" example:"4176" doc:"Those that are closed."`
	Open   int `json:"open" example:"24" doc:"Those that may still change, or were never asked for."`
}

// coverage is how many slots were read.
type coverage struct {
	Observed int `json:"observed" example:"50388" doc:"Slots that were read in full."`
	Slots    int `json:"slots" example:"50400" doc:"Slots of the span."`
}

// logState is how far a log of the network was read.
type logState struct {
	Name      string     `json:"name" example:"changes" doc:"Which log."`
	Rows      int64      `json:"rows" example:"612345" doc:"Rows read so far."`
	ReadToEnd *time.Time `json:"read_to_end" example:"2024-05-02T08:55:00Z" doc:"When it was last read to its end; null: never."`
}

func (d *desk) getSeason(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *OneSeason) (*body[seasonStatus], error) {
	s, err := snapshot.SeasonByCode(ctx, tx, in.Season)
	if err != nil {
		return nil, err
	}
	v := seasonStatus{Season: viewSeason(s), State: "not taken"}
	latest, err := latestOf(ctx, tx, s.Code)
	if err != nil {
		return nil, err
	}
	if latest != nil {
		v.Revision, v.State, v.AsOf = latest.Revision, string(latest.State), new(latest.AsOf.UTC())
	}
	if v.Guards, err = boardNow(ctx, tx, s.Code, latest); err != nil {
		return nil, err
	}
	v.Next = nextStep(latest, v.Guards)
	if v.Logs, err = readLogs(ctx, tx); err != nil {
		return nil, err
	}
	read, err := uptime.CoverageOf(ctx, tx, s.Span())
	if err != nil {
		return nil, err
	}
	totals := uptime.SumCoverage(read, s.Span())
	v.Hours = hours{totals.Hours, totals.Closed, totals.Hours - totals.Closed}
	v.Coverage = coverage{totals.Observed, totals.Slots}
	return &body[seasonStatus]{v}, nil
}

// latestOf returns the season's latest revision, nil if none was taken.
func latestOf(ctx context.Context, tx pgx.Tx, season string) (*snapshot.Snapshot, error) {
	all, err := snapshot.List(ctx, tx, season)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[len(all)-1], nil
}

// boardNow is the board of a revision that stands, or of the one that would be taken.
func boardNow(ctx context.Context, tx pgx.Tx, season string, latest *snapshot.Snapshot) ([]guard, error) {
	if latest != nil && (latest.State == snapshot.Draft || latest.State == snapshot.Approved || latest.State == snapshot.Sealed) {
		return readGuards(ctx, tx, *latest)
	}
	board, err := snapshot.BoardBefore(ctx, tx, season)
	return viewBoard(board, nil, nil), err
}

// nextStep is the one thing to do next.
func nextStep(latest *snapshot.Snapshot, guards []guard) string {
	state := snapshot.State("")
	if latest != nil {
		state = latest.State
	}
	switch state {
	case snapshot.Taking:
		return "wait"
	case snapshot.Sealed:
		return "pay"
	}
	for _, g := range guards {
		if !g.Passed {
			return "mend"
		}
	}
	switch state {
	case snapshot.Draft:
		return "approve"
	case snapshot.Approved:
		return "seal"
	}
	return "take"
}

func readLogs(ctx context.Context, tx pgx.Tx) ([]logState, error) {
	logs, err := uptime.Logs(ctx, tx)
	views := make([]logState, len(logs))
	for i, l := range logs {
		views[i] = logState{Name: l.Name, Rows: l.Rows}
		if l.ReadToEnd != nil {
			views[i].ReadToEnd = new(l.ReadToEnd.UTC())
		}
	}
	return views, err
}
