package simulator

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestShuffleIsAPermutation(t *testing.T) {
	for _, n := range []uint32{1, 2, 3, 7, 100, 1000} {
		seen := make([]bool, n)
		for i := range n {
			j := key(n).shuffle(i, n)
			if j >= n || seen[j] {
				t.Fatalf("n = %d: %d goes to %d, outside or taken", n, i, j)
			}
			seen[j] = true
		}
	}
}

func TestQuantilesDealExactShares(t *testing.T) {
	for _, n := range []int{50, 100, 1000, 4096} {
		dealt := 0
		for i := range n {
			if perMille(key(5).quantile(i, n)) < 40 {
				dealt++
			}
		}
		if want := (n*40 + 500) / 1000; dealt != want {
			t.Errorf("n = %d: dealt to %d, want %d", n, dealt, want)
		}
	}
}

func TestDecipherUndoesEncipher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := key(rapid.Uint64().Draw(t, "key"))
		v := rapid.Uint32().Draw(t, "number")
		if got := k.decipher(k.encipher(v, 16), 16); got != v {
			t.Fatalf("%d came back as %d", v, got)
		}
	})
}

func TestIdentitiesAreUUIDsThatLeadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := identities(rapid.Uint64().Draw(t, "key"))
		number := rapid.Uint32().Draw(t, "number")
		id := ids.id(number)
		if id.Version() != 4 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s has version %d, variant %s", id, id.Version(), id.Variant())
		}
		if got, ok := ids.number(id); !ok || got != number {
			t.Fatalf("%s of %d leads back to %d, %t", id, number, got, ok)
		}
		id[15] ^= 1
		if _, ok := ids.number(id); ok {
			t.Fatalf("%s is nobody's, but was found", id)
		}
	})
}

func TestUUIDTextIsThatOfThePackageUUID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		if got := string(appendUUID(nil, id)); got != id.String() {
			t.Fatalf("got %s, want %s", got, id)
		}
	})
}
