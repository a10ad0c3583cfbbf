package settle

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	solanago "github.com/gagliardetto/solana-go"

	"github.com/uptally/uptally/ledger"
)

// Outcome is what a receipt says of a payment.
type Outcome string

// The outcomes. What is unknown stays in transit.
const (
	Paid    Outcome = "paid"
	Failed  Outcome = "failed"
	Unknown Outcome = "unknown" // sent, and not final yet
)

// Receipt is a row of a file of receipts.
type Receipt struct {
	Line      int // in the file, from 1
	Payout    int // its number; 0: the row is of all payouts to its wallet
	Wallet    string
	Amount    ledger.Amount // above 0
	Outcome   Outcome
	Signature string // base58 of 64 bytes
}

// where names the receipt to people.
func (r Receipt) where() string { return "line " + strconv.Itoa(r.Line) }

// Format is how a file of receipts is written.
type Format string

// The formats.
const (
	// FormatSolanaTokens is the transaction log of solana-tokens: a row a wallet,
	//
	//	recipient,amount,[new_stake_account_address,]finalized_date,signature
	//
	// with amounts in base units. A row without a date is not final yet.
	FormatSolanaTokens Format = "solana-tokens"
	// FormatUptally is ours: a row a payout,
	//
	//	payout_id,wallet,amount,outcome,signature
	//
	// with amounts in base units and the outcome paid or failed.
	FormatUptally Format = "uptally"
)

// layout is what a format's header may be, and how its rows are read.
type layout struct {
	headers [][]string
	row     func(distribution string, cell func(column string) string) (Receipt, error)
}

var layouts = map[Format]layout{
	FormatSolanaTokens: {[][]string{
		{"recipient", "amount", "finalized_date", "signature"},
		{"recipient", "amount", "new_stake_account_address", "finalized_date", "signature"},
	}, readTokensRow},
	FormatUptally: {[][]string{{"payout_id", "wallet", "amount", "outcome", "signature"}}, readOwnRow},
}

// byteOrderMark is what spreadsheets put before a table in UTF-8.
const byteOrderMark = "\ufeff"

// then is what to do about a file that does not fit.
const then = "nothing was posted; correct the file and give the whole of it again"

// ReadReceipts reads a file of receipts of the distribution. If rows cannot be
// read, the error is a *Misfits that names every one by its line; a file that has
// another header is ErrNotReceipts.
func ReadReceipts(file io.Reader, format Format, distribution string) ([]Receipt, error) {
	layout, known := layouts[format]
	if !known {
		return nil, fmt.Errorf("%w: format %q: use %s or %s", ErrNotReceipts, format, FormatSolanaTokens, FormatUptally)
	}
	reader := csv.NewReader(file)
	reader.FieldsPerRecord = -1 // counted here, to name every bad row
	header, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: its first line: %w", ErrNotReceipts, err)
	}
	if len(header) > 0 {
		header[0] = strings.TrimPrefix(header[0], byteOrderMark)
	}
	if !slices.ContainsFunc(layout.headers, func(h []string) bool { return slices.Equal(h, header) }) {
		return nil, fmt.Errorf("%w: its first line is %q: begin it with %s, or name another format",
			ErrNotReceipts, header, strings.Join(layout.headers[0], ","))
	}
	return readRows(reader, header, layout, distribution)
}

func readRows(reader *csv.Reader, header []string, layout layout, distribution string) (receipts []Receipt, err error) {
	var bad misfits
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return receipts, bad.err(then)
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			bad.add(fmt.Sprintf("line %d", parse.StartLine), "%v", parse.Err)
			continue
		}
		if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(0)
		if len(record) != len(header) {
			bad.add(fmt.Sprintf("line %d", line), "%d cells: give %s", len(record), strings.Join(header, ","))
			continue
		}
		receipt, err := layout.row(distribution, func(column string) string { return record[slices.Index(header, column)] })
		receipt.Line = line
		if err != nil {
			bad.add(receipt.where(), "%v", err)
			continue
		}
		receipts = append(receipts, receipt)
	}
}

func readTokensRow(_ string, cell func(string) string) (r Receipt, err error) {
	r.Wallet, r.Outcome = cell("recipient"), Unknown
	if r.Amount, err = readAmount(cell("amount")); err != nil {
		return r, err
	}
	if date := cell("finalized_date"); date != "" {
		if _, err := time.Parse(time.RFC3339, date); err != nil {
			return r, fmt.Errorf("finalized_date %q: give a moment such as 2024-07-30T12:00:00Z, or nothing if it is not final", date)
		}
		r.Outcome = Paid
	}
	r.Signature, err = readSignature(cell("signature"))
	return r, err
}

func readOwnRow(distribution string, cell func(string) string) (r Receipt, err error) {
	if r.Payout, err = readPayout(cell("payout_id"), distribution); err != nil {
		return r, err
	}
	r.Wallet, r.Outcome = cell("wallet"), Outcome(cell("outcome"))
	if r.Amount, err = readAmount(cell("amount")); err != nil {
		return r, err
	}
	if r.Outcome != Paid && r.Outcome != Failed {
		return r, fmt.Errorf("outcome %q: give paid or failed, and leave out what is not known", r.Outcome)
	}
	r.Signature, err = readSignature(cell("signature"))
	return r, err
}

// readPayout returns the number of a payout such as d1-17.
func readPayout(id, distribution string) (int, error) {
	digits, ours := strings.CutPrefix(id, distribution+"-")
	number, err := strconv.ParseInt(digits, 10, 32)
	if !ours || err != nil || number < 1 || strconv.FormatInt(number, 10) != digits {
		return 0, fmt.Errorf("payout_id %q: give one of %s, such as %s-17", id, distribution, distribution)
	}
	return int(number), nil
}

func readAmount(cell string) (ledger.Amount, error) {
	amount, err := ledger.ParseAmount(cell)
	if err != nil {
		return 0, err
	}
	if amount <= 0 || amount.String() != cell {
		return 0, fmt.Errorf("amount %q: give base units, 1 or more, without zeros before them", cell)
	}
	return amount, nil
}

func readSignature(cell string) (string, error) {
	signature, err := solanago.SignatureFromBase58(cell)
	if err != nil || signature.String() != cell || signature.IsZero() {
		return "", fmt.Errorf("signature %q: give the transaction's first, 64 bytes in base58", cell)
	}
	return cell, nil
}
