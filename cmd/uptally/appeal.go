package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/appeal"
)

type appealCommands struct {
	List   appealList   `cmd:"" help:"List suppliers' appeals, the overdue first."`
	Show   appealShow   `cmd:"" help:"Show an appeal, and its answer."`
	Answer appealAnswer `cmd:"" help:"Answer an appeal, as another person than who raised it."`
}

type appealList struct {
	State     string  `enum:",open,in_review,accepted,refused,withdrawn" default:"" help:"Only those in this state: open, in_review, accepted, refused or withdrawn."`
	Season    string  `help:"Only those of this season."`
	DueBefore instant `placeholder:"TIME" help:"Only those that have not ended and are due before this."`
}

// Run lists the appeals.
func (c appealList) Run(ctx context.Context, a *app) error {
	filter := appeal.Filter{Season: c.Season, DueBefore: c.DueBefore.Time}
	if c.State != "" {
		filter.States = []appeal.State{appeal.State(c.State)}
	}
	return a.read(ctx, func(tx pgx.Tx) error {
		appeals, err := appeal.List(ctx, tx, filter)
		if err != nil {
			return err
		}
		views, err := viewAppeals(ctx, tx, appeals)
		if err != nil {
			return err
		}
		return a.show(views, func(out io.Writer) {
			g := newGrid("appeal", "state", "due", "supplier", "season", "device", "from", "outcome", "notes")
			for _, v := range views {
				g.add(v.ID, v.standing(), utc(v.DueAt), v.SupplierID, v.revision(), v.DeviceID, utc(v.SpanStart), v.Outcome, dashed(strings.Join(v.Notes, ";")))
			}
			g.print(out)
		})
	})
}

type appealShow struct {
	ID uuid.UUID `arg:"" help:"The appeal."`
}

// Run shows one appeal.
func (c appealShow) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error {
		found, err := appeal.Find(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		return a.showAppeal(ctx, tx, found)
	})
}

type appealAnswer struct {
	ID             uuid.UUID `arg:"" help:"The appeal."`
	Accept         bool      `xor:"outcome" required:"" help:"The supplier is right. Link what came of it."`
	Refuse         bool      `xor:"outcome" required:"" help:"The outcome stands."`
	Reason         string    `required:"" help:"Why; the supplier reads it."`
	Verdict        *int64    `placeholder:"N" help:"A verdict by hand on the device."`
	Window         *int64    `placeholder:"N" help:"An approved grace window over slots of the line."`
	ReleasedHold   *int64    `placeholder:"N" help:"A hold that was released."`
	ReleasedChange *int64    `placeholder:"N" help:"A change of the device that was released."`
	Revision       *int      `placeholder:"N" help:"A later revision of the season, sealed."`
}

// Run answers. What it links is on record already: an answer changes no amount.
func (c appealAnswer) Run(ctx context.Context, a *app) error {
	answer := appeal.Answer{Outcome: appeal.Refused, Reason: c.Reason, Links: appeal.Links{
		Verdict: c.Verdict, Window: c.Window, ReleasedHold: c.ReleasedHold, ReleasedChange: c.ReleasedChange, Revision: c.Revision}}
	if c.Accept {
		answer.Outcome = appeal.Accepted
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		answer.AnsweredBy = person
		answered, err := appeal.Reply(ctx, tx, c.ID, answer)
		if err != nil {
			return err
		}
		a.say("Appeal %s is %s by %s.", c.ID, answered.State, a.Actor)
		return a.showAppeal(ctx, tx, answered)
	})
}

// appealView is an appeal as --json prints it.
type appealView struct {
	ID         uuid.UUID    `json:"id"`
	State      appeal.State `json:"state"`
	Overdue    bool         `json:"overdue"`
	SupplierID uuid.UUID    `json:"supplier_id"`
	Season     string       `json:"season"`
	Revision   int          `json:"revision"`
	DeviceID   uuid.UUID    `json:"device_id"`
	SpanStart  time.Time    `json:"span_start"`
	SpanEnd    time.Time    `json:"span_end"` // exclusive
	Outcome    string       `json:"outcome"`
	Notes      []string     `json:"notes"`
	Amount     string       `json:"amount"` // base units
	Reason     string       `json:"reason"`
	Evidence   []string     `json:"evidence"`
	OpenedBy   string       `json:"opened_by"`
	RecordedAt time.Time    `json:"recorded_at"`
	DueAt      time.Time    `json:"due_at"`
	ReviewedBy *string      `json:"reviewed_by"`
	EndedAt    *time.Time   `json:"ended_at"`
	Answer     *answerView  `json:"answer"`
}

