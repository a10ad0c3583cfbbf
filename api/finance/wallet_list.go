package finance

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// SupplierWallet is how a supplier's wallet stands.
type SupplierWallet struct {
	SupplierID uuid.UUID    `json:"supplier_id" doc:"Whose it is."`
	Wallet     string       `json:"wallet" doc:"Its address; empty: the supplier is frozen and has none."`
	State      wallet.State `json:"state" enum:"pending,active,frozen,unproven" doc:"pending: its hold is not over. frozen: nothing goes there until two people release it. unproven: recorded once, never proved."`
	ActiveFrom *time.Time   `json:"active_from,omitempty" doc:"When it counts from; absent: never."`
	How        wallet.How   `json:"how" enum:"challenge,text,allowance,nothing" doc:"How it was shown to be theirs."`
	RecordedBy string       `json:"recorded_by" doc:"Who recorded it."`
	RecordedAt time.Time    `json:"recorded_at" doc:"When."`
}

// SupplierWallets is a page of wallets.
type SupplierWallets struct {
	wire.Page[SupplierWallet]
}

// Header returns the columns of the table.
func (SupplierWallets) Header() []string {
	return []string{"supplier_id", "wallet", "state", "active_from", "how", "recorded_by", "recorded_at"}
}

// Rows yields a wallet a row; what people typed is quoted within its cell.
func (w SupplierWallets) Rows(yield func([]string) bool) {
	for _, item := range w.Items {
		from := ""
		if item.ActiveFrom != nil {
			from = item.ActiveFrom.Format(time.RFC3339Nano)
		}
		if !yield([]string{
			item.SupplierID.String(), item.Wallet, string(item.State), from, string(item.How), quoted(item.RecordedBy), item.RecordedAt.Format(time.RFC3339Nano),
		}) {
			return
		}
	}
}

// WalletEvent is what happened to a supplier's wallets.
type WalletEvent struct {
	ID         int64            `json:"id" doc:"Its number; 0: from before there were events."`
	Event      wallet.EventKind `json:"event" enum:"recorded,proved,pending,activated,frozen,release_asked,released,allow_asked,allowed" doc:"What happened."`
	Wallet     string           `json:"wallet,omitempty" doc:"To which; absent: to the supplier as such."`
	ActiveFrom *time.Time       `json:"active_from,omitempty" doc:"When the wallet counts from."`
	Reason     string           `json:"reason,omitempty" doc:"Why, in the words of who did it."`
	Person     string           `json:"person" doc:"Who did it; uptally: nobody."`
	At         time.Time        `json:"at" doc:"When."`
	Delivered  *time.Time       `json:"delivered_at,omitempty" doc:"When the hook was told; absent: it was not."`
}

func viewWallets(ctx context.Context, tx pgx.Tx, records []wallet.Record) ([]SupplierWallet, error) {
	ids := make([]int64, len(records))
	for i, r := range records {
		ids[i] = r.RecordedBy
	}
	names, err := readNames(ctx, tx, ids...)
	views := make([]SupplierWallet, len(records))
	for i, r := range records {
		views[i] = SupplierWallet{r.Supplier, string(r.Wallet), r.State, momentOrNone(r.ActiveFrom), r.How, names.of(r.RecordedBy), r.RecordedAt}
	}
	return views, err
}

// momentOrNone is nil for no moment.
func momentOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func registerWallets(s *wire.Service) {
	type output struct {
		NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; absent on the last."`
		Body       SupplierWallets
	}
	wire.Read(s, reading("list-supplier-wallets", "/wallets", "List suppliers' wallets",
		"By supplier, at most so many suppliers a page: the wallet that counts, or is frozen, then the one whose hold is not over."), money,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *Paging) (*output, error) {
			after, err := supplierOf(in.Cursor)
			if err != nil {
				return nil, err
			}
			now, err := wallet.Now(ctx, tx)
			if err != nil {
				return nil, err
			}
			records, last, err := wallet.ListAfter(ctx, tx, now, after, in.Limit)
			if err != nil {
				return nil, err
			}
			page := wire.Page[SupplierWallet]{}
			if last != uuid.Nil {
				page.NextCursor = wire.Cursor(last.String())
			}
			page.Items, err = viewWallets(ctx, tx, records)
			return &output{page.NextCursor, SupplierWallets{page}}, err
		})
	registerWalletsOf(s)
}

// supplierOf reads the supplier after whom a page begins.
func supplierOf(cursor string) (uuid.UUID, error) {
	parts, err := wire.ParseCursor(cursor, 1)
	if err != nil || parts == nil {
		return uuid.Nil, err
	}
	after, err := uuid.Parse(parts[0])
	if err != nil {
		return uuid.Nil, wire.BadCursor
	}
	return after, nil
}

// BySupplier names a supplier.
type BySupplier struct {
	Supplier uuid.UUID `path:"supplier" format:"uuid" doc:"Supplier's id."`
}

// WalletsOfSupplier is how a supplier's wallets stand, and all that happened to them.
type WalletsOfSupplier struct {
	SupplierID uuid.UUID        `json:"supplier_id" doc:"Whose they are."`
	Wallets    []SupplierWallet `json:"wallets" nullable:"false" doc:"The one that counts, or is frozen, then the one that waits."`
	History    []WalletEvent    `json:"history" nullable:"false" doc:"The oldest first."`
}

type walletsOutput struct{ Body WalletsOfSupplier }

func registerWalletsOf(s *wire.Service) {
	wire.Read(s, reading("get-supplier-wallets", "/wallets/{supplier}", "Read a supplier's wallets",
		"How they stand, and all that happened to them. Not found if nothing ever did."), guards,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *BySupplier) (*walletsOutput, error) {
			view, err := walletsOf(ctx, tx, in.Supplier)
			if err == nil && len(view.Wallets)+len(view.History) == 0 {
				err = wire.NotFound
			}
			return &walletsOutput{view}, err
		})
}

func walletsOf(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) (v WalletsOfSupplier, err error) {
	v.SupplierID = supplier
	now, err := wallet.Now(ctx, tx)
	if err != nil {
		return v, err
	}
	records, err := wallet.Of(ctx, tx, supplier, now)
	if err != nil {
		return v, err
	}
	if v.Wallets, err = viewWallets(ctx, tx, records); err != nil {
		return v, err
	}
	events, err := wallet.History(ctx, tx, supplier)
	if err != nil {
		return v, err
	}
	v.History, err = viewEvents(ctx, tx, events)
	return v, err
}

func viewEvents(ctx context.Context, tx pgx.Tx, events []wallet.Event) ([]WalletEvent, error) {
	ids := make([]int64, len(events))
	for i, e := range events {
		ids[i] = e.Person
	}
	names, err := readNames(ctx, tx, ids...)
	views := make([]WalletEvent, len(events))
	for i, e := range events {
		views[i] = WalletEvent{e.ID, e.Kind, string(e.Wallet), momentOrNone(e.ActiveFrom), e.Reason, names.of(e.Person), e.At, momentOrNone(e.Delivered)}
	}
	return views, err
}
