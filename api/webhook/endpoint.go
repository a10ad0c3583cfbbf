package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What endpoints are refused for.
var (
	ErrUnknown = errors.New("no such endpoint")
	ErrEnded   = errors.New("the endpoint has ended")
	ErrMany    = errors.New("too many endpoints")
	ErrText    = errors.New("not what an endpoint can have")
)

// EndpointsMax is how many endpoints a supplier has at a time.
const EndpointsMax = 10

// DescriptionMax is the most characters of a description.
const DescriptionMax = 200

// How secrets age.
const (
	Readable = time.Hour      // after it was made, a secret can be read
	Overlap  = 24 * time.Hour // after one was made, the one before signs too
)

// State says whether an endpoint is told anything.
type State string

// The states. The last two are final.
const (
	Active  State = "active"
	Deleted State = "deleted" // its supplier took it away
	Failing State = "failing" // it took nothing for days, and was switched off
)

// Endpoint is where a supplier wants to be told of what.
type Endpoint struct {
	ID          uuid.UUID
	Supplier    uuid.UUID
	URL         string
	Events      []Kind // as in Kinds, each once
	Description string
	RecordedAt  time.Time
	State       State
	EndedAt     time.Time // zero unless it ended
	Secret      int       // number of the newest
	SecretAt    time.Time // when that was made
}

// ReadableUntil is until when the newest secret can be read.
func (e *Endpoint) ReadableUntil() time.Time { return e.SecretAt.Add(Readable) }

// Order is an endpoint as a supplier asks for it.
type Order struct {
	Supplier    uuid.UUID
	URL         string
	Events      []Kind // at least one
	Description string // may be empty
}

// Make records an endpoint, and its first secret. The errors are ErrURL, ErrText and
// ErrMany.
func (s *Sender) Make(ctx context.Context, tx pgx.Tx, o Order, person int64) (Endpoint, error) {
	events, err := o.check()
	if err == nil {
		err = s.CheckURL(o.URL)
	}
	if err != nil {
		return Endpoint{}, err
	}
	if err := lockSupplier(ctx, tx, o.Supplier); err != nil {
		return Endpoint{}, fmt.Errorf("webhook: %w", err)
	}
	active, err := countActive(ctx, tx, o.Supplier)
	if err != nil {
		return Endpoint{}, fmt.Errorf("webhook: %w", err)
	}
	if active >= EndpointsMax {
		return Endpoint{}, fmt.Errorf("webhook: %w: there are %d: delete one first", ErrMany, active)
	}
	id, err := insertWebhook(ctx, tx, o, events, person)
	if err == nil {
		err = insertSecret(ctx, tx, id, o.Supplier, 1, person)
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("webhook: %w", err)
	}
	return Find(ctx, tx, id)
}

// check returns what is asked for in the order of Kinds, each once.
func (o *Order) check() (events []Kind, err error) {
	for _, kind := range o.Events {
		if !slices.Contains(Kinds(), kind) {
			return nil, fmt.Errorf("webhook: %w: event %q: there is none of that name", ErrText, kind)
		}
	}
	for _, kind := range Kinds() {
		if slices.Contains(o.Events, kind) {
			events = append(events, kind)
		}
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("webhook: %w: events: name at least one", ErrText)
	}
	if !utf8.ValidString(o.Description) || utf8.RuneCountInString(o.Description) > DescriptionMax || hasControl(o.Description) {
		return nil, fmt.Errorf("webhook: %w: description: write one line of %d characters at most", ErrText, DescriptionMax)
	}
	return events, nil
}

func hasControl(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}

// Find returns the endpoint, or ErrUnknown.
func Find(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Endpoint, error) {
	e, err := selectWebhook(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrUnknown
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("webhook %s: %w", id, err)
	}
	return e, nil
}

// Rotate makes a new secret. For Overlap, messages are signed with the one before too.
// The errors are ErrUnknown and ErrEnded.
func Rotate(ctx context.Context, tx pgx.Tx, id uuid.UUID, person int64) (Endpoint, error) {
	e, err := lockActive(ctx, tx, id)
	if err != nil {
		return Endpoint{}, err
	}
	if err := insertSecret(ctx, tx, id, e.Supplier, e.Secret+1, person); err != nil {
		return Endpoint{}, fmt.Errorf("webhook %s: %w", id, err)
	}
	return Find(ctx, tx, id)
}

// Delete ends an endpoint: what it was not told by then it is not told any more. The
// errors are ErrUnknown and ErrEnded.
func Delete(ctx context.Context, tx pgx.Tx, id uuid.UUID, person int64) (Endpoint, error) {
	e, err := lockActive(ctx, tx, id)
	if err != nil {
		return Endpoint{}, err
	}
	if _, err := insertEnd(ctx, tx, id, e.Supplier, Deleted, person); err != nil {
		return Endpoint{}, fmt.Errorf("webhook %s: %w", id, err)
	}
	return Find(ctx, tx, id)
}

// Try records a message of the kind Test, and returns it: whoever calls enqueues its
// delivery. The errors are ErrUnknown and ErrEnded.
func Try(ctx context.Context, tx pgx.Tx, id uuid.UUID) (message uuid.UUID, err error) {
	e, err := lockActive(ctx, tx, id)
	if err != nil {
		return message, err
	}
	now, err := clock(ctx, tx)
	if err != nil {
		return message, fmt.Errorf("webhook %s: %w", id, err)
	}
	data := fmt.Appendf(nil, `{"webhook":%q}`, id)
	messages, err := record(ctx, tx, []found{{webhook: id, supplier: e.Supplier, kind: Test, source: uuid.NewString(), at: now, data: data}})
	if err != nil {
		return message, fmt.Errorf("webhook %s: %w", id, err)
	}
	return messages[0], nil
}

// lockActive returns an endpoint that has not ended, and that nobody else is changing.
func lockActive(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Endpoint, error) {
	if err := lockWebhook(ctx, tx, id); err != nil {
		return Endpoint{}, fmt.Errorf("webhook %s: %w", id, err)
	}
	e, err := Find(ctx, tx, id)
	if err == nil && e.State != Active {
		err = fmt.Errorf("webhook %s: %w: it is %s", id, ErrEnded, e.State)
	}
	return e, err
}
