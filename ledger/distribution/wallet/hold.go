package wallet

import (
	"errors"
	"fmt"
	"time"
)

// HoldDefault is how long a new wallet waits before it counts. Whoever took over an
// account to be paid in its holder's place is found out meanwhile.
const HoldDefault = 72 * time.Hour

// HoldMax bounds a hold: a longer one would be a mistake.
const HoldMax = 90 * 24 * time.Hour

// ErrHold is a hold out of bounds.
var ErrHold = errors.New("no hold")

func checkHold(hold time.Duration) error {
	if hold < 0 || hold > HoldMax {
		return fmt.Errorf("%w: %s: give 0 to 90 days, such as 72h", ErrHold, hold)
	}
	return nil
}

// State is how a supplier's wallet stands.
type State string

// The states.
const (
	Pending  State = "pending"  // shown to be the supplier's, its hold not over
	Active   State = "active"   // what is paid goes there
	Frozen   State = "frozen"   // nothing goes there until two people release it
	Unproven State = "unproven" // recorded once, never proved: nothing goes there
)

// Reason says why a supplier cannot be paid.
type Reason string

// The reasons.
const (
	NoWallet     Reason = "no_wallet"      // none, or none that was proved
	OnHold       Reason = "wallet_on_hold" // the first one's hold is not over
	WalletFrozen Reason = "wallet_frozen"
)

// Standing says where a supplier is paid, or why not: one of the two is empty.
type Standing struct {
	Wallet Wallet
	Why    Reason
}

// current are a supplier's wallets that count: the one that is active, and the one
// whose hold is not over.
type current struct{ active, pending Wallet }

// next says what a wallet that was just shown to be the supplier's comes to: when it
// counts from, and whether there is anything to record. The wallet that counts
// already changes nothing, nor does the one that waits already; but the one that
// counts ends the wait of another, at once.
func (c current) next(w Wallet, now time.Time, hold time.Duration) (activeFrom time.Time, changes bool) {
	switch {
	case w == c.pending, w == c.active && c.pending == "":
		return time.Time{}, false
	case w == c.active:
		return now, true
	}
	return now.Add(hold), true
}
