package migrations

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

var (
	// ErrTooPowerful says that a connection may do more than what serves may be able to.
	ErrTooPowerful = errors.New("the database role may do too much to serve")
	// ErrOtherDatabase says that two connections lead to two databases.
	ErrOtherDatabase = errors.New("it leads to another database")
)

// toldMax is how many reasons an error tells at most: whoever owns everything may do
// hundreds of things too much.
const toldMax = 5

// CheckServing refuses to serve through the pool unless its role can do no more than
// what the named one, AppRole or SupplierRole, is for. Neither may be a superuser,
// bypass row security, own a table of the database, or be able to become a role that
// is any of that. Beside that, SupplierRole must be itself, write and create nothing,
// become nobody else, and see no table but under forced row security. The error is
// ErrTooPowerful with the first few reasons, or that of the database.
func CheckServing(ctx context.Context, pool *pgxpool.Pool, role string) error {
	user, excesses, err := findExcesses(ctx, pool)
	if err == nil && role == SupplierRole {
		var more []string
		more, err = findSupplierExcesses(ctx, pool)
		excesses = append(excesses, more...)
		if user != SupplierRole {
			excesses = append([]string{"it is not " + SupplierRole}, excesses...)
		}
	}
	if err != nil {
		return fmt.Errorf("looking at what role %s may do: %w", role, err)
	}
	if len(excesses) == 0 {
		return nil
	}
	if more := len(excesses) - toldMax; more > 0 {
		excesses = append(excesses[:toldMax:toldMax], fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("%w: %s: connect as %s, which `uptally migrate up` creates and keeps within its bounds:\n%s",
		ErrTooPowerful, user, role, strings.Join(excesses, "\n"))
}

// CheckSameDatabase refuses, with ErrOtherDatabase, two pools that lead to different
// databases. A physical replica is the same database.
func CheckSameDatabase(ctx context.Context, one, other *pgxpool.Pool) error {
	first, err := readIdentity(ctx, one)
	if err != nil {
		return err
	}
	second, err := readIdentity(ctx, other)
	if err == nil && first != second {
		err = fmt.Errorf("%w: %s of %s, not %s of %s", ErrOtherDatabase, second.name, second.cluster, first.name, first.cluster)
	}
	return err
}
