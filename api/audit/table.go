package audit

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Columns are the header of the log as a table.
func Columns() []string {
	return []string{
		"number", "recorded_at", "at", "request_id", "address", "actor", "person", "supplier_id",
		"operation", "method", "target", "status", "kind", "body_sha256", "digest", "calls",
	}
}

// Row returns the record as a row of that table: times in RFC 3339 with Z, what is none
// empty. What callers wrote is in quotes within its field, so that no spreadsheet takes
// it for a formula.
func (r Record) Row() []string {
	person, supplier := "", ""
	if r.Person != 0 {
		person = strconv.FormatInt(r.Person, 10)
	}
	if r.Supplier != uuid.Nil {
		supplier = r.Supplier.String()
	}
	return []string{
		strconv.FormatInt(r.Number, 10), r.RecordedAt.Format(time.RFC3339Nano), r.At.Format(time.RFC3339Nano), strconv.QuoteToGraphic(r.RequestID),
		r.Address, strconv.QuoteToGraphic(r.Actor), person, supplier, r.Operation, r.Method, strconv.QuoteToGraphic(r.Target),
		strconv.Itoa(r.Status), r.Kind, hex.EncodeToString(r.BodySHA256), r.Digest.String(), strconv.FormatInt(r.Calls, 10),
	}
}
