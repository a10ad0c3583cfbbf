package distribution

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// Errors of distributions.
var (
	ErrUnknown      = errors.New("unknown distribution")
	ErrConflict     = errors.New("conflict")
	ErrInvalid      = errors.New("invalid request")
	ErrNothingToPay = errors.New("nothing to pay")
	ErrSelfApproval = errors.New("approval of one's own act")
	ErrNotApproved  = errors.New("not approved")
	ErrCorrupt      = errors.New("stored files are not those that were prepared")
)

// Request asks for a distribution of all that is earned.
type Request struct {
	Key     string         // the idempotency key: 1 to 200 characters
	Actor   int64          // the person's id
	Reason  string         // why, in a phrase
	Minimum *ledger.Amount // the least that is paid, 0 or more; nil: the highest of the seasons that are due
}

// State is how far a distribution has come.
type State string

// The states.
const (
	Prepared State = "prepared" // money in transit, files built
	Approved State = "approved" // by another person; the files may leave
)

// Distribution is one run of payouts. All of it but the approval was fixed when it
// was prepared.
type Distribution struct {
	ID         string // "d1", "d2" …
	Key        string
	Reason     string
	State      State
	Minimum    ledger.Amount
	Payees     int64
	Total      ledger.Amount
	Carried    []CarriedTotal // by reason
	Journal    int64          // the ledger's journal that moved earned to transit
	Manifest   ledger.Digest  // SHA-256 of manifest.json
	Files      []File         // by name
	PreparedBy int64          // the person's id
	PreparedAt time.Time      // UTC
	ApprovedBy int64          // 0 until approved
	ApprovedAt time.Time      // UTC; zero until approved

	number       int64
	minimumAsked *ledger.Amount
}

// Prepare turns every earned balance into a payout or carries it forward: one
// journal moves what is paid from earned to transit, and every file is built and
// stored, byte by byte. Equal ledgers and wallets give equal tables.
//
// A request whose key is on record returns the first distribution again, or
// ErrConflict if it differs from the first. If no balance can be paid, the error is
// ErrNothingToPay and nothing is recorded.
func Prepare(ctx context.Context, tx pgx.Tx, request Request) (Distribution, error) {
	d, err := prepare(ctx, tx, request)
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: prepare %q: %w", request.Key, err)
	}
	return d, nil
}

func prepare(ctx context.Context, tx pgx.Tx, request Request) (Distribution, error) {
	if err := request.check(); err != nil {
		return Distribution{}, err
	}
	// From here on no balance moves but by us.
	if err := ledger.Lock(ctx, tx); err != nil {
		return Distribution{}, err
	}
	earlier, err := distributionByKey(ctx, tx, request.Key)
	if err == nil {
		return earlier, request.sameAs(earlier)
	}
	if !errors.Is(err, ErrUnknown) {
		return Distribution{}, err
	}
	r, err := newRun(ctx, tx, request)
	if err != nil {
		return Distribution{}, err
	}
	if err := r.post(ctx, tx); err != nil {
		return Distribution{}, err
	}
	return r.store(ctx, tx)
}

func (r Request) check() error {
	switch {
	case r.Key == "" || utf8.RuneCountInString(r.Key) > 200:
		return fmt.Errorf("%w: key %q: give 1 to 200 characters", ErrInvalid, r.Key)
	case r.Reason == "":
		return fmt.Errorf("%w: no reason: say in a phrase why", ErrInvalid)
	case r.Minimum != nil && *r.Minimum < 0:
		return fmt.Errorf("%w: minimum %s: give 0 or more base units", ErrInvalid, *r.Minimum)
	}
	return nil
}

// sameAs returns ErrConflict unless the distribution is what this request asked
// for.
func (r Request) sameAs(d Distribution) error {
	sameMinimum := (r.Minimum == nil) == (d.minimumAsked == nil) && (r.Minimum == nil || *r.Minimum == *d.minimumAsked)
	if r.Actor != d.PreparedBy || r.Reason != d.Reason || !sameMinimum {
		return fmt.Errorf("%w: the key stands for %s, prepared by person %d because of %q: repeat it unchanged, or use another key",
			ErrConflict, d.ID, d.PreparedBy, d.Reason)
	}
	return nil
}

// run is a distribution being prepared.
type run struct {
	Request
	number  int64
	id      string
	minimum ledger.Amount
	total   ledger.Amount
	payouts []Payout
	carried []Carried
	seasons []SeasonTotal
	tables  []contents
	journal ledger.Journal
}

// newRun divides what is earned, and builds the tables.
func newRun(ctx context.Context, tx pgx.Tx, request Request) (*run, error) {
	all, revisions, err := readDues(ctx, tx)
	if err != nil {
		return nil, err
	}
	wallets, err := walletsBySupplier(ctx, tx)
	if err != nil {
		return nil, err
	}
	r := &run{Request: request, minimum: highestMinimum(all, revisions)}
	if request.Minimum != nil {
		r.minimum = *request.Minimum
	}
	r.payouts, r.carried = divide(all, wallets, r.minimum)
	if len(r.payouts) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNothingToPay, carriedInWords(r.carried, r.minimum))
	}
	if r.number, err = nextNumber(ctx, tx); err != nil {
		return nil, err
	}
	r.id = fmt.Sprintf("d%d", r.number)
	return r, r.build(revisions)
}

