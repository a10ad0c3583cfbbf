package appeal

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// State is how far an appeal has come.
type State string

// The states of an appeal. The last three are final.
const (
	Open      State = "open"      // nobody of the team has looked at it
	InReview  State = "in_review" // somebody has taken it up
	Accepted  State = "accepted"  // the supplier is right: the answer links what came of it
	Refused   State = "refused"   // the outcome stands
	Withdrawn State = "withdrawn" // by the supplier
)

// Ended reports whether the state is final.
func (s State) Ended() bool { return s == Accepted || s == Refused || s == Withdrawn }

// What appeals and answers are refused for.
var (
	ErrUnknown    = errors.New("no such appeal")
	ErrNoLine     = errors.New("no such line")
	ErrLate       = errors.New("too late to appeal")
	ErrNothing    = errors.New("nothing to appeal against")
	ErrOpen       = errors.New("an appeal against the line is open")
	ErrEnded      = errors.New("the appeal has ended")
	ErrText       = errors.New("not the text of an appeal")
	ErrTerms      = errors.New("no terms for appeals")
	ErrLink       = errors.New("not what came of the appeal")
	ErrSelfAnswer = errors.New("answer to one's own appeal")
)

// Terms are what an appeal is raised on, in days of 24 hours, each 1 to 365.
type Terms struct {
	Within int // after the seal
	Answer int // that the team has
}

// DefaultTerms are 30 days to appeal, and 14 to answer.
var DefaultTerms = Terms{Within: 30, Answer: 14}

const daysMax = 365

// Validate returns ErrTerms, or nil.
func (t Terms) Validate() error {
	for _, days := range []int{t.Within, t.Answer} {
		if days < 1 || days > daysMax {
			return fmt.Errorf("appeal: %w: %d days to appeal, %d to answer: give 1 to %d each", ErrTerms, t.Within, t.Answer, daysMax)
		}
	}
	return nil
}

// Line is what is appealed against.
type Line struct {
	Season   string
	Revision int
	DeviceID uuid.UUID
	Span     uptime.Span
	Outcome  snapshot.Outcome
	Notes    snapshot.Notes
	Amount   ledger.Amount

	// Known where it is appealed against.
	device   uptime.DeviceNumber
	credited int64 // slots, up or by grace
	sealed   bool
	sealedAt time.Time
}

// Admit says why the line cannot be appealed against at the moment: ErrLate, also if
// its revision is not sealed yet, or ErrNothing.
func (t Terms) Admit(l Line, now time.Time) error {
	until := l.sealedAt.Add(time.Duration(t.Within) * 24 * time.Hour)
	switch {
	case !l.sealed:
		return fmt.Errorf("%w, or too early: %s/r%d is not sealed", ErrLate, l.Season, l.Revision)
	case !now.Before(until):
		return fmt.Errorf("%w: %s/r%d was sealed more than %d days ago: it could be appealed against until %s",
			ErrLate, l.Season, l.Revision, t.Within, until.UTC().Format(time.RFC3339))
	case l.Outcome == snapshot.OutcomeEligible && l.Notes == 0 && l.credited == int64(l.Span.Len()):
		return fmt.Errorf("%w: the line is eligible, without a note, and credited for every slot", ErrNothing)
	}
	return nil
}

// Request is an appeal as a supplier raises it.
type Request struct {
	Supplier uuid.UUID
	Season   string
	Revision int
	DeviceID uuid.UUID
	From     uptime.Slot // the first of the line
	Reason   string      // 1 to 4,000 characters
	Evidence []string    // links, for people to follow: at most 10, of 1 to 500 characters each
}

// The bounds of what people write.
const (
	ReasonMax        = 4000 // characters
	EvidenceMax      = 10   // links
	EvidenceCharsMax = 500  // characters each
)

func (r *Request) check() error {
	if err := checkReason(r.Reason); err != nil {
		return err
	}
	if len(r.Evidence) > EvidenceMax {
		return fmt.Errorf("%w: evidence: %d links: give %d at most", ErrText, len(r.Evidence), EvidenceMax)
	}
	for _, link := range r.Evidence {
		if !writable(link, EvidenceCharsMax) {
			return fmt.Errorf("%w: evidence: give links of 1 to %d characters each", ErrText, EvidenceCharsMax)
		}
	}
	return nil
}

// Appeal is an appeal as it stands.
type Appeal struct {
	ID         uuid.UUID
	Supplier   uuid.UUID
	Line       Line
	Reason     string
	Evidence   []string
	OpenedBy   int64 // the supplier's person; 0 where a supplier reads
	RecordedAt time.Time
	DueAt      time.Time
	State      State
	ReviewedBy int64     // 0: nobody; 0 where a supplier reads
	ReviewedAt time.Time // zero: not yet
	EndedAt    time.Time // zero: not yet
	Answer     *Answer   // nil: none
}

// Overdue reports whether the team should have answered by the moment.
func (a *Appeal) Overdue(now time.Time) bool { return !a.State.Ended() && !now.Before(a.DueAt) }

// Answer is what the team decided, and what came of it.
type Answer struct {
	Outcome    State // Accepted or Refused
	Reason     string
	Links      Links
	AnsweredBy int64 // 0 where a supplier reads
	At         time.Time
}

// Links are what came of an appeal, each nil if it did not come of it.
type Links struct {
	Verdict        *int64 // the number of a verdict by hand on the device
	Window         *int64 // an approved grace window of the season over slots of the line
	ReleasedHold   *int64 // a hold that was released, with a change of the device in it
	ReleasedChange *int64 // the number of a change of the device that was released
	Revision       *int   // a later revision of the season, sealed
}

// any reports whether there is a link.
func (l Links) any() bool {
	return l.Verdict != nil || l.Window != nil || l.ReleasedHold != nil || l.ReleasedChange != nil || l.Revision != nil
}

func (a *Answer) check() error {
	switch {
	case a.Outcome != Accepted && a.Outcome != Refused:
		return fmt.Errorf("%w: outcome %q: write %s or %s", ErrText, a.Outcome, Accepted, Refused)
	case a.Outcome == Accepted && !a.Links.any():
		return fmt.Errorf("%w: to accept, link what came of it: a verdict by hand, a grace window, a released hold or change, or a new revision", ErrLink)
	}
	return checkReason(a.Reason)
}
