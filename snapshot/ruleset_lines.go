package snapshot

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2/unstable"
)

// lineNumbers are the lines on which the keys and tables of a TOML file stand, by
// their places as keyPath writes them. The file must be valid.
type lineNumbers map[string]int

// numberLines walks the file once.
func numberLines(file []byte) lineNumbers {
	var (
		lines  = lineNumbers{}
		parser unstable.Parser
		table  string
		offset uint32
		line   = 1
	)
	at := func(key *unstable.Node) int { // keys come in the order of the file
		if next := key.Raw.Offset; next > offset {
			line += bytes.Count(file[offset:next], []byte{'\n'})
			offset = next
		}
		return line
	}
	parser.Reset(file)
	for parser.NextExpression() {
		switch node := parser.Expression(); node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = lines.name("", node.Key(), at)
		case unstable.KeyValue:
			lines.value(table, node, at)
		}
	}
	return lines
}

// name notes the line of a dotted key and of every table that it names, and returns
// its place.
func (l lineNumbers) name(place string, key unstable.Iterator, at func(*unstable.Node) int) string {
	for key.Next() {
		place = keyPath(place, string(key.Node().Data))
		if _, known := l[place]; !known {
			l[place] = at(key.Node())
		}
	}
	return place
}

// value notes a key and, if its value is an inline table, the keys in that.
func (l lineNumbers) value(table string, node *unstable.Node, at func(*unstable.Node) int) {
	place := l.name(table, node.Key(), at)
	if value := node.Value(); value.Kind == unstable.InlineTable {
		for inner := value.Children(); inner.Next(); {
			l.value(place, inner.Node(), at)
		}
	}
}

// of returns the line of the place, or else of the table that it is missing from; 0
// for the file itself.
func (l lineNumbers) of(table, key string) int {
	if line, known := l[keyPath(table, key)]; known {
		return line
	}
	return l[table]
}

// keyPath writes the place of a key in a table as TOML would.
func keyPath(table, key string) string {
	bare := func(r rune) bool {
		return r == '-' || r == '_' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return !bare(r) }) {
		key = fmt.Sprintf("%q", key)
	}
	if table == "" {
		return key
	}
	return table + "." + key
}

// problem is something wrong with a file.
type problem struct {
	line int // 0: the file as a whole
	text string
}

func (p problem) Error() string {
	if p.line == 0 {
		return p.text
	}
	return fmt.Sprintf("line %d: %s", p.line, p.text)
}

// sorted returns the problems in the order of their lines.
func sorted(problems []problem) []error {
	slices.SortStableFunc(problems, func(a, b problem) int { return a.line - b.line })
	all := make([]error, len(problems))
	for i, p := range problems {
		all[i] = p
	}
	return all
}
