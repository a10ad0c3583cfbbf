package uptime

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// pageLimitMax is the most rows that the service puts on a page.
const pageLimitMax = 10_000

// FeedConfig says where the uptime API is and how to ask it. Either Token is set,
// or TokenURL, ClientID and ClientSecret are. Every other zero value stands for
// the default named beside it. Printing a FeedConfig shows no secret.
type FeedConfig struct {
	URL string // https://uptime.example.net, with or without a path; /v1/… is appended

	Token string // a static bearer token

	TokenURL     string // the token endpoint of OAuth 2.0 client credentials (RFC 6749, section 4.4)
	ClientID     string
	ClientSecret string
	Audience     string // the parameter "audience" of the token request; "": not sent

	PageLimit      int           // rows asked for on a page, 1 to 10,000; 0: 10,000
	RequestTimeout time.Duration // of one try: token, request and whole body; 0: 30 s
	Attempts       int           // tries of one page before giving it up; 0: 5
	BackoffMin     time.Duration // bound of the first pause, doubled for each later one; 0: 200 ms
	BackoffMax     time.Duration // bound that the doubling stops at; 0: 10 s
	RetryAfterMax  time.Duration // a longer Retry-After is cut to it; 0: 1 min
	MaxBodyBytes   int64         // of a body, as sent and decompressed; 0: 16 MiB
}

// String returns the configuration's URL, and none of its secrets.
func (c FeedConfig) String() string { return "uptime feed " + c.URL }

// GoString returns what String does.
func (c FeedConfig) GoString() string { return c.String() }

// withDefaults returns the configuration with its zero values filled in, or an
// error that names the field, its value unless it is secret, and the remedy.
func (c FeedConfig) withDefaults() (FeedConfig, error) {
	setDefault(&c.PageLimit, pageLimitMax)
	setDefault(&c.RequestTimeout, 30*time.Second)
	setDefault(&c.Attempts, 5)
	setDefault(&c.BackoffMin, 200*time.Millisecond)
	setDefault(&c.BackoffMax, max(10*time.Second, c.BackoffMin))
	setDefault(&c.RetryAfterMax, time.Minute)
	setDefault(&c.MaxBodyBytes, 16<<20)
	return c, errors.Join(c.checkURLs(), c.checkCredentials(), c.checkBounds())
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c FeedConfig) checkURLs() error {
	if err := checkURL("URL", c.URL); err != nil {
		return err
	}
	if c.TokenURL == "" {
		return nil
	}
	return checkURL("TokenURL", c.TokenURL)
}

// checkURL does not show the value: a URL that is refused may be refused for the
// password in it.
func checkURL(field, value string) error {
	u, err := url.Parse(value)
	switch {
	case value == "":
		return fmt.Errorf("uptime feed: %s is empty; give the https address of the service", field)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return fmt.Errorf("uptime feed: %s is not an absolute http or https address; give one like https://host/path", field)
	case u.User != nil:
		return fmt.Errorf("uptime feed: %s of host %q holds a user name; leave it out and set the credentials instead", field, u.Host)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("uptime feed: %s of host %q holds a query or a fragment; leave it out", field, u.Host)
	}
	return nil
}

func (c FeedConfig) checkCredentials() error {
	client := c.TokenURL != "" || c.ClientID != "" || c.ClientSecret != ""
	switch {
	case c.Token != "" && client:
		return errors.New("uptime feed: both Token and client credentials are set; set only one of them")
	case c.Token != "" && !isBearerToken(c.Token):
		return errors.New("uptime feed: Token (not shown) has white space or other characters that no header may hold; give the bare token")
	case c.Token != "":
		return nil
	case !client:
		return errors.New("uptime feed: no credentials; set Token, or TokenURL, ClientID and ClientSecret")
	case c.TokenURL == "":
		return errors.New("uptime feed: TokenURL is empty; client credentials need TokenURL, ClientID and ClientSecret")
	case c.ClientID == "":
		return errors.New("uptime feed: ClientID is empty; client credentials need TokenURL, ClientID and ClientSecret")
	case c.ClientSecret == "":
		return errors.New("uptime feed: ClientSecret is empty; client credentials need TokenURL, ClientID and ClientSecret")
	}
	return nil
}

// isBearerToken reports whether a header can carry the token: visible ASCII.
func isBearerToken(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (c FeedConfig) checkBounds() error {
	switch {
	case c.PageLimit < 1 || c.PageLimit > pageLimitMax:
		return fmt.Errorf("uptime feed: PageLimit is %d; choose 1 to %d, or 0 for %d", c.PageLimit, pageLimitMax, pageLimitMax)
	case c.Attempts < 1:
		return fmt.Errorf("uptime feed: Attempts is %d; choose at least 1, or 0 for the default", c.Attempts)
	case c.MaxBodyBytes < 1:
		return fmt.Errorf("uptime feed: MaxBodyBytes is %d; choose at least 1, or 0 for the default", c.MaxBodyBytes)
	case c.RequestTimeout < 0:
		return fmt.Errorf("uptime feed: RequestTimeout is %v; choose a positive one, or 0 for the default", c.RequestTimeout)
	case c.BackoffMin < 0 || c.BackoffMax < c.BackoffMin:
		return fmt.Errorf("uptime feed: BackoffMin is %v and BackoffMax %v; choose 0 < BackoffMin <= BackoffMax, or 0 for the defaults",
			c.BackoffMin, c.BackoffMax)
	case c.RetryAfterMax < 0:
		return fmt.Errorf("uptime feed: RetryAfterMax is %v; choose a positive one, or 0 for the default", c.RetryAfterMax)
	}
	return nil
}
