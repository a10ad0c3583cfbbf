package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// Errors of halting.
var (
	ErrHalted     = errors.New("writing is halted")
	ErrNotHalted  = errors.New("writing is not halted")
	ErrSelfResume = errors.New("whoever halted writing cannot resume it")
	ErrReason     = errors.New("no reason")
)

// reasonMax bounds a reason, in characters. The tables repeat it.
const reasonMax = 500

// Stop is a halt of writing.
type Stop struct {
	Number int64     // 1, 2, 3 …
	By     int64     // the person who halted
	Reason string    // 1 to 500 characters
	At     time.Time // by the database's clock, UTC
}

// Halt makes every acting call that begins once the transaction has committed be
// refused, until Resume. It waits for no call, and none waits for it: those that had
// begun are let end, and UnderWay counts them. It is one person's act. The error is
// ErrReason, or ErrHalted if writing is halted already.
func Halt(ctx context.Context, tx pgx.Tx, person int64, reason string) (Stop, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return Stop{}, err
	}
	current, halted, err := switching(ctx, tx)
	if err != nil {
		return Stop{}, err
	}
	if halted {
		return Stop{}, fmt.Errorf("%w already, since %s", ErrHalted, current.At.Format(time.RFC3339))
	}
	stop, err := insertHalt(ctx, tx, person, reason)
	if err != nil {
		return Stop{}, fmt.Errorf("audit: halting: %w", err)
	}
	return stop, nil
}

// Resume ends the halt and returns it. It takes another person than who halted:
// ErrSelfResume. If there is nothing to resume, the error is ErrNotHalted.
func Resume(ctx context.Context, tx pgx.Tx, person int64, reason string) (Stop, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return Stop{}, err
	}
	current, halted, err := switching(ctx, tx)
	switch {
	case err != nil:
		return Stop{}, err
	case !halted:
		return Stop{}, fmt.Errorf("%w: there is nothing to resume", ErrNotHalted)
	case current.By == person:
		return Stop{}, fmt.Errorf("%w: let another person do it", ErrSelfResume)
	}
	if err := insertResumption(ctx, tx, current, person, reason); err != nil {
		return Stop{}, fmt.Errorf("audit: resuming: %w", err)
	}
	return current, nil
}

// Halted reports whether writing is halted, and by what. An acting call asks it
// first in its transaction, which must read committed rows (the default). If it is not
// halted, the call counts as under way until that transaction ends.
func Halted(ctx context.Context, tx pgx.Tx) (stop Stop, halted bool, err error) {
	if stop, halted, err = haltShared(ctx, tx); err != nil {
		return Stop{}, false, fmt.Errorf("audit: asking for a halt: %w", err)
	}
	return stop, halted, nil
}

// CurrentHalt is Halted for who only shows it: it does not count as under way.
func CurrentHalt(ctx context.Context, tx pgx.Tx) (stop Stop, halted bool, err error) {
	if stop, halted, err = selectHalt(ctx, tx); err != nil {
		return Stop{}, false, fmt.Errorf("audit: reading the halt: %w", err)
	}
	return stop, halted, nil
}

// UnderWay returns how many acting calls are under way that were told that writing is
// not halted. A transaction that has seen a halt, and then 0, knows that no acting call
// writes any more until somebody resumes: whoever began before is counted until their
// changes are seen or gone, and whoever begins is refused.
func UnderWay(ctx context.Context, tx pgx.Tx) (int64, error) {
	n, err := countShared(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("audit: counting what is under way: %w", err)
	}
	return n, nil
}

// switching keeps every other switch away, and then says what is.
func switching(ctx context.Context, tx pgx.Tx) (stop Stop, halted bool, err error) {
	if err = lockSwitch(ctx, tx); err == nil {
		stop, halted, err = selectHalt(ctx, tx)
	}
	if err != nil {
		return Stop{}, false, fmt.Errorf("audit: locking the halt: %w", err)
	}
	return stop, halted, nil
}

func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 1 || n > reasonMax {
		return "", fmt.Errorf("%w: it has %d characters: give 1 to %d", ErrReason, n, reasonMax)
	}
	return reason, nil
}
