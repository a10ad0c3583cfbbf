package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/uptally/uptally/uptime"
)

// bar is one column of a chart: devices up on average, and those of them whose
// last verdict is not spoofed.
type bar struct{ up, genuine int64 }

// bars averages the observed slots of runs of so many slots.
func bars(population []uptime.Population, slots int) []bar {
	var columns []bar
	for first := 0; first < len(population); first += slots {
		var sum bar
		var observed int64
		for _, p := range population[first:min(first+slots, len(population))] {
			if p.Observed {
				sum.up += p.Up
				sum.genuine += p.Genuine
				observed++
			}
		}
		if observed > 0 {
			sum.up, sum.genuine = sum.up/observed, sum.genuine/observed
		}
		columns = append(columns, sum)
	}
	return columns
}

// chart is a column of characters a bar: full blocks for devices that were not
// found to be spoofed, shades above them for those that were.
type chart struct {
	columns  []bar
	height   int // rows
	coloured bool
}

// eighths are the blocks that fill a character from below.
var eighths = []rune(" ▁▂▃▄▅▆▇█")

const (
	full        = 8 // eighths
	spoofedMark = '░'
)

// print draws the rows from the top, each with what its top stands for.
func (c chart) print(out io.Writer) {
	top := int64(1)
	for _, b := range c.columns {
		top = max(top, b.up)
	}
	for row := c.height - 1; row >= 0; row-- {
		var line painted
		for _, b := range c.columns {
			line.write(c.cell(b, row, top))
		}
		label := ""
		if row == c.height-1 || row == c.height/2-1 {
			label = count(top * int64(row+1) / int64(c.height))
		}
		fmt.Fprintf(out, "%7s ┤%s\n", label, line.text(c.coloured))
	}
	fmt.Fprintf(out, "%7s └%s\n", "0", strings.Repeat("─", len(c.columns)))
}

// cell is one character of a bar, and its colour: of two kinds in one character,
// the larger part. Any device at all shows, be it as the lowest eighth.
func (c chart) cell(b bar, row int, top int64) (character rune, colour string) {
	level := func(devices int64) int {
		eighth := int((devices*int64(c.height)*full + top - 1) / top)
		return min(full, max(0, eighth-row*full))
	}
	genuine, up := level(b.genuine), level(b.up)
	switch {
	case genuine >= full/2 || genuine > 0 && up < full:
		return eighths[genuine], green
	case up > 0:
		return spoofedMark, red
	}
	return ' ', plain
}

// The colours of a terminal (ECMA-48, SGR).
const (
	plain = "\x1b[0m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
)

// painted is a line of characters in colours.
type painted struct {
	characters []rune
	colours    []string
}

func (p *painted) write(character rune, colour string) {
	p.characters, p.colours = append(p.characters, character), append(p.colours, colour)
}

// text writes the line without the blanks at its end, a colour where it changes.
func (p *painted) text(coloured bool) string {
	line := strings.TrimRight(string(p.characters), " ")
	if !coloured {
		return line
	}
	var b strings.Builder
	now := plain
	for i, character := range []rune(line) {
		if p.colours[i] != now {
			now = p.colours[i]
			b.WriteString(now)
		}
		b.WriteRune(character)
	}
	return b.String() + plain
}

// axis writes labels under a chart, each beginning at its column.
func axis(out io.Writer, labels map[int]string) {
	var line []rune
	for column := 0; column < 1000 && len(labels) > 0; column++ {
		label, ok := labels[column]
		if ok && len(line) <= column {
			line = append(line, []rune(strings.Repeat(" ", column-len(line))+label)...)
		}
		delete(labels, column)
	}
	fmt.Fprintf(out, "%9s%s\n", "", string(line))
}

// days labels every n-th day of a chart with so many columns a day.
func days(from, until time.Time, columnsPerDay, n int) map[int]string {
	labels := map[int]string{}
	for day := 0; from.AddDate(0, 0, day).Before(until); day += n {
		labels[day*columnsPerDay] = from.AddDate(0, 0, day).Format("2 Jan")
	}
	return labels
}
