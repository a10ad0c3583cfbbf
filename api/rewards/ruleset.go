package rewards

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) rulesets() {
	wire.Read(d.Service, reading("/rulesets", "list-rulesets", "List the rulesets",
		"The shipped rulesets, and those that seasons were pinned to."), payers, d.listRulesets)
	wire.Read(d.Service, reading("/rulesets/{sha256}", "get-ruleset", "Look at a ruleset",
		"One ruleset with its file, byte for byte."), payers, d.getRuleset)
	check := acting("/rulesets/checks", "check-ruleset", "Check a ruleset",
		"Names every field of a TOML file that is wrong. Nothing is stored: a ruleset is when a season is pinned to it.")
	check.Metadata = map[string]any{wire.WhileHalted: true}
	wire.Act(d.Service, check, team, d.checkRuleset)
}

// Ruleset is what a season may be paid by.
type Ruleset struct {
	Name    string `json:"name" example:"ignition-s1" doc:"Its name."`
	Version int    `json:"version" example:"1" doc:"Its version."`
	SHA256  string `json:"sha256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"SHA-256 of its file, by which it is known."`
	Shipped bool   `json:"shipped" example:"true" doc:"Whether it comes with the program."`
	Pinned  bool   `json:"pinned" example:"true" doc:"Whether a season is pinned to it."`

	toml []byte
}

func viewRuleset(file []byte) (Ruleset, error) {
	rules, err := snapshot.LoadRuleset(file)
	if err != nil {
		return Ruleset{}, err
	}
	digest := rules.SHA256()
	return Ruleset{Name: rules.Name, Version: rules.Version, SHA256: hex.EncodeToString(digest[:]), toml: file}, nil
}

// readRulesets reads each ruleset once: the shipped ones, then by season.
func readRulesets(ctx context.Context, tx pgx.Tx) (all []Ruleset, err error) {
	for _, shipped := range snapshot.Embedded() {
		r, err := viewRuleset(shipped.TOML)
		if err != nil {
			return nil, err
		}
		r.Shipped = true
		all = append(all, r)
	}
	seasons, err := snapshot.Seasons(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, s := range seasons {
		file, err := snapshot.RulesetFile(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		r, err := viewRuleset(file)
		if err != nil {
			return nil, err
		}
		all = pin(all, r)
	}
	return all, nil
}

// pin marks the ruleset as a season's, or adds it so.
func pin(all []Ruleset, r Ruleset) []Ruleset {
	for i := range all {
		if all[i].SHA256 == r.SHA256 {
			all[i].Pinned = true
			return all
		}
	}
	r.Pinned = true
	return append(all, r)
}

func (d *desk) listRulesets(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*body[wire.Page[Ruleset]], error) {
	all, err := readRulesets(ctx, tx)
	if err != nil {
		return nil, err
	}
	return whole(all), nil
}

type oneRuleset struct {
	SHA256 string `path:"sha256" minLength:"64" maxLength:"64" pattern:"^[0-9a-f]{64}$" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"SHA-256 of its file."`
}

// rulesetFile is a ruleset with its file.
type rulesetFile struct {
	Ruleset
	TOML string `json:"toml" example:"name = \"ignition-s1\"" doc:"The file."`
}

func (d *desk) getRuleset(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *oneRuleset) (*body[rulesetFile], error) {
	all, err := readRulesets(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.SHA256 == in.SHA256 {
			return &body[rulesetFile]{rulesetFile{r, string(r.toml)}}, nil
		}
	}
	return nil, wire.NotFound
}

type checkRuleset struct{ Body Rules }

func (d *desk) checkRuleset(_ context.Context, _ wire.Acting, in *checkRuleset) (*body[Ruleset], error) {
	file, err := in.Body.text()
	if err != nil {
		return nil, err
	}
	if file == nil {
		return nil, invalid("body.ruleset_toml", errors.New("give the TOML file to check"))
	}
	r, err := viewRuleset(file)
	return &body[Ruleset]{r}, err
}
