package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	fetchTimeout = 5 * time.Second
	answerMax    = 1 << 20 // bytes of what an issuer answers
)

// fetchKeys asks an issuer for its keys, at the address that its discovery document
// names (OpenID Connect Discovery 1.0, section 4), which is read first if address is
// "". It returns the address to ask next time: "" after an error, as it may have moved.
func fetchKeys(ctx context.Context, client *http.Client, issuer, address string) (map[string][]jose.JSONWebKey, string, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	if address == "" {
		var err error
		if address, err = discover(ctx, client, issuer); err != nil {
			return nil, "", fmt.Errorf("discovering where its keys are: %w", err)
		}
	}
	text, err := get(ctx, client, address)
	if err != nil {
		return nil, "", fmt.Errorf("fetching its keys: %w", err)
	}
	keys, err := parseKeys(text)
	if err != nil {
		return nil, "", err
	}
	return keys, address, nil
}

func discover(ctx context.Context, client *http.Client, issuer string) (string, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
	if err != nil {
		return "", shortened(err)
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return "", err
	}
	if err := trustworthy(document.Keys); err != nil {
		return "", fmt.Errorf("jwks_uri %q: %w", document.Keys, err)
	}
	return document.Keys, nil
}

// shortened keeps an error that quotes what an issuer answered from being as long.
func shortened(err error) error {
	const most = 200 // bytes
	if text := err.Error(); len(text) > most {
		return errors.New(strings.ToValidUTF8(text[:most], "") + " …")
	}
	return err
}

func get(ctx context.Context, client *http.Client, address string) (body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Cache-Control", "no-cache")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	return io.ReadAll(response.Body)
}

// guarded returns the client with a time-out, which goes nowhere but where it is sent,
// and reads no endless answers.
func guarded(client *http.Client) *http.Client {
	guarded := http.Client{Transport: http.DefaultTransport}
	if client != nil {
		guarded = *client
	}
	guarded.Timeout = orElse(guarded.Timeout, fetchTimeout)
	guarded.CheckRedirect = func(*http.Request, []*http.Request) error {
		return errors.New("it redirects, which keys are not taken from")
	}
	if guarded.Transport == nil {
		guarded.Transport = http.DefaultTransport
	}
	guarded.Transport = bounded{guarded.Transport}
	return &guarded
}

// bounded cuts off answers.
type bounded struct{ http.RoundTripper }

// RoundTrip asks, and makes an answer that is too long an error.
func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, answerMax)
	}
	return response, err
}
