package supplier

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

func (r rooms) registerEarnings() {
	wire.Own(r.service, get("list-earnings", "/v1/earnings", "List my earnings by season",
		"Every season, the newest first, with what you have of its newest sealed revision and of its estimate, apart."), r.earnings)
	wire.Own(r.service, get("get-season-earnings", "/v1/seasons/{season}/earnings", "Show my earnings of a season",
		"What you have of each sealed revision, the one in force marked, and of the estimate, apart."), r.seasonEarnings)
	wire.Own(r.service, get("list-season-lines", "/v1/seasons/{season}/earnings/devices", "List a season's earnings by device",
		"Your lines of a sealed revision or of the estimate, in the order in which the devices were registered. Also as CSV."), r.lines)
	wire.Own(r.service, get("list-season-exclusions", "/v1/seasons/{season}/exclusions", "List what earned nothing, or less",
		"Your lines that earned nothing or less than they might, why, what to do, and until when you can appeal."), r.exclusions)
}

// Totals are what the caller has of a revision or an estimate: sums over their lines.
type Totals struct {
	Amount   wire.Money     `json:"amount" doc:"Sum of the lines' amounts."`
	Points   string         `json:"points" pattern:"^[0-9]+$" doc:"Sum of the lines' points."`
	Devices  int32          `json:"devices" doc:"Devices with a line."`
	Lines    int32          `json:"lines" doc:"Lines."`
	Observed int64          `json:"observed" doc:"Slots that were observed."`
	Up       int64          `json:"up" doc:"Of these, up."`
	Grace    int64          `json:"grace" doc:"Missed slots that are credited."`
	Credited int64          `json:"credited" doc:"up + grace."`
	Outcomes map[string]int `json:"outcomes" doc:"Lines by outcome; those without a line are left out."`
}

// Earned is what the caller has of one sealed revision.
type Earned struct {
	Revision   int         `json:"revision" doc:"The revision."`
	InForce    bool        `json:"in_force" doc:"Whether it is the newest sealed one: only it counts."`
	AsOf       time.Time   `json:"as_of" doc:"What was recorded by then counts."`
	SealedAt   time.Time   `json:"sealed_at" doc:"When it was sealed."`
	Totals     Totals      `json:"totals" doc:"What you have of it."`
	Difference *wire.Money `json:"difference,omitempty" doc:"Amount less that of the sealed revision before it; absent of the first."`
}

// Estimated is what the caller would have.
type Estimated struct {
	Estimate   bool      `json:"estimate" doc:"Always true: nothing of it is owed."`
	AsOf       time.Time `json:"as_of" doc:"When it was computed."`
	Superseded bool      `json:"superseded" doc:"Whether a revision was sealed since: that counts, and not this."`
	Totals     Totals    `json:"totals" doc:"What you would have if the season ended so."`
}

// SeasonEarnings are the caller's earnings of one season.
type SeasonEarnings struct {
	Season   string     `json:"season" doc:"Its code." example:"ignition-s1"`
	FirstDay string     `json:"first_day" format:"date" doc:"Its first day, UTC." example:"2023-11-04"`
	LastDay  string     `json:"last_day" format:"date" doc:"Its last day, UTC, inclusive." example:"2024-04-25"`
	Pool     wire.Money `json:"pool" doc:"What the season pays in all."`
	Sealed   []Earned   `json:"sealed" nullable:"false" doc:"Sealed revisions, the oldest first."`
	Estimate *Estimated `json:"estimate,omitempty" doc:"The estimate; absent if there is none."`
}

// totalsRow is a sum as it is read.
type totalsRow struct {
	season            string
	firstDay, lastDay time.Time
	pool              int64
	revision          pgtype.Int4 // 0: the estimate; null: the season has neither
	asOf, sealedAt    pgtype.Timestamptz

	// All null if the supplier has no line.
	supplier                    pgtype.UUID
	devices, lines              pgtype.Int4
	observed, up, grace, amount pgtype.Int8
	points                      pgtype.Text
	outcomes                    pgtype.FlatArray[int32]
}

// mine says whether there is a sum, and it is the caller's.
func (t *totalsRow) mine(me auth.Caller) bool {
	return t.supplier.Valid && wire.Mine(me, t.supplier.Bytes)
}

