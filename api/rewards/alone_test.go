package rewards

import (
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
	problem, is := (*wire.Problem)(nil), false
	if _, err := d.alone(); err != nil {
		problem, is = err.(*wire.Problem)
	}
	if !is || problem.Kind() != "busy" || problem.Status != 503 {
		t.Errorf("the second: %+v", problem)
	}
	leave()
	if _, err := d.alone(); err != nil {
		t.Errorf("after the first: %v", err)
	}
}
