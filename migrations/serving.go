package migrations

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrTooPowerful says that a connection may do more than what serves may be able to.
var ErrTooPowerful = errors.New("the database role may do too much to serve")

// CheckServing refuses to serve through the pool unless its role can do no more than
// what the named one, AppRole or SupplierRole, is for. Neither may be a superuser,
// bypass row security, own a table of the database, or be able to become a role that
// is any of that. Beside that, SupplierRole must be itself, write and create nothing,
// become nobody else, and see no table but under forced row security. The error is
// ErrTooPowerful with every reason, or that of the database.
func CheckServing(ctx context.Context, pool *pgxpool.Pool, role string) error {
	user, excesses, err := findExcesses(ctx, pool)
	if err == nil && role == SupplierRole {
		var more []string
		more, err = findSupplierExcesses(ctx, pool)
		excesses = append(excesses, more...)
		if user != SupplierRole {
			excesses = append(excesses, "it is not "+SupplierRole)
		}
	}
	if err != nil {
		return fmt.Errorf("looking at what role %s may do: %w", role, err)
	}
	var all []error
	for _, excess := range excesses {
		all = append(all, errors.New(excess))
	}
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s: connect as %s, which `uptally migrate up` creates and keeps within its bounds:\n%w",
		ErrTooPowerful, user, role, errors.Join(all...))
}
