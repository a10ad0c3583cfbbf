package incident

import (
	"fmt"
	"strconv"
	"time"
)

// collapseRemedy says what a person can do about a collapse that is open for the
// season: what was begun already first.
func (d decisions) collapseRemedy(i Incident) string {
	dismiss := d.dismissRemedy(i)
	for _, w := range d.meeting(i) {
		if w.approved != nil {
			return fmt.Sprintf("grace window %d was approved after the snapshot was taken: take it again with `uptally snapshot take %s`", w.id, d.season)
		}
	}
	for _, w := range d.meeting(i) {
		return fmt.Sprintf("grace window %d waits for another person: `uptally grace approve %d`; %s", w.id, w.id, dismiss)
	}
	remedy := fmt.Sprintf("credit the devices that prove themselves: `uptally grace propose %s --season %s`; %s", i.number(), d.season, dismiss)
	if i.End == nil {
		remedy += fmt.Sprintf("; if the level is there to stay, end it first: `uptally incident end %s --at … --reason …`", i.number())
	}
	return remedy
}

// surgeRemedy says what a person can do about a surge that is open for the season.
func (d decisions) surgeRemedy(i Incident) string {
	ever := func(time.Time) bool { return true }
	if len(covering(d.holds, i, ever)) > 0 {
		return fmt.Sprintf("a hold over it was recorded after the snapshot was taken: take it again with `uptally snapshot take %s`", d.season)
	}
	return fmt.Sprintf("set its changes aside: `uptally hold add --from %s --to %s --reason …`; %s",
		i.Opened.Start().Format(time.RFC3339), i.End.Start().Format(time.RFC3339), d.dismissRemedy(i))
}

func (d decisions) dismissRemedy(i Incident) string {
	return fmt.Sprintf("or, if it changes nothing: `uptally incident dismiss %s --season %s --reason …`", i.number(), d.season)
}

// number is the incident's, as a command names it.
func (i Incident) number() string {
	if i.ID == 0 {
		return "ID" // `uptally incident list` gives it one
	}
	return strconv.FormatInt(i.ID, 10)
}
