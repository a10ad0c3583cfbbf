package snapshot

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/uptally/uptally/uptime"
)

const goodRuleset = `
name = "test"
version = 3
[eligibility]
min_uptime = "0.75"
min_continuous = 12
require_genuine = true
exclude = "from_verdict"
[weights.gpu]
"NVIDIA H100 PCIe" = "8.5"
default = "0"
[weights.connectivity]
ultra = "1.25"
default = "0.5"
[jobs]
permille = 500
[payout]
minimum = 100000000
`

func TestLoadRuleset(t *testing.T) {
	r, err := LoadRuleset([]byte(goodRuleset))
	if err != nil {
		t.Fatal(err)
	}
	want := Eligibility{MinUptime: Fraction{750_000_000_000_000_000}, MinContinuous: 12, RequireGenuine: true, Exclude: ExcludeFromVerdict}
	if r.Name != "test" || r.Version != 3 || r.Eligibility != want || r.Jobs.Permille != 500 || r.Payout.Minimum != 100_000_000 {
		t.Errorf("read %+v", r)
	}
	if r.SHA256() != sha256.Sum256([]byte(goodRuleset)) {
		t.Error("the digest is not that of the file's bytes")
	}
}

func TestLoadRulesetRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, wrong string }{
		// decimals are exact, hence quoted, plain and bounded
		{`"0.75"`, `0.75`, `eligibility.min_uptime: 0.75 is a number with a fraction, not exact: write a decimal in quotes`},
		{`"0.75"`, `"1.01"`, `eligibility.min_uptime: "1.01" is above 1`},
		{`"0.75"`, `"-0.5"`, `eligibility.min_uptime: "-0.5" is no decimal`},
		{`"0.75"`, `"0.1234567890123456789"`, `19 places: write at most 18`},
		{`"8.5"`, `8.5`, `weights.gpu."NVIDIA H100 PCIe": 8.5 is a number with a fraction, not exact`},
		{`"8.5"`, `8`, `weights.gpu."NVIDIA H100 PCIe": 8 is a whole number: write a decimal in quotes, such as "2.5"`},
		{`"8.5"`, `"8e5"`, `weights.gpu."NVIDIA H100 PCIe": "8e5" is no decimal`},
		{`"8.5"`, `"-8.5"`, `"-8.5" is no decimal`},
		{`"8.5"`, `""`, `"" is no decimal`},
		{`"1.25"`, `"` + strings.Repeat("1", 31) + `"`, `weights.connectivity.ultra: 31 digits before the point and 0 after: write at most 30 of each`},
		{`"1.25"`, `"0.` + strings.Repeat("1", 31) + `"`, `1 digits before the point and 31 after`},
		// whole numbers, truths and choices
		{`= 12`, `= "12"`, `eligibility.min_continuous: "12" is a text in quotes: write a whole number`},
		{`= 12`, `= -1`, `eligibility.min_continuous: -1: write 0 to`},
		{`= 12`, `= 12.0`, `eligibility.min_continuous: 12 is a number with a fraction`},
		{`= 500`, `= -500`, `jobs.permille: -500: write 0 to`},
		{`= 100000000`, `= -1`, `payout.minimum: -1`},
		{`= 3`, `= 0`, `version: 0: write 1 to 2147483647`},
		{`= true`, `= "yes"`, `eligibility.require_genuine: "yes" is a text in quotes: write true or false`},
		{`= true`, `= 2024-05-01`, `eligibility.require_genuine: 2024-05-01T00:00:00Z is a date or time`},
		{`"from_verdict"`, `"device"`, `eligibility.exclude: "device": write "season" or "from_verdict"`},
		{`"from_verdict"`, `"Season"`, `eligibility.exclude: "Season": write`},
		{`"test"`, `""`, `name: "": write 1 to 100 bytes`},
		{`"test"`, `["test"]`, `name: the value is a list: write a name in quotes`},
		// nothing is left out, and nothing is misspelt
		{`exclude = "from_verdict"`, ``, `eligibility.exclude: missing: write "season" or "from_verdict"`},
		{"[jobs]\npermille = 500", ``, `jobs: missing: write the table [jobs]`},
		{"[jobs]\npermille", "[[jobs]]\npermille", `jobs: the value is a list: write the table [jobs]`},
		{`default = "0.5"`, ``, `weights.connectivity.default: missing: write a decimal in quotes`},
		{"\"NVIDIA H100 PCIe\" = \"8.5\"\ndefault = \"0\"", ``, `weights.gpu.default: the table is empty`},
		{`min_continuous = 12`, "min_continuous = 12\nMin_Uptime = \"0.1\"", `eligibility.Min_Uptime: unknown key: remove it, or write one of min_uptime`},
		{`[payout]`, "[payout]\nmaximum = 1", `payout.maximum: unknown key`},
		{`[payout]`, "[weights.memory]\n[payout]", `weights.memory: unknown key: remove it, or write one of gpu, connectivity`},
		{`[payout]`, "[grace]\n[payout]", `grace: unknown key`},
		// not TOML
		{`version = 3`, `version = `, `not TOML`},
		{`version = 3`, "version = 3\nversion = 4", `not TOML`},
		{`"test"`, "\"\xff\"", `not TOML`},
	} {
		text := strings.Replace(goodRuleset, c.old, c.new, 1)
		r, err := LoadRuleset([]byte(text))
		if r != nil || !errors.Is(err, ErrRuleset) || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s for %s:\n got %v\nwant %s", c.new, c.old, err, c.wrong)
		}
	}
	if _, err := LoadRuleset(bytes.Repeat([]byte("#"), rulesetBytesMax+1)); !errors.Is(err, ErrRuleset) {
		t.Errorf("a file of %d bytes: %v", rulesetBytesMax+1, err)
	}
}

