package fakes

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestLogarithm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Uint64Min(1).Draw(t, "x")
		got, want := log2(x), 1024*math.Log2(float64(x))
		if float64(got) > want+0.01 || float64(got) < want-1.01 {
			t.Fatalf("log2(%d) is %d/1024, not %.2f/1024", x, got, want)
		}
	})
	for _, x := range []uint64{1, 2, 1 << 32, 1 << 63} {
		if got := log2(x); got != int64(math.Log2(float64(x)))*bit {
			t.Errorf("log2(%d) is %d/1024", x, got)
		}
	}
}

func TestPowerIsTheInverse(t *testing.T) {
	for cost := int64(0); cost <= 24*bit; cost++ {
		want := math.Pow(2, 32-float64(cost)/1024)
		if got := float64(power(cost)); got < want-1 || got > want*1.07 {
			t.Fatalf("2^-%d/1024 is %.0f, not %.0f", cost, got, want)
		}
	}
	if power(-5) != shareOne || power(1<<40) != shareOne>>24 {
		t.Error("costs out of bounds are not brought within them")
	}
}

// Never more bits than the binomial tail itself has, summed with big rationals.
func TestEvidenceIsABoundOfTheBinomialTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Int64Range(1, 60).Draw(t, "m")
		n := rapid.Int64Range(1, m).Draw(t, "n")
		p := power(rapid.Int64Range(0, 12*bit).Draw(t, "cost"))
		got := float64(evidence(n, m, p)) / bit
		tail, _ := binomialTail(n, m, p).Float64()
		// Each of up to 2m+1 logarithms is off by 1/1024 at most.
		if slack := float64(2*m+1) / bit; got > -math.Log2(tail)+slack {
			t.Fatalf("%d of %d at %d/2^32: %.3f bits, the tail has %.3f", n, m, p, got, -math.Log2(tail))
		}
	})
}

func binomialTail(n, m int64, p uint64) *big.Rat {
	chance := new(big.Rat).SetFrac(new(big.Int).SetUint64(p), big.NewInt(shareOne))
	other, sum := new(big.Rat).Sub(big.NewRat(1, 1), chance), new(big.Rat)
	for k := n; k <= m; k++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(m, k))
		for range k {
			term.Mul(term, chance)
		}
		for range m - k {
			term.Mul(term, other)
		}
		sum.Add(sum, term)
	}
	return sum
}

func TestEvidenceByHand(t *testing.T) {
	for _, c := range []struct {
		n, m int64
		p    uint64
		bits int64
	}{
		{10, 10, shareOne / 8, 30}, // 8^-10
		{5, 10, shareOne / 2, 0},   // as expected
		{4, 10, shareOne / 2, 0},   // fewer
		{10, 10, shareOne, 0},      // certain
		{10, 20, shareOne / 8, 12}, // 20 * (1/2 log2 4 + 1/2 log2 4/7)
	} {
		if got := evidence(c.n, c.m, c.p); got < c.bits*bit-100 || got > c.bits*bit+100 {
			t.Errorf("%d of %d at %d/2^32: %d/1024 bits, not %d bits", c.n, c.m, c.p, got, c.bits)
		}
	}
}

func TestWorth(t *testing.T) {
	for _, c := range []struct{ of, in, most, want int64 }{
		{0, 0, 9, 0},                   // nobody to compare with
		{0, 62, 9 * bit, 5 * bit},      // 1/64, doubled
		{15, 62, 9 * bit, 1 * bit},     // 1/4, doubled
		{62, 62, 9 * bit, 0},           // all do
		{0, 1 << 20, 4 * bit, 4 * bit}, // capped
		{-3, 62, 9 * bit, 5 * bit},     // a group larger than what is counted of it
		{0, -1, 9 * bit, 0},            // nobody else at all
	} {
		if got := worth(c.of, c.in, c.most); got != c.want {
			t.Errorf("%d of %d: worth %d, not %d", c.of, c.in, got, c.want)
		}
	}
}
