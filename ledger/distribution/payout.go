package distribution

import (
	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Payout is what one supplier is paid by one distribution: the whole of what they
// have earned and was not paid before. Its lines sum to its amount.
type Payout struct {
	Number   int // 1, 2, 3 … in the order of the suppliers' ids
	Supplier uuid.UUID
	Wallet   wallet.Wallet
	Amount   ledger.Amount // above 0
	Lines    []PayoutLine  // in the order in which the revisions were posted
}

// PayoutLine is what of one revision of a season a payout pays.
type PayoutLine struct {
	Season   string
	Revision int
	Amount   ledger.Amount // above 0
}

// CarryReason says why an earned balance, or a part of it, was not paid.
type CarryReason string

// The reasons. A supplier who is below the minimum would not be paid with a wallet
// either, so the reasons of wallets count those that only a wallet is missing for.
const (
	BelowMinimum CarryReason = "below_minimum"      // less than the distribution's minimum
	NoWallet     CarryReason = "no_wallet"          // no wallet was proven
	WalletOnHold CarryReason = "wallet_on_hold"     // the first wallet was proven a short time ago
	WalletFrozen CarryReason = "wallet_frozen"      // a person froze it
	SetOff       CarryReason = "receivable_set_off" // kept back for what the supplier owes
)

// carryReasons are all of them, in the order in which they are told.
var carryReasons = []CarryReason{BelowMinimum, NoWallet, WalletOnHold, WalletFrozen, SetOff}

// Carried is an earned balance that a distribution leaves for a later one.
type Carried struct {
	Supplier uuid.UUID
	Amount   ledger.Amount // above 0
	Reason   CarryReason
}

// divide pays every due that has a wallet and at least the minimum, in full, and
// carries the rest forward. The dues are in the order of the suppliers' ids.
func divide(all []due, wallets map[uuid.UUID]wallet.Standing, minimum ledger.Amount) (payouts []Payout, carried []Carried) {
	for _, d := range all {
		standing, found := wallets[d.supplier]
		switch {
		case d.amount == 0: // set off to the last unit
		case d.amount < minimum:
			carried = append(carried, Carried{d.supplier, d.amount, BelowMinimum})
		case !found:
			carried = append(carried, Carried{d.supplier, d.amount, NoWallet})
		case standing.Why != "":
			carried = append(carried, Carried{d.supplier, d.amount, CarryReason(standing.Why)})
		default:
			payouts = append(payouts, Payout{len(payouts) + 1, d.supplier, standing.Wallet, d.amount, d.lines})
		}
	}
	return payouts, carried
}
