package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/uptally/uptally/ledger"
)

// printJSON writes data for machines, indented, with a line feed.
func printJSON(out io.Writer, data any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(data)
}

// show prints the data as JSON, or what people calls as they like to read it.
func (a *app) show(data any, people func(out io.Writer)) error {
	if a.JSON {
		return printJSON(a.out, data)
	}
	people(a.out)
	return nil
}

// grid is a table for people: headings, then rows. A heading that begins with ">"
// has its column to the right, as numbers are read.
type grid struct{ table.Writer }

func newGrid(headings ...string) grid {
	t := table.NewWriter()
	t.SetStyle(gridStyle)
	row := make(table.Row, len(headings))
	columns := make([]table.ColumnConfig, len(headings))
	for i, heading := range headings {
		name, toTheRight := strings.CutPrefix(heading, ">")
		row[i] = name
		columns[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignLeft}
		if toTheRight {
			columns[i].Align, columns[i].AlignHeader, columns[i].AlignFooter = text.AlignRight, text.AlignRight, text.AlignRight
		}
	}
	t.AppendHeader(row)
	t.SetColumnConfigs(columns)
	return grid{t}
}

func (g grid) add(cells ...any) { g.AppendRow(cells) }

func (g grid) print(out io.Writer) {
	for line := range strings.Lines(g.Render()) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
}

// gridStyle has a line under the headings and nothing else: it reads the same on
// paper, in a file, and in a message.
var gridStyle = table.Style{
	Name: "uptally",
	Box: table.BoxStyle{
		MiddleHorizontal: "─", MiddleSeparator: "─", MiddleVertical: " ", PaddingLeft: "", PaddingRight: " ",
	},
	Format:  table.FormatOptions{Header: text.FormatDefault, Footer: text.FormatDefault, Row: text.FormatDefault},
	Options: table.Options{SeparateColumns: true, SeparateHeader: true, SeparateFooter: true},
}

// utc writes a moment as people and machines read it.
func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// utcOr writes a moment that may not have come.
func utcOr(t *time.Time, otherwise string) string {
	if t == nil {
		return otherwise
	}
	return utc(*t)
}

// inIO writes base units as IO with all eight places.
func inIO(units int64) string { return grouped(ledger.Amount(units).Decimal()) + " IO" }

// count writes a whole number with its thousands apart.
func count[N ~int | ~int32 | ~int64](n N) string { return grouped(strconv.FormatInt(int64(n), 10)) }

// grouped sets commas between the thousands of a decimal number.
func grouped(number string) string {
	whole, places, pointed := strings.Cut(number, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if pointed {
		places = "." + places
	}
	return sign + b.String() + places
}

// bold sets a heading apart on a terminal.
func (a *app) bold(heading string) string {
	if !a.coloured() {
		return heading
	}
	return "\x1b[1m" + heading + "\x1b[0m"
}

// coloured reports whether stdout is a terminal that may be written to in colour.
func (a *app) coloured() bool {
	refused, _ := a.lookup("NO_COLOR")
	terminal, _ := a.lookup("TERM")
	return isTerminal(a.out) && !a.NoColor && refused == "" && terminal != "dumb"
}
