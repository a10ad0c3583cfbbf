//go:build rlsonly

package wire

import (
	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
)

// Mine takes every row for the caller's own: row-level security stands alone, as tests
// want it to.
func Mine(auth.Caller, uuid.UUID) bool { return true }
