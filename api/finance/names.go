package finance

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// personNames are the names that persons are shown by.
type personNames map[int64]string

// readNames reads the names of who acts; 0 is nobody.
func readNames(ctx context.Context, tx pgx.Tx, ids ...int64) (personNames, error) {
	names, err := persons.Names(ctx, tx, ids)
	return names, err
}

// of returns the person's name, or their number if they have none.
func (n personNames) of(person int64) string {
	if person == wallet.TheProgram {
		return "uptally"
	}
	if name, ok := n[person]; ok {
		return name
	}
	return fmt.Sprintf("person %d", person)
}

// personOf returns who the caller of a reading operation is.
func personOf(ctx context.Context, s *wire.Service, tx pgx.Tx, me auth.Caller) (int64, error) {
	if s.Verifier.Development(me.Issuer) {
		return persons.ByName(ctx, tx, persons.KindCLI, me.Subject)
	}
	return persons.ByToken(ctx, tx, me.Issuer, me.Subject)
}

// quoted is a person's text as a cell that no spreadsheet takes for a formula; it reads
// back with strconv.Unquote.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	return strconv.QuoteToGraphic(text)
}
