package uptime

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// What can become of a page that is asked for. Each is the answer after the tries
// that FeedConfig allows, and the error that wraps it names what was asked, how
// often, and why it failed, never a credential.
var (
	// ErrMalformed: the body is not the page that the contract describes, is
	// larger than allowed, or leads back to itself.
	ErrMalformed = errors.New("malformed page")
	// ErrUnauthorised: we could not show who we are. The service answered 401,
	// also with a fresh token, or 403; or the token endpoint gave no token. That
	// is an outage of ours, and says nothing of any device.
	ErrUnauthorised = errors.New("not authorised")
	// ErrUnavailable: the service gave no page. It answered 429, 5xx or another
	// status that the contract does not know, was too slow, or the connection
	// failed or was cut.
	ErrUnavailable = errors.New("service unavailable")
	// ErrCursorExpired: the service answered 410; the window is to be started
	// again from its first page.
	ErrCursorExpired = errors.New("cursor expired")
)

// Feed is a client of the network's uptime API. It is safe for concurrent use,
// keeps its connections and its token, and tries a page again that failed in a
// way that may pass: 429, 5xx, a network error, a body cut off, a malformed page.
// Between tries it pauses a random part of an exponentially growing bound, or as
// long as Retry-After says. A context that ends ends the call with the context's
// error.
type Feed struct {
	config  FeedConfig // without credentials
	base    *url.URL
	client  *http.Client
	tokens  tokenSource
	gunzips sync.Pool                                        // of *gzip.Reader
	wait    func(ctx context.Context, d time.Duration) error // pause; tests record it instead
}

// NewFeed returns a client, without asking the service anything. An error names
// the field of the configuration at fault and the remedy, and shows no secret.
func NewFeed(config FeedConfig) (*Feed, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(config.URL)
	if err != nil {
		return nil, err
	}
	client := newHTTPClient()
	tokens := newTokenSource(config, client)
	config.Token, config.ClientSecret = "", ""
	return &Feed{config: config, base: base, client: client, tokens: tokens, wait: pause}, nil
}

// String returns the URL of the service, and no secret.
func (f *Feed) String() string { return f.config.String() }

// GoString returns what String does.
func (f *Feed) GoString() string { return f.String() }

// Heartbeats reads one page of the heartbeats with from <= at < to, by the time
// the service received them: the first page if the cursor is "", else the one
// that page.Next named. It reuses the page's memory; after an error the page
// holds no rows.
func (f *Feed) Heartbeats(ctx context.Context, from, to time.Time, cursor string, page *HeartbeatPage) error {
	a := f.pageOf("/v1/heartbeats", cursor)
	a.query.Set("from", inUTC(from))
	a.query.Set("to", inUTC(to))
	page.Heartbeats, page.Next = page.Heartbeats[:0], ""
	return f.fetch(ctx, a, &page.Body, func(body []byte) error {
		if err := page.decode(body); err != nil {
			return err
		}
		if err := checkNextPage(cursor, page.Next); err != nil {
			page.Heartbeats, page.Next = page.Heartbeats[:0], ""
			return err
		}
		return nil
	})
}

// Summary reads what the service itself counts in the slots of [from, to), for
// reconciliation. Slots without heartbeats may be absent.
func (f *Feed) Summary(ctx context.Context, from, to time.Time) (slots []SlotSummary, err error) {
	a := &ask{path: "/v1/heartbeats/summary", query: url.Values{"from": {inUTC(from)}, "to": {inUTC(to)}}}
	err = f.fetch(ctx, a, new([]byte), func(body []byte) error {
		if slots, _, err = decodeRows(body, "slots", slots, (*scanner).slotSummary); err != nil {
			return err
		}
		return checkSlotsOnce(slots)
	})
	if err != nil {
		return nil, err
	}
	return slots, nil
}

// Changes reads one page of the log of registrations and metadata changes, oldest
// first: its beginning if the cursor is "", else what follows. No rows: nothing
// new; ask again later with the same cursor.
func (f *Feed) Changes(ctx context.Context, cursor string) (rows []Change, next string, err error) {
	return fetchLog(ctx, f, f.pageOf("/v1/devices/changes", cursor), "changes", (*scanner).change,
		func(c Change) int64 { return c.Seq })
}

// Verdicts reads one page of the log of proof-of-work verdicts, as Changes does.
func (f *Feed) Verdicts(ctx context.Context, cursor string) (rows []Verdict, next string, err error) {
	return fetchLog(ctx, f, f.pageOf("/v1/verdicts", cursor), "verdicts", (*scanner).verdict,
		func(v Verdict) int64 { return v.Seq })
}

// JobMinutes reads one page of the minutes of paid compute on the UTC day that the
// instant lies in; next is "" on the last page. Pages may repeat a device.
func (f *Feed) JobMinutes(ctx context.Context, day time.Time, cursor string) (rows []JobMinutes, next string, err error) {
	midnight := SlotOf(day).Day()
	a := f.pageOf("/v1/job-minutes", cursor)
	a.query.Set("day", midnight.Format(time.DateOnly))
	err = f.fetch(ctx, a, new([]byte), func(body []byte) error {
		var following optional[string]
		rows, following, err = decodeRows(body, "job_minutes", rows, func(s *scanner) JobMinutes { return s.jobMinutes(midnight) })
		if err != nil {
			return err
		}
		next = following.value
		return checkNextPage(cursor, next)
	})
	if err != nil {
		return nil, "", err
	}
	return rows, next, nil
}

// pageOf asks for a page of a paged endpoint.
func (f *Feed) pageOf(path, cursor string) *ask {
	a := &ask{path: path, query: url.Values{"limit": {strconv.Itoa(f.config.PageLimit)}}, cursor: cursor}
	if cursor != "" {
		a.query.Set("cursor", cursor)
	}
	return a
}

// inUTC writes an instant as the API wants it.
func inUTC(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func checkNextPage(asked, next string) error {
	if next != "" && next == asked {
		return errors.New("next_cursor is the cursor that was asked for: the pages would never end")
	}
	return nil
}
