//go:build !rlsonly

package wire

import (
	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
)

// Mine is the second look: whether a row of a supplier may go out to the caller. What
// is not theirs is treated as if it were not there.
func Mine(me auth.Caller, supplier uuid.UUID) bool {
	return me.Supplier != uuid.Nil && supplier == me.Supplier
}
