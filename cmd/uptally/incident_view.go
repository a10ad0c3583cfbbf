package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
)

// incidentView is an incident as --json prints it. Ends are exclusive.
type incidentView struct {
	ID       *int64        `json:"id"` // null: not on record, in a dry run
	Kind     string        `json:"kind"`
	Opened   time.Time     `json:"opened"`
	End      *time.Time    `json:"end"`   // null while it lasts
	Slots    *int          `json:"slots"` // from its opening to its end
	Collapse *collapseView `json:"collapse,omitempty"`
	Surge    *surgeView    `json:"surge,omitempty"`
	Curve    curveView     `json:"curve"`
	Seasons  []concernView `json:"seasons"` // those that it concerns
}

// collapseView is what is said of a collapse.
type collapseView struct {
	Baseline       int64      `json:"baseline"` // devices
	Lowest         int64      `json:"lowest"`
	LowestAt       time.Time  `json:"lowest_at"`
	DepthPermille  int64      `json:"depth_permille"` // the lowest, of the baseline
	Recovered      *time.Time `json:"recovered"`
	Closed         *time.Time `json:"closed"`
	EndedByPerson  bool       `json:"ended_by_person"`
	HalfBack       *time.Time `json:"half_back"`
	NineTenthsBack *time.Time `json:"nine_tenths_back"`
	Vanished       int64      `json:"vanished"`
	Returned       int64      `json:"returned"`
}

// surgeView is what is said of a surge.
type surgeView struct {
	Devices int64 `json:"devices"`
	Changes int64 `json:"changes"`
}

// curveView is a row of averages, null where nothing was observed; of a surge, of
// sums.
type curveView struct {
	From   time.Time `json:"from"`
	Slots  int       `json:"slots_per_point"`
	Points []*int64  `json:"points"`
}

// concernView is how an incident is resolved for a season.
type concernView struct {
	Season    string         `json:"season"`
	Resolved  bool           `json:"resolved"`
	Windows   []int64        `json:"windows,omitempty"`
	Holds     []int64        `json:"holds,omitempty"`
	Dismissal *dismissalView `json:"dismissal,omitempty"`
	Remedy    string         `json:"remedy,omitempty"`
}

// dismissalView is a person's word that an incident changes nothing.
type dismissalView struct {
	Person     string    `json:"person"`
	RecordedAt time.Time `json:"recorded_at"`
	Reason     string    `json:"reason"`
}

func viewIncident(i incident.Incident) incidentView {
	v := incidentView{
		Kind: string(i.Kind), Opened: i.Opened.Start(), End: startOf(i.End), Seasons: []concernView{},
		Curve: curveView{From: i.Curve.From.Start(), Slots: i.Curve.Step, Points: make([]*int64, len(i.Curve.Points))},
	}
	if i.ID != 0 {
		v.ID = &i.ID
	}
	if i.End != nil {
		v.Slots = new(int(*i.End - i.Opened))
	}
	for n, point := range i.Curve.Points {
		if point != incident.Unobserved {
			v.Curve.Points[n] = &point
		}
	}
	if c := i.Collapse; c != nil {
		v.Collapse = &collapseView{
			Baseline: c.Baseline, Lowest: c.Lowest, LowestAt: c.LowestAt.Start(), DepthPermille: c.Depth(),
			Recovered: startOf(c.Recovered), Closed: startOf(c.Closed), EndedByPerson: c.EndedAt != nil,
			HalfBack: startOf(c.HalfBack), NineTenthsBack: startOf(c.NineTenthsBack), Vanished: c.Vanished, Returned: c.Returned,
		}
	}
	if s := i.Surge; s != nil {
		v.Surge = &surgeView{s.Devices, s.Changes}
	}
	return v
}

// startOf returns when a slot starts that may be none.
func startOf(k *uptime.Slot) *time.Time {
	if k == nil {
		return nil
	}
	return new(k.Start())
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
			collapses.add(v.number(), utc(v.Opened), v.recovered(), v.lasted(), c.depth(), v.curve(curveInTable),
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
		g.add("lowest", fmt.Sprintf("%s of them, %s, at %s", count(c.Lowest), c.depth(), utc(c.LowestAt)))
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
		fmt.Fprintf(out, "\nSeason %s: %s\n", c.Season, c.how())
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
func (c collapseView) depth() string {
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
			how = c.by()
		}
		parts = append(parts, c.Season+": "+how)
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, "; ")
}

// by names what resolved the incident.
func (c concernView) by() string {
	switch {
	case len(c.Windows) > 0:
		return "window " + joined(c.Windows)
	case len(c.Holds) > 0:
		return "hold " + joined(c.Holds)
	}
	return "dismissed"
}

// how says who resolved the incident and why, or what is to be done.
func (c concernView) how() string {
	switch {
	case !c.Resolved:
		return "open; " + c.Remedy
	case c.Dismissal != nil && len(c.Windows)+len(c.Holds) == 0:
		return fmt.Sprintf("dismissed by %s at %s: %s", c.Dismissal.Person, utc(c.Dismissal.RecordedAt), c.Dismissal.Reason)
	}
	return "resolved by " + c.by()
}

// joined lists numbers.
func joined(numbers []int64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}
