package auth

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Role is what a token's holder is allowed to be.
type Role string

// The roles. Any other name that a token gives means nothing here.
const (
	Supplier Role = "supplier" // sees and changes what is one supplier's
	Rewards  Role = "rewards"  // decides on seasons, snapshots, windows, holds, verdicts
	Finance  Role = "finance"  // moves money
	Operator Role = "operator" // watches, and halts writes
)

// Roles returns every role, in a fixed order.
func Roles() []Role { return []Role{Supplier, Rewards, Finance, Operator} }

// The scopes of which a token needs one, unless the configuration names others.
const (
	ScopeRead  = "uptally:read"
	ScopeWrite = "uptally:write"
)

// Caller is who holds a verified token. Verify alone makes one, and everything in it
// was signed by the issuer. Its slices are shared and not to be changed.
type Caller struct {
	Issuer   string    // the issuer's URL, as configured
	Subject  string    // the issuer's name for the holder, 1 to 255 bytes
	Machine  bool      // a client that acts for itself, no human
	Supplier uuid.UUID // whose data a holder with the role Supplier may see; else uuid.Nil
	Roles    []Role    // in the order of Roles, each once
	Scopes   []string  // ScopeRead, ScopeWrite or both, under these names whatever the issuer calls them
	Expires  time.Time // as the token says, without leeway
}

// Has reports whether the caller has one of the roles.
func (c Caller) Has(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(role Role) bool { return slices.Contains(c.Roles, role) })
}

// May reports whether the token carries a scope: ScopeRead or ScopeWrite.
func (c Caller) May(scope string) bool { return slices.Contains(c.Scopes, scope) }

// Actor names the token's holder in one string, for limits, keys and records: the
// issuer, a space, the subject. No issuer's URL holds a space, so no two holders share
// one.
func (c Caller) Actor() string { return c.Issuer + " " + c.Subject }
