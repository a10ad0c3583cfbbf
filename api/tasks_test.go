package api

import (
	"testing"

	"github.com/uptally/uptally/api/task"
)

// A task that fails is told by the kind that a call would have been refused with.
func TestTasksFailByTheKindsOfCalls(t *testing.T) {
	for _, refusal := range task.Refusals {
		if means, known := (Config{}).meaning(refusal.Err); !known || means.Kind != refusal.Kind {
			t.Errorf("%v is %q to a task, %q to a call (known: %t)", refusal.Err, refusal.Kind, means.Kind, known)
		}
	}
}
