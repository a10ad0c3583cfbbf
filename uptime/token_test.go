package uptime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	clientID     = "uptally"
	clientSecret = "client-secret-77ab/+&="
	audience     = "https://uptime.example.net"
)

// grant gives the n-th token to whoever asks with the right credentials, in a
// header.
func grant(n int, lifeSeconds int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, _, ok := r.BasicAuth()
		if !ok || id != clientID {
			reply(http.StatusUnauthorized, `{"error":"invalid_client"}`)(w, r)
			return
		}
		reply(200, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, tokenOf(n), lifeSeconds))(w, r)
	}
}

func tokenOf(n int) string { return fmt.Sprintf("granted-token-%d", n) }

// accept answers with the page to the n-th token, and with 401 to any other.
func accept(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusUnauthorized
		if r.Header.Get("Authorization") == "Bearer "+tokenOf(n) {
			status = http.StatusOK
		}
		reply(status, okPage)(w, r)
	}
}

func clientFeed(t *testing.T, s, tokens *service) (*Feed, *[]time.Duration) {
	t.Helper()
	return s.feed(t, FeedConfig{
		TokenURL: tokens.URL + "/oauth/token", ClientID: clientID, ClientSecret: clientSecret, Audience: audience, Attempts: 3,
	})
}

func checkCounts(t *testing.T, s, tokens *service, requests, grants int) {
	t.Helper()
	if len(s.seen()) != requests || len(tokens.seen()) != grants {
		t.Errorf("%d requests and %d to the token endpoint, want %d and %d",
			len(s.seen()), len(tokens.seen()), requests, grants)
	}
}

func checkNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{clientSecret, "granted-token"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("error %q shows a secret", err)
		}
	}
}

func TestTokenIsGrantedOnceAndKept(t *testing.T) {
	t.Parallel()
	var form string
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, secret, _ := r.BasicAuth()
		form = r.PostFormValue("grant_type") + " " + r.PostFormValue("audience") + " " + secret
		grant(1, 3600)(w, r)
	})
	s := serve(t, accept(1))
	feed, _ := clientFeed(t, s, tokens)
	for range 3 {
		if _, err := askPage(t, feed, ""); err != nil {
			t.Fatal(err)
		}
	}
	checkCounts(t, s, tokens, 3, 1)
	// RFC 6749, section 2.3.1: the secret is form-encoded before it goes in the header.
	if form != "client_credentials "+audience+" client-secret-77ab%2F%2B%26%3D" {
		t.Errorf("token request: %s", form)
	}
}

func TestTokenWithoutExpiryIsKept(t *testing.T) {
	t.Parallel()
	s, tokens := serve(t, accept(1)), serve(t, grant(1, 0))
	feed, _ := clientFeed(t, s, tokens)
	feed.tokens.(*clientToken).now = func() time.Time { return time.Now().Add(1000 * time.Hour) }
	for range 2 {
		if _, err := askPage(t, feed, ""); err != nil {
			t.Fatal(err)
		}
	}
	checkCounts(t, s, tokens, 2, 1)
}

