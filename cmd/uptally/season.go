package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type seasonCommands struct {
	Create   seasonCreate   `cmd:"" help:"Record a season and pin its ruleset; neither changes afterwards."`
	List     seasonList     `cmd:"" help:"List the seasons."`
	Show     seasonShow     `cmd:"" help:"Show a season and its snapshots."`
	Estimate seasonEstimate `cmd:"" help:"Show what a season would pay as things stand; a nightly job keeps it."`
	Status   seasonStatus   `cmd:"" help:"Show what stands between a season and its seal, and the one next step."`
}

type seasonCreate struct {
	Code    string  `arg:"" help:"Code of the season, such as ignition-s1."`
	From    instant `required:"" placeholder:"DAY" help:"First day, inclusive."`
	To      instant `required:"" placeholder:"DAY" help:"Last day, inclusive."`
	Pool    amount  `required:"" placeholder:"AMOUNT" help:"What the season pays: base units, or IO with the unit, such as 20000000IO."`
	Ruleset string  `required:"" placeholder:"NAME|FILE" help:"Shipped ruleset, or a TOML file."`
}

// seasonView is a season as --json prints it.
type seasonView struct {
	Code          string        `json:"code"`
	FirstDay      string        `json:"first_day"`
	LastDay       string        `json:"last_day"` // inclusive
	Pool          ledger.Amount `json:"pool"`
	Ruleset       string        `json:"ruleset"`
	RulesetSHA256 string        `json:"ruleset_sha256"`
}

func viewSeason(s snapshot.PinnedSeason) seasonView {
	return seasonView{
		Code: s.Code, FirstDay: s.FirstDay.Format(time.DateOnly), LastDay: s.LastDay.Format(time.DateOnly),
		Pool: ledger.Amount(s.Pool), Ruleset: fmt.Sprintf("%s v%d", s.RulesetName, s.RulesetVersion),
		RulesetSHA256: hex.EncodeToString(s.RulesetSHA256),
	}
}

// Run records the season.
func (c seasonCreate) Run(ctx context.Context, a *app) error {
	season := snapshot.Season{Code: c.Code, FirstDay: c.From.Time, LastDay: c.To.Time, Pool: int64(c.Pool.Amount)}
	if err := season.Validate(); err != nil {
		return usage("%w", err)
	}
	toml, err := findRuleset(c.Ruleset)
	if err != nil {
		return err
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		if err := snapshot.CreateSeason(ctx, tx, season, toml, person); err != nil {
			return err
		}
		created, err := snapshot.SeasonByCode(ctx, tx, season.Code)
		if err != nil {
			return err
		}
		a.say("Season %s: %s days, paid by ruleset %s v%d. Fund it with: uptally ledger fund %s %s",
			season.Code, count(season.Span().Len()/288), created.RulesetName, created.RulesetVersion, season.Code, c.Pool.Amount)
		return a.showSeasons([]snapshot.PinnedSeason{created}, viewSeason(created))
	})
}

// findRuleset returns a shipped ruleset's text by its name, or else a file's.
func findRuleset(nameOrFile string) ([]byte, error) {
	var names []string
	for _, shipped := range snapshot.Embedded() {
		if shipped.Name == nameOrFile {
			return shipped.TOML, nil
		}
		names = append(names, shipped.Name)
	}
	text, err := os.ReadFile(nameOrFile)
	if err != nil {
		return nil, usage("ruleset %q: name %s, or a TOML file: %w", nameOrFile, strings.Join(names, ", "), err)
	}
	return text, nil
}

func (a *app) showSeasons(seasons []snapshot.PinnedSeason, data any) error {
	return a.show(data, func(out io.Writer) {
		g := newGrid("season", "first day", "last day", ">pool", "ruleset")
		for _, s := range seasons {
			v := viewSeason(s)
			g.add(v.Code, v.FirstDay, v.LastDay, inIO(s.Pool), v.Ruleset)
		}
		g.print(out)
	})
}

type seasonList struct{}

// Run lists the seasons by first day.
func (seasonList) Run(ctx context.Context, a *app) error {
	var seasons []snapshot.PinnedSeason
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		seasons, err = snapshot.Seasons(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	views := make([]seasonView, len(seasons))
	for i, s := range seasons {
		views[i] = viewSeason(s)
	}
	return a.showSeasons(seasons, views)
}

type seasonShow struct {
	Code string `arg:"" help:"Code of the season."`
}

// Run shows one season with its revisions.
func (c seasonShow) Run(ctx context.Context, a *app) error {
	var (
		season    snapshot.PinnedSeason
		snapshots []snapshot.Snapshot
	)
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		if season, err = snapshot.SeasonByCode(ctx, tx, c.Code); err != nil {
			return err
		}
		snapshots, err = snapshot.List(ctx, tx, c.Code)
		return err
	}); err != nil {
		return err
	}
	view := struct {
		seasonView
		Snapshots []revisionView `json:"snapshots"`
	}{viewSeason(season), viewRevisions(snapshots)}
	if a.JSON {
		return printJSON(a.out, view)
	}
	if err := a.showSeasons([]snapshot.PinnedSeason{season}, nil); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	printRevisions(a.out, snapshots)
	return nil
}
