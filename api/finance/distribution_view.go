package finance

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
)

// Distribution is one run of payouts, as it goes out.
type Distribution struct {
	ID             string               `json:"id" example:"d1" doc:"Its name."`
	State          distribution.State   `json:"state" enum:"prepared,approved,cancelling,cancelled,settled" doc:"How far it has come; cancelling: a person asked to cancel it, and nothing of it is attempted any more."`
	Rail           distribution.Rail    `json:"rail" enum:"transactions,solana-tokens,merkle," doc:"The one way by which it is paid; empty for those that were prepared before there were rails."`
	Source         *PayingSource        `json:"source,omitempty" doc:"What pays, on the rail transactions."`
	Reason         string               `json:"reason" doc:"Why, in the words of who prepared it."`
	Minimum        wire.Money           `json:"minimum" doc:"The least that it pays to one supplier."`
	Payees         int64                `json:"payees" doc:"How many suppliers it pays."`
	Total          wire.Money           `json:"total" doc:"What it pays in all."`
	Carried        []CarriedForward     `json:"carried_forward" nullable:"false" doc:"What was earned and is not paid by it, by reason."`
	Journal        int64                `json:"journal" doc:"The ledger's journal that moved it from earned to transit."`
	ManifestSHA256 string               `json:"manifest_sha256" pattern:"^[0-9a-f]{64}$" doc:"What an approval binds: the manifest, which in turn names the digest of every file."`
	Files          []DistributionFile   `json:"files" nullable:"false" doc:"Its files, by name."`
	PreparedBy     string               `json:"prepared_by" doc:"Who prepared it."`
	PreparedAt     time.Time            `json:"prepared_at" doc:"When."`
	ApprovedBy     string               `json:"approved_by,omitempty" doc:"Who approved it: another person."`
	ApprovedAt     *time.Time           `json:"approved_at,omitempty" doc:"When."`
	Exports        int64                `json:"exports" doc:"How often somebody was given its files; it stays approved when it is."`
	ExportedBy     string               `json:"exported_by,omitempty" doc:"Who was given them, last."`
	ExportedAt     *time.Time           `json:"exported_at,omitempty" doc:"When."`
	Cancellation   *CancellationRequest `json:"cancellation,omitempty" doc:"That a person asked to cancel it."`
	Progress       []PayoutProgress     `json:"progress,omitempty" doc:"How far its payouts have come, by state; left out of lists."`
}

// PayingSource is what pays on the rail transactions.
type PayingSource struct {
	Mint     string   `json:"mint" doc:"Mint of the token."`
	Treasury string   `json:"treasury" doc:"Owner of the token account that pays."`
	Account  string   `json:"token_account" doc:"The token account that pays."`
	FeePayer string   `json:"fee_payer" doc:"Who pays fees and rent."`
	Members  []string `json:"members" nullable:"false" doc:"Members of a multisig who sign."`
}

// CarriedForward is what was not paid for one reason.
type CarriedForward struct {
	Reason    distribution.CarryReason `json:"reason" enum:"below_minimum,no_wallet,wallet_on_hold,wallet_frozen,receivable_set_off" doc:"Why not."`
	Suppliers int64                    `json:"suppliers" doc:"How many it is of."`
	Amount    wire.Money               `json:"amount" doc:"How much."`
}

// DistributionFile describes one file.
type DistributionFile struct {
	Name   string `json:"name" example:"payouts.csv" doc:"Its name."`
	SHA256 string `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"Its digest."`
	Rows   int64  `json:"rows" doc:"Of a table, without its header; else 0."`
	Bytes  int64  `json:"bytes" doc:"Its length."`
}

// CancellationRequest is that a person asked to cancel.
type CancellationRequest struct {
	AskedBy string `json:"asked_by" doc:"Who asked; another person approves."`
	Reason  string `json:"reason" doc:"Why, in their words."`
	Unpaid  bool   `json:"files_unpaid" doc:"They say that the files that are out were not paid, and will not be."`
}

// PayoutProgress is how many payouts are in one state.
type PayoutProgress struct {
	State   distribution.PayoutState `json:"state" enum:"waiting,live,landed,aside,paid,returned" doc:"The state."`
	Payouts int64                    `json:"payouts" doc:"How many."`
	Amount  wire.Money               `json:"amount" doc:"Their sum."`
}

// viewDistributions shows distributions without their progress.
func viewDistributions(ctx context.Context, tx pgx.Tx, all ...distribution.Distribution) ([]Distribution, error) {
	var ids []int64
	for _, d := range all {
		ids = append(ids, d.PreparedBy, d.ApprovedBy, d.ExportedBy, d.CancelAsked.By)
	}
	names, err := readNames(ctx, tx, ids...)
	views := make([]Distribution, len(all))
	for i, d := range all {
		views[i] = viewDistribution(d, names)
	}
	return views, err
}

func viewDistribution(d distribution.Distribution, names personNames) Distribution {
	v := Distribution{
		ID: d.ID, State: d.State, Rail: d.Rail, Reason: d.Reason, Minimum: wire.MoneyOf(d.Minimum), Payees: d.Payees, Total: wire.MoneyOf(d.Total),
		Carried: viewCarried(d.Carried), Journal: d.Journal, ManifestSHA256: d.Manifest.String(), Files: viewFiles(d.Files),
		PreparedBy: names.of(d.PreparedBy), PreparedAt: d.PreparedAt, Exports: d.Exports,
	}
	if d.ApprovedBy != 0 {
		v.ApprovedBy, v.ApprovedAt = names.of(d.ApprovedBy), &d.ApprovedAt
	}
	if d.ExportedBy != 0 {
		v.ExportedBy, v.ExportedAt = names.of(d.ExportedBy), &d.ExportedAt
	}
	if c := d.CancelAsked; c.By != 0 {
		v.Cancellation = &CancellationRequest{names.of(c.By), c.Reason, c.Unpaid}
	}
	if s := d.Source; s != nil {
		v.Source = &PayingSource{s.Mint.String(), s.Owner.String(), s.Account.String(), s.FeePayer.String(), []string{}}
		for _, member := range s.Signers {
			v.Source.Members = append(v.Source.Members, member.String())
		}
	}
	return v
}

func viewCarried(all []distribution.CarriedTotal) []CarriedForward {
	views := make([]CarriedForward, len(all))
	for i, c := range all {
		views[i] = CarriedForward{c.Reason, c.Suppliers, wire.MoneyOf(c.Amount)}
	}
	return views
}

func viewFiles(all []distribution.File) []DistributionFile {
	views := make([]DistributionFile, len(all))
	for i, f := range all {
		views[i] = DistributionFile{f.Name, f.SHA256.String(), f.Rows, f.Bytes}
	}
	return views
}

// showDistribution shows one distribution with its progress.
func showDistribution(ctx context.Context, tx pgx.Tx, d distribution.Distribution) (*distributionOutput, error) {
	views, err := viewDistributions(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	progress, err := distribution.ReadProgress(ctx, tx, d.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range progress {
		views[0].Progress = append(views[0].Progress, PayoutProgress{p.State, p.Payouts, wire.MoneyOf(p.Amount)})
	}
	return &distributionOutput{views[0]}, nil
}

type distributionOutput struct{ Body Distribution }
