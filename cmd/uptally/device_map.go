package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/uptally/uptally/snapshot"
)

// The columns of a map of days: half hours, or quarter hours where there is room.
const (
	halfHours    = 48
	quarterHours = 96
	mapMargin    = 24 // the day before a row, and the count behind it
)

// mapColumns returns how many columns a day gets on stdout.
func (a *app) mapColumns() int {
	file, ok := a.out.(*os.File)
	if !ok {
		return halfHours
	}
	if width, _, err := term.GetSize(int(file.Fd())); err != nil || width < quarterHours+mapMargin {
		return halfHours
	}
	return quarterHours
}

// dayMap draws days of slots, a row a day: each character stands for a run of slots.
type dayMap struct {
	days     []snapshot.ExplainedDay
	columns  int // a day, a divisor of its 288 slots
	coloured bool
}

// The colours beside those of charts.
const (
	yellow  = "\x1b[33m"
	magenta = "\x1b[35m"
	cyan    = "\x1b[36m"
	grey    = "\x1b[90m"
)

// shades are a run of slots that was up in part, by thirds.
var shades = []rune("░▒▓")

const (
	upMark   = '█'
	downMark = '·'
)

// mapLegend says what the characters of a map stand for.
var mapLegend = []string{
	"█ up  ▓▒░ up in part  · down  + down, with grace",
	"? not observed  x excluded by a verdict  blank: not registered",
}

// print draws the map with the hours above it and the legend below it.
func (m dayMap) print(out io.Writer) {
	var hours strings.Builder
	for hour := 0; hour < 24; hour += 3 {
		fmt.Fprintf(&hours, "%-*s", m.columns/8, fmt.Sprintf("%02d", hour))
	}
	fmt.Fprintf(out, "%12s%s  %s\n", "", hours.String(), "up/observed")
	for _, day := range m.days {
		fmt.Fprintf(out, "%s  %s\n", day.Day, m.row(day.Slots))
	}
	for _, line := range mapLegend {
		fmt.Fprintf(out, "%12s%s\n", "", line)
	}
}

// row is one day: its characters, and how many slots it was up in of how many that
// were observed.
func (m dayMap) row(slots string) string {
	var line painted
	each := len(slots) / m.columns
	for i := range m.columns {
		line.write(mapCell(slots[i*each : (i+1)*each]))
	}
	up := strings.Count(slots, string(snapshot.SlotUp))
	observed := up + strings.Count(slots, string(snapshot.SlotDown)) + strings.Count(slots, string(snapshot.SlotGranted))
	line.write(' ', plain)
	for _, digit := range fmt.Sprintf(" %7s", fmt.Sprintf("%d/%d", up, observed)) {
		line.write(digit, plain)
	}
	return line.text(m.coloured)
}

// mapCell is the character of a run of slots, and its colour. What is rare and
// matters shows even where it is a part only: grace, then exclusion.
func mapCell(slots string) (character rune, colour string) {
	has := func(state rune) int { return strings.Count(slots, string(state)) }
	up, down := has(snapshot.SlotUp), has(snapshot.SlotDown)
	switch {
	case has(snapshot.SlotGranted) > 0:
		return snapshot.SlotGranted, cyan
	case has(snapshot.SlotExcluded) > 0:
		return snapshot.SlotExcluded, magenta
	case up == 0 && down == 0 && has(snapshot.SlotUnobserved) > 0:
		return snapshot.SlotUnobserved, grey
	case up == 0 && down == 0:
		return ' ', plain
	case up == 0:
		return downMark, red
	case down == 0:
		return upMark, green
	}
	return shades[up*len(shades)/(up+down)], yellow
}
