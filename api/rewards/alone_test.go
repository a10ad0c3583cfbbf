package rewards

import (
	"errors"
	"testing"

	"github.com/uptally/uptally/api/wire"
)

// What computes a season goes one at a time; who comes meanwhile is told so.
func TestOneComputationAtATime(t *testing.T) {
	t.Parallel()
	d := &desk{computing: make(chan struct{}, 1)}
	leave, err := d.alone()
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.alone()
	if problem, is := errors.AsType[*wire.Problem](err); !is || problem.Kind() != "busy" || problem.Status != 503 {
		t.Errorf("the second: %+v", problem)
	}
	leave()
	if _, err := d.alone(); err != nil {
		t.Errorf("after the first: %v", err)
	}
}
