package wire

import (
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// What an acting call answers is kept for its repetition: a secret may not be in it.
func TestAnActAnswersNoSecret(t *testing.T) {
	t.Parallel()
	op := huma.Operation{OperationID: "tell", Metadata: map[string]any{Secret: true}}
	if door := (&Service{}).newDoor(op, admission{}); !door.secret {
		t.Error("a read that answers a secret is not known for it")
	}
	defer func() {
		if cause, _ := recover().(string); !strings.Contains(cause, "tell") {
			t.Errorf("an act that answers a secret is registered: %q", cause)
		}
	}()
	(&Service{}).newDoor(op, admission{acts: true})
}
