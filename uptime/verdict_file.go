package uptime

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// verdictColumns are the header of a file of verdicts as CSV (RFC 4180), and the
// names of an object's strings as JSON.
var verdictColumns = [...]string{"device_id", "verdict", "effective_at", "reason", "evidence"}

// instantForm is how a moment is written in a file of verdicts.
const instantForm = "2024-04-23T06:00:00Z, or a day such as 2024-04-23, which is its midnight UTC"

// VerdictRow is a verdict of a file.
type VerdictRow struct {
	Line int // of the file, from 1, that the row begins on
	VerdictEntry
}

// BadVerdict is a mistake in a file of verdicts. It is an error.
type BadVerdict struct {
	Line   int    // of the file, from 1, that its row begins on
	Field  string // the column, or what of the file is at fault: header, row
	Value  string // what stands there
	Remedy string
}

const valueShownMax = 80 // characters of a value that an error shows

// Error names the line, the field, the value and the remedy.
func (b BadVerdict) Error() string {
	value := b.Value
	if cut := []rune(value); len(cut) > valueShownMax {
		value = string(cut[:valueShownMax]) + "…"
	}
	return fmt.Sprintf("%d: %s: %q: %s", b.Line, b.Field, value, b.Remedy)
}

// BadVerdicts is the error of a file of which nothing was recorded.
type BadVerdicts struct {
	File string
	Rows []BadVerdict // at least one, by line
}

// Error names every mistake, one a line: file:line: field: value: remedy.
func (b *BadVerdicts) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d mistakes, nothing was recorded: correct them and give the whole file again", len(b.Rows))
	for _, row := range b.Rows {
		fmt.Fprintf(&text, "\n%s:%s", b.File, row.Error())
	}
	return text.String()
}

func newBadVerdicts(file string, rows []BadVerdict) *BadVerdicts {
	slices.SortStableFunc(rows, func(a, b BadVerdict) int { return a.Line - b.Line })
	return &BadVerdicts{File: file, Rows: rows}
}

// ParseVerdictFile reads verdicts from a file: CSV with the header
// device_id,verdict,effective_at,reason,evidence, or JSON, an array of objects of
// strings by the same names. The name's ending says which, .csv or .json; any other
// leaves it to the first character. A byte order mark and CRLF are fine. A device
// stands in a file once. If rows are bad, the error is a *BadVerdicts that names
// every one.
func ParseVerdictFile(name string, content []byte) ([]VerdictRow, error) {
	rows, bad := readVerdictFile(name, content)
	if len(bad) > 0 {
		return nil, newBadVerdicts(name, bad)
	}
	return rows, nil
}

// readVerdictFile returns every row that names a device, whatever else is wrong
// with it, and all mistakes.
func readVerdictFile(name string, content []byte) (rows []VerdictRow, bad []BadVerdict) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	var cells []verdictCells
	switch {
	case len(bytes.TrimSpace(content)) == 0:
		return nil, []BadVerdict{{1, "file", "", "it is empty: give at least one verdict"}}
	case !utf8.Valid(content):
		return nil, []BadVerdict{{lineAt(content, validLength(content)), "file", "", "it is not UTF-8: save it as UTF-8"}}
	case isJSON(name, content):
		cells, bad = readVerdictJSON(content)
	default:
		cells, bad = readVerdictCSV(content)
	}
	if len(cells) == 0 && len(bad) == 0 {
		return nil, []BadVerdict{{1, "file", "", "it has no row: give at least one verdict"}}
	}
	lines := make(map[uuid.UUID]int, len(cells))
	for _, c := range cells {
		row, named, mistakes := c.row()
		if first := lines[row.DeviceID]; named && first > 0 {
			mistakes = append(mistakes, BadVerdict{c.line, "device_id", c.values[0],
				fmt.Sprintf("line %d has a verdict on it already: keep one of the two", first)})
		} else if named {
			lines[row.DeviceID] = c.line
			rows = append(rows, row)
		}
		bad = append(bad, mistakes...)
	}
	return rows, bad
}

// isJSON decides by the ending of the name, or else by the first character.
func isJSON(name string, content []byte) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		return true
	case ".csv":
		return false
	}
	first := bytes.TrimSpace(content)[0]
	return first == '[' || first == '{'
}

// verdictCells is a row as it stands in the file, in the order of verdictColumns.
type verdictCells struct {
	line   int
	values [len(verdictColumns)]string
}

// row returns the verdict that the cells say, whether they name a device, and what
// is wrong with them.
func (c verdictCells) row() (row VerdictRow, named bool, bad []BadVerdict) {
	row = VerdictRow{Line: c.line}
	row.DeviceID, named = parseID([]byte(strings.ToLower(c.values[0])))
	if !named {
		bad = append(bad, BadVerdict{Field: "device_id", Value: c.values[0], Remedy: "write the device's UUID, 8-4-4-4-12"})
	}
	row.Kind, row.Reason, row.Evidence = VerdictKind(c.values[1]), c.values[3], c.values[4]
	row.EffectiveAt = parseMoment(c.values[2])
	for _, m := range row.mistakes() {
		if m.Field == "effective_at" {
			m.Value, m.Remedy = c.values[2], "write "+instantForm
		}
		bad = append(bad, m)
	}
	for i := range bad {
		bad[i].Line = c.line
	}
	row.VerdictEntry = row.stored()
	return row, named, bad
}

// parseMoment reads RFC 3339, or a day; what is neither is the zero time.
func parseMoment(text string) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

func readVerdictCSV(content []byte) (cells []verdictCells, bad []BadVerdict) {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord = -1 // counted here, to name every bad row
	header, err := reader.Read()
	if err != nil || !slices.Equal(header, verdictColumns[:]) {
		line, _, _ := strings.Cut(string(content), "\n")
		return nil, []BadVerdict{{1, "header", strings.TrimSuffix(line, "\r"), "begin the file with the line " + strings.Join(verdictColumns[:], ",")}}
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return cells, bad
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			bad = append(bad, BadVerdict{parse.StartLine, "row", lineOf(content, parse.StartLine),
				fmt.Sprintf("its quotes are broken on line %d: put a cell in quotes whole, and a quote in it twice", parse.Line)})
			continue
		}
		line, _ := reader.FieldPos(0)
		if len(record) != len(verdictColumns) {
			bad = append(bad, BadVerdict{line, "row", lineOf(content, line),
				fmt.Sprintf("%d columns: give %s, a cell that holds a comma in quotes", len(record), strings.Join(verdictColumns[:], ","))})
			continue
		}
		cells = append(cells, verdictCells{line, [len(verdictColumns)]string(record)})
	}
}

// lineOf returns a line of the file, from 1, without its end.
func lineOf(content []byte, number int) string {
	for line := range bytes.Lines(content) {
		if number--; number == 0 {
			return strings.TrimRight(string(line), "\r\n")
		}
	}
	return ""
}

// lineAt returns the line, from 1, that the byte lies on.
func lineAt(content []byte, at int) int {
	return 1 + bytes.Count(content[:min(at, len(content))], []byte("\n"))
}

// validLength returns how many bytes stand before the first that is not UTF-8.
func validLength(content []byte) (n int) {
	for n < len(content) {
		r, size := utf8.DecodeRune(content[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}
