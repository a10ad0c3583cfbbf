package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/uptally/uptally/api/rewards"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
)

// incidentView is an incident as --json prints it: as the API answers.
type incidentView struct{ rewards.Incident }

func viewsOf(incidents []rewards.Incident) []incidentView {
	views := make([]incidentView, len(incidents))
	for i := range incidents {
		views[i] = incidentView{incidents[i]}
	}
	return views
}

// The widths of curves, in characters.
const (
	curveInTable = 20
	curveAlone   = 60
)

func printIncidents(out io.Writer, views []incidentView) {
	collapses := newGrid(">collapse", "opened", "recovered", ">lasted", ">down to", "curve", ">vanished", ">came back", "resolved")
	surges := newGrid(">surge", "opened", "ended", ">lasted", "curve", ">devices", ">changes", "resolved")
	for _, v := range views {
		if c := v.Collapse; c != nil {
			collapses.add(v.number(), utc(v.Opened), v.recovered(), v.lasted(), depth(c), v.curve(curveInTable),
				count(c.Vanished), count(c.Returned), v.resolved())
		} else {
			surges.add(v.number(), utc(v.Opened), utcOr(v.End, "-"), v.lasted(), v.curve(curveInTable),
				count(v.Surge.Devices), count(v.Surge.Changes), v.resolved())
		}
	}
	some := func(surge bool) bool {
		return slices.ContainsFunc(views, func(v incidentView) bool { return (v.Surge != nil) == surge })
	}
	if some(false) {
		collapses.print(out)
	}
	if some(false) && some(true) {
		fmt.Fprintln(out)
	}
	if some(true) {
		surges.print(out)
	}
}

// print shows all that is known of one incident.
func (v incidentView) print(out io.Writer) {
	fmt.Fprintf(out, "Incident %s, a %s\n\n", v.number(), v.Kind)
	last := v.Curve.From.Add(time.Duration(len(v.Curve.Points)*v.Curve.Slots) * uptime.SlotLength)
	fmt.Fprintf(out, "  %s\n  %s to %s\n\n", v.curve(curveAlone), utc(v.Curve.From), utc(last))
	g := newGrid("figure", "value")
	g.add("opened", utc(v.Opened))
	if c := v.Collapse; c != nil {
		g.add("baseline", count(c.Baseline)+" devices")
		g.add("lowest", fmt.Sprintf("%s of them, %s, at %s", count(c.Lowest), depth(c), utc(c.LowestAt)))
		g.add("half back", utcOr(c.HalfBack, "not yet"))
		g.add("nine tenths back", utcOr(c.NineTenthsBack, "not yet"))
		g.add("recovered", v.recovered())
		g.add("closed", utcOr(c.Closed, "-"))
		g.add("lasted", v.lasted())
		g.add("vanished", count(c.Vanished)+" devices")
		g.add("came back", count(c.Returned)+" of them")
	} else {
		g.add("ended", utcOr(v.End, "-"))
		g.add("lasted", v.lasted())
		g.add("devices", count(v.Surge.Devices))
		g.add("changes", count(v.Surge.Changes))
	}
	g.print(out)
	for _, c := range v.Seasons {
		fmt.Fprintf(out, "\nSeason %s: %s\n", c.Season, how(&c))
	}
}

// recovered says when a collapse did, or that a person ended it.
func (v incidentView) recovered() string {
	if v.Collapse.EndedByPerson {
		return utc(*v.End) + ", by a person"
	}
	return utcOr(v.Collapse.Recovered, "not yet")
}

// lasted says how long the incident did, in days, hours and minutes.
func (v incidentView) lasted() string {
	if v.Slots == nil {
		return "-"
	}
	slots := *v.Slots
	text := fmt.Sprintf("%dm", slots%uptime.SlotsPerHour*5)
	if slots >= uptime.SlotsPerHour {
		text = fmt.Sprintf("%dh %s", slots%uptime.SlotsPerDay/uptime.SlotsPerHour, text)
	}
	if slots >= uptime.SlotsPerDay {
		text = fmt.Sprintf("%dd %s", slots/uptime.SlotsPerDay, text)
	}
	return text
}

// depth is how much was left at the lowest.
func depth(c *rewards.Collapse) string {
	return fmt.Sprintf("%d.%d %%", c.DepthPermille/10, c.DepthPermille%10)
}

// curve draws the curve: a collapse against its baseline, a surge against its peak.
func (v incidentView) curve(width int) string {
	numbers, top := make([]int64, len(v.Curve.Points)), int64(0)
	for i, point := range v.Curve.Points {
		if numbers[i] = incident.Unobserved; point != nil {
			numbers[i] = *point
			top = max(top, *point)
		}
	}
	if v.Collapse != nil {
		top = v.Collapse.Baseline
	}
	return sparkline(numbers, top, width)
}

// resolved says in short how the incident is resolved for each season.
func (v incidentView) resolved() string {
	var parts []string
	for _, c := range v.Seasons {
		how := "open"
		if c.Resolved {
			how = by(&c)
		}
		parts = append(parts, c.Season+": "+how)
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, "; ")
}

// by names what resolved the incident.
func by(c *rewards.Concern) string {
	switch {
	case len(c.Windows) > 0:
		return "window " + joined(c.Windows)
	case len(c.Holds) > 0:
		return "hold " + joined(c.Holds)
	}
	return "dismissed"
}

// how says who resolved the incident and why, or what is to be done.
func how(c *rewards.Concern) string {
	switch {
	case !c.Resolved:
		return "open; " + c.Remedy
	case c.Dismissal != nil && len(c.Windows)+len(c.Holds) == 0:
		return fmt.Sprintf("dismissed by %s at %s: %s", c.Dismissal.Person, utc(c.Dismissal.RecordedAt), c.Dismissal.Reason)
	}
	return "resolved by " + by(c)
}

// joined lists numbers.
func joined(numbers []int64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}
