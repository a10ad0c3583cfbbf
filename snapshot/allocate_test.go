package snapshot

import (
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"github.com/holiman/uint256"
	"pgregory.net/rapid"
)

// anyPoints are of any magnitude, often equal, often 0.
var anyPoints = rapid.OneOf(
	rapid.Int64Range(0, 3),
	rapid.Int64Range(math.MaxInt64-2, math.MaxInt64),
	rapid.Custom(func(t *rapid.T) int64 {
		return rapid.Int64Range(0, math.MaxInt64).Draw(t, "points") >> rapid.IntRange(0, 62).Draw(t, "shift")
	}),
)

func TestAllocateConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.Map(anyPoints, func(p int64) Line { return Line{Points: p} })).Draw(t, "lines")
		pool, total := anyPoints.Draw(t, "pool"), new(uint256.Int)
		cut := rapid.IntRange(0, len(lines)).Draw(t, "cut") // groups may be any
		AddPoints(total, lines[:cut])
		AddPoints(total, lines[cut:])
		residual := pool - Allocate(pool, total, lines[:cut]) - Allocate(pool, total, lines[cut:])

		sum, paid, exact := int64(0), int64(0), new(big.Int)
		for _, l := range lines {
			sum += l.Amount
			exact.Add(exact, big.NewInt(l.Points))
			if l.Points > 0 {
				paid++
			}
		}
		switch {
		case total.ToBig().Cmp(exact) != 0:
			t.Fatalf("total %s, want %s", total.Dec(), exact)
		case sum+residual != pool || residual < 0:
			t.Fatalf("amounts %d and residual %d are not the pool %d", sum, residual, pool)
		case paid == 0 && residual != pool, paid > 0 && residual >= paid:
			t.Fatalf("residual %d of %d lines with points, pool %d", residual, paid, pool)
		}
		for _, a := range lines {
			for _, b := range lines {
				if a.Points == b.Points && a.Amount != b.Amount || a.Points > b.Points && a.Amount < b.Amount {
					t.Fatalf("%d points get %d, %d points get %d", a.Points, a.Amount, b.Points, b.Amount)
				}
			}
		}
	})
}

// More points for one line never get it less, nor another more.
func TestAllocateIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/2), 1, 8).Draw(t, "points")
		pool, more := anyPoints.Draw(t, "pool"), rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "more")
		allocate := func(points []int64) []Line {
			lines, total := make([]Line, len(points)), new(uint256.Int)
			for i := range lines {
				lines[i].Points = points[i]
			}
			AddPoints(total, lines)
			Allocate(pool, total, lines)
			return lines
		}
		before := allocate(points)
		points[0] += more
		after := allocate(points)
		if after[0].Amount < before[0].Amount {
			t.Fatalf("%d more points: %d, before %d", more, after[0].Amount, before[0].Amount)
		}
		for i := range points[1:] {
			if after[i+1].Amount > before[i+1].Amount {
				t.Fatalf("line %d rose from %d to %d by another's points", i+1, before[i+1].Amount, after[i+1].Amount)
			}
		}
	})
}

// FuzzAllocate compares amounts with unbounded integers. The input is points, eight
// bytes each.
func FuzzAllocate(f *testing.F) {
	f.Add(int64(100_000_000_000_007), []byte("\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x04"))
	f.Add(int64(math.MaxInt64), []byte("\x7f\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff"))
	f.Add(int64(1), []byte{})
	f.Fuzz(func(t *testing.T, pool int64, raw []byte) {
		pool &= math.MaxInt64
		var lines []Line
		exact := new(big.Int)
		for ; len(raw) >= 8; raw = raw[8:] {
			points := int64(binary.BigEndian.Uint64(raw) & math.MaxInt64)
			lines = append(lines, Line{Points: points})
			exact.Add(exact, big.NewInt(points))
		}
		total := new(uint256.Int)
		AddPoints(total, lines)
		allocated := Allocate(pool, total, lines)
		want := new(big.Int)
		for i, l := range lines {
			amount := new(big.Int)
			if exact.Sign() > 0 {
				amount.Quo(amount.Mul(big.NewInt(pool), big.NewInt(l.Points)), exact)
			}
			if amount.Cmp(big.NewInt(l.Amount)) != 0 {
				t.Fatalf("line %d: %d, want %s", i, l.Amount, amount)
			}
			want.Add(want, amount)
		}
		if want.Cmp(big.NewInt(allocated)) != 0 {
			t.Fatalf("allocated %d, want %s", allocated, want)
		}
	})
}
