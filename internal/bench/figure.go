package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Figure is one measured pair. Ours and Other are in Unit; what they and the ratio
// are, the package comment tells by the name.
type Figure struct {
	Name  string  `json:"name"`
	Ours  float64 `json:"ours"`
	Other float64 `json:"other"`
	Ratio float64 `json:"ratio"`
	Unit  string  `json:"unit"`
	Bound Bound   `json:"-"`
}

// Bound is what a ratio is held to. The zero Bound holds it to nothing.
type Bound struct {
	kind  boundKind
	limit float64
}

type boundKind byte

const (
	unbounded boundKind = iota
	atMost
	atLeast
)

// AtMost is met by ratios up to the limit, it included.
func AtMost(limit float64) Bound { return Bound{atMost, limit} }

// AtLeast is met by ratios from the limit on, it included.
func AtLeast(limit float64) Bound { return Bound{atLeast, limit} }

// Mark is the bound's word on a ratio: "pass", "MISSED", or "" if it is unbounded.
func (b Bound) Mark(ratio float64) string {
	switch {
	case b.kind == unbounded:
		return ""
	case b.kind == atMost && ratio <= b.limit, b.kind == atLeast && ratio >= b.limit:
		return "pass"
	}
	return "MISSED"
}

func (b Bound) String() string {
	switch b.kind {
	case atMost:
		return "<= " + number(b.limit)
	case atLeast:
		return ">= " + number(b.limit)
	}
	return "none"
}

// ratioOf is the figure of two values whose ratio is ours / other.
func ratioOf(name string, ours, other float64, unit string, bound Bound) Figure {
	return Figure{Name: name, Ours: ours, Other: other, Ratio: ours / other, Unit: unit, Bound: bound}
}

// writeTable writes the figures as an aligned table for people.
func writeTable(w io.Writer, figures []Figure) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "ours\tother\tunit\tratio\tbound\t\t  figure")
	for _, f := range figures {
		fmt.Fprintln(table, strings.Join([]string{
			number(f.Ours), number(f.Other), f.Unit, number(f.Ratio), f.Bound.String(), f.Bound.Mark(f.Ratio), "  " + f.Name,
		}, "\t"))
	}
	return table.Flush()
}

// number writes four significant digits, and large numbers in full, in groups.
func number(v float64) string {
	if v < 10_000 {
		return fmt.Sprintf("%.4g", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// writeJSON writes the figures as an array for machines.
func writeJSON(w io.Writer, figures []Figure) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(figures)
}
