package supplier

import (
	"context"
	"sync"

	"github.com/google/uuid"
)

// How many computations run at once; more wait for their turn.
const (
	turnsMost = 8
	turnsEach = 2 // of one supplier: who asks for many waits for their own
)

// turns lets few compute at once, and no supplier keep the others from it.
type turns struct {
	all chan struct{} // holds one for each that computes

	mutex sync.Mutex
	each  map[uuid.UUID]*supplierTurns // of those who compute or wait
}

type supplierTurns struct {
	taken  chan struct{} // holds one for each that computes, or is next to
	people int           // who compute or wait
}

func newTurns() *turns {
	return &turns{all: make(chan struct{}, turnsMost), each: map[uuid.UUID]*supplierTurns{}}
}

// take waits for a turn of the supplier's, then for one of all. done gives it back.
func (t *turns) take(ctx context.Context, supplier uuid.UUID) (done func(), err error) {
	own := t.enter(supplier)
	if err := takeOne(ctx, own.taken); err != nil {
		t.leave(supplier, own)
		return nil, err
	}
	if err := takeOne(ctx, t.all); err != nil {
		<-own.taken
		t.leave(supplier, own)
		return nil, err
	}
	return func() {
		<-t.all
		<-own.taken
		t.leave(supplier, own)
	}, nil
}

func takeOne(ctx context.Context, of chan struct{}) error {
	select {
	case of <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *turns) enter(supplier uuid.UUID) *supplierTurns {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	own := t.each[supplier]
	if own == nil {
		own = &supplierTurns{taken: make(chan struct{}, turnsEach)}
		t.each[supplier] = own
	}
	own.people++
	return own
}

func (t *turns) leave(supplier uuid.UUID, own *supplierTurns) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if own.people--; own.people == 0 {
		delete(t.each, supplier)
	}
}
