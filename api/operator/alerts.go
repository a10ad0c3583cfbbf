package operator

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
)

func registerAlerts(s *wire.Service) {
	wire.Read(s, get("/alerts", "list-alerts", "List the alerts",
		"Surges that were found in the audit log: of refusals, of writes, of probing; the newest first."), operators, listAlerts)
}

type listAlertsIn struct{ wire.Paging }

// Alert is a surge in the log.
type Alert struct {
	ID          int64           `json:"id" example:"5" doc:"Its number."`
	Kind        audit.AlertKind `json:"kind" enum:"refusals,refusals_of_address,refusals_of_network,writes_of_actor,probing_of_actor,probing_of_address,probing_of_network" doc:"What surged."`
	Subject     string          `json:"subject,omitempty" example:"192.0.2.7" doc:"Whose: an actor, an address, or a network; absent: all callers'."`
	Count       int64           `json:"count" example:"250" doc:"What was counted."`
	Threshold   int64           `json:"threshold" example:"200" doc:"From when on it is a surge."`
	Seconds     int64           `json:"seconds" example:"300" doc:"In which it was counted."`
	FirstEntry  int64           `json:"first_entry" example:"100" doc:"Number of the first entry of the log that was counted."`
	LastEntry   int64           `json:"last_entry" example:"349" doc:"Of the last."`
	At          time.Time       `json:"at" doc:"When it was found, by the database's clock."`
	DeliveredAt *time.Time      `json:"delivered_at,omitempty" doc:"When the operators' hook took it; absent: not yet, or there is none."`
}

func viewAlert(a audit.Alert) Alert {
	view := Alert{
		ID: a.ID, Kind: a.Kind, Subject: a.Subject, Count: a.Count, Threshold: a.Threshold, Seconds: int64(a.Span / time.Second),
		FirstEntry: a.First, LastEntry: a.Last, At: a.At,
	}
	if !a.Delivered.IsZero() {
		view.DeliveredAt = &a.Delivered
	}
	return view
}

// AlertPage is a page of alerts, also as a table.
type AlertPage struct{ wire.Page[Alert] }

// Header names the columns.
func (AlertPage) Header() []string {
	return []string{"id", "kind", "subject", "count", "threshold", "seconds", "first_entry", "last_entry", "at", "delivered_at"}
}

// Rows yields a row an alert. A subject may be an actor's name, which is in quotes so
// that no spreadsheet takes it for a formula.
func (p AlertPage) Rows(yield func([]string) bool) {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, a := range p.Items {
		delivered := ""
		if a.DeliveredAt != nil {
			delivered = a.DeliveredAt.Format(time.RFC3339Nano)
		}
		if !yield([]string{
			number(a.ID), string(a.Kind), strconv.QuoteToGraphic(a.Subject), number(a.Count), number(a.Threshold), number(a.Seconds),
			number(a.FirstEntry), number(a.LastEntry), a.At.Format(time.RFC3339Nano), delivered,
		}) {
			return
		}
	}
}

func listAlerts(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *listAlertsIn) (*table[AlertPage], error) {
	start, err := before(in.Paging)
	if err != nil {
		return nil, err
	}
	alerts, err := audit.Alerts(ctx, tx, start, in.Limit+1)
	if err != nil {
		return nil, err
	}
	views := make([]Alert, len(alerts))
	for i, a := range alerts {
		views[i] = viewAlert(a)
	}
	page := AlertPage{wire.PageOf(views, in.Limit, func(last Alert) string { return cursorAt(last.ID) })}
	return &table[AlertPage]{page.NextCursor, page}, nil
}
