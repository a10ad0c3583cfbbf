package snapshot

import (
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/uptime"
)

// LineFigures are a line's columns, as `snapshot lines` prints them, and its
// longest run.
type LineFigures struct {
	SupplierID       uuid.UUID     `json:"supplier_id"`
	Span             Interval      `json:"span"`
	Observed         int32         `json:"observed"`
	Up               int32         `json:"up"`
	Grace            int32         `json:"grace"`
	Credited         int32         `json:"credited"`
	LongestRun       int32         `json:"longest_run"`
	WeightMillionths int64         `json:"weight_millionths"`
	JobMinutes       int64         `json:"job_minutes"`
	Points           Digits        `json:"points"`
	Amount           ledger.Amount `json:"amount"`
	Outcome          Outcome       `json:"outcome"`
	Notes            []string      `json:"notes"`
}

// FiguresOf returns the line's figures.
func FiguresOf(l *Line) LineFigures {
	f := LineFigures{
		SupplierID: l.SupplierID, Span: intervalOf(l.Span), Observed: l.Observed, Up: l.Up, Grace: l.Grace, Credited: l.Credited(),
		LongestRun: l.LongestRun, WeightMillionths: l.WeightMillionths, JobMinutes: l.JobMinutes, Points: Digits(l.Points),
		Amount: ledger.Amount(l.Amount), Outcome: l.Outcome, Notes: []string{},
	}
	for _, note := range l.Notes.Reasons() {
		f.Notes = append(f.Notes, note.Code)
	}
	return f
}

// ExplainedLine is a line with what each of its figures follows from.
type ExplainedLine struct {
	LineFigures
	Reason   Reason            `json:"reason"`   // what the outcome means for this line, and what to do
	Remarks  []Reason          `json:"remarks"`  // the same of each note
	Excluded *Interval         `json:"excluded"` // the slots that a verdict takes out of every figure
	Credits  []ExplainedCredit `json:"credits"`
	Jobs     []ExplainedJobs   `json:"jobs"`
	Weight   ExplainedWeight   `json:"weight"`
	Uptime   Comparison        `json:"uptime"` // credited of observed, with min_uptime
	Tests    []ExplainedTest   `json:"tests"`  // in order, up to the one that decided
	Worth    ExplainedPoints   `json:"worth"`
	Share    ExplainedAmount   `json:"share"`
}

// ExplainedCredit is what one window credits to the line.
type ExplainedCredit struct {
	Window  int64  `json:"window"`
	Granted int    `json:"granted"` // |G ∩ line|
	Credit  int    `json:"credit"`  // slots
	Written string `json:"written"` // "36" or, at the own rate, "floor(36 * 270 / 288) = 33"
}

// ExplainedJobs are the job minutes of a day that the line has the last slot of.
type ExplainedJobs struct {
	Day     string `json:"day"`
	Minutes int32  `json:"minutes"`
}

// ExplainedWeight is floor_6(gpu_weight * gpu_count * connectivity_weight) of the
// facts in force at the start of the line's last slot.
type ExplainedWeight struct {
	GPUModel           string `json:"gpu_model"`
	GPUCount           int32  `json:"gpu_count"`
	Connectivity       string `json:"connectivity"`
	Listed             bool   `json:"listed"`              // the model, or a default, is in the ruleset
	GPUWeight          string `json:"gpu_weight"`          // a decimal; "" if not listed
	ConnectivityWeight string `json:"connectivity_weight"` // a decimal
	Written            string `json:"written"`             // "floor_6(8.5 * 2 * 1) = 17000000 millionths"
}

// ExplainedPoints is (1000 * 5 * credited + job_permille * job_minutes) * weight.
type ExplainedPoints struct {
	JobPermille int64  `json:"job_permille"`
	Written     string `json:"written"`
}

// ExplainedAmount is floor(pool * points / total), and how to check it without
// dividing: pool * points = amount * total + remainder.
type ExplainedAmount struct {
	Product   string `json:"product"`   // pool * points
	Remainder string `json:"remainder"` // less than total
	Written   string `json:"written"`   // "floor(1000 * 7 / 21) = 333"
}

