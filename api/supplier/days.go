package supplier

import (
	"context"
	"math/bits"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

const slotLength = uptime.SlotSeconds * time.Second

// EarnedDay is what a day contributed to a line.
type EarnedDay struct {
	Day        string     `json:"day" format:"date" doc:"The day, UTC."`
	SpanStart  time.Time  `json:"span_start" doc:"Start of the line that it is of."`
	Observed   int        `json:"observed" doc:"Slots of the line on the day that were observed."`
	Up         int        `json:"up" doc:"Of these, up."`
	Grace      int        `json:"grace" doc:"Missed slots that are credited."`
	Credited   int        `json:"credited" doc:"up + grace."`
	JobMinutes int64      `json:"job_minutes" doc:"Minutes of paid compute."`
	Points     string     `json:"points" pattern:"^[0-9]+$" doc:"Points that it brought; 0 unless the line is eligible."`
	Amount     wire.Money `json:"amount" doc:"Its share of the line's amount: the days of a line sum to that exactly."`
}

// DayTable are the days of a device in a revision or an estimate.
type DayTable struct {
	Result   Result      `json:"result" doc:"What the days are of."`
	DeviceID uuid.UUID   `json:"device_id" format:"uuid" doc:"The device."`
	Amount   wire.Money  `json:"amount" doc:"Sum of your lines of the device, and of the days."`
	Items    []EarnedDay `json:"items" nullable:"false" doc:"Your days, in order; a day on which the device came back to you is there once a line."`
}

// Header names the columns of the days as CSV.
func (DayTable) Header() []string {
	return []string{"day", "span_start", "observed", "up", "grace", "credited", "job_minutes", "points", "amount"}
}

// Rows yields the days as CSV.
func (t DayTable) Rows(yield func([]string) bool) {
	for _, d := range t.Items {
		if !yield([]string{d.Day, instant(d.SpanStart), digits(d.Observed), digits(d.Up), digits(d.Grace), digits(d.Credited),
			digits(d.JobMinutes), d.Points, d.Amount.Amount}) {
			return
		}
	}
}

type daysOut struct{ Body DayTable }

func (r rooms) days(ctx context.Context, reader wire.Reader, me auth.Caller, in *explanationIn) (*daysOut, error) {
	e, own, err := r.explain(ctx, reader, me, in)
	if err != nil {
		return nil, err
	}
	body := DayTable{Result: own.result, DeviceID: e.DeviceID, Items: []EarnedDay{}}
	var sum ledger.Amount
	for i := range e.Lines {
		line := &e.Lines[i]
		if !own.own(&line.LineFigures) {
			continue
		}
		amount := storedAmount(e, line)
		days := daysOf(line, amount, e)
		for j := range days {
			body.Items = append(body.Items, days[j].view(line.Span.From))
			sum += days[j].amount
		}
	}
	body.Amount = wire.MoneyOf(sum)
	return &daysOut{body}, nil
}

// storedAmount is what the result holds for the line, which stands even where the hours
// come to other figures now.
func storedAmount(e *snapshot.Explanation, line *snapshot.ExplainedLine) ledger.Amount {
	for i := range e.Stored {
		if s := &e.Stored[i]; s.Span.From.Equal(line.Span.From) && s.SupplierID == line.SupplierID {
			return s.Amount
		}
	}
	return line.Amount
}

// earnedDay is a day of a line before it is written.
type earnedDay struct {
	day                 time.Time
	observed, up, grace int
	jobMinutes          int64
	points              int64
	amount              ledger.Amount
}

func (d *earnedDay) view(line time.Time) EarnedDay {
	return EarnedDay{
		Day: d.day.Format(time.DateOnly), SpanStart: line, Observed: d.observed, Up: d.up, Grace: d.grace, Credited: d.up + d.grace,
		JobMinutes: d.jobMinutes, Points: digits(d.points), Amount: wire.MoneyOf(d.amount),
	}
}

// daysOf shares a line's amount among its days. What is not credited in them cannot be
// shared: an amount of a line that comes to no points now is its last day's.
func daysOf(line *snapshot.ExplainedLine, amount ledger.Amount, e *snapshot.Explanation) []earnedDay {
	days := slotsOfDays(line, e)
	addJobs(days, line.Jobs)
	sharePoints(days, line)
	shareAmount(days, amount)
	return days
}

// slotsOfDays counts the line's slots day by day.
func slotsOfDays(line *snapshot.ExplainedLine, e *snapshot.Explanation) []earnedDay {
	var days []earnedDay
	credits := newCredits(line, e.Windows)
	for _, drawn := range e.Days {
		start, err := time.Parse(time.DateOnly, drawn.Day)
		if err != nil || !start.Before(line.Span.To) || !start.AddDate(0, 0, 1).After(line.Span.From) {
			continue
		}
		d := earnedDay{day: start}
		for i := range drawn.Slots {
			at := start.Add(time.Duration(i) * slotLength)
			if at.Before(line.Span.From) || !at.Before(line.Span.To) {
				continue
			}
			switch drawn.Slots[i] {
			case snapshot.SlotUp:
				d.observed, d.up = d.observed+1, d.up+1
			case snapshot.SlotDown:
				d.observed++
			case snapshot.SlotGranted:
				d.observed, d.grace = d.observed+1, d.grace+credits.grant(at)
			}
		}
		days = append(days, d)
	}
	return days
}

// credit is what one window credits to a line, as its slots come by.
type credit struct {
	from, to        time.Time
	granted         int // so far
	credited        int // of them, so far
	total, granted0 int // of the whole line
}

type credits []credit

func newCredits(line *snapshot.ExplainedLine, windows []snapshot.ExplainedWindow) credits {
	var all credits
	for i := range line.Credits {
		c := &line.Credits[i]
		for j := range windows {
			if w := &windows[j]; w.Window == c.Window {
				all = append(all, credit{from: w.From, to: w.To, total: c.Credit, granted0: c.Granted})
			}
		}
	}
	return all
}

// grant counts one more granted slot and returns what it credits: 0 or 1. By cumulative
// floors of the line's own share, the last brings it to what the line has.
func (c credits) grant(at time.Time) int {
	for i := range c {
		w := &c[i]
		if at.Add(slotLength).After(w.from) && at.Before(w.to) && w.granted < w.granted0 {
			w.granted++
			before := w.credited
			w.credited = int(int64(w.granted) * int64(w.total) / int64(w.granted0))
			return w.credited - before
		}
	}
	return 0
}

func addJobs(days []earnedDay, jobs []snapshot.ExplainedJobs) {
	for _, j := range jobs {
		for i := range days {
			if days[i].day.Format(time.DateOnly) == j.Day {
				days[i].jobMinutes = int64(j.Minutes)
			}
		}
	}
}

// sharePoints gives each day (1000 * 5 * credited + permille * minutes) * weight, of a
// line that has points.
func sharePoints(days []earnedDay, line *snapshot.ExplainedLine) {
	if line.Points == 0 {
		return
	}
	for i := range days {
		d := &days[i]
		d.points = (1000*uptime.SlotSeconds/60*int64(d.up+d.grace) + line.Worth.JobPermille*d.jobMinutes) * line.WeightMillionths
	}
}

// shareAmount gives each day floor(amount * so far / all) less what was given before.
func shareAmount(days []earnedDay, amount ledger.Amount) {
	var all uint64
	for i := range days {
		all += uint64(days[i].points) // within the line's points, 63 bits
	}
	var soFar uint64
	var given ledger.Amount
	for i := range days {
		soFar += uint64(days[i].points)
		upTo := amount
		if all > 0 {
			high, low := bits.Mul64(uint64(amount), soFar)
			quotient, _ := bits.Div64(high, low, all) // at most the amount, since soFar <= all
			upTo = ledger.Amount(quotient)
		} else if i < len(days)-1 {
			upTo = 0
		}
		days[i].amount = upTo - given
		given = upTo
	}
}
