package distribution

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// WalletRecord says where a supplier is paid, as one person recorded it.
type WalletRecord struct {
	Supplier   uuid.UUID
	Wallet     Wallet
	RecordedBy int64     // the person's id
	RecordedAt time.Time // UTC
}

// AddWallet records the address as the supplier's wallet from now on. Those before
// it stay on record; a prepared distribution keeps the wallet that it was prepared
// with. Recording the current wallet again changes nothing. The error for an
// address that cannot be paid is ErrWallet.
func AddWallet(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, address string, actor int64) error {
	wallet, err := ParseWallet(address)
	if err != nil {
		return err
	}
	if _, err := insertWallets(ctx, tx, []uuid.UUID{supplier}, []Wallet{wallet}, actor); err != nil {
		return fmt.Errorf("distribution: wallet of supplier %s: %w", supplier, err)
	}
	return nil
}

// Wallets returns each supplier's current wallet, in the order of the suppliers'
// ids.
func Wallets(ctx context.Context, tx pgx.Tx) ([]WalletRecord, error) {
	records, err := currentWallets(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("distribution: wallets: %w", err)
	}
	return records, nil
}

// WalletHistory returns every wallet that was recorded for the supplier, the
// current one last; none if there never was one.
func WalletHistory(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) ([]WalletRecord, error) {
	records, err := walletsOf(ctx, tx, supplier)
	if err != nil {
		return nil, fmt.Errorf("distribution: wallets of supplier %s: %w", supplier, err)
	}
	return records, nil
}

// AddWallets reads a table with the header supplier_id,wallet and records all of
// it, as AddWallet does, or nothing. It returns how many wallets are new or
// changed. If rows are bad, the error is a *BadRows that names every one.
func AddWallets(ctx context.Context, tx pgx.Tx, table io.Reader, actor int64) (added int64, err error) {
	suppliers, wallets, err := readWallets(table)
	if err != nil {
		return 0, fmt.Errorf("distribution: wallets: %w", err)
	}
	added, err = insertWallets(ctx, tx, suppliers, wallets, actor)
	if err != nil {
		return 0, fmt.Errorf("distribution: wallets: %w", err)
	}
	return added, nil
}

// BadRow is a row of a table that cannot be recorded. It is an error.
type BadRow struct {
	Line  int // in the table, from 1
	Cause error
}

func (b BadRow) Error() string { return fmt.Sprintf("line %d: %v", b.Line, b.Cause) }
func (b BadRow) Unwrap() error { return b.Cause }

// BadRows is the error of a table of which nothing was recorded.
type BadRows struct{ Rows []BadRow } // at least one, by line

// badRowsShown bounds the message, not the rows.
const badRowsShown = 20

// Error names the first 20 rows, and how many more there are.
func (b *BadRows) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d bad rows, nothing was recorded: correct them and give the whole table again", len(b.Rows))
	for _, row := range b.Rows[:min(len(b.Rows), badRowsShown)] {
		text.WriteString("\n  " + row.Error())
	}
	if more := len(b.Rows) - badRowsShown; more > 0 {
		fmt.Fprintf(&text, "\n  and %d more", more)
	}
	return text.String()
}

// Unwrap returns the rows.
func (b *BadRows) Unwrap() []error {
	errs := make([]error, len(b.Rows))
	for i, row := range b.Rows {
		errs[i] = row
	}
	return errs
}

var (
	walletColumns = []string{"supplier_id", "wallet"}
	errTable      = errors.New("not a table of wallets")
)

// byteOrderMark is what spreadsheets put before a table in UTF-8.
const byteOrderMark = "\ufeff"

func readWallets(table io.Reader) (suppliers []uuid.UUID, wallets []Wallet, err error) {
	reader := csv.NewReader(table)
	reader.FieldsPerRecord = -1 // counted here, to name every bad row
	header, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if len(header) > 0 {
		header[0] = strings.TrimPrefix(header[0], byteOrderMark)
	}
	if !slices.Equal(header, walletColumns) {
		return nil, nil, fmt.Errorf("%w: its first line is %q: begin it with %s", errTable, header, strings.Join(walletColumns, ","))
	}
	return readWalletRows(reader)
}

func readWalletRows(reader *csv.Reader) (suppliers []uuid.UUID, wallets []Wallet, err error) {
	var bad BadRows
	lines := map[uuid.UUID]int{}
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
			return nil, nil, err
		}
		line, _ := reader.FieldPos(0)
		supplier, wallet, err := readWalletRow(record)
		if first, seen := lines[supplier]; seen && err == nil {
			err = fmt.Errorf("supplier %s stands on line %d already: give each one wallet", supplier, first)
		}
		if err != nil {
			bad.Rows = append(bad.Rows, BadRow{line, err})
			continue
		}
		lines[supplier] = line
		suppliers, wallets = append(suppliers, supplier), append(wallets, wallet)
	}
	if len(bad.Rows) > 0 {
		return nil, nil, &bad
	}
	return suppliers, wallets, nil
}

func readWalletRow(record []string) (uuid.UUID, Wallet, error) {
	if len(record) != len(walletColumns) {
		return uuid.Nil, "", fmt.Errorf("%d cells: give %s", len(record), strings.Join(walletColumns, ","))
	}
	supplier, err := uuid.Parse(record[0])
	if err != nil {
		return uuid.Nil, "", fmt.Errorf("supplier_id %q: give a UUID", record[0])
	}
	wallet, err := ParseWallet(record[1])
	return supplier, wallet, err
}
