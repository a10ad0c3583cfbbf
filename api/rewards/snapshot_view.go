package rewards

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// revision is one revision in a list.
type revision struct {
	Name      string     `json:"name" example:"ignition-s1/r2" doc:"How people name it."`
	Season    string     `json:"season" example:"ignition-s1" doc:"The season."`
	Revision  int        `json:"revision" example:"2" doc:"Its number."`
	State     string     `json:"state" enum:"taking,draft,approved,sealed,rejected,superseded,failed" example:"sealed" doc:"How far it has come."`
	Estimate  bool       `json:"estimate" example:"false" doc:"Whether hours that it stands on were still open: it cannot be sealed."`
	AsOf      time.Time  `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts."`
	Allocated wire.Money `json:"allocated" doc:"What its lines get."`
	Residual  wire.Money `json:"residual" doc:"What is left: pool + drawn = allocated + residual."`
	Lines     int64      `json:"lines" example:"601234" doc:"Its lines."`
	Digest    *string    `json:"digest" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"SHA-256 over all that went in and came out; null until it is taken."`
}

func viewRevision(s snapshot.Snapshot) revision {
	return revision{
		Name: s.Name(), Season: s.Season, Revision: s.Revision, State: string(s.State), Estimate: s.Estimate, AsOf: s.AsOf.UTC(),
		Allocated: wire.MoneyOf(ledger.Amount(s.Allocated)), Residual: wire.MoneyOf(ledger.Amount(s.Residual)), Lines: s.Lines,
		Digest: ifTaken(s, hex.EncodeToString(s.Digest)),
	}
}

// ifTaken is a figure that a revision has once it is taken.
func ifTaken(s snapshot.Snapshot, figure string) *string {
	if s.Digest == nil {
		return nil
	}
	return &figure
}

// Snapshot is a revision with all that is to be known of it but its lines.
type Snapshot struct {
	Season    string           `json:"season" example:"ignition-s1" doc:"The season."`
	Revision  int              `json:"revision" example:"2" doc:"Its number."`
	State     string           `json:"state" enum:"taking,draft,approved,sealed,rejected,superseded,failed" example:"draft" doc:"How far it has come."`
	Estimate  bool             `json:"estimate" example:"false" doc:"Whether hours that it stands on were still open: it cannot be approved."`
	AsOf      time.Time        `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts."`
	Progress  *progress        `json:"progress,omitempty" doc:"How far it is; only while it is being taken."`
	Failure   string           `json:"failure,omitempty" example:"weight above 63 bits" doc:"Why it could not be computed; only if it failed."`
	Pool      wire.Money       `json:"pool" doc:"What the season pays."`
	Allocated wire.Money       `json:"allocated" doc:"What the lines get."`
	Residual  wire.Money       `json:"residual" doc:"What is left: pool + drawn = allocated + residual."`
	Drawn     *wire.Money      `json:"drawn,omitempty" doc:"Of a correction: what came from the reserve so far."`
	Points    *string          `json:"points" example:"123456789012345678901" doc:"Sum of all points, decimal digits; null until it is taken."`
	Lines     int64            `json:"lines" example:"601234" doc:"Its lines."`
	Suppliers int64            `json:"suppliers" example:"20123" doc:"Suppliers with a line, whatever its outcome."`
	Outcomes  map[string]int64 `json:"outcomes" example:"{\"eligible\":300000,\"spoofed\":280000}" doc:"Lines of each outcome that occurs."`
	Coverage  coverage         `json:"coverage" doc:"Which of the season's slots were read."`
	Guards    []guard          `json:"guards" nullable:"false" doc:"What stands between it and its seal; none while it has no lines."`
	Digest    *string          `json:"digest" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"SHA-256 over all that went in and came out; null until it is taken."`
	TakenBy   string           `json:"taken_by" example:"ada" doc:"Who took it."`
	Decided   *byPerson        `json:"decided,omitempty" doc:"Who approved or rejected it."`
	Sealed    *byPerson        `json:"sealed,omitempty" doc:"Who sealed it."`
}

// progress is how far a take is.
type progress struct {
	Scored int `json:"scored" example:"30" doc:"Groups of devices that are scored."`
	Groups int `json:"groups" example:"74" doc:"Groups that there are."`
}

// byPerson is a person's act.
type byPerson struct {
	Person string    `json:"person" example:"grace" doc:"Who."`
	At     time.Time `json:"at" example:"2024-05-02T10:00:00Z" doc:"When."`
	Reason string    `json:"reason,omitempty" example:"looked at it" doc:"What they said to it."`
}

// readSnapshot reads a revision's figures.
func readSnapshot(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) (Snapshot, error) {
	season, err := snapshot.SeasonByCode(ctx, tx, s.Season)
	if err != nil {
		return Snapshot{}, err
	}
	names, err := readNames(ctx, tx, &s.TakenBy, s.DecidedBy, s.SealedBy)
	if err != nil {
		return Snapshot{}, err
	}
	r := viewRevision(s)
	v := Snapshot{
		Season: s.Season, Revision: s.Revision, State: r.State, Estimate: s.Estimate, AsOf: r.AsOf, Failure: s.Failure,
		Pool: wire.MoneyOf(ledger.Amount(season.Pool)), Allocated: r.Allocated, Residual: r.Residual, Points: ifTaken(s, s.Points),
		Lines: s.Lines, Suppliers: s.Suppliers, Outcomes: map[string]int64{}, Guards: []guard{}, Digest: r.Digest,
		Coverage: coverage{int(s.ObservedSlots), int(s.SeasonSlots)},
		TakenBy:  names.of(s.TakenBy), Decided: viewAct(names, s.DecidedBy, s.DecidedAt, s.Decision), Sealed: viewAct(names, s.SealedBy, s.SealedAt, ""),
	}
	if s.Corrects != nil {
		v.Drawn = new(wire.MoneyOf(ledger.Amount(s.Drawn)))
	}
	if s.State == snapshot.Taking {
		v.Progress = &progress{}
		v.Progress.Scored, v.Progress.Groups, err = snapshot.Progress(ctx, tx, s.ID)
	}
	if s.Digest == nil || err != nil {
		return v, err
	}
	return v, v.addResult(ctx, tx, s)
}

// addResult adds what a revision with lines has.
func (v *Snapshot) addResult(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) (err error) {
	totals, err := snapshot.OutcomeTotals(ctx, tx, s)
	if err != nil {
		return err
	}
	for _, t := range totals {
		v.Outcomes[t.Outcome.String()] = t.Lines
	}
	v.Guards, err = readGuards(ctx, tx, s)
	return err
}

func viewAct(names names, person *int64, at *time.Time, reason string) *byPerson {
	if person == nil || at == nil {
		return nil
	}
	return &byPerson{names.of(*person), at.UTC(), reason}
}
