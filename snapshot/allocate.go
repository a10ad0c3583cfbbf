package snapshot

import (
	"errors"
	"fmt"
	"math"

	"github.com/holiman/uint256"
)

// A pool is divided in proportion to points, each amount rounded down:
//
//	amount   = floor(pool * points / Σ points)
//	residual = pool - Σ amount, less than one base unit a line with points
//
// Equal points get equal amounts, and a supplier can check a line with a
// calculator. Σ points passes 64 bits at real scale, and pool * points 126: both
// are 256 bits here.

// Rate is what points are worth: Pool base units for Points of them together.
// Until a season's first revision is sealed, Points is the sum over the revision's
// own lines; from then on it stays what it was in that one.
type Rate struct {
	Pool   int64        // base units, at least 0
	Points *uint256.Int // 0: no point is worth anything
}

// ErrAmountTooLarge says that amounts of a correction pass 63 bits.
var ErrAmountTooLarge = errors.New("amount too large")

// AddPoints adds the lines' points to the total.
func AddPoints(total *uint256.Int, lines []Line) {
	for i := range lines {
		total.AddUint64(total, uint64(lines[i].Points))
	}
}

// Allocate sets the amount of each line and returns the sum of these lines'
// amounts. Lines may be given group by group. Over all lines that Points sums the
// sum is at most the pool, and what is missing of it is the residual. The error
// wraps ErrAmountTooLarge: it cannot be where Points sums all lines.
func (r Rate) Allocate(lines []Line) (allocated int64, err error) {
	for i := range lines {
		l := &lines[i]
		if l.Amount, err = r.Amount(l.Points); err != nil {
			return 0, fmt.Errorf("line %s from %s: %w", l.DeviceID, instant(l.Span.From.Start()), err)
		}
		if allocated += l.Amount; allocated < 0 {
			return 0, fmt.Errorf("%w: the lines' sum passes 63 bits: a correction of this size is a mistake in facts or rules", ErrAmountTooLarge)
		}
	}
	return allocated, nil
}

// Amount returns floor(pool * points / Points) in base units, and 0 if Points is 0.
func (r Rate) Amount(points int64) (int64, error) {
	var product, factor uint256.Int
	product.Mul(product.SetUint64(uint64(r.Pool)), factor.SetUint64(uint64(points)))
	product.Div(&product, r.Points) // of uint256, x / 0 is 0
	if !product.IsUint64() || product.Uint64() > math.MaxInt64 {
		return 0, fmt.Errorf("%w: %d points at %d / %s: a correction of this size is a mistake in facts or rules",
			ErrAmountTooLarge, points, r.Pool, r.Points.Dec())
	}
	return int64(product.Uint64()), nil
}
