package snapshot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// GuardVerdict is what a guard says of a snapshot.
type GuardVerdict string

// The verdicts of a guard. A warning is for people to look at and bars nothing.
const (
	GuardPassed  GuardVerdict = "passed"
	GuardWarning GuardVerdict = "warning"
	GuardFailed  GuardVerdict = "failed"
)

// Guard is one thing that stands between a snapshot and its seal.
type Guard struct {
	Code      string // what it looks at, such as "coverage" or "incident 3": one of a board
	Verdict   GuardVerdict
	Figure    string // what it found
	Threshold string // what it asks for
	Remedy    string // what to do, with the commands in backquotes; "" if it passed
	Firm      bool   // no two people can override it: closed hours, whole lines, sums of money
}

// Board are all guards of a season's revision, or of the one that would be taken
// now. It is what the season's status shows and what a seal asks.
type Board []Guard

// Failed returns the guards that bar a seal.
func (b Board) Failed() Board {
	return slices.DeleteFunc(slices.Clone(b), func(g Guard) bool { return g.Verdict != GuardFailed })
}

// guarded is what the guards look at: a revision, or what it would be computed from
// if it were taken now.
type guarded struct {
	basis    *Basis
	snapshot *Snapshot // nil: none is under way
}

// guards are all guards, in the order in which a season is brought to its seal.
// Each returns one line of the board or, for what comes in numbers, one each.
var guards = []func(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error){
	guardCoverage,
	guardHours,
	guardLogs,
	guardIncidents,
	guardIngest,
	guardWindows,
	guardPending,
	guardPartition,
	guardAmounts,
	guardFunds,
	guardLedger,
	guardChange,
	guardShare,
}

// BoardOf evaluates every guard on the revision.
func BoardOf(ctx context.Context, tx pgx.Tx, s Snapshot) (Board, error) {
	b, err := BasisOf(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	return guarded{b, &s}.board(ctx, tx)
}

// BoardBefore evaluates the guards that need no revision, as of the latest facts:
// whether it is worth while to take one.
func BoardBefore(ctx context.Context, tx pgx.Tx, season string) (Board, error) {
	now, err := selectNow(ctx, tx)
	if err != nil {
		return nil, err
	}
	b, err := LoadBasis(ctx, tx, season, Next, now)
	if err != nil {
		return nil, err
	}
	return guarded{basis: b}.board(ctx, tx)
}

func (g guarded) board(ctx context.Context, tx pgx.Tx) (Board, error) {
	var board Board
	for _, guard := range guards {
		lines, err := guard(ctx, tx, g)
		if err != nil {
			return nil, err
		}
		board = append(board, lines...)
	}
	return board, nil
}

// season is the code of the season.
func (g guarded) season() string { return g.basis.Season.Code }

// name is the revision's, or the season's if none is under way.
func (g guarded) name() string {
	if g.snapshot == nil {
		return g.season()
	}
	return g.snapshot.Name()
}

// again is the remedy of whatever only a new revision mends.
func (g guarded) again() string {
	return fmt.Sprintf("take it again: `uptally snapshot take %s`", g.season())
}

// sealable refuses a revision whose board is not green, unless two people have
// overridden just what is not.
func sealable(ctx context.Context, tx pgx.Tx, s Snapshot, b *Basis) error {
	if b.Corrects != nil && (s.Corrects == nil || *s.Corrects != b.Corrects.Sealed.ID) {
		return fmt.Errorf("%w: %s was sealed since; take it again", ErrConflict, b.Corrects.Sealed.Name())
	}
	board, err := guarded{b, &s}.board(ctx, tx)
	if err != nil {
		return err
	}
	overrides, err := Overrides(ctx, tx, s)
	if err != nil {
		return err
	}
	bars := slices.DeleteFunc(board.Failed(), func(g Guard) bool { return OverrideOf(overrides, g) != nil })
	if len(bars) > 0 {
		return &Barred{bars}
	}
	return nil
}

// Barred is the error of what guards bar. It is an ErrGuard.
type Barred struct {
	Guards Board // those that failed and that nobody has overridden, at least one
}

// Error names each guard, what it found, what it asks for, and the remedy.
func (b *Barred) Error() string {
	bars := make([]string, len(b.Guards))
	for i, g := range b.Guards {
		bars[i] = fmt.Sprintf("%s (%s, asked for %s): %s", g.Code, g.Figure, g.Threshold, g.Remedy)
	}
	return fmt.Sprintf("%v: %s", ErrGuard, strings.Join(bars, "; "))
}

// Is makes it an ErrGuard.
func (*Barred) Is(target error) bool { return target == ErrGuard }

// verdict passes what is met.
func verdict(met bool) GuardVerdict {
	if met {
		return GuardPassed
	}
	return GuardFailed
}

// warning passes what is met and warns of what is not.
func warning(met bool) GuardVerdict {
	if met {
		return GuardPassed
	}
	return GuardWarning
}

// unless returns the remedy of a guard that is not met.
func unless(met bool, remedy string) string {
	if met {
		return ""
	}
	return remedy
}
