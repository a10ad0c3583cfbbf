package public

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/uptime"
)

// pointsMost is the most points of one answer.
const pointsMost = 3000

// Point is a step of the population curve.
type Point struct {
	From     time.Time `json:"from" doc:"Start of the step."`
	To       time.Time `json:"to" doc:"End of the step."`
	Observed int       `json:"observed" doc:"Slots of the step that were observed, of hours that are closed."`
	Lowest   *int32    `json:"lowest" nullable:"true" doc:"Devices up in its lowest observed slot; null if none was observed."`
	Highest  *int32    `json:"highest" nullable:"true" doc:"Devices up in its highest observed slot."`
}

// Curve is the population over a span.
type Curve struct {
	Season string    `json:"season" doc:"The season."`
	From   time.Time `json:"from" doc:"Start of the first step."`
	To     time.Time `json:"to" doc:"End of the last step."`
	Step   int       `json:"step" doc:"Slots of five minutes in a step; the last may have fewer."`
	Items  []Point   `json:"items" nullable:"false" doc:"The steps, in order."`
}

// Header names the columns of the curve as CSV.
func (Curve) Header() []string { return []string{"from", "to", "observed", "lowest", "highest"} }

// Rows yields the curve as CSV.
func (c Curve) Rows(yield func([]string) bool) {
	for _, p := range c.Items {
		lowest, highest := "", ""
		if p.Lowest != nil {
			lowest, highest = strconv.Itoa(int(*p.Lowest)), strconv.Itoa(int(*p.Highest))
		}
		if !yield([]string{p.From.Format(time.RFC3339), p.To.Format(time.RFC3339), strconv.Itoa(p.Observed), lowest, highest}) {
			return
		}
	}
}

type populationIn struct {
	SeasonPath
	From time.Time `query:"from" doc:"Start of the first step: a multiple of five minutes within the season. Default: its beginning." example:"2024-04-25T00:00:00Z"`
	To   time.Time `query:"to" doc:"End of the last step: a multiple of five minutes within the season. Default: its end." example:"2024-04-26T00:00:00Z"`
	Step int       `query:"step" minimum:"1" maximum:"288" default:"288" doc:"Slots of five minutes in a step: 12 are an hour, 288 a day."`
}

type populationOut struct{ Body Curve }

func population(ctx context.Context, reader wire.Reader, in *populationIn) (*populationOut, error) {
	season, err := readSeason(ctx, reader, in.Season)
	if err != nil {
		return nil, err
	}
	span, err := in.span(uptime.SpanOf(season.firstDay, season.lastDay.AddDate(0, 0, 1)))
	if err != nil {
		return nil, err
	}
	var hours []hourRow
	ask := &pgx.Batch{}
	queueHours(ask, span, &hours)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	return &populationOut{Curve{in.Season, span.From.Start(), span.To.Start(), in.Step, curve(span, in.Step, hours)}}, nil
}

// span returns the slots that are asked for, within the season.
func (in *populationIn) span(season uptime.Span) (uptime.Span, error) {
	span := season
	for _, bound := range []struct {
		name string
		at   time.Time
		slot *uptime.Slot
	}{{"query.from", in.From, &span.From}, {"query.to", in.To, &span.To}} {
		if bound.at.IsZero() {
			continue
		}
		*bound.slot = uptime.SlotOf(bound.at)
		if !bound.slot.Start().Equal(bound.at) || *bound.slot < season.From || *bound.slot > season.To {
			return span, invalid(bound.name, fmt.Sprintf("give a multiple of five minutes from %s to %s",
				season.From.Start().Format(time.RFC3339), season.To.Start().Format(time.RFC3339)))
		}
	}
	if span.Empty() {
		return span, invalid("query.to", "the span holds no slot: give an end after its beginning")
	}
	if steps := (span.Len() + in.Step - 1) / in.Step; steps > pointsMost {
		return span, invalid("query.step", fmt.Sprintf("that is %d points: take a longer step or a shorter span, for at most %d", steps, pointsMost))
	}
	return span, nil
}

func invalid(location, message string) error {
	return wire.Refuse(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid.").
		Because(wire.FieldError{Location: location, Message: message})
}

// hourRow is a closed hour as it is read.
type hourRow struct {
	hour     uptime.Hour
	up       []int32 // a count a slot
	observed int32   // which of them say something: 12 bits, the highest is the first slot
}

// curve adds the hours, in order, up to steps.
func curve(span uptime.Span, step int, hours []hourRow) []Point {
	points := make([]Point, (span.Len()+step-1)/step)
	for i := range points {
		from := span.From + uptime.Slot(i*step)
		points[i].From, points[i].To = from.Start(), min(from+uptime.Slot(step), span.To).Start()
	}
	for i := range hours {
		h := &hours[i]
		for in := range uptime.SlotsPerHour {
			if k := h.hour.First() + uptime.Slot(in); span.Contains(k) && h.observed>>(uptime.SlotsPerHour-1-in)&1 == 1 {
				points[int(k-span.From)/step].add(&h.up[in])
			}
		}
	}
	return points
}

// add takes one observed slot into the step.
func (p *Point) add(up *int32) {
	p.Observed++
	if p.Lowest == nil || *up < *p.Lowest {
		p.Lowest = up
	}
	if p.Highest == nil || *up > *p.Highest {
		p.Highest = up
	}
}
