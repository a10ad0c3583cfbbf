package public

import (
	"cmp"
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// Register adds the operations of everybody to the service.
func Register(s *wire.Service) {
	wire.Public(s, get("list-public-seasons", "/v1/public/seasons", "List the seasons", "Every season, the newest first, with its totals."), seasons)
	wire.Public(s, get("get-public-season", "/v1/public/seasons/{season}", "Show a season",
		"What the season pays by which rules, and the totals of its newest sealed revision."), season)
	wire.Public(s, get("get-public-population", "/v1/public/seasons/{season}/population", "Show the population curve",
		"How many devices were up, step by step, over the season's closed hours. Also as CSV."), population)
	wire.Public(s, get("get-public-ruleset", "/v1/public/rulesets/{name}", "Show a ruleset", "The rules that seasons are paid by, byte for byte."), ruleset)
}

func get(id, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{"Public"}, Summary: summary, Description: description,
	}
}

// Season is what is paid for when, out of which pool, by which rules.
type Season struct {
	Season   string     `json:"season" doc:"Its code." example:"ignition-s1"`
	FirstDay string     `json:"first_day" format:"date" doc:"Its first day, UTC." example:"2023-11-04"`
	LastDay  string     `json:"last_day" format:"date" doc:"Its last day, UTC, inclusive." example:"2024-04-25"`
	Pool     wire.Money `json:"pool" doc:"What it pays in all."`
	Ruleset  RulesetID  `json:"ruleset" doc:"The rules that it is paid by."`
	Sealed   *Sealed    `json:"sealed,omitempty" doc:"Totals of the newest sealed revision; absent until there is one."`
}

// RulesetID names a ruleset.
type RulesetID struct {
	Name    string `json:"name" doc:"Its name." example:"ignition-s1"`
	Version int32  `json:"version" doc:"Its version." example:"1"`
	SHA256  string `json:"sha256" doc:"SHA-256 of its file, in hexadecimal."`
}

// Sealed are the totals of a sealed revision.
type Sealed struct {
	Revision  int32      `json:"revision" doc:"Its number." example:"1"`
	AsOf      time.Time  `json:"as_of" doc:"What was recorded by then counts."`
	SealedAt  time.Time  `json:"sealed_at" doc:"When it was sealed."`
	Points    string     `json:"points" pattern:"^[0-9]+$" doc:"Sum of all points."`
	Allocated wire.Money `json:"allocated" doc:"Sum of all amounts."`
	Residual  wire.Money `json:"residual" doc:"What went back to the treasury."`
	Drawn     wire.Money `json:"drawn" doc:"What corrections took out of the season's reserve: pool + drawn = allocated + residual."`
	Lines     int64      `json:"lines" doc:"Lines: runs of slots of a device with one owner."`
	Suppliers int64      `json:"suppliers" doc:"Suppliers with a line."`
	Devices   int64      `json:"devices" doc:"Devices with a line."`
	Observed  int32      `json:"observed_slots" doc:"Slots of the season that were observed."`
	Slots     int32      `json:"season_slots" doc:"Slots of the season."`
	Outcomes  []Outcome  `json:"outcomes" nullable:"false" doc:"Lines by what they came to."`
	Digest    string     `json:"digest" doc:"Digest of the revision, in hexadecimal."`
}

// Outcome is how many lines came to it.
type Outcome struct {
	Outcome string `json:"outcome" enum:"spoofed,not_genuine,unlisted_gpu,never_seen,below_min_continuous,below_min_uptime,eligible" doc:"The outcome: see /v1/reasons."`
	Lines   *int64 `json:"lines" nullable:"true" doc:"Lines; null where there are so few that they could tell of somebody."`
}

// withheldBelow is the least count above 0 that is told.
const withheldBelow = 5

// withheldTogether is what withheld counts come to at least: the sum of the told ones is
// known, so that theirs is, too.
const withheldTogether = 2 * withheldBelow

