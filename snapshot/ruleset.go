package snapshot

import (
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/BurntSushi/toml"
)

// Exclude says which slots a spoofed verdict takes out.
type Exclude string

// The ways to exclude: the device's whole season, or its slots from the verdict's
// effective instant on.
const (
	ExcludeSeason      Exclude = "season"
	ExcludeFromVerdict Exclude = "from_verdict"
)

// Ruleset is the frozen rules that a season is paid by: a TOML file, parsed and
// validated. It never changes, so scorers share one.
type Ruleset struct {
	Name        string
	Version     int // 1 or more
	Eligibility Eligibility
	Jobs        Jobs
	Payout      Payout

	gpu          weightTable
	connectivity weightTable
	sha256       [sha256.Size]byte
}

// Eligibility is what a line must reach to have points.
type Eligibility struct {
	MinUptime      Fraction // of observed slots
	MinContinuous  int64    // slots in a row
	RequireGenuine bool     // the last verdict must be genuine
	Exclude        Exclude
}

// Jobs is what a minute of paid compute adds, in thousandths of a minute of uptime.
type Jobs struct{ Permille int64 }

// Payout is the least amount that is paid out, in base units; less carries forward.
type Payout struct{ Minimum int64 }

// ErrRuleset is wrapped by every error of LoadRuleset.
var ErrRuleset = errors.New("ruleset refused")

// rulesetBytesMax bounds a ruleset's file; a table of ten thousand models fits.
const rulesetBytesMax = 1 << 20

// SHA256 returns the digest of the file's bytes, under which it is stored.
func (r *Ruleset) SHA256() [sha256.Size]byte { return r.sha256 }

// LoadRuleset parses and validates a ruleset's file in full. The error names every
// field that is wrong with its line, its value and what to write instead; it wraps
// ErrRuleset. Keys that the rules do not know are refused, so that a misspelt rule
// is never silently absent, and so is a rule that is left out.
func LoadRuleset(file []byte) (*Ruleset, error) {
	if len(file) > rulesetBytesMax {
		return nil, fmt.Errorf("%w: %d bytes: a ruleset has at most %d", ErrRuleset, len(file), rulesetBytesMax)
	}
	values := map[string]any{}
	if _, err := toml.Decode(string(file), &values); err != nil {
		return nil, fmt.Errorf("%w: not TOML: %w", ErrRuleset, err)
	}
	root := &tomlTable{values: values, problems: new([]problem), lines: numberLines(file)}
	r := readRuleset(root)
	r.sha256 = sha256.Sum256(file)
	if len(*root.problems) > 0 {
		return nil, fmt.Errorf("%w:\n%w", ErrRuleset, errors.Join(sorted(*root.problems)...))
	}
	return r, nil
}

func readRuleset(root *tomlTable) *Ruleset {
	root.know("name", "version", "eligibility", "weights", "jobs", "payout")
	eligibility, jobs, payout := root.table("eligibility"), root.table("jobs"), root.table("payout")
	weights := root.table("weights")
	eligibility.know("min_uptime", "min_continuous", "require_genuine", "exclude")
	jobs.know("permille")
	payout.know("minimum")
	weights.know("gpu", "connectivity")
	return &Ruleset{
		Name:    root.name("name"),
		Version: int(root.integer("version", 1, math.MaxInt32)),
		Eligibility: Eligibility{
			MinUptime:      eligibility.fraction("min_uptime"),
			MinContinuous:  eligibility.integer("min_continuous", 0, math.MaxInt32),
			RequireGenuine: eligibility.boolean("require_genuine"),
			Exclude:        Exclude(eligibility.oneOf("exclude", string(ExcludeSeason), string(ExcludeFromVerdict))),
		},
		Jobs:         Jobs{Permille: jobs.integer("permille", 0, math.MaxInt64)},
		Payout:       Payout{Minimum: payout.integer("minimum", 0, math.MaxInt64)},
		gpu:          weights.table("gpu").weights(),
		connectivity: weights.table("connectivity").weights(weightDefault),
	}
}

//go:embed rulesets/*.toml
var rulesetFiles embed.FS

// EmbeddedRuleset is a ruleset's file that is shipped with the program.
type EmbeddedRuleset struct {
	Name string // "ignition-s1"
	TOML []byte
}

// Embedded returns the shipped rulesets by name, in order. Their weights are examples:
// the networks' real tables are not published.
func Embedded() []EmbeddedRuleset {
	entries, err := rulesetFiles.ReadDir("rulesets")
	if err != nil {
		panic(err) // compiled in
	}
	shipped := make([]EmbeddedRuleset, len(entries))
	for i, entry := range entries {
		text, err := rulesetFiles.ReadFile("rulesets/" + entry.Name())
		if err != nil {
			panic(err) // compiled in
		}
		shipped[i] = EmbeddedRuleset{Name: strings.TrimSuffix(entry.Name(), ".toml"), TOML: text}
	}
	return shipped
}
