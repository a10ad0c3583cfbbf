package submit_test

import (
	"testing"
)

func TestEverybodyIsPaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(60, func(i int) bool { return i%2 == 0 })
	r := w.mustRun(id)
	w.wantPaid(60)
	w.wantStates(id, "landed 60")
	if again := w.mustRun(id); again.Signed != 0 {
		t.Errorf("a second run signed %d", again.Signed)
	}
	w.wantPaid(60)
	t.Logf("%+v", r)
}
