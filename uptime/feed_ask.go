package uptime

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const (
	cursorLengthMax = 64   // bytes of a cursor that an error shows
	drainBytesMax   = 4096 // of a refusal, read so that its connection lives on
)

// ask is what is asked of the service: one page.
type ask struct {
	path      string
	query     url.Values
	cursor    string
	refreshed bool // whether the token was refreshed after a 401 already
}

// String names what is asked, as an error shows it.
func (a *ask) String() string {
	words := []string{a.path}
	for _, key := range []string{"day", "from", "to"} {
		if a.query.Has(key) {
			words = append(words, key, a.query.Get(key))
		}
	}
	cursor := fmt.Sprintf("cursor %q", a.cursor)
	if len(a.cursor) > cursorLengthMax {
		cursor = fmt.Sprintf("cursor %q…", a.cursor[:cursorLengthMax])
	}
	return strings.Join(append(words, cursor), " ")
}

// fetch asks until there is a page that decode takes, as often as allowed. The
// body is read into the buffer, whose memory it reuses.
func (f *Feed) fetch(ctx context.Context, a *ask, buffer *[]byte, decode func(body []byte) error) error {
	for attempt := 1; ; attempt++ {
		failed := f.try(ctx, a, buffer, decode)
		switch {
		case failed == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("uptime feed: %s: given up after %d tries: %w", a, attempt, ctx.Err())
		case !failed.again || attempt >= f.config.Attempts:
			return fmt.Errorf("uptime feed: %s: %w (tries: %d): %s", a, failed.kind, attempt, failed.cause)
		}
		if err := f.wait(ctx, f.pauseAfter(attempt, failed.after)); err != nil {
			return fmt.Errorf("uptime feed: %s: given up after %d tries: %w; the last: %s", a, attempt, err, failed.cause)
		}
	}
}

// try asks once, and once more if the service refuses the token and there is a
// fresh one to be had. Everything together must end in RequestTimeout.
func (f *Feed) try(ctx context.Context, a *ask, buffer *[]byte, decode func(body []byte) error) *failure {
	ctx, cancel := context.WithTimeoutCause(ctx, f.config.RequestTimeout,
		fmt.Errorf("no whole reply within %v", f.config.RequestTimeout))
	defer cancel()
	token, failed := f.tokens.token(ctx, "")
	if failed != nil {
		return failed
	}
	failed = f.request(ctx, a, token, buffer)
	if failed != nil && failed.status == http.StatusUnauthorized && !a.refreshed {
		a.refreshed = true
		if token, failed = f.tokens.token(ctx, token); failed == nil {
			failed = f.request(ctx, a, token, buffer)
		}
	}
	if failed != nil {
		return failed
	}
	if err := decode(*buffer); err != nil {
		return &failure{kind: ErrMalformed, cause: err.Error(), again: true}
	}
	return nil
}

// request sends one request and reads the body of its reply.
func (f *Feed) request(ctx context.Context, a *ask, token string, buffer *[]byte) *failure {
	address := f.base.JoinPath(a.path)
	address.RawQuery = a.query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return &failure{kind: ErrUnavailable, cause: err.Error()}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("Authorization", "Bearer "+token)
	reply, err := f.client.Do(request)
	if err != nil {
		return networkFailure(ctx, err, token)
	}
	defer reply.Body.Close() //nolint:errcheck // nothing is left to lose
	if failed := refusal(reply, a.cursor); failed != nil {
		drain(reply)
		failed.after = retryAfter(reply.Header, f.config.RetryAfterMax)
		return failed
	}
	return f.readBody(ctx, reply, token, buffer)
}

// drain reads what is left of a short reply, so that the connection can be used
// again.
func drain(reply *http.Response) {
	if reply.ContentLength >= 0 && reply.ContentLength <= drainBytesMax {
		_, _ = readAll(nil, reply.Body, drainBytesMax)
	}
}
