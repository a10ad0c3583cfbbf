package snapshot

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// tomlTable reads the fields of one table of a ruleset's file. What is wrong goes
// onto problems, shared by all tables of the file, and reading goes on, so that
// one error names every bad field.
type tomlTable struct {
	path     string // "weights.gpu", "" for the file
	values   map[string]any
	problems *[]problem
	lines    lineNumbers
	absent   bool // already reported: its fields are not reported again
}

func (t *tomlTable) problem(key, format string, args ...any) {
	if !t.absent {
		text := fmt.Sprintf("%s: %s", t.place(key), fmt.Sprintf(format, args...))
		*t.problems = append(*t.problems, problem{t.lines.of(t.path, key), text})
	}
}

// place writes a field's place in the file as TOML would.
func (t *tomlTable) place(key string) string { return keyPath(t.path, key) }

// know refuses every key but these.
func (t *tomlTable) know(keys ...string) {
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		if !slices.Contains(keys, key) {
			t.problem(key, "unknown key: remove it, or write one of %s", strings.Join(keys, ", "))
		}
	}
}

// field returns a value that must be there and of type T; want is what to write.
func field[T any](t *tomlTable, key, want string) (value T, ok bool) {
	found, there := t.values[key]
	if !there {
		t.problem(key, "missing: write %s", want)
		return value, false
	}
	if value, ok = found.(T); !ok {
		t.problem(key, "%s is %s: write %s", display(found), kind(found), want)
	}
	return value, ok
}

func (t *tomlTable) table(key string) *tomlTable {
	values, ok := field[map[string]any](t, key, "the table ["+t.place(key)+"]")
	return &tomlTable{path: t.place(key), values: values, problems: t.problems, lines: t.lines, absent: t.absent || !ok}
}

func (t *tomlTable) name(key string) string {
	name, ok := field[string](t, key, `a name in quotes, such as name = "ignition-s1"`)
	if ok && (name == "" || len(name) > 100 || strings.ContainsFunc(name, unicode.IsControl)) {
		t.problem(key, "%q: write 1 to 100 bytes without control characters", name)
	}
	return name
}

func (t *tomlTable) integer(key string, least, most int64) int64 {
	n, ok := field[int64](t, key, fmt.Sprintf("a whole number, such as %s = %d", key, max(least, 1)))
	if ok && (n < least || n > most) {
		t.problem(key, "%d: write %d to %d", n, least, most)
	}
	return n
}

func (t *tomlTable) boolean(key string) bool {
	b, _ := field[bool](t, key, "true or false, without quotes")
	return b
}

func (t *tomlTable) oneOf(key string, choices ...string) string {
	quoted := make([]string, len(choices))
	for i, choice := range choices {
		quoted[i] = strconv.Quote(choice)
	}
	want := strings.Join(quoted, " or ")
	text, ok := field[string](t, key, want)
	if ok && !slices.Contains(choices, text) {
		t.problem(key, "%q: write %s", text, want)
	}
	return text
}

func (t *tomlTable) fraction(key string) Fraction {
	text, ok := field[string](t, key, `a decimal in quotes from "0" to "1", such as "0.5"`)
	if !ok {
		return Fraction{}
	}
	f, err := ParseFraction(text)
	if err != nil {
		t.problem(key, "%v", err)
	}
	return f
}

// display writes a value as the file has it, tables and lists in short.
func display(value any) string {
	switch value := value.(type) {
	case string:
		return fmt.Sprintf("%q", value)
	case time.Time:
		return value.Format(time.RFC3339)
	case map[string]any, []any, []map[string]any:
		return "the value"
	}
	return fmt.Sprint(value)
}

func kind(value any) string {
	switch value.(type) {
	case string:
		return "a text in quotes"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction, not exact"
	case bool:
		return "true or false"
	case map[string]any:
		return "a table"
	case []any, []map[string]any:
		return "a list"
	}
	return "a date or time"
}
