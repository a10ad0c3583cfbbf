package solana

import (
	"errors"
	"fmt"

	solanago "github.com/gagliardetto/solana-go"
)

// Pack divides the transfers into batches numbered 1, 2, …, each as large as a
// transaction can be: first those to accounts that exist, then those that create
// theirs, both in the order given. Batch n is named id(n), and is on the durable
// nonce nonces[(n-1)%len(nonces)], or on a recent blockhash if there are none. It
// gives the same batches for the same arguments. Errors are those of NewBatch:
// ErrTooLarge if the source has so many signers that not one transfer fits.
func Pack(src Source, id func(n int) string, nonces []Key, transfers []Transfer) ([]Batch, error) {
	err := src.Check()
	if err == nil {
		err = checkTransfers(transfers)
	}
	if err != nil {
		return nil, fmt.Errorf("solana: pack: %w", err)
	}
	payees, err := payeesOf(src, transfers)
	if err != nil {
		return nil, fmt.Errorf("solana: pack: %w", err)
	}
	var batches []Batch
	for _, rest := range apart(payees) {
		for len(rest) > 0 {
			n := len(batches) + 1
			b, err := largestBatch(src, id(n), nonceOf(nonces, n), rest)
			if err != nil {
				return nil, err
			}
			batches, rest = append(batches, b), rest[len(b.Transfers):]
		}
	}
	return batches, nil
}

// apart returns the payees whose accounts exist, and those whose are to be created.
func apart(payees []payee) [2][]payee {
	var kinds [2][]payee
	for _, p := range payees {
		kind := 0
		if p.Create {
			kind = 1
		}
		kinds[kind] = append(kinds[kind], p)
	}
	return kinds
}

// largestBatch is of as many of the first payees as fit. All are of one kind.
func largestBatch(src Source, id string, nonce Key, payees []payee) (Batch, error) {
	size := TransfersMax
	if payees[0].Create {
		size = CreatesMax
	}
	for size = min(size, len(payees)); ; size-- {
		b, err := newBatch(src, id, nonce, payees[:size])
		if !errors.Is(err, ErrTooLarge) || size == 1 {
			return b, err
		}
	}
}

func nonceOf(nonces []Key, n int) Key {
	if len(nonces) == 0 {
		return Key{}
	}
	return nonces[(n-1)%len(nonces)]
}

// payeesOf derives the token accounts that the transfers pay.
func payeesOf(src Source, transfers []Transfer) ([]payee, error) {
	payees := make([]payee, len(transfers))
	for i, t := range transfers {
		account, bump, err := solanago.FindAssociatedTokenAddress(t.Wallet, src.Mint)
		if err != nil {
			return nil, fmt.Errorf("payout %s: the token account of %s: %w", t.Payout, t.Wallet, err)
		}
		payees[i] = payee{t, account, bump}
	}
	return payees, nil
}
