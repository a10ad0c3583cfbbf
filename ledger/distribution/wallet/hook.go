package wallet

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Errors of the hook. None holds the URL or the key.
var (
	ErrHookConfig = errors.New("no hook")
	ErrHook       = errors.New("the hook did not take the events")
)

// Of a notice.
const (
	HookHeader = "Uptally-Signature"       // "sha256=" and the HMAC in hex
	HookFormat = "uptally-wallet-events/1" // says what the body is
	hookBatch  = 100                       // events of a body, at most
	hookWait   = 10 * time.Second
)

// Hook is told what happens to wallets. Make one with NewHook.
type Hook struct {
	url    string
	key    []byte
	client *http.Client
}

// NewHook returns a hook at an http or https URL. Bodies are signed with the key, of
// at least 16 bytes. It does not call it. The error is ErrHookConfig.
func NewHook(address, key string) (*Hook, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, fmt.Errorf("wallet: %w: the URL is none: give one with http or https", ErrHookConfig)
	}
	if len(key) < 16 {
		return nil, fmt.Errorf("wallet: %w: the key has %d bytes: give a secret one of 16 or more", ErrHookConfig, len(key))
	}
	return &Hook{url: address, key: []byte(key), client: &http.Client{
		Timeout: hookWait,
		CheckRedirect: func(*http.Request, []*http.Request) error { // what is signed for one is not sent to another
			return http.ErrUseLastResponse
		},
	}}, nil
}

// notice is the body of a request to the hook.
type notice struct {
	Format string       `json:"format"`
	Events []noticeItem `json:"events"` // 1 to 100, ids rising
}

// noticeItem is an event as the hook is told it.
type noticeItem struct {
	ID         int64      `json:"id"`
	Event      EventKind  `json:"event"`
	SupplierID uuid.UUID  `json:"supplier_id"`
	Wallet     Wallet     `json:"wallet,omitempty"`
	ActiveFrom *time.Time `json:"active_from,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Person     int64      `json:"person,omitempty"` // absent: the program itself
	At         time.Time  `json:"at"`
}

// Deliver tells the hook of the oldest events that it was not told of, up to 100, and
// records that it took them. It returns how many those are, 0 once there are none
// left or if another delivery is under way.
//
// The hook is sent one POST of JSON, a notice, whose body is signed in HookHeader by
// HMAC-SHA256. Any status from 200 to 299 takes it; else the error is ErrHook, and
// the same events are delivered again. So is what it took when we were killed before
// that was recorded: the hook knows an event by its id.
func Deliver(ctx context.Context, tx pgx.Tx, hook *Hook) (int, error) {
	events, err := undelivered(ctx, tx)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	body, err := json.Marshal(noticeOf(events))
	if err == nil {
		err = hook.Post(ctx, body)
	}
	if err != nil {
		return 0, err
	}
	if err := insertDeliveries(ctx, tx, events); err != nil {
		return 0, fmt.Errorf("wallet: deliveries: %w", err)
	}
	return len(events), nil
}

func undelivered(ctx context.Context, tx pgx.Tx) ([]Event, error) {
	free, err := lockDelivery(ctx, tx)
	if err != nil || !free {
		return nil, err
	}
	events, err := selectUndelivered(ctx, tx, hookBatch)
	if err != nil {
		return nil, fmt.Errorf("wallet: events to deliver: %w", err)
	}
	return events, nil
}

// Post sends the hook one body of JSON, signed. What else there is to tell of than
// wallets goes the same way; its format says what a body is. The error is ErrHook.
func (h *Hook) Post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("wallet: %w: the request could not be made", ErrHook) // the error holds the URL
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(HookHeader, h.sign(body))
	response, err := h.client.Do(request)
	if err != nil {
		return fmt.Errorf("wallet: %w: %s", ErrHook, unanswered(err))
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("wallet: %w: it answered %d", ErrHook, response.StatusCode)
	}
	return nil
}

// sign returns the header of a body.
func (h *Hook) sign(body []byte) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// unanswered says why there is no answer, without the URL or host that the error
// holds.
func unanswered(err error) string {
	if failed, ok := errors.AsType[*url.Error](err); ok && failed.Timeout() {
		return "no answer in time"
	}
	return "it could not be reached"
}

func noticeOf(events []Event) notice {
	n := notice{Format: HookFormat, Events: make([]noticeItem, len(events))}
	for i, e := range events {
		n.Events[i] = noticeItem{ID: e.ID, Event: e.Kind, SupplierID: e.Supplier, Wallet: e.Wallet, Reason: e.Reason, Person: e.Person, At: e.At}
		if !e.ActiveFrom.IsZero() {
			n.Events[i].ActiveFrom = &e.ActiveFrom
		}
	}
	return n
}
