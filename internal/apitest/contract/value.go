package contract

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// hostile are texts that upset servers.
var hostile = []string{
	"", " ", "'", "' OR '1'='1", `"; DROP TABLE person; --`, "\x00", "a\x00b", "\xff\xfe", "\u202e", "\u0000", "💥", "../../etc/passwd", "..", "%00",
	"-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e309", "NaN", "null", "true", "[]", "{}",
	"2024-13-45T00:00:00Z", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-04-25T08:05:00+14:00",
	"99999-01-01T00:00:00Z", "-4713-01-01T00:00:00Z", "2024-04-25", "00000000-0000-0000-0000-000000000000", "urn:uuid:9d2a0000-0000-4000-8000-000000000001",
	"{9d2a0000-0000-4000-8000-000000000001}", "9d2a000000004000800000000000000f", "d1-0", "d99999999999999999999-1", "c99999999999999999999", "{{7*7}}",
	strings.Repeat("A", 5000), strings.Repeat("é", 300),
}

// value draws a value that the schema allows, if its keywords are those that we know.
func (s *Source) value(d *Document, operation, name string, schema Schema, depth int) any {
	schema = d.resolve(schema)
	if known := s.known(operation, name); known != nil && s.IntN(4) > 0 {
		return s.ofType(typeOf(schema), known[s.IntN(len(known))])
	}
	if choices := list(schema["enum"]); len(choices) > 0 {
		return choices[s.IntN(len(choices))]
	}
	switch typeOf(schema) {
	case "object":
		return s.object(d, operation, schema, depth)
	case "array":
		return s.array(d, operation, name, schema, depth)
	case "integer", "number":
		return s.integer(schema)
	case "boolean":
		return s.IntN(2) == 0
	}
	return s.text(schema)
}

func (s *Source) known(operation, name string) []string {
	if known := s.Known[operation+"."+name]; known != nil {
		return known
	}
	return s.Known[name]
}

// ofType is a text as a value of the type.
func (s *Source) ofType(kind, text string) any {
	switch kind {
	case "integer", "number":
		return json.Number(text)
	case "array":
		return []any{text}
	}
	return text
}

func typeOf(s Schema) string {
	if kinds := list(s["type"]); len(kinds) > 0 {
		return kinds[0].(string)
	}
	kind, _ := s["type"].(string)
	return kind
}

func (s *Source) object(d *Document, operation string, schema Schema, depth int) any {
	value := map[string]any{}
	required := list(schema["required"])
	for _, name := range sorted(object(schema["properties"])) {
		if slices.Contains(required, any(name)) || depth < 3 && s.IntN(2) == 0 {
			value[name] = s.value(d, operation, name, object(object(schema["properties"])[name]), depth+1)
		}
	}
	return value
}

func (s *Source) array(d *Document, operation, name string, schema Schema, depth int) any {
	least, most := bound(schema, "minItems", 0), bound(schema, "maxItems", 3)
	items := []any{}
	for range least + int64(s.IntN(int(min(most-least, 3))+1)) {
		items = append(items, s.value(d, operation, name, object(schema["items"]), depth+1))
	}
	return items
}

// integer draws an edge, or something between.
func (s *Source) integer(schema Schema) any {
	least, most := bound(schema, "minimum", math.MinInt64), bound(schema, "maximum", math.MaxInt64)
	switch s.IntN(6) {
	case 0:
		return json.Number(strconv.FormatInt(least, 10))
	case 1:
		return json.Number(strconv.FormatInt(most, 10))
	case 2, 3:
		return json.Number(strconv.FormatInt(min(max(least, int64(s.IntN(5))), most), 10))
	}
	return json.Number(strconv.FormatInt(min(max(least, s.Int64N(1000)), most), 10))
}

// bound reads a number of a schema.
func bound(schema Schema, name string, otherwise int64) int64 {
	number, ok := schema[name].(json.Number)
	if !ok {
		return otherwise
	}
	value, err := number.Float64()
	if err != nil {
		return otherwise
	}
	return int64(value)
}

// epoch is about when the worlds of tests take place.
var epoch = time.Date(2024, 4, 24, 0, 0, 0, 0, time.UTC)

func (s *Source) text(schema Schema) string {
	switch schema["format"] {
	case "date-time":
		return s.moment()
	case "date":
		return epoch.AddDate(0, 0, s.IntN(10)-3).Format(time.DateOnly)
	case "uuid":
		var id uuid.UUID
		for i := range id {
			id[i] = byte(s.Uint32())
		}
		return id.String()
	}
	least, most := bound(schema, "minLength", 0), bound(schema, "maxLength", 60)
	if pattern, ok := schema["pattern"].(string); ok {
		return s.matching(pattern, int(least), int(most))
	}
	return s.words(int(least), int(most))
}

func (s *Source) moment() string {
	switch s.IntN(8) {
	case 0:
		return []string{"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2024-04-25T08:05:00.123456789+14:00", "2262-04-11T23:47:17Z"}[s.IntN(5)]
	case 1:
		return epoch.Add(time.Duration(s.Int64N(int64(96 * time.Hour)))).Format(time.RFC3339Nano)
	}
	return epoch.Add(time.Duration(s.IntN(5*288)) * 5 * time.Minute).Format(time.RFC3339)
}

// words draws a text of a length within the bounds: an edge, or short; and some that
// upset servers, where they fit.
func (s *Source) words(least, most int) string {
	if one := hostile[s.IntN(len(hostile))]; s.IntN(4) == 0 && len(one) >= least && len(one) <= most {
		return strings.ToValidUTF8(one, "?")
	}
	length := least + s.IntN(min(most-least, 20)+1)
	if s.IntN(8) == 0 {
		length = []int{least, most}[s.IntN(2)]
	}
	letters := []rune("abc XYZ-09_.;,\"'<&é")
	text := make([]rune, length)
	for i := range text {
		text[i] = letters[s.IntN(len(letters))]
	}
	return string(text)
}

// table draws a file of rows, such as one that is known for the operation.
func (s *Source) table(operation string) string {
	known := s.Known[operation+".body"]
	if len(known) > 0 && s.IntN(2) == 0 {
		return known[s.IntN(len(known))]
	}
	lines := []string{"a,b,c", "", "1,2", "\"", "supplier_id,wallet", "\xff,\x00", strings.Repeat(",", 100), "é;x", "device_id,verdict"}
	var text strings.Builder
	for range s.IntN(5) {
		text.WriteString(lines[s.IntN(len(lines))] + "\n")
	}
	return text.String()
}

func (s *Source) key(members map[string]any) string {
	names := sorted(members)
	return names[s.IntN(len(names))]
}

func sorted(members map[string]any) []string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
