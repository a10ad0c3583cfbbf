package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync/atomic"
	"testing"
)

// Client calls the API as somebody.
type Client struct {
	t     testing.TB
	url   string
	Token string // empty: none is sent
}

// Answer is what the API answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// keys makes each act's key a new one.
var keys atomic.Int64

// Get reads a path, with its query.
func (c *Client) Get(path string) Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil, nil)
}

// Post acts, with a new key. The body is sent as it is if it is bytes, else as JSON; of
// nil, none is sent.
func (c *Client) Post(path string, body any) Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, path, body, http.Header{"Idempotency-Key": {fmt.Sprint("key-", keys.Add(1))}})
}

// Delete acts, with a new key.
func (c *Client) Delete(path string) Answer {
	c.t.Helper()
	return c.Do(http.MethodDelete, path, nil, http.Header{"Idempotency-Key": {fmt.Sprint("key-", keys.Add(1))}})
}

// Do makes one call.
func (c *Client) Do(method, path string, body any, header http.Header) Answer {
	c.t.Helper()
	answer, err := c.Try(method, path, body, header)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

// Try is Do for tests in which the connection may fail, and for other goroutines.
func (c *Client) Try(method, path string, body any, header http.Header) (Answer, error) {
	return c.TryIn(context.Background(), method, path, body, header)
}

// TryIn is Try, until the context ends.
func (c *Client) TryIn(ctx context.Context, method, path string, body any, header http.Header) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(encoded(body)))
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	maps.Copy(request.Header, header)
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close() //nolint:errcheck // nothing is left to lose
	text, err := io.ReadAll(response.Body)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: text}, err
}

// client follows no redirects, so that tests see them.
var client = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func encoded(body any) []byte {
	switch body := body.(type) {
	case nil:
		return nil
	case []byte:
		return body
	case string:
		return []byte(body)
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("a test's body: %v", err))
	}
	return text
}

// Want fails the test unless the status is the one that is wanted.
func (a Answer) Want(t testing.TB, status int) Answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Problem fails the test unless the answer is a problem of the status and kind.
func (a Answer) Problem(t testing.TB, status int, kind string) Answer {
	t.Helper()
	a.Want(t, status)
	var problem struct{ Type string }
	if err := json.Unmarshal(a.Body, &problem); err != nil || problem.Type != "urn:uptally:problem:"+kind {
		t.Fatalf("problem %q, want kind %s: %s", problem.Type, kind, a.Body)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("a problem as %q", got)
	}
	return a
}

// Into decodes the body, which must be JSON.
func (a Answer) Into(t testing.TB, to any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, to); err != nil {
		t.Fatalf("decoding %s: %v", a.Body, err)
	}
}
