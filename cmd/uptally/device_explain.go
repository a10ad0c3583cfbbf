package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/uptally/uptally/snapshot"
)

// explained is an explanation as people read it: the map, then the steps in the
// order in which they are taken.
type explained struct {
	*snapshot.Explanation
	a *app
}

func (e explained) print(out io.Writer, columns int) {
	e.printHead(out)
	dayMap{e.Days, columns, e.a.coloured()}.print(out)
	for i, step := range []struct {
		title string
		print func(io.Writer)
	}{
		{"What is known of the device", e.printChanges},
		{"Proof of work", e.printVerdicts},
		{"What could be observed", e.printCoverage},
		{"Grace", e.printWindows},
		{"Lines", e.printLines},
	} {
		fmt.Fprintf(out, "\n%s\n", e.a.bold(fmt.Sprintf("%d. %s", i+1, step.title)))
		step.print(out)
	}
}

func (e explained) printHead(out io.Writer) {
	name := e.Season + ", as of now"
	if e.Revision > 0 {
		name = fmt.Sprintf("%s/r%d, %s", e.Season, e.Revision, e.State)
	}
	fmt.Fprintf(out, "%s\n", e.a.bold(fmt.Sprintf("Device %s in %s", e.DeviceID, name)))
	fmt.Fprintf(out, "As of %s. Registered %s.\n", utc(e.AsOf), utc(e.RegisteredAt))
	if e.Estimate && e.Revision == 0 {
		fmt.Fprintln(out, "Estimate: no revision of the season has lines yet; this is what it would come to if it were taken now.")
	} else if e.Estimate {
		fmt.Fprintln(out, "Estimate: hours that it stands on were still open.")
	}
	if e.Span.Slots == 0 {
		fmt.Fprintln(out, "It was registered after the season's end, so no slot of the season is its own.")
	}
	if e.Stored != nil {
		fmt.Fprintln(out, "Hours have been reopened since the revision was taken, and what they come to now, below, is not what the revision holds:")
		printStored(out, e.Stored)
		fmt.Fprintln(out, "The revision stands until another one is sealed.")
	}
	fmt.Fprintln(out)
}

func printStored(out io.Writer, lines []snapshot.LineFigures) {
	g := newGrid("supplier", "from", "to", ">observed", ">up", ">grace", ">points", ">amount", "outcome")
	for _, l := range lines {
		g.add(l.SupplierID, utc(l.Span.From), utc(l.Span.To), count(l.Observed), count(l.Up), count(l.Grace), count(l.Points), inIO(int64(l.Amount)), l.Outcome)
	}
	g.print(out)
}

func (e explained) printChanges(out io.Writer) {
	g := newGrid(">change", "at", "channel", "field", "before", "after", "")
	for _, c := range e.Changes {
		seq, at, channel, standing := strconv.FormatInt(c.Seq, 10), utc(c.ChangedAt), string(c.Channel), standing(c)
		for _, f := range c.Fields {
			g.add(seq, at, channel, f.Field, fieldValue(f.Field, f.Before), fieldValue(f.Field, &f.After), standing)
			seq, at, channel, standing = "", "", "", ""
		}
	}
	g.print(out)
}

// standing says whether a change is believed, and why.
func standing(c snapshot.ExplainedChange) string {
	text := string(c.Standing)
	if c.Hold != nil && c.Standing == snapshot.Held {
		text = fmt.Sprintf("set aside by hold %d", *c.Hold)
	}
	switch d := c.Decision; {
	case d == nil:
	case c.Standing == snapshot.Held:
		text += fmt.Sprintf("; refused %s: %s", utc(d.At), d.Reason)
	case d.Hold != nil:
		text += fmt.Sprintf(" with hold %d, %s: %s", *d.Hold, utc(d.At), d.Reason)
	default:
		text += fmt.Sprintf(" by itself, %s: %s", utc(d.At), d.Reason)
	}
	return text
}

// fieldValue writes a field's value, in quotes what people or attackers typed.
func fieldValue(field snapshot.Field, value *string) string {
	if value == nil {
		return "-"
	}
	return field.Show(*value)
}

func (e explained) printVerdicts(out io.Writer) {
	if len(e.Verdicts) == 0 {
		fmt.Fprintln(out, "There is no verdict: the device is neither spoofed nor genuine.")
		return
	}
	g := newGrid("decided at", "verdict", "effective at", "by", "reason", "")
	for _, v := range e.Verdicts {
		by, counts := "feed", ""
		if v.ByHand {
			by = "hand"
		}
		if v.Counts {
			counts = "the last: it counts"
		}
		g.add(utc(v.DecidedAt), v.Kind, utc(v.EffectiveAt), by, strconv.QuoteToGraphic(v.Reason), counts)
	}
	g.print(out)
	fmt.Fprintf(out, "A last verdict of spoofed takes out: %s.\n", map[snapshot.Exclude]string{
		snapshot.ExcludeSeason: "the whole season", snapshot.ExcludeFromVerdict: "the slots from its effective instant on",
	}[e.Exclude])
}