// answerView is an answer as --json prints it.
type answerView struct {
	Outcome        appeal.State `json:"outcome"`
	Reason         string       `json:"reason"`
	AnsweredBy     string       `json:"answered_by"`
	AnsweredAt     time.Time    `json:"answered_at"`
	Verdict        *int64       `json:"verdict"`
	Window         *int64       `json:"grace_window"`
	ReleasedHold   *int64       `json:"released_hold"`
	ReleasedChange *int64       `json:"released_change"`
	Revision       *int         `json:"revision"`
}

func viewAppeals(ctx context.Context, tx pgx.Tx, appeals []appeal.Appeal) ([]appealView, error) {
	now, err := appeal.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	var persons []*int64
	for i := range appeals {
		persons = append(persons, &appeals[i].OpenedBy, &appeals[i].ReviewedBy)
		if appeals[i].Answer != nil {
			persons = append(persons, &appeals[i].Answer.AnsweredBy)
		}
	}
	names, err := readNames(ctx, tx, persons...)
	if err != nil {
		return nil, err
	}
	views := make([]appealView, len(appeals))
	for i := range appeals {
		views[i] = viewAppeal(&appeals[i], names, now)
	}
	return views, nil
}

func viewAppeal(a *appeal.Appeal, names personNames, now time.Time) appealView {
	v := appealView{
		ID: a.ID, State: a.State, Overdue: a.Overdue(now), SupplierID: a.Supplier, Season: a.Line.Season, Revision: a.Line.Revision,
		DeviceID: a.Line.DeviceID, SpanStart: a.Line.Span.From.Start(), SpanEnd: a.Line.Span.To.Start(), Outcome: a.Line.Outcome.String(),
		Notes: []string{}, Amount: strconv.FormatInt(int64(a.Line.Amount), 10), Reason: a.Reason, Evidence: slices.Clone(a.Evidence),
		OpenedBy: names.of(a.OpenedBy), RecordedAt: a.RecordedAt, DueAt: a.DueAt,
	}
	for _, note := range a.Line.Notes.Reasons() {
		v.Notes = append(v.Notes, note.Code)
	}
	if a.ReviewedBy != 0 {
		v.ReviewedBy = new(names.of(a.ReviewedBy))
	}
	if !a.EndedAt.IsZero() {
		v.EndedAt = &a.EndedAt
	}
	if w := a.Answer; w != nil {
		v.Answer = &answerView{w.Outcome, w.Reason, names.of(w.AnsweredBy), w.At,
			w.Links.Verdict, w.Links.Window, w.Links.ReleasedHold, w.Links.ReleasedChange, w.Links.Revision}
	}
	return v
}

// standing is the state, and whether the team is late.
func (v *appealView) standing() string {
	if v.Overdue {
		return string(v.State) + ", overdue"
	}
	return string(v.State)
}

func (v *appealView) revision() string { return fmt.Sprintf("%s/r%d", v.Season, v.Revision) }

func (a *app) showAppeal(ctx context.Context, tx pgx.Tx, found appeal.Appeal) error {
	views, err := viewAppeals(ctx, tx, []appeal.Appeal{found})
	if err != nil {
		return err
	}
	return a.show(views[0], func(out io.Writer) { views[0].print(out) })
}

func (v *appealView) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %s, due %s\n", v.ID, v.standing(), utc(v.DueAt))
	fmt.Fprintf(out, "supplier %s, by %s, %s\n", v.SupplierID, v.OpenedBy, utc(v.RecordedAt))
	fmt.Fprintf(out, "against %s of device %s in %s, %s to %s\n", v.Outcome, v.DeviceID, v.revision(), utc(v.SpanStart), utc(v.SpanEnd))
	fmt.Fprintf(out, "because: %s\n", v.Reason)
	for _, link := range v.Evidence {
		fmt.Fprintf(out, "evidence: %s\n", link)
	}
	if v.Answer != nil {
		fmt.Fprintf(out, "%s by %s, %s: %s\n", v.Answer.Outcome, v.Answer.AnsweredBy, utc(v.Answer.AnsweredAt), v.Answer.Reason)
		fmt.Fprintf(out, "what came of it: %s\n", dashed(v.Answer.links()))
	}
}

// links names what came of an appeal.
func (v *answerView) links() string {
	var all []string
	for _, link := range []struct {
		name   string
		number *int64
	}{{"verdict", v.Verdict}, {"grace window", v.Window}, {"released hold", v.ReleasedHold}, {"released change", v.ReleasedChange}} {
		if link.number != nil {
			all = append(all, fmt.Sprintf("%s %d", link.name, *link.number))
		}
	}
	if v.Revision != nil {
		all = append(all, fmt.Sprintf("revision %d", *v.Revision))
	}
	return strings.Join(all, ", ")
}
