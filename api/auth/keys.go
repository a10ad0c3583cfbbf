package auth

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	refreshAfter = 5 * time.Minute  // keys of that age are fetched anew, beside those who use them
	lateAfter    = 10 * time.Minute // keys of that age are used by nobody, but while the issuer cannot be reached
	staleAfter   = 24 * time.Hour   // keys of that age are used by nobody
	waitersMax   = 256              // who wait for one fetch
)

// remoteKeys are an issuer's keys, as it publishes them. Whatever comes, the issuer is
// asked at most once a cool-down:
//
//	known key ────────────► at once; a fetch in the background if the keys are old;
//	                        if nobody asked for long, one that is waited for
//	unknown key ──► fetch under way? join it ──► still unknown? wait for the next one,
//	                which begins once the cool-down is over, together with all others
//
// So a token signed with a key that was published a moment ago waits a little and is
// not refused, and made-up key names cost the issuer nothing.
type remoteKeys struct {
	issuer   string
	client   *http.Client
	ctx      context.Context // of what is done beside callers
	cooldown time.Duration
	now      func() time.Time
	after    func(time.Duration) <-chan time.Time

	mutex   sync.Mutex
	known   map[string][]jose.JSONWebKey // replaced, never changed
	fetched time.Time                    // when known were asked for
	began   time.Time                    // the last fetch
	failed  error                        // the last fetch's
	running *fetch                       // has asked the issuer
	coming  *fetch                       // has not yet
	jwksURL string                       // "" until discovered
}

// fetch is one look at what an issuer publishes. err is set once done is closed.
type fetch struct {
	done    chan struct{}
	err     error
	waiters int
}

func newRemoteKeys(ctx context.Context, issuer string, client *http.Client, config Config) *remoteKeys {
	return &remoteKeys{
		issuer: issuer, client: guarded(client), ctx: ctx,
		cooldown: config.Cooldown, now: config.Now, after: time.After,
	}
}

// warm fetches the keys for the first time. A failure is told to whoever asks for a key.
func (k *remoteKeys) warm(ctx context.Context) {
	k.mutex.Lock()
	first := k.next()
	k.mutex.Unlock()
	select {
	case <-first.done:
	case <-ctx.Done():
	}
}

// find returns the keys of a name.
func (k *remoteKeys) find(ctx context.Context, keyID string) ([]jose.JSONWebKey, error) {
	for _, choose := range []func() (*fetch, error){k.underWay, k.upcoming} {
		if keys := k.have(keyID); len(keys) > 0 {
			return keys, nil
		}
		chosen, err := choose()
		if err != nil {
			return nil, err
		}
		if chosen == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil, k.down(ctx.Err())
		case <-chosen.done:
		}
		if chosen.err != nil {
			if keys := k.have(keyID); len(keys) > 0 {
				return keys, nil
			}
			return nil, k.down(chosen.err)
		}
	}
	if keys := k.have(keyID); len(keys) > 0 {
		return keys, nil
	}
	return nil, ErrUnknownKey
}

// down says why nothing can be said now.
func (k *remoteKeys) down(err error) error {
	return fmt.Errorf("%w: %s: %w", ErrIssuerDown, k.issuer, err)
}

// have returns the keys of a name if they are known, and sees to it that what is known
// does not grow old: a key that the issuer has withdrawn must not be good for longer where
// nobody calls.
func (k *remoteKeys) have(keyID string) []jose.JSONWebKey {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	keys, age := k.known[keyID], k.now().Sub(k.fetched)
	if len(keys) == 0 || age > staleAfter || age > lateAfter && k.failed == nil {
		return nil
	}
	if age > refreshAfter && k.running == nil {
		k.next()
	}
	return keys
}

// underWay returns the fetch that has asked the issuer and has no answer yet, or nil.
func (k *remoteKeys) underWay() (*fetch, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.running == nil {
		return nil, nil
	}
	return k.running, k.enter(k.running)
}

// upcoming returns a fetch that asks the issuer from now on. Nobody waits for one
// after a failed one: that is for whoever comes later.
func (k *remoteKeys) upcoming() (*fetch, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	next := k.next()
	if k.failed != nil && k.now().Before(k.began.Add(k.cooldown)) {
		return nil, k.down(k.failed)
	}
	return next, k.enter(next)
}

// enter makes the caller one of those who wait for a fetch, unless there are too many.
func (k *remoteKeys) enter(f *fetch) error {
	if f.waiters >= waitersMax {
		return k.down(fmt.Errorf("%d callers wait for its keys", f.waiters))
	}
	f.waiters++
	return nil
}

// next returns the fetch that has not asked the issuer yet, and starts one if there is
// none. The caller holds the mutex.
func (k *remoteKeys) next() *fetch {
	if k.coming == nil {
		k.coming = &fetch{done: make(chan struct{})}
		go k.run(k.coming, k.running, k.began.Add(k.cooldown).Sub(k.now()))
	}
	return k.coming
}

// run fetches once the fetch before is over, and the cool-down.
func (k *remoteKeys) run(f, before *fetch, delay time.Duration) {
	if before != nil {
		<-before.done
	}
	if delay > 0 {
		select {
		case <-k.after(delay):
		case <-k.ctx.Done():
		}
	}
	k.mutex.Lock()
	asked, address := k.now(), k.jwksURL
	k.coming, k.running, k.began = nil, f, asked
	k.mutex.Unlock()

	keys, address, err := fetchKeys(k.ctx, k.client, k.issuer, address)

	k.mutex.Lock()
	if err == nil {
		k.known, k.fetched = keys, asked
	}
	k.running, k.jwksURL, k.failed, f.err = nil, address, err, err
	k.mutex.Unlock()
	close(f.done)
}