// Some endpoints take the client's secret in a header, others among the form's
// parameters; the second way is found once and remembered.
func TestTokenSecretInTheForm(t *testing.T) {
	t.Parallel()
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("client_id") != clientID || r.PostFormValue("client_secret") != clientSecret {
			reply(http.StatusUnauthorized, `{"error":"invalid_client"}`)(w, r)
			return
		}
		reply(200, `{"access_token":"granted-token-1","token_type":"Bearer","expires_in":1}`)(w, r)
	})
	s := serve(t, accept(1))
	feed, _ := clientFeed(t, s, tokens)
	feed.tokens.(*clientToken).now = func() time.Time { return time.Now().Add(time.Hour) } // always expired
	for range 2 {
		if _, err := askPage(t, feed, ""); err != nil {
			t.Fatal(err)
		}
	}
	checkCounts(t, s, tokens, 2, 3)
}

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		life  int
		later time.Duration
		want  int
	}{
		{"long life, more than a minute left", 3600, 58 * time.Minute, 1},
		{"long life, a minute left", 3600, 59*time.Minute + time.Second, 2},
		{"short life, more than a tenth left", 100, 80 * time.Second, 1},
		{"short life, a tenth left", 100, 91 * time.Second, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, reply(200, okPage))
			tokens := serve(t, grant(1, tt.life), grant(2, tt.life))
			feed, _ := clientFeed(t, s, tokens)
			if _, err := askPage(t, feed, ""); err != nil {
				t.Fatal(err)
			}
			source := feed.tokens.(*clientToken)
			granted := source.now()
			source.now = func() time.Time { return granted.Add(tt.later) }
			if _, err := askPage(t, feed, ""); err != nil {
				t.Fatal(err)
			}
			checkCounts(t, s, tokens, 2, tt.want)
			if got := s.seen()[1].Header.Get("Authorization"); got != "Bearer "+tokenOf(tt.want) {
				t.Errorf("second request with %q, want token %d", got, tt.want)
			}
		})
	}
}

func TestTokenIsRenewedOnceAfter401(t *testing.T) {
	t.Parallel()
	s, tokens := serve(t, accept(2)), serve(t, grant(1, 3600), grant(2, 3600))
	feed, pauses := clientFeed(t, s, tokens)
	page, err := askPage(t, feed, "")
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, page.Heartbeats, okRows)
	checkCounts(t, s, tokens, 2, 2)
	if len(*pauses) != 0 {
		t.Errorf("pauses %v, want none: a refresh is no backoff", *pauses)
	}
}

func TestTokenRefusedThoughFresh(t *testing.T) {
	t.Parallel()
	s, tokens := serve(t, accept(9)), serve(t, grant(1, 3600), grant(2, 3600))
	feed, _ := clientFeed(t, s, tokens)
	_, err := askPage(t, feed, "")
	if !errors.Is(err, ErrUnauthorised) || !strings.Contains(err.Error(), "status 401") {
		t.Errorf("error %v, want ErrUnauthorised", err)
	}
	checkCounts(t, s, tokens, 2, 2)
	checkNoSecret(t, err)
}

// A call refreshes once, however often it is tried.
func TestTokenIsNotRenewedTwiceInACall(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(401, ""), reply(503, ""), reply(401, ""), reply(200, okPage))
	tokens := serve(t, grant(1, 3600), grant(2, 3600), grant(3, 3600))
	feed, _ := clientFeed(t, s, tokens)
	if _, err := askPage(t, feed, ""); !errors.Is(err, ErrUnauthorised) {
		t.Errorf("error %v, want ErrUnauthorised", err)
	}
	checkCounts(t, s, tokens, 3, 2)
}

func TestTokenEndpointFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		reply  http.HandlerFunc
		cause  string
		grants int // requests until it is given up; a refusal is tried in both forms
	}{
		{"refuses the client", reply(401, `{"error":"invalid_client","error_description":"`+clientSecret+`"}`), "status 401", 2},
		{"refuses the request", reply(400, clientSecret), "status 400", 2},
		{"forbids", reply(403, clientSecret), "status 403", 2},
		{"does not exist", reply(404, clientSecret), "status 404", 1},
		{"fails", reply(500, clientSecret), "status 500", 3},
		{"is overloaded", reply(429, ""), "status 429", 3},
		{"does not speak JSON", reply(200, "<html>"+clientSecret), "parse json", 3},
		{"gives none", reply(200, `{"token_type":"Bearer"}`), "access_token", 3},
		{"gives one that no header may hold", reply(200, `{"access_token":"granted-token\n1"}`), "header", 3},
		{"cuts the connection", hijack(false, ""), "EOF", 3},
		{"quotes the secret", hijack(false, clientSecret+"\r\n\r\n"), "[secret]", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, tokens := serve(t, reply(200, okPage)), serve(t, tt.reply)
			feed, pauses := clientFeed(t, s, tokens)
			_, err := askPage(t, feed, "")
			if !errors.Is(err, ErrUnauthorised) || !strings.Contains(err.Error(), "token endpoint") || !strings.Contains(err.Error(), tt.cause) {
				t.Errorf("error %v, want ErrUnauthorised of the token endpoint: %s", err, tt.cause)
			}
			checkCounts(t, s, tokens, 0, tt.grants)
			if want := map[bool]int{true: 2, false: 0}[tt.grants == 3]; len(*pauses) != want {
				t.Errorf("%d pauses, want %d", len(*pauses), want)
			}
			checkNoSecret(t, err)
		})
	}
}