// explainLine tells a line that the scorer came to, with its amount; facts are
// those that it was weighed by.
func (s *Scorer) explainLine(d *Device, l *Line, facts uptime.Facts, last *uptime.Verdict, rate Rate) ExplainedLine {
	rules := s.basis.Rules
	counted := rules.Eligibility.Exclude.counted(l.Span, last)
	e := ExplainedLine{
		LineFigures: FiguresOf(l), Reason: l.Reason(), Remarks: l.Notes.Reasons(),
		Credits: s.explainCredits(l), Jobs: explainJobs(d.JobMinutes, counted), Weight: rules.explainWeight(facts, l),
		Uptime: rules.Eligibility.MinUptime.Compare(int(l.Credited()), int(l.Observed)),
		Tests:  explainTests(&rules.Eligibility, l, facts, last), Worth: rules.explainPoints(l), Share: rate.explainAmount(l),
	}
	if counted != l.Span {
		e.Excluded = new(intervalOf(uptime.Span{From: counted.To, To: l.Span.To}))
	}
	if e.Remarks == nil {
		e.Remarks = []Reason{}
	}
	return e
}

func (s *Scorer) explainCredits(l *Line) []ExplainedCredit {
	credits := []ExplainedCredit{}
	for i := range s.decisions {
		granted, credit := s.creditOf(i, l.Span)
		if granted == 0 {
			continue
		}
		written := strconv.Itoa(credit)
		if s.windows[i].Credit == CreditOwnRate {
			written = fmt.Sprintf("floor(%d * %d / %d) = %d", granted, s.decisions[i].seen, s.decisions[i].lookedAt, credit)
		}
		credits = append(credits, ExplainedCredit{s.windows[i].ID, granted, credit, written})
	}
	return credits
}

func explainJobs(days []uptime.JobMinutes, counted uptime.Span) []ExplainedJobs {
	jobs := []ExplainedJobs{}
	for i := range days {
		if dayCounts(&days[i], counted) {
			jobs = append(jobs, ExplainedJobs{days[i].Day.UTC().Format(time.DateOnly), days[i].Minutes})
		}
	}
	return jobs
}

func (r *Ruleset) explainWeight(facts uptime.Facts, l *Line) ExplainedWeight {
	key, listed := r.weightKey(facts)
	e := ExplainedWeight{
		GPUModel: facts.GPUModel, GPUCount: facts.GPUCount, Connectivity: facts.Connectivity, Listed: listed,
		ConnectivityWeight: r.connectivity[key.connectivity].String(),
		Written:            fmt.Sprintf("%q is not in the ruleset: 0", facts.GPUModel),
	}
	if listed {
		e.GPUWeight = r.gpu[key.gpu].String()
		e.Written = fmt.Sprintf("floor_6(%s * %d * %s) = %d millionths", e.GPUWeight, facts.GPUCount, e.ConnectivityWeight, l.WeightMillionths)
	}
	return e
}

func (r *Ruleset) explainPoints(l *Line) ExplainedPoints {
	if l.Outcome != OutcomeEligible {
		return ExplainedPoints{r.Jobs.Permille, fmt.Sprintf("0: the line is %s, and only eligible lines have points", l.Outcome)}
	}
	return ExplainedPoints{r.Jobs.Permille, fmt.Sprintf("(1000 * %d * %d + %d * %d) * %d = %d",
		milliMinutesPerSlot/1000, l.Credited(), r.Jobs.Permille, l.JobMinutes, l.WeightMillionths, l.Points)}
}

func (r Rate) explainAmount(l *Line) ExplainedAmount {
	product := new(big.Int).Mul(big.NewInt(r.Pool), big.NewInt(l.Points))
	if r.Points.IsZero() {
		return ExplainedAmount{product.String(), "0", "0: no line of the season has points"}
	}
	taken := new(big.Int).Mul(big.NewInt(l.Amount), r.Points.ToBig())
	return ExplainedAmount{
		Product: product.String(), Remainder: new(big.Int).Sub(product, taken).String(),
		Written: fmt.Sprintf("floor(%d * %d / %s) = %d", r.Pool, l.Points, r.Points.Dec(), l.Amount),
	}
}
