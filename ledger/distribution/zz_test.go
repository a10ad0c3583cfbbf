package distribution

import (
	"os"
	"regexp"
	"testing"
	"fmt"

	"filippo.io/edwards25519"
)

func TestZZ(t *testing.T) {
	data, _ := os.ReadFile("/work/shared/vectors/merkle.json")
	lm1, _ := new(edwards25519.Scalar).SetCanonicalBytes([]byte{0xec, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10})
	bad, off, n := 0, 0, 0
	for _, m := range regexp.MustCompile(`"[1-9A-HJ-NP-Za-km-z]{32,44}"`).FindAllString(string(data), -1) {
		a := m[1:len(m)-1]
		key, err := decode(a)
		if err != nil { continue }
		n++
		p, err := new(edwards25519.Point).SetBytes(key)
		if err != nil { off++; continue }
		q := new(edwards25519.Point).ScalarMult(lm1, p)
		if q.Add(q, p).Equal(edwards25519.NewIdentityPoint()) != 1 { bad++ }
	}
	fmt.Println(n, off, bad, lm1 != nil)
}
func BenchmarkZZ(b *testing.B) {
	w := wallet(1)
	for b.Loop() { ParseWallet(w) }
}
