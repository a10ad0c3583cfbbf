package distribution

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

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

// walletsBySupplier returns where suppliers are paid now.
func walletsBySupplier(ctx context.Context, tx pgx.Tx) (map[uuid.UUID]wallet.Wallet, error) {
	now, err := wallet.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	standings, err := wallet.Payable(ctx, tx, now)
	wallets := make(map[uuid.UUID]wallet.Wallet, len(standings))
	for supplier, standing := range standings {
		if standing.Wallet != "" {
			wallets[supplier] = standing.Wallet
		}
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
	files := append(slices.Clone(r.tables), manifest)
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
