package solana

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gagliardetto/solana-go/rpc/jsonrpc"
	"golang.org/x/time/rate"
)

// Errors of calls.
var (
	ErrUnreachable = errors.New("the RPC node gave no usable answer")
	ErrRefused     = errors.New("the RPC node refused")
)

// How often and when a call that reads is made again. A node that says Retry-After
// is obeyed, up to pauseMax.
const (
	tries      = 6
	firstPause = 250 * time.Millisecond // doubled each time, and spread
	pauseMax   = 30 * time.Second
)

const (
	answerMax  = 64 << 20 // bytes
	messageMax = 300      // bytes of what a node says that go into an error
	secretMin  = 6        // bytes
	sendMethod = "sendTransaction"
)

// caller makes JSON-RPC calls over HTTP for solana-go's client. It keeps to the rate,
// makes calls again that only read, and lets no error hold the URL.
type caller struct {
	url     string
	secrets *strings.Replacer
	limit   *rate.Limiter
	timeout time.Duration
	pause   time.Duration
	http    *http.Client
}

// failure is a call that failed, and whether and when to make it again.
type failure struct {
	kind  error         // ErrUnreachable or ErrRefused, or of the context
	code  int           // of the JSON-RPC error; 0: none
	text  string        // scrubbed of the URL
	again bool          // it may succeed later
	wait  time.Duration // that the node asked for; 0: none
}

func (f *failure) Error() string { return fmt.Sprintf("%s: %s", f.kind, f.text) }
func (f *failure) Unwrap() error { return f.kind }

// CallForInto implements rpc.JSONRPCClient: it decodes the result into out.
func (c *caller) CallForInto(ctx context.Context, out any, method string, params []any) error {
	return c.call(ctx, method, params, func(result json.RawMessage) error {
		reflect.ValueOf(out).Elem().SetZero() // of what an answer before it left
		return decodeResult(result, out)
	})
}

// CallWithCallback implements rpc.JSONRPCClient. No method in use asks for it.
func (c *caller) CallWithCallback(context.Context, string, []any, func(*http.Request, *http.Response) error) error {
	return errors.ErrUnsupported
}

// CallBatch implements rpc.JSONRPCClient. No method in use asks for it.
func (c *caller) CallBatch(context.Context, jsonrpc.RPCRequests) (jsonrpc.RPCResponses, error) {
	return nil, errors.ErrUnsupported
}

// call makes a call until accept takes its result, at most tries times; sending,
// once. The result that accept refuses counts as no usable answer.
func (c *caller) call(ctx context.Context, method string, params []any, accept func(json.RawMessage) error) error {
	request, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		result, failed := c.try(ctx, request)
		if failed == nil {
			err := accept(result)
			if err == nil {
				return nil
			}
			failed = &failure{kind: ErrUnreachable, text: short(c.scrub(err.Error())), again: true}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", method, context.Cause(ctx))
		}
		if !failed.again || try == tries || method == sendMethod {
			return fmt.Errorf("%s: %w", method, failed)
		}
		if err := sleep(ctx, max(failed.wait, c.backoff(try))); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
	}
}

