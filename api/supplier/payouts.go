package supplier

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

// Payout is a payout to the caller.
type Payout struct {
	Payout       string                   `json:"payout" doc:"Its id." example:"d1-17"`
	Distribution string                   `json:"distribution" doc:"The distribution that it is of." example:"d1"`
	Rail         *string                  `json:"rail" enum:"transactions,solana-tokens,merkle" nullable:"true" doc:"How it is paid; null of those that pay nothing."`
	Wallet       string                   `json:"wallet" doc:"Where to."`
	Amount       wire.Money               `json:"amount" doc:"How much."`
	State        distribution.PayoutState `json:"state" enum:"waiting,live,landed,aside,paid,returned" doc:"waiting: not sent; live: sent, and may land; landed: on the chain, not settled yet; aside: not sent any more; paid, returned: settled."`
	AsideFor     *string                  `json:"aside_for" nullable:"true" doc:"Why it is aside."`
	Signature    *string                  `json:"signature" nullable:"true" doc:"Of the transaction that paid it, or of its latest attempt."`
	Evidence     *string                  `json:"evidence" enum:"chain,file" nullable:"true" doc:"What says that it was paid: the chain itself, or a file of receipts."`
	PreparedAt   time.Time                `json:"prepared_at" doc:"When it was prepared."`
	ApprovedAt   *time.Time               `json:"approved_at" nullable:"true" doc:"When it was approved."`
	EndedAt      *time.Time               `json:"ended_at" nullable:"true" doc:"When it was settled or returned."`
}

// PayoutLine is what part of a payout is for.
type PayoutLine struct {
	Season   string     `json:"season" doc:"The season." example:"ignition-s1"`
	Revision int32      `json:"revision" doc:"The sealed revision." example:"1"`
	Amount   wire.Money `json:"amount" doc:"How much of the payout."`
}

// PayoutDetail is a payout with what it pays for.
type PayoutDetail struct {
	Payout
	Lines []PayoutLine `json:"lines" nullable:"false" doc:"What it pays for; they sum to its amount."`
}

// payoutRow is a payout as it is read.
type payoutRow struct {
	supplier     uuid.UUID
	distribution int64
	number       int32
	amount       ledger.Amount
	payout       Payout
}

