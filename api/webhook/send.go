package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// Config is what messages are sent with. Zero values but Key's mean the usual.
type Config struct {
	Key          Key
	Loopback     bool            // development: loopback is allowed, without TLS too
	Timeout      time.Duration   // of one try; 0: 10 seconds
	Schedule     []time.Duration // waits between tries; nil: Schedule
	FailingAfter time.Duration   // an endpoint that took nothing for so long is switched off with a message that is given up; 0: FailingAfter
	Resolver     *net.Resolver   // nil: the system's
	Roots        *x509.CertPool  // whose certificates are believed; nil: the system's
}

// Sender sends messages to endpoints. Make one with New.
type Sender struct {
	key          Key
	loopback     bool
	schedule     []time.Duration
	failingAfter time.Duration
	client       *http.Client
}

const (
	timeoutDefault = 10 * time.Second
	headersMax     = 16 << 10 // bytes of an answer
)

// New returns a sender. It calls nobody.
func New(c Config) *Sender {
	s := &Sender{key: c.Key, loopback: c.Loopback, schedule: c.Schedule, failingAfter: c.FailingAfter}
	if s.schedule == nil {
		s.schedule = Schedule
	}
	if s.failingAfter == 0 {
		s.failingAfter = FailingAfter
	}
	if c.Timeout == 0 {
		c.Timeout = timeoutDefault
	}
	dialer := &net.Dialer{Timeout: c.Timeout, Resolver: c.Resolver, Control: s.control}
	s.client = &http.Client{
		Timeout: c.Timeout,
		Transport: &http.Transport{ // without a proxy
			DialContext: dialer.DialContext, TLSHandshakeTimeout: c.Timeout, DisableKeepAlives: true, MaxResponseHeaderBytes: headersMax,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { // what is signed for one is not sent to another
			return http.ErrUseLastResponse
		},
	}
	return s
}

// Secret returns an endpoint's secret of a number, as people copy it.
func (s *Sender) Secret(webhook uuid.UUID, number int) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(s.key.secret(webhook, number))
}

var errForbidden = errors.New("the address is not a public one")

// control looks at the address that is about to be dialled, whatever name led there.
func (s *Sender) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errForbidden
	}
	if s.loopback && at.Addr().Unmap().IsLoopback() {
		return nil
	}
	if !public(at.Addr()) || !ports[strconv.Itoa(int(at.Port()))] {
		return errForbidden
	}
	return nil
}

// Outcome is what came of a try, as its supplier is told.
type Outcome string

// The outcomes.
const (
	Delivered   Outcome = "delivered"   // the status is 200 to 299
	Refused     Outcome = "refused"     // it is another
	Redirected  Outcome = "redirected"  // it is 300 to 399, which nobody follows
	TimedOut    Outcome = "timeout"     // it took the connection, and did not answer in time
	Unreachable Outcome = "unreachable" // no connection, no trust, or no answer in HTTP
)

// Cause is why nobody was reached. It is ours alone: whoever chooses names would learn
// from it which of them lead inside.
type Cause string

// The causes.
const (
	ForbiddenAddress Cause = "forbidden_address" // its name leads to no public address
	Unresolved       Cause = "unresolved"        // its name leads nowhere
	Unconnected      Cause = "unconnected"       // no connection came about in time
	Broken           Cause = "broken"            // who took it is not trusted, or does not speak HTTP
)

// Result is a try.
type Result struct {
	Outcome Outcome
	Status  int   // of the answer; 0: there was none
	Cause   Cause // of Unreachable; "" of all others
}

// Send tries once. It returns what came of it, and an error only if ctx ended: then
// nothing is known.
func (s *Sender) Send(ctx context.Context, d Delivery, at time.Time) (Result, error) {
	var connected atomic.Bool
	request, err := s.request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectDone: func(_, _ string, err error) { connected.CompareAndSwap(false, err == nil) },
	}), d, at)
	if err != nil {
		return unanswered(err, false), nil
	}
	response, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		return unanswered(err, connected.Load()), nil
	}
	_ = response.Body.Close() // unread: the status is all that counts
	return answered(response.StatusCode), nil
}

// request is the signed call. The error is errForbidden if the URL is none to call now,
// whatever was allowed when it was made.
func (s *Sender) request(ctx context.Context, d Delivery, at time.Time) (*http.Request, error) {
	if s.checkURL(d.URL) != nil {
		return nil, errForbidden
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return nil, err
	}
	secrets := make([][]byte, len(d.Secrets))
	for i, number := range d.Secrets {
		secrets[i] = s.key.secret(d.Webhook, number)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Uptally-Webhooks/1")
	request.Header.Set("Webhook-Id", d.Message.String())
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	request.Header.Set("Webhook-Signature", signature(d.Message, at, d.Body, secrets...))
	return request, nil
}

func answered(status int) Result {
	switch {
	case status < 100 || status > 999:
		return Result{Outcome: Unreachable, Cause: Broken}
	case status >= 200 && status <= 299:
		return Result{Outcome: Delivered, Status: status}
	case status >= 300 && status <= 399:
		return Result{Outcome: Redirected, Status: status}
	}
	return Result{Outcome: Refused, Status: status}
}

// unanswered is what came of a try that ended in an error, with or without a
// connection. Without one it is the same outcome whatever the error.
func unanswered(err error, connected bool) Result {
	failed, isURL := errors.AsType[*url.Error](err)
	_, isName := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, errForbidden):
		return Result{Outcome: Unreachable, Cause: ForbiddenAddress}
	case isName:
		return Result{Outcome: Unreachable, Cause: Unresolved}
	case !connected:
		return Result{Outcome: Unreachable, Cause: Unconnected}
	case isURL && failed.Timeout():
		return Result{Outcome: TimedOut}
	}
	return Result{Outcome: Unreachable, Cause: Broken}
}
