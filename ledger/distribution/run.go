package distribution

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// run is a distribution being prepared.
type run struct {
	Request
	number    int64
	id        string
	minimum   ledger.Amount
	total     ledger.Amount
	dues      []due
	payouts   []Payout
	carried   []Carried
	revisions []ledger.Journal
	seasons   []SeasonTotal
	tables    []contents
	batches   []solana.Batch // on the rail transactions
	grown     []tree         // on the rail merkle
	journal   ledger.Journal
}

// newRun divides what is earned.
func newRun(ctx context.Context, tx pgx.Tx, request Request) (*run, error) {
	r := &run{Request: request}
	if err := r.readDues(ctx, tx); err != nil {
		return nil, err
	}
	now, err := clock(ctx, tx)
	if err != nil {
		return nil, err
	}
	wallets, err := wallet.Payable(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	if r.minimum = highestMinimum(r.dues, r.revisions); request.Minimum != nil {
		r.minimum = *request.Minimum
	}
	r.payouts, r.carried = divide(r.dues, wallets, r.minimum)
	if len(r.payouts) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNothingToPay, r.carriedInWords())
	}
	if r.number, err = nextNumber(ctx, tx); err != nil {
		return nil, err
	}
	r.id = fmt.Sprintf("d%d", r.number)
	return r, nil
}

// readDues reads what every supplier has earned, less what they owe.
func (r *run) readDues(ctx context.Context, tx pgx.Tx) error {
	earnings, err := ledger.Earnings(ctx, tx)
	if err != nil {
		return err
	}
	taken, err := takenBefore(ctx, tx)
	if err != nil {
		return err
	}
	if r.revisions, err = ledger.Revisions(ctx, tx); err != nil {
		return err
	}
	if r.dues, err = dues(earnings, taken); err != nil {
		return err
	}
	suppliers := make([]uuid.UUID, len(r.dues))
	for i, d := range r.dues {
		suppliers[i] = d.supplier
	}
	owing, err := ledger.Holdings(ctx, tx, ledger.KindOwing, suppliers)
	setOff(r.dues, owing)
	return err
}

func (r *run) carriedInWords() string {
	if len(r.dues) == 0 {
		return "no supplier has an earned balance: seal a season first"
	}
	counts := map[CarryReason]int{}
	for _, c := range r.carried {
		counts[c.Reason]++
	}
	return fmt.Sprintf("%d suppliers are below the minimum of %s base units, %d have no proven wallet, %d have one on hold and %d a frozen one: "+
		"lower the minimum, or have wallets proven",
		counts[BelowMinimum], r.minimum, counts[NoWallet], counts[WalletOnHold], counts[WalletFrozen])
}

// build makes the tables and the rail's own files, and adds up what they pay.
func (r *run) build() error {
	payouts, err := payoutsTable(r.id, r.payouts)
	if err != nil {
		return err
	}
	lines, err := payoutLinesTable(r.id, r.payouts)
	if err != nil {
		return err
	}
	if err := r.addUp(); err != nil {
		return err
	}
	payable, err := r.payable()
	r.tables = append([]contents{payouts, lines}, payable...)
	return err
}

func (r *run) addUp() (err error) {
	perRevision := map[source]ledger.Amount{}
	for _, p := range r.payouts {
		if r.total, err = r.total.Add(p.Amount); err != nil {
			return err
		}
		for _, l := range p.Lines {
			perRevision[source{season: l.Season, revision: l.Revision}] += l.Amount // within the total
		}
	}
	for _, j := range r.revisions {
		if total := perRevision[source{season: j.Season, revision: j.Revision}]; total > 0 {
			r.seasons = append(r.seasons, SeasonTotal{j.Season, j.Revision, j.SubjectDigest, total})
		}
	}
	return nil
}

// post moves what is paid from earned to transit, and what is set off out of what
// was earned and what is owing, in one journal that names payouts.csv by its digest.
func (r *run) post(ctx context.Context, tx pgx.Tx) (err error) {
	transfers := make([]ledger.Transfer, 0, len(r.payouts))
	for _, p := range r.payouts {
		transfers = append(transfers, ledger.Transfer{
			Debit: ledger.SupplierEarned(p.Supplier), Credit: ledger.SupplierTransit(p.Supplier), Amount: p.Amount,
		})
	}
	for _, d := range r.dues {
		if kept := sumOf(d.setOff); kept > 0 {
			transfers = append(transfers,
				ledger.Transfer{Debit: ledger.SupplierEarned(d.supplier), Credit: ledger.Treasury(), Amount: kept},
				ledger.Transfer{Debit: ledger.SupplierOwing(d.supplier), Credit: ledger.Treasury(), Amount: kept})
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
	for _, insert := range []func(context.Context, pgx.Tx, *run) error{
		insertPayouts, insertPayoutLines, insertCarried, insertSetOffs, insertBatches, insertBatchPayouts, insertTrees, insertTreePayouts,
	} {
		if err := insert(ctx, tx, r); err != nil {
			return Distribution{}, err
		}
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
	m := Manifest{
		Format: ManifestFormat, Distribution: r.id, Rail: r.Rail, Source: r.Source, PreparedAt: r.journal.PostedAt, Minimum: r.minimum,
		Payees: int64(len(r.payouts)), Total: r.total, TotalDecimal: r.total.Decimal(),
		Carried: r.carriedTotals(), Seasons: r.seasons,
		LedgerHead: ManifestJournal{r.journal.Number, r.journal.Digest}, Files: described(r.tables),
	}
	for _, t := range r.grown {
		m.Trees = append(m.Trees, ManifestTree{treeID(r.id, t.number), ledger.Digest(t.tree.Root()), len(t.tree.Leaves()), t.total})
	}
	return m
}

func treeID(distribution string, number int) string {
	return fmt.Sprintf("%s-t%d", distribution, number)
}

// carriedTotals adds up what was carried forward or set off, a total for each reason.
func (r *run) carriedTotals() []CarriedTotal {
	totals := make([]CarriedTotal, len(carryReasons))
	for i, reason := range carryReasons {
		totals[i].Reason = reason
	}
	add := func(reason CarryReason, amount ledger.Amount) {
		t := &totals[slices.Index(carryReasons, reason)]
		t.Suppliers, t.Amount = t.Suppliers+1, t.Amount+amount // within what was ever earned
	}
	for _, c := range r.carried {
		add(c.Reason, c.Amount)
	}
	for _, d := range r.dues {
		if kept := sumOf(d.setOff); kept > 0 {
			add(SetOff, kept)
		}
	}
	return totals
}