func (p *payoutRow) view() Payout {
	v := p.payout
	v.Amount, v.PreparedAt, v.ApprovedAt, v.EndedAt = wire.MoneyOf(p.amount), v.PreparedAt.UTC(), utc(v.ApprovedAt), utc(v.EndedAt)
	return v
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

// PayoutTable is a page of payouts.
type PayoutTable struct{ wire.Page[Payout] }

// Header names the columns of the payouts as CSV.
func (PayoutTable) Header() []string {
	return []string{"payout", "distribution", "rail", "wallet", "amount", "state", "aside_for", "signature", "evidence", "prepared_at",
		"approved_at", "ended_at"}
}

// Rows yields the payouts as CSV.
func (t PayoutTable) Rows(yield func([]string) bool) {
	for i := range t.Items {
		p := &t.Items[i]
		if !yield([]string{p.Payout, p.Distribution, textOr(p.Rail), p.Wallet, p.Amount.Amount, string(p.State), textOr(p.AsideFor),
			textOr(p.Signature), textOr(p.Evidence), instant(p.PreparedAt), instantOr(p.ApprovedAt), instantOr(p.EndedAt)}) {
			return
		}
	}
}

type payoutsIn struct{ wire.Paging }

func (r rooms) payouts(ctx context.Context, reader wire.Reader, me auth.Caller, in *payoutsIn) (*table[PayoutTable], error) {
	after, err := wire.ParseCursor(in.Cursor, 1)
	if err != nil {
		return nil, err
	}
	var before *int64
	if after != nil {
		number, err := parseInteger(after[0])
		if err != nil {
			return nil, wire.BadCursor
		}
		before = &number
	}
	var found []payoutRow
	ask := &pgx.Batch{}
	queuePayouts(ask, before, in.Limit+1, &found)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	page := wire.Page[Payout]{Items: []Payout{}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		page.NextCursor = wire.Cursor(digits(found[in.Limit-1].distribution)) // a distribution pays a supplier once
	}
	for _, row := range mine(me, found, func(p *payoutRow) uuid.UUID { return p.supplier }) {
		page.Items = append(page.Items, row.view())
	}
	return &table[PayoutTable]{page.NextCursor, PayoutTable{page}}, nil
}

type payoutIn struct {
	Payout string `path:"payout" pattern:"^d[0-9]{1,18}-[0-9]{1,9}$" minLength:"4" maxLength:"30" doc:"The payout's id." example:"d1-17"`
}

type payoutOut struct{ Body PayoutDetail }

func (r rooms) payout(ctx context.Context, reader wire.Reader, me auth.Caller, in *payoutIn) (*payoutOut, error) {
	detail, err := readPayout(ctx, reader, me, in.Payout)
	if err != nil {
		return nil, err
	}
	return &payoutOut{*detail}, nil
}

// readPayout reads a payout of the caller's, or gives wire.NotFound.
func readPayout(ctx context.Context, reader wire.Reader, me auth.Caller, id string) (*PayoutDetail, error) {
	var found []payoutRow
	detail := &PayoutDetail{Lines: []PayoutLine{}}
	ask := &pgx.Batch{}
	queuePayout(ask, id, &found)
	queuePayoutLines(ask, id, &detail.Lines)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	if found = mine(me, found, func(p *payoutRow) uuid.UUID { return p.supplier }); len(found) == 0 {
		return nil, wire.NotFound
	}
	detail.Payout = found[0].view()
	return detail, nil
}

// Proof is what a payout of a merkle tree is claimed with.
type Proof struct {
	Distribution string     `json:"distribution" doc:"The distribution." example:"d1"`
	Tree         string     `json:"tree" doc:"The tree." example:"d1-t1"`
	Payouts      []string   `json:"payouts" nullable:"false" doc:"Your payouts that the leaf pays."`
	Claimant     string     `json:"claimant" doc:"The wallet that claims."`
	Amount       wire.Money `json:"amount" doc:"What the leaf pays: everything that the tree pays to the wallet."`
	Proof        []string   `json:"proof" nullable:"false" doc:"The hashes beside the leaf's path to the root, from the leaf up, in hexadecimal."`
	Root         string     `json:"root" doc:"The tree's root, in hexadecimal."`
	Vault        string     `json:"vault" doc:"The distributor's token account."`
	Signature    string     `json:"signature" doc:"Of the transaction that funded it."`
}

type proofOut struct{ Body Proof }

// proof passes the gate, then computes: a tree is many suppliers'.
func (r rooms) proof(ctx context.Context, reader wire.Reader, me auth.Caller, in *payoutIn) (*proofOut, error) {
	payout, err := readPayout(ctx, reader, me, in.Payout)
	if err != nil {
		return nil, err
	}
	if payout.Rail == nil || *payout.Rail != string(distribution.RailMerkle) {
		return nil, wire.NotFound
	}
	var proofs []settle.Proof
	err = r.compute(ctx, me.Supplier, func(tx pgx.Tx) (err error) {
		proofs, err = settle.Proofs(ctx, tx, settle.Whose{Payout: in.Payout})
		return err
	})
	if errors.Is(err, settle.ErrNotClaimable) {
		return nil, wire.Refuse(409, "not-claimable", "The tree that pays it is not funded yet: ask again later.")
	}
	if err != nil {
		return nil, err
	}
	return &proofOut{viewProof(&proofs[0], payout.Payout.Payout)}, nil
}

// viewProof names of the leaf's payouts the caller's alone: a distribution pays a
// supplier once, so that is the one that was asked for.
func viewProof(p *settle.Proof, payout string) Proof {
	v := Proof{
		Distribution: p.Distribution, Tree: p.Tree, Payouts: []string{}, Claimant: p.Claimant, Amount: wire.MoneyOf(p.Amount),
		Proof: []string{}, Root: hexOf(p.Root), Vault: p.Vault, Signature: p.Signature,
	}
	if slices.Contains(p.Payouts, payout) {
		v.Payouts = append(v.Payouts, payout)
	}
	for _, hash := range p.Proof {
		v.Proof = append(v.Proof, hexOf(hash))
	}
	return v
}
