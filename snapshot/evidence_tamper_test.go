package snapshot_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/uptally/uptally/snapshot/evidence"
)

// tampers is how many random changes are tried, UPTALLY_TAMPERS or a few dozen.
func tampers(t *testing.T) int {
	t.Helper()
	text := os.Getenv("UPTALLY_TAMPERS")
	if text == "" {
		return 60
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 3 {
		t.Fatalf("UPTALLY_TAMPERS=%s", text)
	}
	return n
}

// Random single changes of a bundle, all caught: of its bits as they lie on a disk; of
// a cell, by who fixes the row's check, the member's hash and the file's; of a value in
// a document, by the same.
func TestEvidenceCatchesEveryTamper(t *testing.T) {
	t.Parallel()
	o, first, second := corrected(t)
	bundles := [][]byte{o.bundle(first), o.bundle(second)}
	var files []*unpacked
	for _, b := range bundles {
		files = append(files, unpack(t, b))
	}
	n := tampers(t)
	random := rand.New(rand.NewPCG(25, 4))
	for i := range n {
		which := random.IntN(len(bundles))
		var (
			what   string
			forged []byte
			fits   bool // the container is as it should be
		)
		switch i % 3 {
		case 0:
			forged = bytes.Clone(bundles[which])
			bit := random.IntN(8 * len(forged))
			forged[bit/8] ^= 1 << (bit % 8)
			what = fmt.Sprintf("bit %d of byte %d", bit%8, bit/8)
		case 1:
			copied := files[which].clone()
			what, fits = copied.forgeCell(random), true
			forged = copied.pack()
		case 2:
			copied := files[which].clone()
			what, fits = copied.forgeValue(random), true
			forged = copied.pack()
		}
		report := verify(t, forged, evidence.Options{})
		err := report.Err()
		if err == nil {
			t.Errorf("%s (tamper %d): not caught", what, i)
			continue
		}
		if !names.MatchString(err.Error()) {
			t.Errorf("%s (tamper %d): caught without a name: %v", what, i, err)
		}
		if fits && report.Stages[0].Difference != "" {
			t.Errorf("%s (tamper %d): found in the container, so not as was meant: %v", what, i, report.Stages[0].Difference)
		}
		if testing.Verbose() {
			t.Logf("%s: %v", what, err)
		}
	}
}

// names is what a difference must name: a member, or the place in the container.
var names = regexp.MustCompile(`README\.md|[a-z_]+\.(json|toml|parquet)|at its end|byte \d+`)

// forgeCell changes a random cell of a random table, and says which.
func (u *unpacked) forgeCell(random *rand.Rand) (what string) {
	var tables []string
	for _, f := range u.all {
		if strings.HasSuffix(f.name, ".parquet") && len(u.read(f.name)) > 0 {
			tables = append(tables, f.name)
		}
	}
	table := tables[random.IntN(len(tables))]
	u.forge(table, func(rows []parquetRow) {
		at := random.IntN(len(rows))
		r := rows[at]
		i := random.IntN(len(r.values) - 1) // the check is no fact
		was := r.show(i)
		for r.show(i) == was {
			r.set(i, another(r, i, random))
		}
		what = fmt.Sprintf("%s, row %d, %s: %.60s became %.60s", table, at, r.schema.Columns()[i][0], was, r.show(i))
	})
	return what
}

// another returns a random other value of a cell.
func another(r parquetRow, i int, random *rand.Rand) parquet.Value {
	v, field := r.values[i], r.schema.Fields()[i]
	if field.Optional() && !v.IsNull() && random.IntN(3) == 0 {
		return parquet.NullValue()
	}
	switch field.Type().Kind() {
	case parquet.Boolean:
		return parquet.ValueOf(!v.Boolean())
	case parquet.Int32:
		return parquet.ValueOf(otherNumber(v.Int32(), 31, random))
	case parquet.Int64:
		return parquet.ValueOf(otherNumber(v.Int64(), 63, random))
	case parquet.FixedLenByteArray:
		if v.IsNull() {
			return parquet.FixedLenByteArrayValue(binary.BigEndian.AppendUint64(make([]byte, 8), random.Uint64()))
		}
		other := bytes.Clone(v.ByteArray())
		other[random.IntN(len(other))] ^= 1 << random.IntN(8)
		return parquet.FixedLenByteArrayValue(other)
	}
	known := []string{"NVIDIA T4", "low", "user", "worker-api", "spoofed", "genuine", "eligible", "owner_changed", v.String() + "x"}
	return parquet.ByteArrayValue([]byte(known[random.IntN(len(known))]))
}

func otherNumber[N int32 | int64](v N, bits int, random *rand.Rand) N {
	switch random.IntN(4) {
	case 0:
		return v + 1
	case 1:
		return v - 1
	case 2:
		return 0
	}
	return v ^ 1<<random.IntN(bits)
}

// value is a value in a document: each stands on a line of its own.
var value = regexp.MustCompile(`(?m)^( *(?:"[a-z0-9_]+": )?)("(?:[^"\\]|\\.)*"|-?\d+|true|false|null)(,?)$`)

// forgeValue changes a random value of a random document, or a character of the rules,
// and says which.
func (u *unpacked) forgeValue(random *rand.Rand) string {
	documents := []string{"season.json", "windows.json", "holds.json", "released_changes.json", "imports.json", "ruleset.toml", "manifest.json", "manifest.json", "manifest.json"}
	name := documents[random.IntN(len(documents))]
	content := bytes.Clone(u.file(name).content)
	if name == "ruleset.toml" {
		at := random.IntN(len(content))
		was := content[at]
		content[at] = "0123456789abcdef #"[random.IntN(18)]
		if content[at] == was {
			content[at]++
		}
		u.replace(name, content)
		return fmt.Sprintf("%s, byte %d: %q became %q", name, at, was, content[at])
	}
	all := value.FindAllSubmatchIndex(content, -1)
	at := all[random.IntN(len(all))]
	was := string(content[at[4]:at[5]])
	other := was
	for other == was {
		other = otherValue(was, random)
	}
	forged := append(append(bytes.Clone(content[:at[4]]), other...), content[at[5]:]...)
	what := fmt.Sprintf("%s, %s%s became %s", name, strings.TrimSpace(string(content[at[2]:at[3]])), was, other)
	if name == "manifest.json" {
		u.file(name).content = forged
	} else {
		u.replace(name, forged)
	}
	return what
}

func otherValue(was string, random *rand.Rand) string {
	switch {
	case was == "true":
		return "false"
	case was == "false":
		return "true"
	case was == "null":
		return "0"
	case was[0] != '"':
		n, err := strconv.ParseInt(was, 10, 64)
		if err != nil {
			panic(err)
		}
		return strconv.FormatInt(otherNumber(n, 31, random), 10)
	}
	text := []byte(was)
	if random.IntN(4) == 0 {
		return was[:len(was)-1] + `0"`
	}
	for {
		at := 1 + random.IntN(max(1, len(text)-2))
		if other := "0123456789abcdef"[random.IntN(16)]; text[at] != other && text[at] != '"' {
			text[at] = other
			return string(text)
		}
		if len(text) == 2 { // an empty text
			return `"0"`
		}
	}
}