// totals returns the sums; zeros, if there is no line of the caller's.
func (t *totalsRow) totals(me auth.Caller) Totals {
	if !t.mine(me) {
		return Totals{Amount: wire.MoneyOf(0), Points: "0", Outcomes: map[string]int{}}
	}
	v := Totals{
		Amount: wire.MoneyOf(ledger.Amount(t.amount.Int64)), Points: t.points.String, Devices: t.devices.Int32, Lines: t.lines.Int32,
		Observed: t.observed.Int64, Up: t.up.Int64, Grace: t.grace.Int64, Credited: t.up.Int64 + t.grace.Int64, Outcomes: make(map[string]int, 2),
	}
	for i, n := range t.outcomes {
		if n > 0 {
			v.Outcomes[snapshot.Outcome(i+1).String()] = int(n)
		}
	}
	return v
}

// own is the amount, 0 if it is not the caller's.
func (t *totalsRow) own(me auth.Caller) ledger.Amount {
	if !t.mine(me) {
		return 0
	}
	return ledger.Amount(t.amount.Int64)
}

// view puts the rows of one season together: the estimate first, if there is one, then
// the sealed revisions in order.
func viewSeason(me auth.Caller, rows []totalsRow) SeasonEarnings {
	first := &rows[0]
	v := SeasonEarnings{
		Season: first.season, FirstDay: first.firstDay.Format(time.DateOnly), LastDay: first.lastDay.Format(time.DateOnly),
		Pool: wire.MoneyOf(ledger.Amount(first.pool)), Sealed: []Earned{},
	}
	var before *ledger.Amount
	for i := range rows {
		row := &rows[i]
		switch {
		case !row.revision.Valid:
			continue
		case row.revision.Int32 == 0:
			v.Estimate = &Estimated{Estimate: true, AsOf: row.asOf.Time.UTC(), Totals: row.totals(me)}
			continue
		}
		e := Earned{Revision: int(row.revision.Int32), InForce: i == len(rows)-1, AsOf: row.asOf.Time.UTC(), SealedAt: row.sealedAt.Time.UTC(), Totals: row.totals(me)}
		amount := row.own(me)
		if before != nil {
			e.Difference = new(wire.MoneyOf(amount - *before))
		}
		before = &amount
		v.Sealed = append(v.Sealed, e)
		if v.Estimate != nil {
			v.Estimate.Superseded = v.Estimate.Superseded || e.SealedAt.After(v.Estimate.AsOf)
		}
	}
	return v
}

type seasonIn struct{ SeasonPath }

type seasonOut struct{ Body SeasonEarnings }

// seasonEarnings is one statement.
func (r rooms) seasonEarnings(ctx context.Context, reader wire.Reader, me auth.Caller, in *seasonIn) (*seasonOut, error) {
	var rows []totalsRow
	ask := &pgx.Batch{}
	queueSeasonTotals(ask, in.Season, &rows)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, wire.NotFound
	}
	slices.SortFunc(rows, func(a, b totalsRow) int { return cmp.Compare(a.revision.Int32, b.revision.Int32) })
	return &seasonOut{viewSeason(me, rows)}, nil
}

type earningsIn struct{ wire.Paging }

type earningsOut struct{ Body wire.Page[SeasonEarnings] }

// earnings lists the seasons by their first days, the newest first, each with the
// newest sealed revision and the estimate.
func (r rooms) earnings(ctx context.Context, reader wire.Reader, me auth.Caller, in *earningsIn) (*earningsOut, error) {
	after, err := wire.ParseCursor(in.Cursor, 2)
	if err != nil {
		return nil, err
	}
	var day *time.Time
	code := ""
	if after != nil {
		at, err := time.Parse(time.DateOnly, after[0])
		if err != nil {
			return nil, wire.BadCursor
		}
		day, code = &at, after[1]
	}
	var rows []totalsRow
	ask := &pgx.Batch{}
	queueTotals(ask, day, code, in.Limit+1, &rows)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	seasons := []SeasonEarnings{}
	for first := 0; first < len(rows); {
		end := first + 1
		for end < len(rows) && rows[end].season == rows[first].season {
			end++
		}
		season := viewSeason(me, rows[first:end])
		season.Sealed = season.Sealed[max(0, len(season.Sealed)-1):] // the one before it was for the difference
		seasons = append(seasons, season)
		first = end
	}
	page := wire.PageOf(seasons, in.Limit, func(s SeasonEarnings) string { return wire.Cursor(s.FirstDay, s.Season) })
	return &earningsOut{page}, nil
}
