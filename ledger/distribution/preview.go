package distribution

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Preview is what a request would pay and cost, before it is granted.
type Preview struct {
	Rail    Rail           `json:"rail"`
	Minimum ledger.Amount  `json:"minimum"`
	Payees  int64          `json:"payees"`
	Total   ledger.Amount  `json:"total"`
	Carried []CarriedTotal `json:"carried_forward"`
	Seasons []SeasonTotal  `json:"seasons"`
	Cost    Cost           `json:"cost"`
	Change  *Change        `json:"since_previous"` // null for the first
	Largest []Payee        `json:"largest"`        // at most 20, the largest first
	Warning []string       `json:"warnings"`
}

// Cost is what it takes to pay, in lamports, without priority fees. On the rail
// merkle the payees pay for claiming.
type Cost struct {
	Transactions int64   `json:"transactions"`
	Fees         uint64  `json:"fees_lamports"`
	Creates      int64   `json:"accounts_to_create"` // at most: all that were not seen on the chain
	Rent         *uint64 `json:"rent_lamports"`      // null: the chain was not asked
	Trees        int64   `json:"trees"`
}

// Payee is a payout as a person looks at it.
type Payee struct {
	Supplier uuid.UUID     `json:"supplier_id"`
	Wallet   wallet.Wallet `json:"wallet"`
	Amount   ledger.Amount `json:"amount"`
}

// Change is what is another than in the distribution prepared before.
type Change struct {
	Since   string        `json:"since"`   // such as "d1"
	Payees  int64         `json:"payees"`  // more, or fewer
	Total   ledger.Amount `json:"total"`   // more, or less
	New     int64         `json:"new"`     // paid now, not then
	Gone    int64         `json:"gone"`    // paid then, not now
	Wallets int64         `json:"wallets"` // paid both times, to another wallet now
}

const (
	largestShown    = 20
	feePerSignature = 5000 // lamports, by the network's fee schedule
)

// Look returns what Prepare would do with the request, and changes nothing. A
// request that was granted before is ErrConflict.
func Look(ctx context.Context, tx pgx.Tx, request Request) (Preview, error) {
	r, earlier, err := plan(ctx, tx, request)
	if err == nil && r == nil {
		err = fmt.Errorf("%w: the key stands for %s already", ErrConflict, earlier.ID)
	}
	if err != nil {
		return Preview{}, fmt.Errorf("distribution: preview: %w", err)
	}
	if err := r.build(); err != nil {
		return Preview{}, fmt.Errorf("distribution: preview: %w", err)
	}
	preview, err := r.preview(ctx, tx)
	if err != nil {
		return Preview{}, fmt.Errorf("distribution: preview: %w", err)
	}
	return preview, nil
}

func (r *run) preview(ctx context.Context, tx pgx.Tx) (Preview, error) {
	p := Preview{
		Rail: r.Rail, Minimum: r.minimum, Payees: int64(len(r.payouts)), Total: r.total,
		Carried: r.carriedTotals(), Seasons: r.seasons, Cost: r.cost(), Largest: largest(r.payouts), Warning: []string{},
	}
	for _, t := range r.grown {
		for _, inexact := range t.tree.Inexact() {
			p.Warning = append(p.Warning, TreeFile(t.number)+": "+inexact.String())
		}
	}
	before, id, err := payoutsBefore(ctx, tx)
	if err == nil && id != "" {
		p.Change = changeSince(id, before, r.payouts)
	}
	return p, err
}

// cost counts transactions, their signatures and the accounts that they open.
func (r *run) cost() Cost {
	c := Cost{Trees: int64(len(r.grown))}
	switch r.Rail {
	case RailTransactions:
		c.Transactions = int64(len(r.batches))
		c.Fees = uint64(len(r.batches)) * feePerSignature * r.signatures()
	case RailSolanaTokens: // a transaction a wallet, signed by its fee payer and its sender
		c.Transactions = r.tables[len(r.tables)-1].Rows
		c.Fees = uint64(c.Transactions) * feePerSignature * 2
	default:
		return c
	}
	fresh := map[wallet.Wallet]bool{}
	for _, p := range r.payouts {
		if !r.Chain.Present[p.Wallet] {
			fresh[p.Wallet] = true
		}
	}
	c.Creates = int64(len(fresh))
	if r.Chain.Asked {
		c.Rent = new(uint64(c.Creates) * r.Chain.Rent)
	}
	return c
}

// signatures counts those of a transaction: the fee payer's and, where they are
// others, the owner's or the multisig members'.
func (r *run) signatures() uint64 {
	signers := r.Source.Signers
	if len(signers) == 0 {
		signers = []solana.Key{r.Source.Owner}
	}
	if slices.Contains(signers, r.Source.FeePayer) {
		return uint64(len(signers))
	}
	return uint64(len(signers)) + 1
}

func largest(payouts []Payout) []Payee {
	sorted := slices.SortedStableFunc(slices.Values(payouts), func(a, b Payout) int { return cmp.Compare(b.Amount, a.Amount) })
	all := make([]Payee, 0, largestShown)
	for _, p := range sorted[:min(len(sorted), largestShown)] {
		all = append(all, Payee{p.Supplier, p.Wallet, p.Amount})
	}
	return all
}

// changeSince compares payouts with those of the distribution before.
func changeSince(id string, before map[uuid.UUID]Payee, payouts []Payout) *Change {
	c := &Change{Since: id, Payees: int64(len(payouts) - len(before)), Gone: int64(len(before))}
	for _, p := range payouts {
		c.Total += p.Amount // within what was ever earned
		switch then, found := before[p.Supplier]; {
		case !found:
			c.New++
		case then.Wallet != p.Wallet:
			c.Wallets++
			fallthrough
		default:
			c.Gone--
		}
	}
	for _, then := range before {
		c.Total -= then.Amount
	}
	return c
}
