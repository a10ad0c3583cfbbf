package snapshot

import "github.com/holiman/uint256"

// A pool is divided in proportion to points, each amount rounded down:
//
//	amount   = floor(pool * points / Σ points)
//	residual = pool - Σ amount, less than one base unit a line with points
//
// Equal points get equal amounts, and a supplier can check a line with a
// calculator. Σ points passes 64 bits at real scale, and pool * points 126: both
// are 256 bits here.

// AddPoints adds the lines' points to the total.
func AddPoints(total *uint256.Int, lines []Line) {
	for i := range lines {
		total.AddUint64(total, uint64(lines[i].Points))
	}
}

// Allocate sets the amount of each line, out of a pool that all lines with the
// total of points share, and returns the sum of these lines' amounts. Lines may
// be given group by group; over all of them the sum is at most the pool, and what
// is missing of it is the residual.
func Allocate(pool int64, total *uint256.Int, lines []Line) (allocated int64) {
	for i := range lines {
		lines[i].Amount = Amount(pool, lines[i].Points, total)
		allocated += lines[i].Amount
	}
	return allocated
}

// Amount returns floor(pool * points / total) in base units, and 0 if the total is
// 0. Pool and points are not negative, and points are at most the total.
func Amount(pool, points int64, total *uint256.Int) int64 {
	var product, factor uint256.Int
	product.Mul(product.SetUint64(uint64(pool)), factor.SetUint64(uint64(points)))
	return int64(product.Div(&product, total).Uint64()) // of uint256, x / 0 is 0
}
