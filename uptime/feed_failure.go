package uptime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// failure is why a try gave no page.
type failure struct {
	kind   error  // one of the sentinels
	cause  string // without credentials
	again  bool   // whether another try may go better
	after  time.Duration
	status int // of the reply, 0 if there was none
}

// refusal judges the status of a reply; nil if there is a page to read.
func refusal(reply *http.Response, cursor string) *failure {
	failed := &failure{kind: ErrUnavailable, status: reply.StatusCode}
	failed.cause = fmt.Sprintf("status %d %s", reply.StatusCode, http.StatusText(reply.StatusCode))
	switch status := reply.StatusCode; {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		failed.kind = ErrUnauthorised
	case status == http.StatusGone && cursor != "":
		failed.kind = ErrCursorExpired
	default:
		failed.again = mayPass(status)
	}
	return failed
}

// mayPass reports whether a status may be another on the next try.
func mayPass(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500
}

// networkFailure is a request that got no reply, or not the whole of it.
func networkFailure(ctx context.Context, err error, secret string) *failure {
	if sent, ok := errors.AsType[*url.Error](err); ok {
		err = sent.Err // without the address, which is named already
	}
	again := !errors.Is(err, errRedirected)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &failure{kind: ErrUnavailable, cause: without(secret, err.Error()), again: again}
}

// without cuts a secret out of a text that may quote what a peer sent.
func without(secret, text string) string { return strings.ReplaceAll(text, secret, "[secret]") }
