package sqlmap

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// eachLeaf names every text, number and truth value of a body, by its way there: of an
// array, those of the first item.
func eachLeaf(value any, path string, add func(path string)) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			eachLeaf(value[name], strings.TrimPrefix(path+"."+name, "."), add)
		}
	case []any:
		if len(value) > 0 {
			eachLeaf(value[0], path+"[0]", add)
		}
	case nil:
	default:
		add(path)
	}
}

// held takes the place of what is marked while the rest is encoded.
const held = "held-for-a-mark"

// markLeaf encodes the body with a mark behind the value at the path. Behind a number
// or a truth value it stands bare, as sqlmap puts it.
func markLeaf(value any, path string) (body string, marked bool) {
	var found any
	changed := replaceLeaf(value, "", path, func(v any) any {
		found = v
		return held
	})
	if found == nil {
		return "", false
	}
	leaf := string(encoded(found)) + mark
	if _, isText := found.(string); isText {
		leaf = strings.TrimSuffix(string(encoded(found)), `"`) + mark + `"`
	}
	return strings.Replace(string(encoded(changed)), `"`+held+`"`, leaf, 1), true
}

// replaceLeaf returns the value with the leaf at the path replaced.
func replaceLeaf(value any, path, target string, with func(any) any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			value[name] = replaceLeaf(inner, strings.TrimPrefix(path+"."+name, "."), target, with)
		}
	case []any:
		if len(value) > 0 {
			value[0] = replaceLeaf(value[0], path+"[0]", target, with)
		}
	case nil:
	default:
		if path == target {
			return with(value)
		}
	}
	return value
}

func encoded(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("a value that was decoded: %v", err))
	}
	return text
}
