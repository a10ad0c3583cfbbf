package wallet

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// EventKind says what happened.
type EventKind string

// The kinds.
const (
	EventRecorded     EventKind = "recorded"  // without a proof, before proofs were asked for
	EventProved       EventKind = "proved"    // its holder signed
	EventPending      EventKind = "pending"   // it counts from a moment to come
	EventActivated    EventKind = "activated" // it counts
	EventFrozen       EventKind = "frozen"
	EventReleaseAsked EventKind = "release_asked"
	EventReleased     EventKind = "released"
	EventAllowAsked   EventKind = "allow_asked"
	EventAllowed      EventKind = "allowed"
)

// Event is what happened to a supplier's wallets.
type Event struct {
	ID         int64 // 0 of EventRecorded
	Kind       EventKind
	Supplier   uuid.UUID
	Wallet     Wallet    // "" if it is of the supplier as such
	ActiveFrom time.Time // UTC; zero unless pending or activated
	Reason     string    // "" if none was asked for
	Person     int64     // the person's id, or TheProgram
	At         time.Time // UTC
	Delivered  time.Time // to the hook, UTC; zero: not yet
}

// History returns all that happened to the supplier's wallets, in order.
func History(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) ([]Event, error) {
	events, err := selectEvents(ctx, tx, supplier)
	if err != nil {
		return nil, fmt.Errorf("wallet: history of supplier %s: %w", supplier, err)
	}
	return events, nil
}

// OwnHistory is History as the supplier's database role may read it: of that supplier
// alone, without reasons, persons and deliveries.
func OwnHistory(ctx context.Context, tx pgx.Tx) ([]Event, error) {
	events, err := selectOwnEvents(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("wallet: history of the supplier: %w", err)
	}
	return events, nil
}