func readDues(ctx context.Context, tx pgx.Tx) ([]due, []ledger.Journal, error) {
	earnings, err := ledger.Earnings(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	taken, err := takenBefore(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	revisions, err := ledger.Revisions(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	all, err := dues(earnings, taken)
	return all, revisions, err
}

func walletsBySupplier(ctx context.Context, tx pgx.Tx) (map[uuid.UUID]Wallet, error) {
	records, err := currentWallets(ctx, tx)
	wallets := make(map[uuid.UUID]Wallet, len(records))
	for _, r := range records {
		wallets[r.Supplier] = r.Wallet
	}
	return wallets, err
}

func carriedInWords(carried []Carried, minimum ledger.Amount) string {
	if len(carried) == 0 {
		return "no supplier has an earned balance: seal a season first"
	}
	counts := map[CarryReason]int{}
	for _, c := range carried {
		counts[c.Reason]++
	}
	return fmt.Sprintf("%d suppliers are below the minimum of %s base units and %d have no wallet: lower the minimum, or record wallets",
		counts[BelowMinimum], minimum, counts[NoWallet])
}

// build makes the tables, and adds up what they pay.
func (r *run) build(revisions []ledger.Journal) error {
	payouts, err := payoutsTable(r.id, r.payouts)
	if err != nil {
		return err
	}
	lines, err := payoutLinesTable(r.id, r.payouts)
	if err != nil {
		return err
	}
	r.tables = []contents{payouts, lines}
	perRevision := map[source]ledger.Amount{}
	for _, p := range r.payouts {
		if r.total, err = r.total.Add(p.Amount); err != nil {
			return err
		}
		for _, l := range p.Lines {
			perRevision[source{season: l.Season, revision: l.Revision}] += l.Amount // within the total
		}
	}
	for _, j := range revisions {
		if total := perRevision[source{season: j.Season, revision: j.Revision}]; total > 0 {
			r.seasons = append(r.seasons, SeasonTotal{j.Season, j.Revision, j.SubjectDigest, total})
		}
	}
	return nil
}

// post moves what is paid from earned to transit, in one journal that names
// payouts.csv by its digest.
func (r *run) post(ctx context.Context, tx pgx.Tx) (err error) {
	transfers := make([]ledger.Transfer, len(r.payouts))
	for i, p := range r.payouts {
		transfers[i] = ledger.Transfer{
			Debit: ledger.SupplierEarned(p.Supplier), Credit: ledger.SupplierTransit(p.Supplier), Amount: p.Amount,
		}
	}
	r.journal, err = ledger.Post(ctx, tx, ledger.Entry{
		Act: ledger.ActPrepare, Key: "distribution/" + r.id, Actor: r.Actor, Reason: r.Reason,
		SubjectDigest: r.tables[0].SHA256, Transfers: transfers,
	})
	return err
}

// store records the run with its files, the manifest among them.
func (r *run) store(ctx context.Context, tx pgx.Tx) (Distribution, error) {
	text, err := r.manifest().encode()
	if err != nil {
		return Distribution{}, err
	}
	manifest := fileOf(ManifestFile, 0, text)
	files := append(r.tables, manifest)
	files = append(files, sumsFile(described(files)))
	if err := insertDistribution(ctx, tx, r, manifest.SHA256); err != nil {
		return Distribution{}, err
	}
	if err := insertPayouts(ctx, tx, r.number, r.payouts); err != nil {
		return Distribution{}, err
	}
	if err := insertPayoutLines(ctx, tx, r.number, r.payouts); err != nil {
		return Distribution{}, err
	}
	if err := insertCarried(ctx, tx, r.number, r.carried); err != nil {
		return Distribution{}, err
	}
	for _, f := range files {
		if err := insertFile(ctx, tx, r.number, f); err != nil {
			return Distribution{}, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return distributionByID(ctx, tx, r.id)
}

func described(files []contents) []File {
	all := make([]File, len(files))
	for i, f := range files {
		all[i] = f.File
	}
	return all
}

func (r *run) manifest() Manifest {
	return Manifest{
		Format: ManifestFormat, Distribution: r.id, PreparedAt: r.journal.PostedAt, Minimum: r.minimum,
		Payees: int64(len(r.payouts)), Total: r.total, TotalDecimal: r.total.Decimal(),
		Carried: carriedTotals(r.carried), Seasons: r.seasons,
		LedgerHead: ManifestJournal{r.journal.Number, r.journal.Digest}, Files: described(r.tables),
	}
}

// carriedTotals adds up what was carried forward, a total for each reason.
func carriedTotals(carried []Carried) []CarriedTotal {
	totals := []CarriedTotal{{Reason: BelowMinimum}, {Reason: NoWallet}}
	for _, c := range carried {
		for i := range totals {
			if totals[i].Reason == c.Reason {
				totals[i].Suppliers++
				totals[i].Amount += c.Amount // within what was ever earned
			}
		}
	}
	return totals
}
