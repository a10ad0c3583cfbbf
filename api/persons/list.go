package persons

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Person is one human, with every name that is theirs.
type Person struct {
	ID         int64     `json:"person"`
	RecordedAt time.Time `json:"recorded_at"`
	Names      []Name    `json:"names"` // command-line names first, each kind in byte order
}

// Name is one name of a person.
type Name struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
}

// Add records a person with a command-line name that is new, else ErrNameTaken.
func Add(ctx context.Context, tx pgx.Tx, name string) (int64, error) {
	if err := lockNames(ctx, tx); err != nil {
		return 0, fmt.Errorf("locking the names of persons: %w", err)
	}
	person, err := insertPerson(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("recording person %q: %w", name, err)
	}
	return person, AddName(ctx, tx, person, KindCLI, name)
}

// List returns every person, in the order of their numbers.
func List(ctx context.Context, tx pgx.Tx) ([]Person, error) {
	persons, err := selectPersons(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("listing persons: %w", err)
	}
	return persons, nil
}

// Known tells a person under which names they are on record, as one who may not do the
// second half of what they did the first half of is told it; "" if they have no name. It
// is for that person, and for nobody else.
func Known(ctx context.Context, tx pgx.Tx, person int64) (string, error) {
	names, err := selectNamesOf(ctx, tx, person)
	if err != nil {
		return "", fmt.Errorf("reading the names of person %d: %w", person, err)
	}
	if len(names) == 0 {
		return "", nil
	}
	told := make([]string, len(names))
	for i, n := range names {
		told[i] = n.told()
	}
	return fmt.Sprintf("You are on record as %s: one human, and it takes another", strings.Join(told, " and ")), nil
}

// told is how the name's holder knows it.
func (n Name) told() string {
	issuer, subject, isToken := strings.Cut(n.Name, " ")
	if n.Kind == KindCLI || !isToken {
		return fmt.Sprintf("%q on the command line", n.Name)
	}
	return fmt.Sprintf("%q by token of %s", subject, unescapeSpaces.Replace(issuer))
}

// MayName reports whether the connection's role may give names: whether it is the
// owner of the tables, or acts as it.
func MayName(ctx context.Context, tx pgx.Tx) (bool, error) {
	may, err := ownsNames(ctx, tx)
	if err != nil {
		return false, fmt.Errorf("looking up who owns the names of persons: %w", err)
	}
	return may, nil
}
