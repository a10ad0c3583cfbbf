package main

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// walletView is a wallet as --json prints it.
type walletView struct {
	SupplierID uuid.UUID  `json:"supplier_id"`
	Wallet     string     `json:"wallet"` // "": the supplier is frozen and has none
	State      string     `json:"state"`
	ActiveFrom *time.Time `json:"active_from"` // null: never
	How        string     `json:"how"`
	RecordedBy string     `json:"recorded_by"`
	RecordedAt time.Time  `json:"recorded_at"`
}

// showWalletsOf shows how a supplier's wallets stand now.
func (a *app) showWalletsOf(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) error {
	now, err := wallet.Now(ctx, tx)
	if err != nil {
		return err
	}
	records, err := wallet.Of(ctx, tx, supplier, now)
	if err != nil {
		return err
	}
	return a.showWallets(ctx, tx, records)
}

func (a *app) showWallets(ctx context.Context, tx pgx.Tx, records []wallet.Record) error {
	persons := make([]*int64, len(records))
	for i := range records {
		persons[i] = &records[i].RecordedBy
	}
	names, err := readNames(ctx, tx, persons...)
	if err != nil {
		return err
	}
	views := make([]walletView, len(records))
	for i, r := range records {
		views[i] = walletView{SupplierID: r.Supplier, Wallet: string(r.Wallet), State: string(r.State), How: string(r.How),
			RecordedBy: names.orProgram(r.RecordedBy), RecordedAt: r.RecordedAt}
		if !r.ActiveFrom.IsZero() {
			views[i].ActiveFrom = &r.ActiveFrom
		}
	}
	return a.show(views, func(out io.Writer) {
		g := newGrid("supplier", "wallet", "state", "active from", "shown by", "recorded by", "at")
		for _, v := range views {
			g.add(v.SupplierID, dashed(v.Wallet), v.State, utcOr(v.ActiveFrom, "-"), v.How, v.RecordedBy, utc(v.RecordedAt))
		}
		g.print(out)
	})
}

// orProgram is of, with a name for who acts if no person does.
func (n personNames) orProgram(person int64) string {
	if person == wallet.TheProgram {
		return "uptally"
	}
	return n.of(person)
}

// dashed shows that there is no text.
func dashed(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// walletEventView is an event as --json prints it.
type walletEventView struct {
	ID          int64      `json:"id"` // 0: from before there were events
	Event       string     `json:"event"`
	Wallet      string     `json:"wallet,omitempty"`
	ActiveFrom  *time.Time `json:"active_from,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Person      string     `json:"person"`
	At          time.Time  `json:"at"`
	DeliveredAt *time.Time `json:"delivered_at"` // to the hook; null: not
}

func viewWalletEvents(ctx context.Context, tx pgx.Tx, events []wallet.Event) ([]walletEventView, error) {
	persons := make([]*int64, len(events))
	for i := range events {
		persons[i] = &events[i].Person
	}
	names, err := readNames(ctx, tx, persons...)
	views := make([]walletEventView, len(events))
	for i, e := range events {
		views[i] = walletEventView{ID: e.ID, Event: string(e.Kind), Wallet: string(e.Wallet), Reason: e.Reason,
			Person: names.orProgram(e.Person), At: e.At}
		if !e.ActiveFrom.IsZero() {
			views[i].ActiveFrom = &e.ActiveFrom
		}
		if !e.Delivered.IsZero() {
			views[i].DeliveredAt = &e.Delivered
		}
	}
	return views, err
}

func printWalletEvents(out io.Writer, views []walletEventView) {
	g := newGrid("at", "event", "wallet", "active from", "by", "told", "reason")
	for _, v := range views {
		told := "no"
		if v.DeliveredAt != nil {
			told = "yes"
		}
		g.add(utc(v.At), v.Event, dashed(v.Wallet), utcOr(v.ActiveFrom, "-"), v.Person, told, dashed(v.Reason))
	}
	g.print(out)
}
