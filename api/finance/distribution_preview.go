package finance

import (
	"github.com/google/uuid"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
)

// DistributionPreview is what a preparation would pay and cost.
type DistributionPreview struct {
	Rail    distribution.Rail `json:"rail" enum:"solana-tokens,transactions,merkle" doc:"How it would be paid."`
	Minimum wire.Money        `json:"minimum" doc:"The least that it would pay."`
	Payees  int64             `json:"payees" doc:"How many suppliers it would pay."`
	Total   wire.Money        `json:"total" doc:"What it would pay in all."`
	Carried []CarriedForward  `json:"carried_forward" nullable:"false" doc:"What it would not pay, by reason."`
	Seasons []SeasonPaid      `json:"seasons" nullable:"false" doc:"What it would pay of each sealed revision."`
	Cost    PayingCost        `json:"cost" doc:"What it takes to pay."`
	Change  *PreviewChange    `json:"since_previous,omitempty" doc:"What is another than in the distribution before."`
	Largest []PreviewPayee    `json:"largest" nullable:"false" doc:"At most 20 payees, the largest first."`
	Warning []string          `json:"warnings" nullable:"false" doc:"What a person should know."`
}

// SeasonPaid is what is paid of one revision of a season.
type SeasonPaid struct {
	Season         string     `json:"season" example:"ignition-s1" doc:"Code of the season."`
	Revision       int        `json:"revision" example:"1" doc:"Number of the revision."`
	SnapshotDigest string     `json:"snapshot_digest" pattern:"^[0-9a-f]{64}$" doc:"Digest of its snapshot."`
	Total          wire.Money `json:"total" doc:"What is paid of it."`
}

// PayingCost is what it takes to pay, without priority fees.
type PayingCost struct {
	Transactions int64   `json:"transactions" doc:"How many it takes."`
	Fees         uint64  `json:"fees_lamports" doc:"Their fees, in lamports."`
	Creates      int64   `json:"accounts_to_create" doc:"Token accounts that are to be made, at most."`
	Rent         *uint64 `json:"rent_lamports,omitempty" doc:"Their rent; absent: the chain was not asked."`
	Trees        int64   `json:"trees" doc:"Merkle trees, whose distributors are to be funded."`
}

// PreviewChange is what is another than in the distribution prepared before.
type PreviewChange struct {
	Since   string     `json:"since" example:"d1" doc:"The distribution before."`
	Payees  int64      `json:"payees" doc:"How many more, or fewer."`
	Total   wire.Money `json:"total" doc:"How much more, or less."`
	New     int64      `json:"new" doc:"Paid now, not then."`
	Gone    int64      `json:"gone" doc:"Paid then, not now."`
	Wallets int64      `json:"wallets" doc:"Paid both times, to another wallet now."`
}

// PreviewPayee is a payout as a person looks at it.
type PreviewPayee struct {
	SupplierID uuid.UUID  `json:"supplier_id" doc:"Whom it would pay."`
	Wallet     string     `json:"wallet" doc:"Where."`
	Amount     wire.Money `json:"amount" doc:"How much."`
}

func viewPreview(p distribution.Preview) DistributionPreview {
	v := DistributionPreview{
		Rail: p.Rail, Minimum: wire.MoneyOf(p.Minimum), Payees: p.Payees, Total: wire.MoneyOf(p.Total), Carried: viewCarried(p.Carried),
		Seasons: make([]SeasonPaid, len(p.Seasons)), Cost: PayingCost(p.Cost), Largest: make([]PreviewPayee, len(p.Largest)), Warning: orEmpty(p.Warning),
	}
	for i, s := range p.Seasons {
		v.Seasons[i] = SeasonPaid{s.Season, s.Revision, s.SnapshotDigest.String(), wire.MoneyOf(s.Total)}
	}
	for i, payee := range p.Largest {
		v.Largest[i] = PreviewPayee{payee.Supplier, string(payee.Wallet), wire.MoneyOf(payee.Amount)}
	}
	if c := p.Change; c != nil {
		v.Change = &PreviewChange{c.Since, c.Payees, wire.MoneyOf(c.Total), c.New, c.Gone, c.Wallets}
	}
	return v
}
