package rewards

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/uptime"
)

func (d *desk) pulls() {
	op := reading("/pulls", "get-pulls", "Look at what was read",
		"What of a span was observed, given up, and is awaited still; its passes, those that failed and why; what came late; how far the logs were read.")
	op.Metadata = map[string]any{wire.Long: computing}
	wire.Read(d.Service, op, house, d.getPulls)
	wire.Act(d.Service, asking("/pulls", "request-pull", "Ask for a span to be read",
		"Notes that the slots of a span are wanted, and queues what reads their heartbeats, the logs, and the job minutes of their days. What is final already is not read again."),
		team, d.requestPull)
	wire.Act(d.Service, acting("/pulls/give-ups", "give-up-slots", "Give slots up",
		"Stops waiting for slots of a span that were not read; they stay unobserved. Closed hours are refused."), team, d.giveUp)
}

// Span is a run of slots.
type Span struct {
	From time.Time `json:"from" example:"2024-04-25T08:00:00Z" doc:"First instant: the first slot that starts at or after it."`
	To   time.Time `json:"to" example:"2024-04-25T12:00:00Z" doc:"End, exclusive."`
}

// spanDaysMax bounds a span that is asked for: more is a typing error.
const spanDaysMax = 800

// slots returns the slots of the span, at least one and none that is not over.
func (s Span) slots(now time.Time) (uptime.Span, error) {
	if err := moments("body", &s.From, &s.To); err != nil {
		return uptime.Span{}, err
	}
	if s.To.After(now) {
		return uptime.Span{}, invalid("body.to", fmt.Errorf("a slot can be read once it is over: let it end by %s", now.UTC().Format(time.RFC3339)))
	}
	span := uptime.SpanOf(s.From, s.To)
	switch {
	case span.Empty():
		return span, invalid("body.to", errors.New("let it end at least five minutes after it begins"))
	case span.Len() > spanDaysMax*uptime.SlotsPerDay:
		return span, invalid("body.to", fmt.Errorf("give at most %d days at a time", spanDaysMax))
	}
	return span, nil
}

// epoch is the first slot's begin.
var epoch = time.Unix(0, 0)

type requestPull struct{ Body Span }

// requested is a span that is being read.
type requested struct {
	Span
	Slots  int `json:"slots" example:"48" doc:"Its slots."`
	Queued int `json:"queued" example:"3" doc:"Jobs that will read it."`
}

func (d *desk) requestPull(ctx context.Context, a wire.Acting, in *requestPull) (*made[requested], error) {
	span, err := in.Body.slots(d.Now())
	if err != nil {
		return nil, err
	}
	queued, err := d.Jobs.RequestTx(ctx, a.Tx, span)
	if err != nil {
		return nil, err
	}
	v := requested{Span{span.From.Start(), span.To.Start()}, span.Len(), queued}
	query := url.Values{"from": {v.From.Format(time.RFC3339)}, "to": {v.To.Format(time.RFC3339)}}
	return &made[requested]{prefix + "/pulls?" + query.Encode(), v}, nil
}

type giveUp struct {
	Body giveUpBody
}

// giveUpBody is what giveUp takes.
type giveUpBody struct {
	Span
	Reason string `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"The network has lost these hours." doc:"Why they are not waited for any longer; it stays on record."`
}

// givenUp is how many slots were given up.
type givenUp struct {
	Slots int `json:"slots" example:"12" doc:"Slots that are not waited for any longer."`
}

func (d *desk) giveUp(ctx context.Context, a wire.Acting, in *giveUp) (*body[givenUp], error) {
	now := d.Now()
	span, err := in.Body.slots(now)
	if err != nil {
		return nil, err
	}
	if err := uptime.RequestSpan(ctx, a.Tx, span); err != nil {
		return nil, err
	}
	slots, err := uptime.GiveUp(ctx, a.Tx, span, now, &a.Person, in.Body.Reason)
	return &body[givenUp]{givenUp{slots}}, err
}

type getPulls struct {
	From     time.Time `query:"from" example:"2024-04-25T00:00:00Z" doc:"First instant; absent: the first hour that was asked for."`
	To       time.Time `query:"to" example:"2024-04-26T00:00:00Z" doc:"End, exclusive; absent: the last hour that was asked for."`
	Failures int       `query:"failures" minimum:"0" maximum:"200" default:"10" doc:"How many of the last failures to show."`
}

// asked returns the bounds that were given, wide ones for those that were not.
func (in *getPulls) asked() (uptime.Span, error) {
	span := allSlots
	if !in.From.IsZero() {
		span.From = max(span.From, uptime.SlotAtOrAfter(in.From))
	}
	if !in.To.IsZero() {
		span.To = min(span.To, uptime.SlotAtOrAfter(in.To))
	}
	if span.Empty() {
		return span, invalid("query.to", errors.New("let the span end after it begins"))
	}
	return span, nil
}

// allSlots is wider than anything that can be asked for.
var allSlots = uptime.SpanOf(epoch, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))

// narrowed returns the span without what was never asked for at its ends.
func narrowed(ctx context.Context, tx pgx.Tx, span uptime.Span) (uptime.Span, error) {
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil || len(hours) == 0 {
		return uptime.Span{From: span.From, To: span.From}, err
	}
	asked := uptime.Span{From: hours[0].Hour.First(), To: (hours[len(hours)-1].Hour + 1).First()}
	return span.Intersect(asked), nil
}

func (d *desk) getPulls(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *getPulls) (*body[Pulls], error) {
	asked, err := in.asked()
	if err != nil {
		return nil, err
	}
	span, err := narrowed(ctx, tx, asked)
	if err != nil {
		return nil, err
	}
	v, err := readPulls(ctx, tx, span, in.Failures)
	if err != nil {
		return nil, err
	}
	v.Reopenings, err = readReopenings(ctx, tx, asked) // one may be of hours that were never asked for
	return &body[Pulls]{v}, err
}
