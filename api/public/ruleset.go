package public

import (
	"context"
	"encoding/hex"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
)

// Ruleset is the rules that seasons are paid by.
type Ruleset struct {
	RulesetID
	TOML     string  `json:"toml" doc:"Its file, byte for byte: the digest is of these bytes."`
	Versions []int32 `json:"versions" nullable:"false" doc:"Versions of the name that are on record, in order."`
}

// rulesetRow is a ruleset as it is read.
type rulesetRow struct {
	version      int32
	sha256, toml []byte
}

type rulesetIn struct {
	Name    string `path:"name" minLength:"1" maxLength:"200" doc:"The ruleset's name." example:"ignition-s1"`
	Version int    `query:"version" minimum:"0" maximum:"2147483647" doc:"Which version; 0 or absent: the newest." example:"1"`
}

type rulesetOut struct{ Body Ruleset }

func ruleset(ctx context.Context, reader wire.Reader, in *rulesetIn) (*rulesetOut, error) {
	var found []rulesetRow
	ask := &pgx.Batch{}
	queueRulesets(ask, in.Name, &found)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	out := &rulesetOut{Ruleset{Versions: []int32{}}}
	for _, row := range found {
		out.Body.Versions = append(out.Body.Versions, row.version)
		if in.Version == 0 || int(row.version) == in.Version {
			out.Body.RulesetID = RulesetID{in.Name, row.version, hex.EncodeToString(row.sha256)}
			out.Body.TOML = string(row.toml)
		}
	}
	if out.Body.Name == "" {
		return nil, wire.NotFound
	}
	return out, nil
}
