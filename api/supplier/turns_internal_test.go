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
	if _, err := turns.take(over, uuid.New()); !errors.Is(err, context.Canceled) {
		t.Errorf("one more than run at once: %v", err)
	}
	stop()
	group.Wait()
	for _, done := range computing {
		done()
	}
	if len(turns.each) != 0 || len(turns.all) != 0 {
		t.Errorf("%d suppliers and %d turns are left when all are done", len(turns.each), len(turns.all))
	}
}