// outcomesOf tells the counts, of outcome 1, 2 …, but for the small ones. With them the
// next smallest are withheld, until it is several that come to enough for none of them
// to be told from their sum, or until nothing but 0 is left.
func outcomesOf(counts []int64) []Outcome {
	told := make([]Outcome, len(counts))
	var bySize []int // those above 0
	for i := range counts {
		told[i] = Outcome{Outcome: snapshot.Outcome(i + 1).String(), Lines: &counts[i]}
		if counts[i] > 0 {
			bySize = append(bySize, i)
		}
	}
	slices.SortStableFunc(bySize, func(a, b int) int { return cmp.Compare(counts[a], counts[b]) })
	sum := int64(0)
	for withheld, i := range bySize {
		if counts[i] >= withheldBelow && (withheld == 0 || withheld > 1 && sum >= withheldTogether) {
			break
		}
		told[i].Lines = nil
		sum += counts[i]
	}
	return told
}

// seasonRow is a season as it is read; what is of a revision is nil without one.
type seasonRow struct {
	code, ruleset              string
	firstDay, lastDay          time.Time
	pool                       int64
	version                    int32
	sha256, digest             []byte
	revision, observed, slots  *int32
	asOf, sealedAt             *time.Time
	points                     *string
	allocated, residual, drawn *int64
	lines, suppliers, devices  *int64
	outcomes                   []int64
}

func (r *seasonRow) view() Season {
	v := Season{
		Season: r.code, FirstDay: r.firstDay.Format(time.DateOnly), LastDay: r.lastDay.Format(time.DateOnly),
		Pool: wire.MoneyOf(ledger.Amount(r.pool)), Ruleset: RulesetID{r.ruleset, r.version, hex.EncodeToString(r.sha256)},
	}
	if r.revision == nil || r.devices == nil {
		return v
	}
	v.Sealed = &Sealed{
		Revision: *r.revision, AsOf: r.asOf.UTC(), SealedAt: r.sealedAt.UTC(), Points: *r.points,
		Allocated: wire.MoneyOf(ledger.Amount(*r.allocated)), Residual: wire.MoneyOf(ledger.Amount(*r.residual)),
		Drawn: wire.MoneyOf(ledger.Amount(*r.drawn)), Lines: *r.lines, Suppliers: *r.suppliers, Devices: *r.devices,
		Observed: *r.observed, Slots: *r.slots, Outcomes: outcomesOf(slices.Clone(r.outcomes)), Digest: hex.EncodeToString(r.digest),
	}
	return v
}

type seasonsIn struct{ wire.Paging }

type seasonsOut struct{ Body wire.Page[Season] }

func seasons(ctx context.Context, reader wire.Reader, in *seasonsIn) (*seasonsOut, error) {
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
	var rows []seasonRow
	ask := &pgx.Batch{}
	queueSeasons(ask, day, code, in.Limit+1, &rows)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	views := make([]Season, len(rows))
	for i := range rows {
		views[i] = rows[i].view()
	}
	page := wire.PageOf(views, in.Limit, func(s Season) string { return wire.Cursor(s.FirstDay, s.Season) })
	return &seasonsOut{page}, nil
}

// SeasonPath names a season in the path.
type SeasonPath struct {
	Season string `path:"season" pattern:"^[a-z0-9][a-z0-9-]*$" minLength:"1" maxLength:"63" doc:"The season's code." example:"ignition-s1"`
}

type seasonIn struct{ SeasonPath }

type seasonOut struct{ Body Season }

func season(ctx context.Context, reader wire.Reader, in *seasonIn) (*seasonOut, error) {
	row, err := readSeason(ctx, reader, in.Season)
	if err != nil {
		return nil, err
	}
	return &seasonOut{row.view()}, nil
}

// readSeason reads one season, or gives wire.NotFound.
func readSeason(ctx context.Context, reader wire.Reader, code string) (*seasonRow, error) {
	var rows []seasonRow
	ask := &pgx.Batch{}
	queueSeason(ask, code, &rows)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, wire.NotFound
	}
	return &rows[0], nil
}
