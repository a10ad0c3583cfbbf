package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// SetRules returns a ruleset's file with some values replaced, each given as
// KEY=VALUE with the key dotted as in TOML:
//
//	eligibility.min_uptime=0.6
//	weights.gpu."NVIDIA H100 PCIe"=2.5
//
// A value is of the kind that stands in its place; quotes round it may be left out.
// Of the two tables of weights, entries may be added. What comes out has the same
// values otherwise, without the comments. The error wraps ErrRuleset and names the
// key; what LoadRuleset would refuse is refused in its words, before and after.
func SetRules(file []byte, assignments []string) ([]byte, error) {
	if _, err := LoadRuleset(file); err != nil {
		return nil, err
	}
	tree := map[string]any{}
	if _, err := toml.Decode(string(file), &tree); err != nil {
		return nil, err
	}
	for _, assignment := range assignments {
		key, text, found := cutAssignment(assignment)
		if !found {
			return nil, fmt.Errorf("%w: %q: write KEY=VALUE, such as eligibility.min_uptime=0.6", ErrRuleset, assignment)
		}
		if err := setRule(tree, key, text); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrRuleset, key, err)
		}
	}
	root := &tomlTable{values: tree, problems: new([]problem)} // without lines: no file has them
	if readRuleset(root); len(*root.problems) > 0 {
		return nil, fmt.Errorf("%w:\n%w", ErrRuleset, errors.Join(sorted(*root.problems)...))
	}
	var out bytes.Buffer
	err := toml.NewEncoder(&out).Encode(tree)
	return out.Bytes(), err
}

// cutAssignment splits at the first "=" that is not between quotes.
func cutAssignment(assignment string) (key, value string, found bool) {
	var quote rune
	for i, r := range assignment {
		switch {
		case r == quote:
			quote = 0
		case quote != 0:
		case r == '"' || r == '\'':
			quote = r
		case r == '=':
			return strings.TrimSpace(assignment[:i]), strings.TrimSpace(assignment[i+1:]), true
		}
	}
	return "", "", false
}

// splitKey returns the parts of a dotted key. TOML itself reads it, as the key of an
// assignment with nothing beside.
func splitKey(key string) (path []string, ok bool) {
	node := map[string]any{}
	if _, err := toml.Decode(key+" = 0", &node); err != nil {
		return nil, false
	}
	for len(node) == 1 {
		name := slices.Collect(maps.Keys(node))[0]
		path = append(path, name)
		if value, ok := node[name].(int64); ok {
			return path, value == 0
		}
		if node, ok = node[name].(map[string]any); !ok {
			break
		}
	}
	return nil, false
}

// setRule replaces one value of the tree.
func setRule(tree map[string]any, key, text string) error {
	path, ok := splitKey(key)
	if !ok {
		return errors.New("no key of a ruleset: write it dotted, with quotes round parts that have spaces")
	}
	table, last := tree, len(path)-1
	for _, part := range path[:last] {
		inner, ok := table[part].(map[string]any)
		if !ok {
			return fmt.Errorf("there is no table %q: write one of %s", part, keysOf(table))
		}
		table = inner
	}
	old, there := table[path[last]]
	if !there && last == 2 && path[0] == "weights" {
		old, there = "", true
	}
	if !there {
		return fmt.Errorf("unknown key: write one of %s", keysOf(table))
	}
	value, err := valueLike(old, text)
	if err == nil {
		table[path[last]] = value
	}
	return err
}

// valueLike reads a text as a value of the same kind as the old one.
func valueLike(old any, text string) (any, error) {
	switch old.(type) {
	case string:
		if quoted, err := strconv.Unquote(text); err == nil {
			return quoted, nil
		}
		return text, nil
	case int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q: write a whole number", text)
		}
		return n, nil
	case bool:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%q: write true or false", text)
		}
		return text == "true", nil
	}
	return nil, fmt.Errorf("%s: name a value within it", kind(old))
}

func keysOf(table map[string]any) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
