package appeal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/api/persons"
)

// Raise records an appeal of the supplier's person against a line, by the database's
// clock. The errors are ErrText, ErrTerms, ErrNoLine for a line that is not there or
// not the supplier's, ErrLate, ErrNothing and ErrOpen.
func Raise(ctx context.Context, tx pgx.Tx, r Request, t Terms, person int64) (Appeal, error) {
	a, err := raise(ctx, tx, r, t, person)
	if err != nil {
		return Appeal{}, fmt.Errorf("appeal against device %s in %s/r%d: %w", r.DeviceID, r.Season, r.Revision, err)
	}
	return a, nil
}

func raise(ctx context.Context, tx pgx.Tx, r Request, t Terms, person int64) (Appeal, error) {
	if err := errors.Join(t.Validate(), r.check()); err != nil {
		return Appeal{}, err
	}
	line, err := selectLine(ctx, tx, r)
	if errors.Is(err, pgx.ErrNoRows) {
		return Appeal{}, ErrNoLine
	}
	if err != nil {
		return Appeal{}, err
	}
	now, err := Now(ctx, tx)
	if err != nil {
		return Appeal{}, err
	}
	if err := t.Admit(line, now); err != nil {
		return Appeal{}, err
	}
	id, err := insertAppeal(ctx, tx, line, r, t, person)
	if err != nil {
		return Appeal{}, meaning(err)
	}
	return Find(ctx, tx, id)
}

// Review takes an appeal up: the supplier sees that somebody looks at it. The errors
// are ErrUnknown, ErrEnded, also if somebody has taken it up, and ErrSelfAnswer.
func Review(ctx context.Context, tx pgx.Tx, id uuid.UUID, person int64) (Appeal, error) {
	return change(ctx, tx, id, func(a Appeal) error {
		own, err := persons.Same(ctx, tx, a.OpenedBy, person)
		switch {
		case err != nil:
			return err
		case own:
			return fmt.Errorf("%w: another person than who raised it takes it up", ErrSelfAnswer)
		case a.State != Open:
			return fmt.Errorf("%w, or is taken up: it is %s", ErrEnded, a.State)
		}
		return updateReviewed(ctx, tx, id, person)
	})
}

// Withdraw ends an appeal for its supplier. The errors are ErrUnknown and ErrEnded.
func Withdraw(ctx context.Context, tx pgx.Tx, id uuid.UUID, person int64) (Appeal, error) {
	return change(ctx, tx, id, func(a Appeal) error {
		if a.State.Ended() {
			return fmt.Errorf("%w: it is %s", ErrEnded, a.State)
		}
		return updateWithdrawn(ctx, tx, id, person)
	})
}

// Reply answers an appeal as another person than who raised it: AnsweredBy of the
// answer; its time is the database's. The errors are ErrUnknown, ErrEnded, ErrText,
// ErrSelfAnswer, and ErrLink for a link that is missing or does not concern the line.
func Reply(ctx context.Context, tx pgx.Tx, id uuid.UUID, answer Answer) (Appeal, error) {
	return change(ctx, tx, id, func(a Appeal) error {
		if err := answer.check(); err != nil {
			return err
		}
		own, err := persons.Same(ctx, tx, a.OpenedBy, answer.AnsweredBy)
		switch {
		case err != nil:
			return err
		case a.State.Ended():
			return fmt.Errorf("%w: it is %s", ErrEnded, a.State)
		case own:
			return fmt.Errorf("%w: another person than who raised it answers it", ErrSelfAnswer)
		}
		return insertAnswer(ctx, tx, a, answer)
	})
}

// change acts on an appeal that nobody else is acting on, and returns it as it is then.
func change(ctx context.Context, tx pgx.Tx, id uuid.UUID, act func(a Appeal) error) (Appeal, error) {
	if err := lockAppeal(ctx, tx, id); err != nil {
		return Appeal{}, fmt.Errorf("appeal %s: %w", id, unknown(err))
	}
	a, err := Find(ctx, tx, id)
	if err != nil {
		return Appeal{}, err
	}
	if err := act(a); err != nil {
		return Appeal{}, fmt.Errorf("appeal %s: %w", id, meaning(err))
	}
	return Find(ctx, tx, id)
}

// Find returns the appeal, or ErrUnknown.
func Find(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Appeal, error) {
	a, err := selectAppeal(ctx, tx, id)
	if err != nil {
		return Appeal{}, fmt.Errorf("appeal %s: %w", id, unknown(err))
	}
	return a, nil
}

// Now returns the database's clock, UTC: the one that appeals go by.
func Now(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	now, err := clock(ctx, tx)
	return now.UTC(), err
}

// unknown is the error of an appeal that is not there.
func unknown(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrUnknown
	}
	return err
}

// constraints are what the database refuses, by the constraint that it names.
var constraints = map[string]error{
	"appeal_line":        ErrNoLine,
	"appeal_late":        ErrLate,
	"appeal_nothing":     ErrNothing,
	"appeal_open":        ErrOpen,
	"appeal_ended":       ErrEnded,
	"appeal_answer_pkey": ErrEnded,
	"appeal_self_answer": ErrSelfAnswer,
	"appeal_self_review": ErrSelfAnswer,
	"appeal_came_of_it":  ErrLink,
}

// links are those that point to a row of another table, by their constraint.
var links = map[string]string{
	"appeal_answer_grace_window_fkey":    "grace window",
	"appeal_answer_released_hold_fkey":   "released hold",
	"appeal_answer_released_change_fkey": "released change",
}

// meaning returns what a refusal of the database is.
func meaning(err error) error {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	if what, found := links[refused.ConstraintName]; found {
		return fmt.Errorf("%w: %s: there is none of that number, or it is not approved, or not released", ErrLink, what)
	}
	if refused.ConstraintName == "appeal_link" {
		return fmt.Errorf("%w: %s: it does not exist, or does not concern the device, the season and the slots of the line", ErrLink, refused.ColumnName)
	}
	if known, found := constraints[refused.ConstraintName]; found {
		return known
	}
	return err
}