// backoff is the pause after a try: half of it is left to chance, so that many
// callers do not come back at once.
func (c *caller) backoff(try int) time.Duration {
	pause := min(c.pause<<(try-1), pauseMax)
	return pause/2 + rand.N(pause/2+1)
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// try makes a call once.
func (c *caller) try(ctx context.Context, request []byte) (json.RawMessage, *failure) {
	if err := c.limit.Wait(ctx); err != nil {
		return nil, &failure{kind: context.DeadlineExceeded, text: "the calls a second that are allowed leave no time for this one"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(request))
	if err != nil {
		return nil, &failure{kind: ErrUnreachable, text: "the URL cannot be called"}
	}
	post.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(post)
	if err != nil {
		return nil, c.transport(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // nothing is left to lose
	body, err := io.ReadAll(io.LimitReader(response.Body, answerMax+1))
	if err != nil {
		return nil, c.transport(ctx, err)
	}
	return c.answer(response, body)
}

// transport is the failure of a call that was not answered in full.
func (c *caller) transport(ctx context.Context, err error) *failure {
	text := c.scrub(err.Error())
	if inner := (*url.Error)(nil); errors.As(err, &inner) { // it quotes the URL
		text = c.scrub(inner.Err.Error())
	}
	if ctx.Err() != nil {
		text = fmt.Sprintf("no answer within %s", c.timeout)
	}
	return &failure{kind: ErrUnreachable, text: text, again: true}
}

// answer reads an answer of HTTP and in it that of JSON-RPC.
func (c *caller) answer(response *http.Response, body []byte) (json.RawMessage, *failure) {
	var answer struct {
		Result json.RawMessage   `json:"result"`
		Error  *jsonrpc.RPCError `json:"error"`
	}
	err := json.Unmarshal(body, &answer)
	switch status := response.StatusCode; {
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return nil, &failure{kind: ErrUnreachable, text: "HTTP " + response.Status, again: true, wait: retryAfter(response.Header)}
	case err == nil && answer.Error != nil:
		return nil, c.refusal(answer.Error)
	case status != http.StatusOK:
		return nil, &failure{kind: ErrRefused, text: "HTTP " + response.Status + ": check the URL and its token"}
	case len(body) > answerMax:
		return nil, &failure{kind: ErrUnreachable, text: fmt.Sprintf("an answer of more than %d bytes", answerMax)}
	case err != nil || answer.Result == nil:
		return nil, &failure{kind: ErrUnreachable, text: "an answer that is no JSON-RPC", again: true}
	}
	return answer.Result, nil
}

// passing are the codes of JSON-RPC errors that pass by themselves.
var passing = map[int]bool{
	429:    true, // some providers' word for too many requests
	-32603: true, // internal error
	-32005: true, // the node is behind the cluster
	-32004: true, // the block is not available yet
	-32014: true, // nor is its status
	-32016: true, // the node has not reached the slot that was asked for
}

func (c *caller) refusal(e *jsonrpc.RPCError) *failure {
	// Scrubbed before it is cut, so that no part of a token is left.
	text := fmt.Sprintf("%s (code %d)", short(c.scrub(strconv.QuoteToASCII(e.Message))), e.Code)
	return &failure{kind: ErrRefused, code: e.Code, text: text, again: passing[e.Code]}
}

func short(text string) string {
	if len(text) > messageMax {
		return text[:messageMax] + "…"
	}
	return text
}

// retryAfter returns the pause that a node asks for in seconds; a date is as good
// as none.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, int(pauseMax/time.Second)))*time.Second, pauseMax)
}

func (c *caller) scrub(text string) string { return c.secrets.Replace(text) }

// secretsOf replaces the URL, and the parts of it that may hold a token, where they
// stand in a text. What is shorter than secretMin is no token, and may be any word.
func secretsOf(u *url.URL) *strings.Replacer {
	password, _ := u.User.Password()
	parts := []string{u.String(), u.RequestURI(), u.RawQuery, u.User.Username(), password}
	parts = append(parts, strings.Split(u.Path, "/")...)
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	if host := u.Hostname(); host != "localhost" && !strings.HasPrefix(host, "127.") {
		parts = append(parts, u.Host, host)
	}
	var pairs []string
	for _, part := range parts {
		if len(part) >= secretMin {
			pairs = append(pairs, part, "***")
		}
	}
	return strings.NewReplacer(pairs...)
}

// decodeResult decodes a result; numbers of unknown type stay as they are written.
func decodeResult(result json.RawMessage, out any) error {
	decoder := json.NewDecoder(bytes.NewReader(result))
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		return fmt.Errorf("a result of another form than the method's: %w", err)
	}
	return nil
}
