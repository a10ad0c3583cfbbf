package submit

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// lamportsASignature is the network's base fee (DEFAULT_TARGET_LAMPORTS_PER_SIGNATURE).
const lamportsASignature = 5000

// Budget is what paying the open payouts takes. Fees and rent are bounds from above:
// a token account may exist by then.
type Budget struct {
	Payouts  int
	Batches  int
	Total    uint64 // base units of the token
	Creates  int    // token accounts to create
	Price    uint64 // micro-lamports a compute unit
	Fees     uint64 // lamports
	Rent     uint64 // lamports
	Tokens   uint64 // base units that the treasury's account holds
	Lamports uint64 // that the fee payer has
}

// plan adds up what the open batches take.
func (s *submitter) plan(ctx context.Context, all []open) error {
	price, err := s.price(ctx)
	if err != nil {
		return err
	}
	rent, err := s.client.Rent(ctx, solana.TokenAccountSize)
	if err != nil {
		return err
	}
	b := Budget{Price: price}
	for _, o := range all {
		if s.isBlocked(o) || len(o.live) > 0 {
			continue
		}
		batch, err := s.sendable(o)
		if err != nil {
			return err
		}
		b.Batches++
		b.Payouts += len(batch.Transfers)
		b.Fees += feeOf(batch, price)
		for _, t := range batch.Transfers {
			b.Total += t.Amount // within the distribution's total
			if t.Create {
				b.Creates++
			}
		}
	}
	b.Rent = uint64(b.Creates) * rent
	s.result.Budget = b
	return nil
}

// sendable is what of an open batch would be sent: all of it, or a part.
func (s *submitter) sendable(o open) (solana.Batch, error) {
	if len(o.gone) == 0 {
		return s.batch(o)
	}
	return s.part(o.number, o.free)
}

// feeOf returns the lamports that a transaction costs: so much for each signature,
// and the price of all compute units it may use, rounded up.
func feeOf(b solana.Batch, price uint64) uint64 {
	return uint64(b.Message[0])*lamportsASignature + (uint64(b.ComputeUnits)*price+999_999)/1_000_000
}

// price returns what a compute unit is paid with: as given, or what got transactions
// like ours into a block lately, up to the cap.
func (s *submitter) price(ctx context.Context) (uint64, error) {
	if s.Price != nil {
		return *s.Price, nil
	}
	price, err := s.client.RecentPrice(ctx, []solana.Key{s.source.FeePayer, s.source.Account})
	return min(price, s.PriceCap), err
}

// treasury reads what there is to pay with, and checks that the account which pays
// is what was approved, and is not frozen.
func (s *submitter) treasury(ctx context.Context) error {
	accounts, err := s.client.Accounts(ctx, []solana.Key{s.source.Account, s.source.FeePayer})
	if err != nil {
		return err
	}
	if accounts[0] == nil {
		return fmt.Errorf("%w: token account %s does not exist: create and fund it", ErrFunds, s.source.Account)
	}
	account, err := solana.ParseTokenAccount(accounts[0])
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFunds, s.source.Account, err)
	}
	s.result.Budget.Tokens = account.Amount
	if accounts[1] != nil {
		s.result.Budget.Lamports = accounts[1].Lamports
	}
	switch {
	case account.Mint != s.source.Mint || account.Owner != s.source.Owner:
		return fmt.Errorf("%w: token account %s is of mint %s and owner %s, not of %s and %s as approved", ErrFunds,
			s.source.Account, account.Mint, account.Owner, s.source.Mint, s.source.Owner)
	case account.Frozen:
		return fmt.Errorf("%w: token account %s is frozen: have it thawed", ErrFunds, s.source.Account)
	}
	return nil
}

// enough checks that the treasury holds what the plan takes.
func (s *submitter) enough(ctx context.Context) error {
	if err := s.treasury(ctx); err != nil {
		return err
	}
	keep, err := s.client.Rent(ctx, 0) // an account with less, but not 0, is refused
	if err != nil {
		return err
	}
	b := s.result.Budget
	switch {
	case b.Tokens < b.Total:
		return fmt.Errorf("%w: token account %s holds %d base units, and %d are to be paid: fund it", ErrFunds, s.source.Account, b.Tokens, b.Total)
	case b.Lamports < b.Fees+b.Rent+keep:
		return fmt.Errorf("%w: fee payer %s has %d lamports, and needs %d for fees, %d for rent of %d token accounts and %d to exist: fund it",
			ErrFunds, s.source.FeePayer, b.Lamports, b.Fees, b.Rent, b.Creates, keep)
	}
	return nil
}

// checkSigner makes sure that the keys are those of all who sign, and of nobody else.
func (s *submitter) checkSigner() error {
	needed := signersOf(s.source)
	for _, key := range s.Signer {
		if len(key) != ed25519.PrivateKeySize || !slices.Contains(needed, solana.PublicKey(key)) {
			return fmt.Errorf("%w: %s signs nothing here: give the keys of %v", ErrKey, solana.PublicKey(key), needed)
		}
	}
	for _, signer := range needed {
		if !slices.ContainsFunc(s.Signer, func(key ed25519.PrivateKey) bool { return solana.PublicKey(key) == signer }) {
			return fmt.Errorf("%w: that of %s is missing: give it, or hand the transactions out", ErrKey, signer)
		}
	}
	return nil
}

// signersOf returns who signs, the fee payer first.
func signersOf(source solana.Source) []solana.Key {
	owners := source.Signers
	if len(owners) == 0 {
		owners = []solana.Key{source.Owner}
	}
	all := []solana.Key{source.FeePayer}
	for _, key := range owners {
		if key != source.FeePayer {
			all = append(all, key)
		}
	}
	return all
}
