package rewards

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) seasons() {
	wire.Read(d.Service, reading("/seasons", "list-seasons", "List the seasons",
		"All seasons by first day, each with its pool and the ruleset that it is paid by."), house, d.listSeasons)
	wire.Act(d.Service, making("/seasons", "create-season", "Create a season",
		"Records a season and pins its ruleset; neither changes afterwards. The same season again is no error."), team, d.createSeason)
	wire.Read(d.Service, reading("/seasons/{season}", "get-season", "Look at a season",
		"A season with how far it is on its way to a seal: the board of guards, hours, logs, and the one next step."), house, d.getSeason)
}

// Season is what is paid for when, out of which pool, by which rules.
type Season struct {
	Code           string     `json:"code" example:"ignition-s1" doc:"How people name it."`
	FirstDay       string     `json:"first_day" format:"date" example:"2023-11-04" doc:"First day (UTC), inclusive."`
	LastDay        string     `json:"last_day" format:"date" example:"2024-04-25" doc:"Last day (UTC), inclusive."`
	Slots          int        `json:"slots" example:"50400" doc:"Slots of five minutes from the first day to the last."`
	Pool           wire.Money `json:"pool" doc:"What it pays."`
	Ruleset        string     `json:"ruleset" example:"ignition-s1" doc:"Name of the ruleset that it is pinned to."`
	RulesetVersion int        `json:"ruleset_version" example:"1" doc:"Version of the ruleset."`
	RulesetSHA256  string     `json:"ruleset_sha256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"SHA-256 of the ruleset's file."`
}

func viewSeason(s snapshot.PinnedSeason) Season {
	return Season{
		Code: s.Code, FirstDay: s.FirstDay.Format(time.DateOnly), LastDay: s.LastDay.Format(time.DateOnly), Slots: s.Span().Len(),
		Pool: wire.MoneyOf(ledger.Amount(s.Pool)), Ruleset: s.RulesetName, RulesetVersion: s.RulesetVersion,
		RulesetSHA256: hex.EncodeToString(s.RulesetSHA256),
	}
}

func (d *desk) listSeasons(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*body[wire.Page[Season]], error) {
	all, err := snapshot.Seasons(ctx, tx)
	if err != nil {
		return nil, err
	}
	views := make([]Season, len(all))
	for i, s := range all {
		views[i] = viewSeason(s)
	}
	return whole(views), nil
}

// Rules names a shipped ruleset, or gives one.
type Rules struct {
	Ruleset     string `json:"ruleset,omitempty" maxLength:"100" example:"ignition-s1" doc:"Name of a shipped ruleset; or give ruleset_toml."`
	RulesetTOML string `json:"ruleset_toml,omitempty" maxLength:"65536" pattern:"^[^\\x00]*$" example:"name = \"ignition-s3\"" doc:"A ruleset of your own, as TOML."`
}

// text returns the ruleset's file; nil, if there is none.
func (r Rules) text() ([]byte, error) {
	switch {
	case r.Ruleset != "" && r.RulesetTOML != "":
		return nil, invalid("body.ruleset_toml", errors.New("give ruleset or ruleset_toml, not both"))
	case r.RulesetTOML != "":
		return []byte(r.RulesetTOML), nil
	case r.Ruleset == "":
		return nil, nil
	}
	for _, shipped := range snapshot.Embedded() {
		if shipped.Name == r.Ruleset {
			return shipped.TOML, nil
		}
	}
	return nil, invalid("body.ruleset", errors.New("no ruleset of that name is shipped: see list-rulesets, or give ruleset_toml"))
}

type createSeason struct {
	Body createSeasonBody
}

// createSeasonBody is what createSeason takes.
type createSeasonBody struct {
	Code string `json:"code" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s3" doc:"How people will name it."`
	From string `json:"from" format:"date" maxLength:"10" example:"2024-06-01" doc:"First day (UTC), inclusive."`
	To   string `json:"to" format:"date" maxLength:"10" example:"2024-06-30" doc:"Last day (UTC), inclusive."`
	Pool string `json:"pool" pattern:"^[0-9]{1,19}$" example:"2000000000000000" doc:"What it pays, in base units."`
	Rules
}

// season returns the season that is asked for.
func (in *createSeason) season() (s snapshot.Season, err error) {
	s.Code = in.Body.Code
	if s.FirstDay, err = time.Parse(time.DateOnly, in.Body.From); err != nil {
		return s, invalid("body.from", errors.New("write a day such as 2024-06-01"))
	}
	if s.LastDay, err = time.Parse(time.DateOnly, in.Body.To); err != nil {
		return s, invalid("body.to", errors.New("write a day such as 2024-06-30"))
	}
	if err := moments("body", &s.FirstDay, &s.LastDay); err != nil {
		return s, err
	}
	pool, err := ledger.ParseAmount(in.Body.Pool)
	if err != nil {
		return s, invalid("body.pool", err)
	}
	s.Pool = int64(pool)
	if err := s.Validate(); err != nil {
		return s, invalid("body", err)
	}
	return s, nil
}

func (d *desk) createSeason(ctx context.Context, a wire.Acting, in *createSeason) (*made[Season], error) {
	s, err := in.season()
	if err != nil {
		return nil, err
	}
	toml, err := in.Body.Rules.text()
	if err != nil {
		return nil, err
	}
	if toml == nil {
		return nil, invalid("body.ruleset", errors.New("name a shipped ruleset, or give ruleset_toml"))
	}
	if err := snapshot.CreateSeason(ctx, a.Tx, s, toml, a.Person); err != nil {
		return nil, err
	}
	created, err := snapshot.SeasonByCode(ctx, a.Tx, s.Code)
	if err != nil {
		return nil, err
	}
	return &made[Season]{fmt.Sprintf("%s/seasons/%s", prefix, s.Code), viewSeason(created)}, nil
}
