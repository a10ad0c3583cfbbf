package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// ErrAlreadyRefused says that a person has looked at a held change and not believed
// it: a change is decided once.
var ErrAlreadyRefused = errors.New("already refused")

// everRecorded is after every stamp.
var everRecorded = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// ReleaseHeld releases, one by one, every open change that the filter means, and
// returns them as they were. Whoever decides on none is told ErrNotFound. Changes
// that are named by seq must be open, or nothing is written: ErrAlreadyReleased,
// ErrAlreadyRefused, ErrNotFound.
func ReleaseHeld(ctx context.Context, tx pgx.Tx, f HeldFilter, reason string, person int64) ([]HeldChange, error) {
	return decideHeld(ctx, tx, f, "releasing", reason, person, insertReleases)
}

// RefuseHeld refuses, one by one, every open change that the filter means, as
// ReleaseHeld releases. A refusal alters no fact and no amount: the change stays set
// aside. It is on record that a person looked, and their reason.
func RefuseHeld(ctx context.Context, tx pgx.Tx, f HeldFilter, reason string, person int64) ([]HeldChange, error) {
	return decideHeld(ctx, tx, f, "refusing", reason, person, insertRefusals)
}

func decideHeld(ctx context.Context, tx pgx.Tx, f HeldFilter, act, reason string, person int64,
	insert func(context.Context, pgx.Tx, []int64, string, int64, time.Time) error,
) ([]HeldChange, error) {
	if reason == "" {
		return nil, fmt.Errorf("%s held changes: a reason is needed", act)
	}
	stamp, err := uptime.StampFacts(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := lockReview(ctx, tx); err != nil {
		return nil, err
	}
	open, err := openOf(ctx, tx, f)
	if err != nil {
		return nil, fmt.Errorf("%s held changes: %w", act, err)
	}
	seqs := make([]int64, len(open))
	for i := range open {
		seqs[i] = open[i].Seq
	}
	return open, insert(ctx, tx, seqs, reason, person, stamp)
}

// openOf returns the open changes that the filter means, at least one, and all of
// those that it names.
func openOf(ctx context.Context, tx pgx.Tx, f HeldFilter) ([]HeldChange, error) {
	held, err := Review(ctx, tx, f, everRecorded)
	if err != nil {
		return nil, err
	}
	for _, seq := range f.Changes {
		i := slices.IndexFunc(held, func(h HeldChange) bool { return h.Seq == seq })
		switch {
		case i < 0:
			return nil, fmt.Errorf("change %d: %w among those that a hold sets aside; see them with: hold review", seq, ErrNotFound)
		case held[i].State == HeldReleased:
			return nil, fmt.Errorf("change %d: %w", seq, ErrAlreadyReleased)
		case held[i].State == HeldRefused:
			return nil, fmt.Errorf("change %d: %w", seq, ErrAlreadyRefused)
		}
	}
	held = slices.DeleteFunc(held, func(h HeldChange) bool { return h.State != HeldOpen })
	if len(held) == 0 {
		return nil, fmt.Errorf("open changes like that: %w; see them with: hold review", ErrNotFound)
	}
	return held, nil
}

// refusedWithin is the error of releasing a hold, or one change, over a refusal.
func refusedWithin(ctx context.Context, tx pgx.Tx, hold, change *int64) error {
	f := HeldFilter{Hold: hold, State: HeldRefused}
	if change != nil {
		f.Changes = []int64{*change}
	}
	refused, err := Review(ctx, tx, f, everRecorded)
	if err != nil || len(refused) == 0 {
		return err
	}
	if change != nil {
		return fmt.Errorf("change %d: %w", *change, ErrAlreadyRefused)
	}
	const named = 10
	var names []string
	for _, h := range refused[:min(named, len(refused))] {
		names = append(names, strconv.FormatInt(h.Seq, 10))
	}
	if len(refused) > named {
		names = append(names, fmt.Sprintf("and %d more", len(refused)-named))
	}
	return fmt.Errorf("hold %d: %w: changes in it were refused (%s); release the others by a filter, or one by one: `uptally hold release --change … --reason …`",
		*hold, ErrConflict, strings.Join(names, ", "))
}
