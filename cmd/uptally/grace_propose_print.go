package main

import (
	"fmt"
	"io"
)

// printProposal is a proposal for people.
func printProposal(out io.Writer, v proposalView) {
	fmt.Fprintf(out, "Incident %d began %s and was deepest at %s; seen until %s\n\n", v.Incident, utc(v.Began), utc(v.LowestAt), utc(v.SeenUntil))
	printReturns(out, v)
	for _, s := range v.Seasons {
		printSeasonProposal(out, s)
	}
}

// printReturns is the table of who came back, by how far one looks back.
func printReturns(out io.Writer, v proposalView) {
	g := newGrid(">lookback", ">proven", ">came back", ">did not", ">separates", "half back", "nine tenths back", "last back", "")
	for _, r := range v.Lookbacks {
		mark := ""
		if r.Lookback == v.Lookback {
			mark = "proposed"
		}
		g.add(count(r.Lookback), count(r.Proven), count(r.Back), count(r.Dead), fmt.Sprintf("%d ‰", r.Separation),
			utcOr(r.HalfBack, "-"), utcOr(r.NineTenths, "-"), utcOr(r.LastBack, "-"), mark)
	}
	g.print(out)
	if hit := v.Lookbacks[0]; hit.Hit > 0 {
		fmt.Fprintf(out, "\nIt hit %s devices that are not spoofed, of which %s came back.\n", count(hit.Hit), count(hit.HitBack))
	}
}

func printSeasonProposal(out io.Writer, s seasonProposalView) {
	fmt.Fprintf(out, "\nSeason %s\n\n", s.Season)
	if len(s.Drafts) == 0 {
		fmt.Fprintln(out, "No window is proposed: no device that had proved itself came back yet.")
		return
	}
	printDrafts(out, s)
	if len(s.Without) > 0 {
		fmt.Fprintf(out, "\nThe figures are as if approved windows %v were not: a draft that overlaps one cannot be approved.\n", s.Without)
	}
	fmt.Fprintln(out)
	for _, d := range s.Drafts {
		if d.Meets {
			fmt.Fprintf(out, "  # %s\n  %s\n", d.Reaches, d.Command)
		}
	}
}

// printDrafts is the table of what each draft would grant.
func printDrafts(out io.Writer, s seasonProposalView) {
	g := newGrid("reaches", "to, and reconnect by", ">devices", ">slots", ">moves", ">of the pool", ">inactive before", ">not back", ">pending", "")
	for _, d := range s.Drafts {
		mark := ""
		switch {
		case !d.Meets:
			mark = "does not meet the season"
		case d.Recommended:
			mark = "recommended: leaves out nobody who came back"
		}
		g.add(d.Reaches, utc(d.To), count(d.Devices), count(d.Slots), signed(d.Moved), fmt.Sprintf("%d ‰", d.MovedShare),
			count(d.Refused.InactiveBefore), count(d.Refused.NotBack), count(d.Refused.Pending), mark)
	}
	g.print(out)
}
