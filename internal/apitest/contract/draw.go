package contract

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
)

// Source draws inputs. The same seed draws the same.
type Source struct {
	*rand.Rand
	// Known are texts that mean something where a test calls, by the name of the
	// parameter or member that they are for, or by "operation.name".
	Known map[string][]string
}

// NewSource returns a source of a seed.
func NewSource(seed uint64, known map[string][]string) *Source {
	return &Source{Rand: rand.New(rand.NewPCG(seed, 5)), Known: known}
}

// Call is what an operation is called with.
type Call struct {
	Path    string // with the query
	Type    string // of the body; empty: there is none
	Body    []byte
	Allowed bool // the document allows every part of it
	Unknown bool // it names a parameter or a member that the document does not
}

// Draw draws a call: half of them as the document allows, the others with one flaw.
func (o *Operation) Draw(s *Source) Call {
	flaw := none
	if s.IntN(2) == 0 {
		flaw = flaws[s.IntN(len(flaws))]
	}
	return o.draw(s, flaw)
}

// Valid draws a call that the document allows.
func (o *Operation) Valid(s *Source) Call { return o.draw(s, none) }

// A flaw is what is wrong with a call.
type flaw int

const (
	none          flaw = iota
	hostileText        // a parameter that upsets servers
	missing            // a parameter or member that is required is left out
	unknownQuery       // a parameter that there is not
	unknownMember      // a member that there is not
	otherCase          // a member's name in another case, instead of it or beside it
	hostileMember      // a member of a wrong type, or that upsets servers
	malformed          // a body that is no JSON
	otherType          // a body of another type
	repeated           // a parameter that is given twice
)

var flaws = []flaw{
	hostileText, hostileText, hostileText, missing, unknownQuery, unknownMember, otherCase, hostileMember, hostileMember, hostileMember, malformed, otherType, repeated,
}

func (o *Operation) draw(s *Source, f flaw) Call {
	call := Call{Allowed: true}
	path, query := o.Path, url.Values{}
	victim := -1
	if f == hostileText && len(o.Parameters) > 0 {
		victim = s.IntN(len(o.Parameters))
	}
	for i, p := range o.Parameters {
		text := o.text(s, p)
		if i == victim {
			text = hostile[s.IntN(len(hostile))]
		}
		switch p.In {
		case "path":
			if text == "" {
				text = "%" // an empty part is another path
			}
			path = strings.Replace(path, "{"+p.Name+"}", url.PathEscape(text), 1)
		case "query":
			if i != victim && (!p.Required && s.IntN(3) > 0 || p.Required && f == missing) {
				call.Allowed = call.Allowed && !p.Required
				continue
			}
			query.Set(p.Name, text)
			if f == repeated {
				query.Add(p.Name, text)
			}
		default:
			continue
		}
		if p.In == "query" && text == "" && !p.Required {
			continue // as if it were not there
		}
		call.Allowed = call.Allowed && o.FitsParameter(p, text) == nil
	}
	if f == unknownQuery {
		query.Set("supplier_id_of", "1")
		call.Unknown, call.Allowed = true, false
	}
	call.Path = path
	if len(query) > 0 {
		call.Path += "?" + query.Encode()
	}
	if len(o.Bodies) > 0 {
		o.drawBody(s, o.Bodies[s.IntN(len(o.Bodies))], f, &call)
	}
	return call
}

// text draws a parameter that its schema allows.
func (o *Operation) text(s *Source, p Parameter) string {
	for range 50 {
		value := s.value(o.document, o.ID, p.Name, p.Schema, 0)
		text, isText := value.(string)
		if !isText {
			encoded, _ := json.Marshal(value)
			text = string(encoded)
		}
		if o.FitsParameter(p, text) == nil {
			return text
		}
	}
	panic("contract: no value fits parameter " + p.Name + " of " + o.ID)
}

func (o *Operation) drawBody(s *Source, as *Body, f flaw, call *Call) {
	call.Type = as.Type
	if as.Type != typeJSON {
		call.Body = []byte(s.table(o.ID))
		return
	}
	value := s.value(o.document, o.ID, "", as.Schema, 0)
	members := object(value)
	switch f {
	case unknownMember:
		if members != nil {
			members["owner_of_it"] = 1
			call.Unknown = true
		}
	case otherCase:
		if len(members) > 0 {
			call.Unknown = s.recase(members)
		}
	case hostileMember, missing:
		s.spoil(o.document, value, f)
	}
	call.Body, _ = json.Marshal(value)
	switch f {
	case malformed:
		call.Body = s.broken(call.Body)
	case otherType:
		call.Type = [...]string{"text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"}[s.IntN(4)]
	}
	call.Allowed = call.Allowed && f != otherType && o.Fits(as, call.Body) == nil
}

// recase writes a member's name in capitals, and says whether that is another name.
func (s *Source) recase(members map[string]any) bool {
	name := s.key(members)
	capitals := strings.ToUpper(name)
	if capitals == name {
		return false
	}
	members[capitals] = members[name]
	if s.IntN(2) == 0 {
		delete(members, name)
	}
	return true
}

// spoil takes a member away, or makes it what it should not be.
func (s *Source) spoil(_ *Document, value any, f flaw) {
	members := object(value)
	if len(members) == 0 {
		return
	}
	name := s.key(members)
	if inner := object(members[name]); len(inner) > 0 && s.IntN(2) == 0 {
		s.spoil(nil, inner, f)
		return
	}
	if items := list(members[name]); len(items) > 0 && s.IntN(2) == 0 {
		if object(items[0]) != nil {
			s.spoil(nil, items[0], f)
		} else {
			items[0] = s.wrong()
		}
		return
	}
	if f == missing {
		delete(members, name)
		return
	}
	members[name] = s.wrong()
}

// wrong draws a value of any type.
func (s *Source) wrong() any {
	switch s.IntN(6) {
	case 0:
		return nil
	case 1:
		return []any{}
	case 2:
		return map[string]any{}
	case 3:
		return json.Number([]string{"0", "-1", "1e400", "9223372036854775808", "-9223372036854775809", "0.1", "1e18"}[s.IntN(7)])
	case 4:
		return s.IntN(2) == 0
	}
	return hostile[s.IntN(len(hostile))]
}

// broken makes a body one that is no JSON, or hardly.
func (s *Source) broken(body []byte) []byte {
	switch s.IntN(6) {
	case 0:
		return body[:len(body)/2]
	case 1:
		return append(body, body...)
	case 2:
		return nil
	case 3:
		return bytes.Repeat([]byte("["), 20_000)
	case 4:
		return bytes.Replace(body, []byte(`":"`), []byte("\":\"\xff\xfe"), 1)
	}
	return bytes.Replace(body, []byte(`":"`), []byte(`":"\ud800\u0000`), 1)
}
