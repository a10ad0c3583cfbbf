package persons

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
)

// escapeSpaces keeps the first space of a token's name the one that ends the issuer.
var escapeSpaces = strings.NewReplacer("%", "%25", " ", "%20")

// unescapeSpaces is its inverse.
var unescapeSpaces = strings.NewReplacer("%20", " ", "%25", "%")

// TokenName is the name of a token's holder: the issuer, a space, the subject. No two
// holders share one, as spaces in the issuer are escaped, and percent signs with them.
func TokenName(issuer, subject string) string { return escapeSpaces.Replace(issuer) + " " + subject }

// ByToken returns the person on record for a token's holder, or ErrNoPerson. The
// issuer and the subject must come from a verified token.
func ByToken(ctx context.Context, tx pgx.Tx, issuer, subject string) (int64, error) {
	return ByName(ctx, tx, KindToken, TokenName(issuer, subject))
}

// EnsureToken returns the person of a token's holder who acts for a supplier, and records
// one at first use, as Ensure does. Nobody looked then whether they are a human on record
// already, so the name is a KindSupplier: it does not make them one of staff, and the
// holder can still be linked to who they are.
func EnsureToken(ctx context.Context, tx pgx.Tx, issuer, subject string) (int64, error) {
	person, err := ByToken(ctx, tx, issuer, subject)
	if !errors.Is(err, ErrNoPerson) {
		return person, err
	}
	return ensure(ctx, tx, KindSupplier, TokenName(issuer, subject))
}

// DevelopmentPerson returns the person of a token that the development issuer signed:
// the one whose command-line name is the subject, recorded at first use. So whoever
// acts on the embedded database is one person by name and by token.
func DevelopmentPerson(ctx context.Context, tx pgx.Tx, subject string) (int64, error) {
	return Ensure(ctx, tx, subject)
}

// Link makes a token's holder one more name of a person, who must exist. One that is
// theirs already changes nothing; another's is ErrNameTaken.
func Link(ctx context.Context, tx pgx.Tx, person int64, issuer, subject string) error {
	return AddName(ctx, tx, person, KindToken, TokenName(issuer, subject))
}
