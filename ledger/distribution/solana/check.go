package solana

import (
	"fmt"
	"regexp"
)

// nameForm is what an id may be: it stands in a memo between blanks.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)

// checkTransfers refuses what no batch may hold.
func checkTransfers(transfers []Transfer) error {
	seen := make(map[string]bool, len(transfers))
	for _, t := range transfers {
		switch {
		case !nameForm.MatchString(t.Payout):
			return fmt.Errorf("%w: payout %q: an id is 1 to 32 letters, digits, '.', '_' and '-'", ErrTransfer, t.Payout)
		case seen[t.Payout]:
			return fmt.Errorf("%w: payout %s stands twice: a payout is paid by one transfer", ErrTransfer, t.Payout)
		case t.Wallet.IsZero():
			return fmt.Errorf("%w: payout %s: wallet: missing: give its address", ErrTransfer, t.Payout)
		case t.Amount == 0:
			return fmt.Errorf("%w: payout %s: amount: 0 base units: leave it out", ErrTransfer, t.Payout)
		}
		seen[t.Payout] = true
	}
	return nil
}

// checkBatch refuses what a source cannot pay in one message.
func checkBatch(src Source, b Batch, payees []payee) error {
	if !nameForm.MatchString(b.ID) {
		return fmt.Errorf("%w: an id is 1 to 32 letters, digits, '.', '_' and '-'", ErrTransfer)
	}
	if len(payees) == 0 {
		return fmt.Errorf("%w: no transfers: a batch pays somebody", ErrTransfer)
	}
	for _, key := range append([]Key{src.Mint, src.Account, src.Owner, src.FeePayer}, src.Signers...) {
		if b.Nonce == key {
			return fmt.Errorf("%w: nonce: %s is part of the source: give a nonce account", ErrTransfer, key)
		}
	}
	for _, p := range payees {
		if p.account == src.Account {
			return fmt.Errorf("%w: payout %s: wallet: %s: its token account is the one that pays: leave it out", ErrTransfer, p.Payout, p.Wallet)
		}
	}
	return nil
}

func checkSize(b Batch) error {
	if len(b.Transfers) > TransfersMax || creates(b.Transfers) > CreatesMax {
		return fmt.Errorf("%w: %d transfers that create %d accounts, more than %d and %d: pack fewer",
			ErrTooLarge, len(b.Transfers), creates(b.Transfers), TransfersMax, CreatesMax)
	}
	if size := transactionSize(b.Message); size > TransactionSize {
		return fmt.Errorf("%w: %d bytes with signatures, more than %d: pack fewer", ErrTooLarge, size, TransactionSize)
	}
	return nil
}

func creates(transfers []Transfer) (n int) {
	for _, t := range transfers {
		if t.Create {
			n++
		}
	}
	return n
}
