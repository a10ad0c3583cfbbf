package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Of a notice.
const (
	NoticeFormat = "uptally-alerts/1" // says what the body is
	noticeMax    = 100                // alerts of a body
)

// notice is the body that the hook is sent.
type notice struct {
	Format string       `json:"format"`
	Alerts []noticeItem `json:"alerts"` // 1 to 100, ids rising
}

// noticeItem is an alert as the hook is told it.
type noticeItem struct {
	ID        int64     `json:"id"`
	Kind      AlertKind `json:"kind"`
	Subject   string    `json:"subject,omitempty"` // absent: all callers
	Count     int64     `json:"count"`
	Threshold int64     `json:"threshold"`
	Seconds   int64     `json:"seconds"` // in which they were counted
	First     int64     `json:"first_entry"`
	Last      int64     `json:"last_entry"`
	At        time.Time `json:"at"`
}

// Deliver hands the oldest alerts that were not delivered, up to 100, to post as one
// body of JSON, and records that they were taken. It returns how many those are, 0
// once there are none left or if another delivery is under way. An error of post is
// returned as it is, and the same alerts are delivered again; so is what was taken
// when we were killed before that was recorded: an alert is known by its id.
func Deliver(ctx context.Context, tx pgx.Tx, post func(ctx context.Context, body []byte) error) (int, error) {
	free, err := lockDelivery(ctx, tx)
	if err != nil || !free {
		return 0, err
	}
	alerts, err := selectUndelivered(ctx, tx, noticeMax)
	if err != nil {
		return 0, fmt.Errorf("audit: alerts to deliver: %w", err)
	}
	if len(alerts) == 0 {
		return 0, nil
	}
	body, err := json.Marshal(noticeOf(alerts))
	if err != nil {
		return 0, err
	}
	if err := post(ctx, body); err != nil {
		return 0, err
	}
	if err := insertDeliveries(ctx, tx, alerts); err != nil {
		return 0, fmt.Errorf("audit: deliveries: %w", err)
	}
	return len(alerts), nil
}

func noticeOf(alerts []Alert) notice {
	n := notice{Format: NoticeFormat, Alerts: make([]noticeItem, len(alerts))}
	for i, a := range alerts {
		n.Alerts[i] = noticeItem{a.ID, a.Kind, a.Subject, a.Count, a.Threshold, int64(a.Span / time.Second), a.First, a.Last, a.At}
	}
	return n
}