func TestTokenEndpointDown(t *testing.T) {
	t.Parallel()
	s, tokens := serve(t, reply(200, okPage)), serve(t, grant(1, 3600))
	tokens.Close()
	feed, pauses := clientFeed(t, s, tokens)
	_, err := askPage(t, feed, "")
	if !errors.Is(err, ErrUnauthorised) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v, want ErrUnauthorised that says refused", err)
	}
	checkCounts(t, s, tokens, 0, 0)
	checkNoSecret(t, err)
	if len(*pauses) != 2 {
		t.Errorf("%d pauses, want 2", len(*pauses))
	}
}

func TestTokenEndpointComesBack(t *testing.T) {
	t.Parallel()
	s := serve(t, accept(1))
	tokens := serve(t, replyWith("Retry-After", "5", reply(503, "")), grant(1, 3600))
	feed, pauses := clientFeed(t, s, tokens)
	if _, err := askPage(t, feed, ""); err != nil {
		t.Fatal(err)
	}
	checkCounts(t, s, tokens, 1, 2)
	if len(*pauses) != 1 || (*pauses)[0] < 5*time.Second {
		t.Errorf("pauses %v, want one of 5s", *pauses)
	}
}

func TestTokenRequestFollowsNoRedirectToAnotherHost(t *testing.T) {
	t.Parallel()
	thief := serve(t, grant(1, 3600))
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	})
	s := serve(t, reply(200, okPage))
	feed, _ := clientFeed(t, s, tokens)
	if _, err := askPage(t, feed, ""); !errors.Is(err, ErrUnauthorised) {
		t.Errorf("error %v, want ErrUnauthorised", err)
	}
	checkCounts(t, s, tokens, 0, 1)
	if len(thief.seen()) != 0 {
		t.Error("the other host was asked")
	}
}

// Callers that come at once, with no token or with a refused one, share one
// request to the token endpoint.
func TestTokenIsSharedByConcurrentCallers(t *testing.T) {
	t.Parallel()
	const callers = 16
	var all sync.WaitGroup
	all.Add(callers)
	together := func(w http.ResponseWriter, r *http.Request) { // answers once all have come with the first token
		all.Done()
		all.Wait()
		reply(401, "")(w, r)
	}
	replies := make([]http.HandlerFunc, callers, callers+1)
	for i := range replies {
		replies[i] = together
	}
	s := serve(t, append(replies, accept(2))...)
	tokens := serve(t, grant(1, 3600), grant(2, 3600))
	feed, _ := clientFeed(t, s, tokens)
	errs := make(chan error, callers)
	for range callers {
		go func() { errs <- feed.Heartbeats(t.Context(), windowFrom, windowTo, "", new(HeartbeatPage)) }()
	}
	for range callers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	checkCounts(t, s, tokens, 2*callers, 2)
}

// A caller that waits for another's refresh is not bound to it.
func TestTokenWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, tokens := serve(t, accept(1)), serve(t, grant(1, 3600))
	feed, _ := clientFeed(t, s, tokens)
	source := feed.tokens.(*clientToken)
	source.turn <- struct{}{} // another caller is at it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := feed.Heartbeats(ctx, windowFrom, windowTo, "", new(HeartbeatPage)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	<-source.turn
	if _, err := askPage(t, feed, ""); err != nil {
		t.Error(err)
	}
	checkCounts(t, s, tokens, 1, 1)
}
