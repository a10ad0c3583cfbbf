package snapshot

import (
	"errors"
	"math"
	"strings"
	"testing"
)

const setRulesFile = `name = "rules" # the comment goes
version = 1
[eligibility]
min_uptime = "0.5"
min_continuous = 0
require_genuine = false
exclude = "season"
[weights.gpu]
"NVIDIA T4" = "1"
[weights.connectivity]
default = "1"
[jobs]
permille = 500
[payout]
minimum = 0
`

func TestSetRules(t *testing.T) {
	for _, c := range []struct {
		set, what, want string // what the file says in place of what
	}{
		{`eligibility.min_uptime=0.6`, `min_uptime = "0.5"`, `min_uptime = "0.6"`},
		{`eligibility.min_uptime = "0.6"`, `min_uptime = "0.5"`, `min_uptime = "0.6"`},
		{`weights.gpu."NVIDIA T4"=2.5`, `"NVIDIA T4" = "1"`, `"NVIDIA T4" = "2.5"`},
		{`weights.gpu.'NVIDIA T4'=2.5`, `"NVIDIA T4" = "1"`, `"NVIDIA T4" = "2.5"`},
		{`weights.gpu."a = b. c"=2`, `"NVIDIA T4" = "1"`, `"NVIDIA T4" = "1"` + "\n" + `"a = b. c" = "2"`},
		{`weights.connectivity.high=0.8`, `default = "1"`, `default = "1"` + "\n" + `high = "0.8"`},
		{`jobs.permille=0`, `permille = 500`, `permille = 0`},
		{`eligibility.require_genuine=true`, `require_genuine = false`, `require_genuine = true`},
		{`eligibility.exclude=from_verdict`, `"season"`, `"from_verdict"`},
		{`name=other`, `"rules"`, `"other"`},
	} {
		file, err := SetRules([]byte(setRulesFile), []string{c.set})
		if err != nil {
			t.Errorf("%s: %v", c.set, err)
			continue
		}
		want, err := LoadRuleset([]byte(strings.Replace(setRulesFile, c.what, c.want, 1)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := LoadRuleset(file)
		if err != nil {
			t.Fatal(err)
		}
		got.sha256 = want.sha256
		if !sameRules(got, want) {
			t.Errorf("%s: %+v, want %+v", c.set, got, want)
		}
	}
}

func sameRules(a, b *Ruleset) bool {
	same := func(a, b weightTable) bool {
		for key := range a {
			if x, there := b[key]; !there || !x.Equal(a[key]) {
				return false
			}
		}
		return len(a) == len(b)
	}
	return a.Name == b.Name && a.Version == b.Version && a.Eligibility == b.Eligibility && a.Jobs == b.Jobs && a.Payout == b.Payout &&
		same(a.gpu, b.gpu) && same(a.connectivity, b.connectivity)
}

func TestSetRulesRefuses(t *testing.T) {
	for _, c := range []struct{ set, says string }{
		{`eligibility.min_uptime`, "KEY=VALUE"},
		{`=1`, "no key"},
		{`eligibility..min_uptime=1`, "no key"},
		{"jobs.permille = 1\nname=1", "jobs.permille"},
		{`eligibility.least_uptime=1`, "min_continuous, min_uptime"},
		{`eligibility=1`, "eligibility: a table"},
		{`rewards.minimum=1`, `no table "rewards"`},
		{`weights.colour.red=1`, "connectivity, gpu"},
		{`name.first=x`, `no table "name"`},
		{`jobs.permille=0.5`, "jobs.permille: \"0.5\": write a whole number"},
		{`jobs.permille=-1`, "jobs.permille: -1"},
		{`eligibility.require_genuine=yes`, "true or false"},
		{`eligibility.min_uptime=1.5`, "eligibility.min_uptime"},
		{`weights.gpu."NVIDIA T4"=1e3`, `weights.gpu."NVIDIA T4"`},
		{`weights.gpu."NVIDIA T4"=`, `weights.gpu."NVIDIA T4"`},
	} {
		if _, err := SetRules([]byte(setRulesFile), []string{c.set}); !errors.Is(err, ErrRuleset) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, which should say %q", c.set, err, c.says)
		}
	}
	if _, err := SetRules([]byte("name ="), nil); !errors.Is(err, ErrRuleset) {
		t.Errorf("what is no TOML: %v", err)
	}
}

func TestBuckets(t *testing.T) {
	for _, c := range []struct {
		before, after int64
		want          string
	}{
		{0, 0, "unchanged"}, {7, 7, "unchanged"}, {0, 1, "new"}, {1, 0, "-100 %"},
		{1000, 1, "-100 to -50 %"}, {1000, 500, "-100 to -50 %"}, {1000, 501, "-50 to -10 %"},
		{1000, 900, "-50 to -10 %"}, {1000, 901, "-10 to -1 %"}, {1000, 990, "-10 to -1 %"}, {1000, 991, "-1 to 0 %"},
		{1000, 1001, "0 to 1 %"}, {1000, 1009, "0 to 1 %"}, {1000, 1010, "1 to 10 %"}, {1000, 1099, "1 to 10 %"},
		{1000, 1100, "10 to 50 %"}, {1000, 1500, "50 to 100 %"}, {1000, 1999, "50 to 100 %"}, {1000, 2000, "100 % and more"},
		{1, math.MaxInt64, "100 % and more"}, {math.MaxInt64, 1, "-100 to -50 %"}, {math.MaxInt64, math.MaxInt64 - 1, "-1 to 0 %"},
	} {
		if got := Buckets[bucketOf(c.before, c.after)]; got != c.want {
			t.Errorf("%d to %d: %s, want %s", c.before, c.after, got, c.want)
		}
	}
}