func (e explained) printCoverage(out io.Writer) {
	c := e.Coverage
	fmt.Fprintf(out, "%s slots of the season from the registration on, %s to %s: %s observed, up in %s of them.\n",
		count(c.Slots), utc(e.Span.From), utc(e.Span.To), count(c.Observed), count(c.Up))
	if c.Observed < c.Slots {
		fmt.Fprintf(out, "%s could not be observed; they count neither for nor against the device.\n", count(c.Slots-c.Observed))
	}
}

func (e explained) printWindows(out io.Writer) {
	if len(e.Windows) == 0 {
		fmt.Fprintln(out, "No grace window was applied.")
	}
	for _, w := range e.Windows {
		fmt.Fprintf(out, "Window %d, %s to %s (%s): %s.\n", w.Window, utc(w.From), utc(w.To), w.Cause, w.Says)
		if w.Gap != nil {
			fmt.Fprintf(out, "  gap     first observed slot of it that was missed: %s\n", utc(*w.Gap))
			fmt.Fprintf(out, "  before  %s to %s, up in %d of %d observed slots, at least %s asked for: %s\n",
				utc(w.Before.From), utc(w.Before.To), w.Before.Part, w.Before.Whole, w.MinBefore, w.Before.Written)
		}
		if w.Back != nil {
			fmt.Fprintf(out, "  after   %d slots up in a row from %s on, before %s\n", w.Sustain, utc(*w.Back), utc(w.ReconnectBy))
		}
	}
}

func (e explained) printLines(out io.Writer) {
	for i := range e.Lines {
		if i > 0 {
			fmt.Fprintln(out)
		}
		e.printLine(out, i+1, &e.Lines[i])
	}
}

func (e explained) printLine(out io.Writer, number int, l *snapshot.ExplainedLine) {
	fmt.Fprintf(out, "%s\n", e.a.bold(fmt.Sprintf("Line %d of %d: supplier %s, %s to %s, %s slots",
		number, len(e.Lines), l.SupplierID, utc(l.Span.From), utc(l.Span.To), count(l.Span.Slots))))
	say := func(name, format string, args ...any) {
		fmt.Fprintf(out, "  %-12s "+format+"\n", append([]any{name}, args...)...)
	}
	say("weight", "%s x %d, connectivity %s: %s", strconv.QuoteToGraphic(l.Weight.GPUModel), l.Weight.GPUCount,
		strconv.QuoteToGraphic(l.Weight.Connectivity), l.Weight.Written)
	if l.Excluded != nil {
		say("excluded", "%s slots from %s on", count(l.Excluded.Slots), utc(l.Excluded.From))
	}
	say("observed", "%d", l.Observed)
	say("up", "%d", l.Up)
	say("grace", "%s", credits(l))
	say("credited", "%d + %d = %d", l.Up, l.Grace, l.Credited)
	say("longest run", "%d", l.LongestRun)
	say("job minutes", "%s", jobDays(l))
	for i, test := range l.Tests {
		name := ""
		if i == 0 {
			name = "tests"
		}
		say(name, "%-21s %s  %s", test.Outcome.String()+"?", map[bool]string{false: "no ", true: "yes"}[test.Applies], test.Says)
	}
	say("outcome", "%s. %s %s", l.Reason.Code, l.Reason.Meaning, l.Reason.Remedy)
	for _, note := range l.Remarks {
		say("note", "%s. %s %s", note.Code, note.Meaning, note.Remedy)
	}
	say("points", "%s", l.Worth.Written)
	say("amount", "%s base units, %s", l.Share.Written, inIO(int64(l.Amount)))
	if l.Amount > 0 {
		say("", "to check: %s * %d = %s = %d * %s + %s", e.Rate.Pool, l.Points, l.Share.Product, int64(l.Amount), e.Rate.Points, l.Share.Remainder)
	}
}

// credits writes what each window credits.
func credits(l *snapshot.ExplainedLine) string {
	if len(l.Credits) == 0 {
		return strconv.Itoa(int(l.Grace))
	}
	credits := make([]string, len(l.Credits))
	for i, c := range l.Credits {
		credits[i] = fmt.Sprintf("%s by window %d", c.Written, c.Window)
	}
	return fmt.Sprintf("%d: %s", l.Grace, strings.Join(credits, ", "))
}

// jobDays writes the days that job minutes are summed over, those with any.
func jobDays(l *snapshot.ExplainedLine) string {
	var days []string
	for _, j := range l.Jobs {
		if j.Minutes > 0 {
			days = append(days, fmt.Sprintf("%d on %s", j.Minutes, j.Day))
		}
	}
	if len(days) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d: %s", l.JobMinutes, strings.Join(days, ", "))
}
