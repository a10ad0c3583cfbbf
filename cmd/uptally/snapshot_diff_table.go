package main

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// printTables prints what each cause did, and the suppliers and lines that changed
// most.
func (c snapshotDiff) printTables(out *bufio.Writer, d *snapshot.Difference, v diffView) error {
	of := ""
	if c.Supplier != nil {
		of = " of supplier " + c.Supplier.String()
	}
	fmt.Fprintf(out, "%s → %s: %s lines%s differ\n", v.A, v.B, count(v.Changed), of)
	fmt.Fprintf(out, "allocated%s: %s → %s, %s\n", of, inIO(int64(v.Before)), inIO(int64(v.After)), signed(v.Change))
	if v.Changed == 0 {
		return nil
	}
	fmt.Fprintln(out)
	printCauses(out, v)
	if c.Limit == 0 {
		return nil
	}
	if c.Supplier == nil {
		fmt.Fprintln(out)
		printSupplierDiffs(out, v.Suppliers, c.Limit)
	}
	lines, err := c.largest(d)
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	printChangedLines(out, lines)
	if more := v.Changed - int64(len(lines)); more > 0 {
		fmt.Fprintf(out, "\n%s more lines; --csv prints all of them, --limit more here.\n", count(more))
	}
	return nil
}

// printCauses is the table of causes, whose last column adds up to the difference.
func printCauses(out *bufio.Writer, v diffView) {
	g := newGrid("cause", ">lines", ">suppliers", ">gained", ">lost", ">net", "what it is")
	for _, t := range v.Causes {
		g.add(t.Cause, count(t.Lines), count(t.Suppliers), signed(t.Gained), signed(-t.Lost), signed(t.Net), t.Cause.Meaning())
	}
	g.AppendFooter([]any{"", "", "", "", "", signed(v.Change), ""})
	g.print(out)
}

// printSupplierDiffs is the table of the suppliers who gained or lost most.
func printSupplierDiffs(out *bufio.Writer, all []supplierDiffView, limit int) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b supplierDiffView) int { return cmp.Compare(magnitude(b.Change), magnitude(a.Change)) })
	g := newGrid("supplier", ">before", ">after", ">change", "by cause")
	for _, s := range all[:min(limit, len(all))] {
		var by []string
		for _, cause := range snapshot.Causes() {
			if change, concerned := s.Causes[cause]; concerned {
				by = append(by, cause.String()+" "+signed(change))
			}
		}
		g.add(s.SupplierID, inIO(int64(s.Before)), inIO(int64(s.After)), signed(s.Change), strings.Join(by, ", "))
	}
	g.print(out)
}

// largest returns the lines whose amounts changed most, the largest first, those of
// one size in the order of lines.
func (c snapshotDiff) largest(d *snapshot.Difference) (largest []snapshot.ChangedLine, err error) {
	bySize := func(a, b snapshot.ChangedLine) int {
		return cmp.Compare(magnitude(ledger.Amount(b.Change())), magnitude(ledger.Amount(a.Change())))
	}
	err = c.each(d, func(l *snapshot.ChangedLine) error {
		if len(largest) == c.Limit && bySize(*l, largest[c.Limit-1]) >= 0 {
			return nil
		}
		at, _ := slices.BinarySearchFunc(largest, *l, func(kept, new snapshot.ChangedLine) int {
			return cmp.Or(bySize(kept, new), -1) // behind those of its size
		})
		kept := *l
		kept.Steps = slices.Clone(l.Steps)
		largest = slices.Insert(largest, at, kept)
		largest = largest[:min(c.Limit, len(largest))]
		return nil
	})
	return largest, err
}

func printChangedLines(out *bufio.Writer, lines []snapshot.ChangedLine) {
	g := newGrid("device", "from", ">before", ">after", ">change", "cause", "what changed")
	for i := range lines {
		l := &lines[i]
		before, after := l.Before(), l.After()
		var causes []string
		for _, s := range l.Steps {
			causes = append(causes, s.Cause.String())
			if len(l.Steps) > 1 && s.Change() != 0 {
				causes[len(causes)-1] += " " + signed(ledger.Amount(s.Change()))
			}
		}
		g.add(l.DeviceID, utc(l.First.Start()), inIO(before.Amount), inIO(after.Amount), signed(ledger.Amount(l.Change())),
			strings.Join(causes, ", "), whatChanged(before, after))
	}
	g.print(out)
}

// whatChanged names each figure that differs, as before → after, but the points and
// the amount, which follow from the others.
func whatChanged(a, b snapshot.Line) string {
	switch {
	case a.Span.Empty():
		return "a new line, " + b.Outcome.String()
	case b.Span.Empty():
		return "no line any more, was " + a.Outcome.String()
	}
	var changed []string
	for _, f := range []struct{ name, before, after string }{
		{"outcome", a.Outcome.String(), b.Outcome.String()},
		{"supplier", a.SupplierID.String(), b.SupplierID.String()},
		{"to", utc(a.Span.To.Start()), utc(b.Span.To.Start())},
		{"observed", count(a.Observed), count(b.Observed)},
		{"up", count(a.Up), count(b.Up)},
		{"grace", count(a.Grace), count(b.Grace)},
		{"longest run", count(a.LongestRun), count(b.LongestRun)},
		{"weight", millionths(a.WeightMillionths), millionths(b.WeightMillionths)},
		{"job minutes", count(a.JobMinutes), count(b.JobMinutes)},
		{"notes", noneIfEmpty(a.Notes.String()), noneIfEmpty(b.Notes.String())},
	} {
		if f.before != f.after {
			changed = append(changed, f.name+" "+f.before+" → "+f.after)
		}
	}
	if len(changed) == 0 {
		return "its share alone"
	}
	return strings.Join(changed, ", ")
}

func noneIfEmpty(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// magnitude is the size of a change; no revision has the amount that it overflows at.
func magnitude(a ledger.Amount) ledger.Amount { return max(a, -a) }
