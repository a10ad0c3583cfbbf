package uptime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokenSource gives bearer tokens. It is safe for concurrent use.
type tokenSource interface {
	// token returns a token that is not the rejected one, which the service has
	// answered with 401; "" if there is none such.
	token(ctx context.Context, rejected string) (string, *failure)
}

func newTokenSource(config FeedConfig, client *http.Client) tokenSource {
	if config.Token != "" {
		return &staticToken{bearer: config.Token}
	}
	credentials := &clientcredentials.Config{
		ClientID: config.ClientID, ClientSecret: config.ClientSecret, TokenURL: config.TokenURL,
	}
	if config.Audience != "" {
		credentials.EndpointParams = url.Values{"audience": {config.Audience}}
	}
	return &clientToken{
		credentials: credentials, client: client, retryAfterMax: config.RetryAfterMax, turn: make(chan struct{}, 1), now: time.Now,
		styles: []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams},
	}
}

// staticToken is a token that was given to us and cannot be renewed by us.
type staticToken struct{ bearer string }

func (s *staticToken) token(_ context.Context, rejected string) (string, *failure) {
	if rejected != "" {
		return "", &failure{kind: ErrUnauthorised, cause: "status 401 Unauthorized; set a valid token"}
	}
	return s.bearer, nil
}

const (
	// A token is renewed a minute before it expires, or when a tenth of its life
	// is left if that is later.
	refreshBefore      = time.Minute
	refreshBeforeTenth = 10
)

// clientToken is a token got with client credentials (RFC 6749, section 4.4), kept
// until shortly before it expires. One caller at a time renews it, the others
// wait and share what it got.
type clientToken struct {
	credentials   *clientcredentials.Config
	client        *http.Client
	retryAfterMax time.Duration
	now           func() time.Time
	turn          chan struct{} // holds one element while a caller is at work on the fields below

	styles    []oauth2.AuthStyle // how the endpoint may want the secret; one is left once it has worked
	bearer    string
	refreshAt time.Time // zero: only when it is refused
}

func (c *clientToken) token(ctx context.Context, rejected string) (string, *failure) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", c.failed(ctx, ctx.Err())
	}
	fresh := c.refreshAt.IsZero() || c.now().Before(c.refreshAt)
	if c.bearer != "" && c.bearer != rejected && fresh {
		return c.bearer, nil
	}
	return c.renew(ctx)
}

func (c *clientToken) renew(ctx context.Context) (string, *failure) {
	var token *oauth2.Token
	var err error
	for _, style := range c.styles {
		c.credentials.AuthStyle = style
		token, err = c.credentials.Token(context.WithValue(ctx, oauth2.HTTPClient, c.client))
		if err == nil {
			c.styles = []oauth2.AuthStyle{style}
			break
		}
		if !refusesClient(err) {
			return "", c.failed(ctx, err)
		}
	}
	switch {
	case err != nil:
		return "", c.failed(ctx, err)
	case !isBearerToken(token.AccessToken):
		return "", c.failed(ctx, errors.New("the access_token has characters that no header may hold"))
	}
	c.bearer, c.refreshAt = token.AccessToken, time.Time{}
	if !token.Expiry.IsZero() {
		life := max(0, token.Expiry.Sub(c.now()))
		c.refreshAt = token.Expiry.Add(-min(refreshBefore, life/refreshBeforeTenth))
	}
	return c.bearer, nil
}

// refusesClient reports whether the endpoint did not take the credentials in the
// form they came in: RFC 6749 lets it insist on a header or on parameters.
func refusesClient(err error) bool {
	var refused *oauth2.RetrieveError
	return errors.As(err, &refused) && slices.Contains([]int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden,
	}, refused.Response.StatusCode)
}

// failed says why there is no token. The text of oauth2's own error may hold the
// endpoint's whole reply and is not used.
func (c *clientToken) failed(ctx context.Context, err error) *failure {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		failed := networkFailure(ctx, err, c.credentials.ClientSecret)
		failed.kind, failed.cause = ErrUnauthorised, "no token from the token endpoint: "+failed.cause
		return failed
	}
	status := refused.Response.StatusCode
	return &failure{
		kind:  ErrUnauthorised,
		cause: fmt.Sprintf("no token from the token endpoint: status %d %s; check the client's credentials and audience", status, http.StatusText(status)),
		again: mayPass(status),
		after: retryAfter(refused.Response.Header, c.retryAfterMax),
	}
}
