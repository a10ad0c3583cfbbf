package uptime

import (
	"fmt"
	"slices"
	"strings"
)

// readVerdictJSON reads an array of objects of strings. What is no JSON from some
// place on ends the reading there; every other mistake is one of its row.
func readVerdictJSON(content []byte) (cells []verdictCells, bad []BadVerdict) {
	s := scanner{src: content}
	line, counted := 1, 0 // of the last row, and up to which byte lines are counted
	for more := s.enter('[', ']'); more; more = s.more(']') {
		opening := s.peek()
		line += strings.Count(string(content[counted:s.pos]), "\n")
		counted = s.pos
		if opening != '{' {
			bad = append(bad, BadVerdict{line, "row", s.passed(), "write an object with " + strings.Join(verdictColumns[:], ", ")})
			continue
		}
		row, mistakes := s.verdictCells(line)
		if len(mistakes) == 0 && s.err == nil {
			cells = append(cells, row)
		}
		bad = append(bad, mistakes...)
	}
	s.end()
	if s.err != nil {
		bad = append(bad, BadVerdict{lineAt(content, s.failed), "file", "", fmt.Sprintf("it is not JSON: %s: give an array of objects", s.err)})
	}
	return cells, bad
}

// verdictCells reads one object, whose every string must be there once.
func (s *scanner) verdictCells(line int) (row verdictCells, bad []BadVerdict) {
	row.line = line
	var seen [len(verdictColumns)]bool
	for more := s.enter('{', '}'); more; more = s.more('}') {
		name := string(s.key())
		column := slices.Index(verdictColumns[:], name)
		opening := s.peek()
		switch {
		case s.err != nil:
		case column < 0:
			bad = append(bad, BadVerdict{line, name, s.passed(), "no such field: the fields are " + strings.Join(verdictColumns[:], ", ")})
		case seen[column]:
			bad = append(bad, BadVerdict{line, name, s.passed(), "it stands twice: keep one of the two"})
		case opening != '"':
			bad, seen[column] = append(bad, BadVerdict{line, name, s.passed(), "write it as a string, in quotes"}), true
		default:
			row.values[column], seen[column] = string(s.text()), true
		}
	}
	if s.err != nil {
		return row, bad
	}
	for column, there := range seen {
		if !there {
			bad = append(bad, BadVerdict{line, verdictColumns[column], "", "it is missing: an object has " + strings.Join(verdictColumns[:], ", ")})
		}
	}
	return row, bad
}

// passed passes any value and returns it as it stands.
func (s *scanner) passed() string {
	s.peek()
	start := s.pos
	s.skip()
	if s.err != nil {
		return ""
	}
	return string(s.src[start:s.pos])
}
