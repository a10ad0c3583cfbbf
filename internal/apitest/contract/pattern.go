package contract

import (
	"regexp/syntax"
	"strings"
)

// matching draws a text that a pattern matches, of a length within the bounds if one
// comes up soon. Patterns are anchored, as ours are.
func (s *Source) matching(pattern string, least, most int) string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic("contract: pattern " + pattern + ": " + err.Error())
	}
	text := ""
	for range 200 {
		var out strings.Builder
		s.match(parsed, &out, max(least, min(most, 12)))
		if text = out.String(); len(text) >= least && len(text) <= most {
			break
		}
	}
	return text
}

// match writes what an expression matches; what has no bound of its own is at most
// long.
func (s *Source) match(e *syntax.Regexp, out *strings.Builder, long int) {
	switch e.Op {
	case syntax.OpLiteral:
		out.WriteString(string(e.Rune))
	case syntax.OpCharClass:
		pair := s.IntN(len(e.Rune)/2) * 2
		out.WriteRune(e.Rune[pair] + rune(s.IntN(int(e.Rune[pair+1]-e.Rune[pair])+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte(byte('a' + s.IntN(26)))
	case syntax.OpStar:
		s.times(e, out, 0, long)
	case syntax.OpPlus:
		s.times(e, out, 1, long)
	case syntax.OpQuest:
		s.times(e, out, 0, 1)
	case syntax.OpRepeat:
		most := e.Max
		if most < 0 {
			most = e.Min + long
		}
		s.times(e, out, e.Min, most)
	case syntax.OpAlternate:
		s.match(e.Sub[s.IntN(len(e.Sub))], out, long)
	case syntax.OpConcat, syntax.OpCapture:
		for _, part := range e.Sub {
			s.match(part, out, long)
		}
	}
}

func (s *Source) times(e *syntax.Regexp, out *strings.Builder, least, most int) {
	for range least + s.IntN(most-least+1) {
		s.match(e.Sub[0], out, most)
	}
}
