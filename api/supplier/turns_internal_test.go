package supplier

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// Who asks for much waits for their own turns, and keeps nobody else from theirs.
func TestTurns(t *testing.T) {
	t.Parallel()
	turns, greedy := newTurns(), uuid.New()
	var computing []func()
	for range turnsEach {
		done, err := turns.take(t.Context(), greedy)
		if err != nil {
			t.Fatal(err)
		}
		computing = append(computing, done)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // where there were a turn, one in four would get it
		if _, err := turns.take(over, greedy); !errors.Is(err, context.Canceled) {
			t.Fatalf("one more of the same supplier, while there are turns of others: %v", err)
		}
	}
	waiting, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := turns.take(waiting, greedy); !errors.Is(err, context.Canceled) {
				t.Errorf("one more of the same supplier: %v", err)
			}
		})
	}
	const others = 6 // of eight turns
	if turnsMost-turnsEach != others {
		t.Fatalf("%d of %d turns are left to others", turnsMost-turnsEach, turnsMost)
	}
	for range others {
		done, err := turns.take(t.Context(), uuid.New())
		if err != nil {
			t.Fatal(err)
		}
		computing = append(computing, done)
	}
	for range 50 {
		if _, err := turns.take(over, uuid.New()); !errors.Is(err, context.Canceled) {
			t.Fatalf("one more than run at once: %v", err)
		}
	}
	stop()
	group.Wait()
	computing[0]() // of the greedy, whose turn of all somebody else takes
	done, err := turns.take(t.Context(), uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	computing[0] = done
	for range 50 { // they have a turn of their own, and none of all
		if _, err := turns.take(over, greedy); !errors.Is(err, context.Canceled) {
			t.Fatalf("one more of the supplier's own than run at once: %v", err)
		}
	}
	if own := len(turns.each[greedy].taken); own != turnsEach-1 {
		t.Errorf("%d turns of the supplier are taken, while %d compute", own, turnsEach-1)
	}
	for _, done := range computing {
		done()
	}
	if len(turns.each) != 0 || len(turns.all) != 0 {
		t.Errorf("%d suppliers and %d turns are left when all are done", len(turns.each), len(turns.all))
	}
}
