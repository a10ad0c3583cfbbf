package distribution

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// The files of a distribution.
const (
	PayoutsFile     = "payouts.csv"
	PayoutLinesFile = "payout_lines.csv"
	ManifestFile    = "manifest.json"
	SumsFile        = "SHA256SUMS"
)

// ManifestFormat is the version of the manifest and of the files it speaks of.
const ManifestFormat = "uptally-distribution/2"

// fileBytesMax is what the database can hold, and send, of one file.
const fileBytesMax = 1_000_000_000

// File describes one file of a distribution.
type File struct {
	Name   string        `json:"name"`
	SHA256 ledger.Digest `json:"sha256"`
	Rows   int64         `json:"rows"` // of a table, without its header; else 0
	Bytes  int64         `json:"bytes"`
}

// contents is a file and what is in it.
type contents struct {
	File
	data []byte
}

func fileOf(name string, rows int, data []byte) contents {
	return contents{File{name, sha256.Sum256(data), int64(rows), int64(len(data))}, data}
}

// Manifest says what a distribution is made of and where that came from. Amounts
// are base units in strings, digests are in hexadecimal.
type Manifest struct {
	Format       string          `json:"format"`
	Distribution string          `json:"distribution"`
	Rail         Rail            `json:"rail"`
	Source       *solana.Source  `json:"source,omitempty"` // what pays, on the rail transactions
	PreparedAt   time.Time       `json:"prepared_at"`
	Minimum      ledger.Amount   `json:"minimum"`
	Payees       int64           `json:"payees"`
	Total        ledger.Amount   `json:"total"`
	TotalDecimal string          `json:"total_decimal"`
	Carried      []CarriedTotal  `json:"carried_forward"`
	Seasons      []SeasonTotal   `json:"seasons"`
	LedgerHead   ManifestJournal `json:"ledger_head"`
	Trees        []ManifestTree  `json:"trees,omitempty"` // on the rail merkle
	Files        []File          `json:"files"`
}

// ManifestTree is a merkle tree's root and what it pays.
type ManifestTree struct {
	Tree  string        `json:"tree"` // such as "d1-t1"
	Root  ledger.Digest `json:"root"`
	Nodes int           `json:"nodes"`
	Total ledger.Amount `json:"total"`
}

// CarriedTotal is what was not paid for one reason.
type CarriedTotal struct {
	Reason    CarryReason   `json:"reason"`
	Suppliers int64         `json:"suppliers"`
	Amount    ledger.Amount `json:"amount"`
}

// SeasonTotal is what a distribution pays of one revision of a season.
type SeasonTotal struct {
	Season         string        `json:"season"`
	Revision       int           `json:"revision"`
	SnapshotDigest ledger.Digest `json:"snapshot_digest"`
	Total          ledger.Amount `json:"total"`
}

// ManifestJournal is the ledger's newest journal once the distribution was
// prepared: the one that moved the payouts from earned to transit.
type ManifestJournal struct {
	Journal int64         `json:"journal"`
	Digest  ledger.Digest `json:"digest"`
}

func (m Manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	return append(text, '\n'), err
}

// payoutsTable is payouts.csv: a payout a row, by supplier id.
func payoutsTable(id string, payouts []Payout) (contents, error) {
	t := newTable("payout_id", "supplier_id", "wallet", "amount", "amount_decimal")
	for _, p := range payouts {
		t.row(payoutID(id, p.Number), p.Supplier.String(), string(p.Wallet), p.Amount.String(), p.Amount.Decimal())
	}
	return t.file(PayoutsFile)
}

// payoutLinesTable is payout_lines.csv: what of each revision each payout pays.
func payoutLinesTable(id string, payouts []Payout) (contents, error) {
	t := newTable("payout_id", "season", "revision", "amount")
	for _, p := range payouts {
		for _, l := range p.Lines {
			t.row(payoutID(id, p.Number), l.Season, strconv.Itoa(l.Revision), l.Amount.String())
		}
	}
	return t.file(PayoutLinesFile)
}

func payoutID(distribution string, number int) string {
	return distribution + "-" + strconv.Itoa(number)
}

// payoutNumber is the number in a payout's id.
func payoutNumber(distribution, id string) (int, error) {
	digits, found := strings.CutPrefix(id, distribution+"-")
	number, err := strconv.Atoi(digits)
	if !found || err != nil {
		return 0, fmt.Errorf("%q is no payout of %s", id, distribution)
	}
	return number, nil
}

// sumsFile is SHA256SUMS, as sha256sum writes and checks it, by name.
func sumsFile(files []File) contents {
	lines := make([]string, len(files))
	for i, f := range slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Name, b.Name) }) {
		lines[i] = f.SHA256.String() + "  " + f.Name + "\n"
	}
	return fileOf(SumsFile, 0, []byte(strings.Join(lines, "")))
}

// table is a CSV file whose cells never need quotes and that a spreadsheet cannot
// take for formulas. Lines end with LF.
type table struct {
	text bytes.Buffer
	rows int
	err  error // the first
}

func newTable(columns ...string) *table {
	t := &table{rows: -1} // the header is none
	t.row(columns...)
	return t
}

var errUnsafeCell = errors.New("unsafe cell")

func (t *table) row(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			t.text.WriteByte(',')
		}
		if !isSafeCell(cell) && t.err == nil {
			t.err = fmt.Errorf("%w %q", errUnsafeCell, cell)
		}
		t.text.WriteString(cell)
	}
	t.text.WriteByte('\n')
	t.rows++
}

// isSafeCell reports whether a spreadsheet takes the cell for what it is: it is
// not empty, does not begin as a formula does, and needs no quotes.
func isSafeCell(cell string) bool {
	return cell != "" && !strings.ContainsAny(cell[:1], "=+-@\t\r") && !strings.ContainsAny(cell, "\",\r\n")
}

func (t *table) file(name string) (contents, error) {
	if t.err != nil {
		return contents{}, fmt.Errorf("%s: %w", name, t.err)
	}
	return fileOf(name, t.rows, t.text.Bytes()), tooLong(name, t.text.Len())
}

// tooLong refuses what the database could not hold.
func tooLong(name string, bytes int) error {
	if bytes > fileBytesMax {
		return fmt.Errorf("%s: %d bytes, more than the %d of one file: raise the minimum to pay fewer at once", name, bytes, fileBytesMax)
	}
	return nil
}
