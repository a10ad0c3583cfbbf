package snapshot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// PinnedSeason is a season with the ruleset that it is paid by.
type PinnedSeason struct {
	Season
	RulesetSHA256  []byte
	RulesetName    string
	RulesetVersion int
}

// CreateSeason records a season and pins its ruleset, given as TOML. The same
// season again is no error; another one of the same code is ErrConflict.
func CreateSeason(ctx context.Context, tx pgx.Tx, s Season, toml []byte, person int64) error {
	if err := s.Validate(); err != nil {
		return err
	}
	rules, err := LoadRuleset(toml)
	if err != nil {
		return err
	}
	if err := insertRuleset(ctx, tx, rules, toml); err != nil {
		return err
	}
	digest := rules.SHA256()
	old, err := selectSeasons(ctx, tx, s.Code)
	if err != nil {
		return err
	}
	if len(old) == 0 {
		err := insertSeason(ctx, tx, s, digest[:], person)
		if refusal(err) == uniqueViolation {
			return fmt.Errorf("season %s: %w: another person created it at this moment; look at it", s.Code, ErrConflict)
		}
		return err
	}
	same := old[0].FirstDay.Equal(s.FirstDay) && old[0].LastDay.Equal(s.LastDay) && old[0].Pool == s.Pool &&
		string(old[0].RulesetSHA256) == string(digest[:])
	if !same {
		return fmt.Errorf("season %s: %w: it exists with other days, pool or ruleset, which do not change; choose another code",
			s.Code, ErrConflict)
	}
	return nil
}

// Seasons returns all seasons, by first day.
func Seasons(ctx context.Context, tx pgx.Tx) ([]PinnedSeason, error) {
	return selectSeasons(ctx, tx, "")
}

// SeasonByCode returns one season.
func SeasonByCode(ctx context.Context, tx pgx.Tx, code string) (PinnedSeason, error) {
	found, err := selectSeasons(ctx, tx, code)
	if err != nil {
		return PinnedSeason{}, err
	}
	if code == "" || len(found) == 0 {
		return PinnedSeason{}, fmt.Errorf("season %q: %w; see which there are with: `uptally season list`", code, ErrNotFound)
	}
	return found[0], nil
}

// RulesetOf returns the season's pinned ruleset.
func RulesetOf(ctx context.Context, tx pgx.Tx, s PinnedSeason) (*Ruleset, error) {
	toml, err := RulesetFile(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	return LoadRuleset(toml)
}

// RulesetFile returns the file of the season's pinned ruleset, byte for byte.
func RulesetFile(ctx context.Context, tx pgx.Tx, s PinnedSeason) ([]byte, error) {
	return selectRuleset(ctx, tx, s.RulesetSHA256)
}

// Rulesets returns every ruleset that a season was pinned to.
func Rulesets(ctx context.Context, tx pgx.Tx) ([]*Ruleset, error) {
	texts, err := selectRulesets(ctx, tx)
	if err != nil {
		return nil, err
	}
	rules := make([]*Ruleset, len(texts))
	for i, toml := range texts {
		if rules[i], err = LoadRuleset(toml); err != nil {
			return nil, err
		}
	}
	return rules, nil
}
