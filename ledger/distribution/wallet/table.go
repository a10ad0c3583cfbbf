package wallet

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Import reads a table of proofs and records all of it, or nothing; see ReadTable and
// Enter. If rows are bad, the error is a *BadRows that names every one.
func Import(ctx context.Context, tx pgx.Tx, table io.Reader, domain string, o Proof) (Entered, error) {
	entries, err := ReadTable(table, domain)
	if err != nil {
		return Entered{}, err
	}
	return Enter(ctx, tx, entries, o)
}

var tableColumns = []string{"supplier_id", "wallet", "text", "signature"}

// Errors of tables.
var (
	ErrTable   = errors.New("not a table of proofs")
	ErrAnother = errors.New("the text speaks of another")
	ErrTwice   = errors.New("given twice")
)

// byteOrderMark is what spreadsheets put before a table in UTF-8.
const byteOrderMark = "\ufeff"

// ReadTable reads a table with the header supplier_id,wallet,text,signature. Each row
// is a text of the form of Text, to the letter, that names the row's supplier and
// wallet and this domain, and the wallet's signature of it; a text holds no comma and
// no quote. A supplier has one row. It asks no database.
//
// If rows are bad, the error is a *BadRows that names every one with its line.
func ReadTable(table io.Reader, domain string) ([]Entry, error) {
	reader := csv.NewReader(table)
	reader.FieldsPerRecord = -1 // counted here, to name every bad row
	header, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("wallet: %w: %w", ErrTable, err)
	}
	if len(header) > 0 {
		header[0] = strings.TrimPrefix(header[0], byteOrderMark)
	}
	if !slices.Equal(header, tableColumns) {
		return nil, fmt.Errorf("wallet: %w: its first line is %q: begin it with %s", ErrTable, header, strings.Join(tableColumns, ","))
	}
	return readRows(reader, domain)
}

func readRows(reader *csv.Reader, domain string) (entries []Entry, err error) {
	var bad BadRows
	suppliers, nonces := map[uuid.UUID]int{}, map[Nonce]int{}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			bad.Rows = append(bad.Rows, BadRow{parse.StartLine, parse.Err})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("wallet: table: %w", err)
		}
		line, _ := reader.FieldPos(0)
		e, err := readRow(record, domain)
		if err == nil {
			err = errors.Join(once(suppliers, e.Supplier, line, "supplier"), once(nonces, e.Nonce, line, "nonce"))
		}
		if err != nil {
			bad.Rows = append(bad.Rows, BadRow{line, err})
			continue
		}
		e.line = line
		entries = append(entries, e)
	}
	if len(bad.Rows) > 0 {
		return nil, &bad
	}
	return entries, nil
}

// once returns an error if the key stands on an earlier line.
func once[K interface {
	comparable
	fmt.Stringer
}](seen map[K]int, key K, line int, what string) error {
	if first, found := seen[key]; found {
		return fmt.Errorf("%w: %s %s stands on line %d already: give each once", ErrTwice, what, key, first)
	}
	seen[key] = line
	return nil
}

func readRow(record []string, domain string) (Entry, error) {
	if len(record) != len(tableColumns) {
		return Entry{}, fmt.Errorf("%d cells: give %s", len(record), strings.Join(tableColumns, ","))
	}
	supplier, err := uuid.Parse(record[0])
	if err != nil || supplier.String() != strings.ToLower(record[0]) {
		return Entry{}, fmt.Errorf("supplier_id %q: give a UUID", record[0])
	}
	w, err := ParseWallet(record[1])
	if err != nil {
		return Entry{}, err
	}
	t, err := ParseText(record[2])
	if err != nil {
		return Entry{}, err
	}
	switch {
	case t.Supplier != supplier:
		return Entry{}, fmt.Errorf("%w supplier, %s: have one for %s signed", ErrAnother, t.Supplier, supplier)
	case t.Wallet != w:
		return Entry{}, fmt.Errorf("%w wallet, %s: have one for %s signed", ErrAnother, t.Wallet, w)
	case t.Domain != domain:
		return Entry{}, fmt.Errorf("%w domain, %q: have one for %q signed", ErrAnother, t.Domain, domain)
	}
	return newEntry(t, record[3])
}