func TestLoadRulesetNamesEveryBadField(t *testing.T) {
	_, err := LoadRuleset([]byte("name = 1\nversion = 0\n[eligibility]\nmin_uptime = 0.5\n[weights.gpu]\nx = 1\n[surprise]\n"))
	if err == nil {
		t.Fatal("taken")
	}
	for _, field := range []string{
		"line 1: name:", "line 2: version:", "line 4: eligibility.min_uptime:", "line 3: eligibility.min_continuous:",
		"line 3: eligibility.require_genuine:", "line 3: eligibility.exclude:", "line 6: weights.gpu.x:",
		"line 5: weights.connectivity:", "jobs:", "payout:", "line 7: surprise:",
	} {
		if !strings.Contains(err.Error(), "\n"+field) {
			t.Errorf("%s is not named in:\n%v", field, err)
		}
	}
	if n := strings.Count(err.Error(), "\n"); n != 11 {
		t.Errorf("%d problems, want 11:\n%v", n, err)
	}
}

func TestLinesOfKeys(t *testing.T) {
	lines := numberLines([]byte("# one\na = 1\n\"b c\".d = 2\n\n[e.f]\ng = { h = 1, i.j = \"\"\"\n\n\"\"\" }\nk = [\n1 ]\n[[l]]\nm = 1\n"))
	want := lineNumbers{
		"a": 2, `"b c"`: 3, `"b c".d`: 3, "e": 5, "e.f": 5, "e.f.g": 6, "e.f.g.h": 6, "e.f.g.i": 6, "e.f.g.i.j": 6, "e.f.k": 9,
		"l": 11, "l.m": 12,
	}
	if !maps.Equal(lines, want) {
		t.Errorf("lines\n got %v\nwant %v", lines, want)
	}
	if missing := lines.of("e.f", "nothing"); missing != 5 {
		t.Errorf("a missing key is on line %d", missing)
	}
}

func TestEmbeddedRulesets(t *testing.T) {
	var names []string
	for _, shipped := range Embedded() {
		r, err := LoadRuleset(shipped.TOML)
		if err != nil {
			t.Errorf("%s: %v", shipped.Name, err)
			continue
		}
		names = append(names, r.Name)
		if r.Name != shipped.Name || !bytes.Contains(shipped.TOML, []byte("WEIGHTS ARE EXAMPLES")) {
			t.Errorf("%s names itself %s, or does not say that its weights are examples", shipped.Name, r.Name)
		}
		if weight, listed, err := r.Weight(facts("NVIDIA A100-SXM4-80GB", 8, "ultra")); weight != 60_000_000 || !listed || err != nil {
			t.Errorf("%s: weight %d, listed %v (%v)", shipped.Name, weight, listed, err)
		}
	}
	if !slices.Equal(names, []string{"ignition-s1", "ignition-s2"}) {
		t.Errorf("shipped: %v", names)
	}
}

func facts(model string, count int32, connectivity string) uptime.Facts {
	return uptime.Facts{GPUModel: model, GPUCount: count, Connectivity: connectivity}
}

// FuzzLoadRuleset: no input breaks the loader, and what it takes is within the
// bounds that the rules rely on.
func FuzzLoadRuleset(f *testing.F) {
	f.Add([]byte(goodRuleset))
	for _, shipped := range Embedded() {
		f.Add(shipped.TOML)
	}
	f.Add([]byte(strings.Replace(goodRuleset, `"8.5"`, `"999999999999999999999999999999.5"`, 1)))
	f.Add([]byte("weights.gpu.\"\" = \"1\"\n[weights]\nconnectivity = {}\n"))
	f.Add([]byte("[[weights]]\n[eligibility]\nmin_uptime = inf\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := LoadRuleset(file)
		if err != nil {
			if r != nil || !errors.Is(err, ErrRuleset) {
				t.Fatalf("refused with %v and %v", r, err)
			}
			return
		}
		if r.Name == "" || r.Version < 1 || r.Eligibility.MinContinuous < 0 || r.Jobs.Permille < 0 || r.Payout.Minimum < 0 ||
			r.Eligibility.MinUptime.numerator > fractionOne || len(r.gpu) == 0 || r.SHA256() != sha256.Sum256(file) {
			t.Fatalf("taken: %+v", r)
		}
		for _, model := range slices.Sorted(maps.Keys(r.gpu)) {
			if weight, listed, err := r.Weight(facts(model, 1<<31-1, "any")); weight < 0 || !listed || err != nil && !errors.Is(err, ErrWeightTooLarge) {
				t.Fatalf("%q weighs %d, listed %v (%v)", model, weight, listed, err)
			}
		}
	})
}
