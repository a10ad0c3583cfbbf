package persons

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Kind says where a person's name is used.
type Kind string

// The kinds of names.
const (
	KindCLI      Kind = "cli"      // on the command line
	KindToken    Kind = "token"    // as a token's holder, given by the database's owner; see TokenName
	KindSupplier Kind = "supplier" // likewise, recorded at first use for a supplier: nobody of staff goes by it
)

var (
	// ErrNoPerson says that nobody goes by a name.
	ErrNoPerson = errors.New("no such person")
	// ErrNameTaken says that a name is another person's.
	ErrNameTaken = errors.New("name belongs to another person")
)

// ByName returns the person who goes by a name of a kind, or ErrNoPerson.
func ByName(ctx context.Context, tx pgx.Tx, kind Kind, name string) (int64, error) {
	person, err := selectPerson(ctx, tx, kind, name)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("%s name %q: %w", kind, name, ErrNoPerson)
	}
	if err != nil {
		return 0, fmt.Errorf("looking up %s name %q: %w", kind, name, err)
	}
	return person, nil
}

// Ensure returns the person with a command-line name, which must not be
// empty, and records one at the name's first use. Of several that use a new name
// at once, all get the same person, provided that the transaction reads committed
// rows (the default).
func Ensure(ctx context.Context, tx pgx.Tx, name string) (int64, error) {
	return ensure(ctx, tx, KindCLI, name)
}

func ensure(ctx context.Context, tx pgx.Tx, kind Kind, name string) (int64, error) {
	person, err := ByName(ctx, tx, kind, name)
	if !errors.Is(err, ErrNoPerson) {
		return person, err
	}
	if err := lockNames(ctx, tx); err != nil { // for a new name alone: it is held until the transaction ends
		return 0, fmt.Errorf("locking the names of persons: %w", err)
	}
	person, err = ByName(ctx, tx, kind, name)
	if !errors.Is(err, ErrNoPerson) {
		return person, err
	}
	if person, err = insertPerson(ctx, tx); err == nil {
		_, err = insertName(ctx, tx, person, kind, name)
	}
	if err != nil {
		return 0, fmt.Errorf("recording person %q: %w", name, err)
	}
	return person, nil
}

// Same says whether two persons on record are one human: who acted for a supplier
// before their token was linked is on record as somebody of their own.
func Same(ctx context.Context, tx pgx.Tx, a, b int64) (bool, error) {
	if a == b {
		return true, nil
	}
	return selectShared(ctx, tx, a, b)
}

// AddName gives a person, who must exist, one more name, which must not be empty.
// A name that is already theirs changes nothing; another's is ErrNameTaken.
func AddName(ctx context.Context, tx pgx.Tx, person int64, kind Kind, name string) error {
	if err := lockNames(ctx, tx); err != nil {
		return fmt.Errorf("locking the names of persons: %w", err)
	}
	added, err := insertName(ctx, tx, person, kind, name)
	if err != nil {
		return fmt.Errorf("adding %s name %q to person %d: %w", kind, name, person, err)
	}
	if added {
		return nil
	}
	holder, err := ByName(ctx, tx, kind, name)
	if err == nil && holder != person {
		err = fmt.Errorf("adding %s name %q to person %d: %w, %d", kind, name, person, ErrNameTaken, holder)
	}
	return err
}

// Names returns the names to show persons by: of each the first of its
// command-line names in byte order, else of its token names. A person without a
// name is absent.
func Names(ctx context.Context, tx pgx.Tx, persons []int64) (map[int64]string, error) {
	names, err := selectNames(ctx, tx, persons)
	if err != nil {
		return nil, fmt.Errorf("reading the names of persons %d: %w", persons, err)
	}
	return names, nil
}
