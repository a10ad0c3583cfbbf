package uptime

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const backoffDoublings = 30 // past it a bound of a nanosecond is a second

// retryAfter reads the header Retry-After (RFC 9110, section 10.2.3): seconds, or
// a date, which is set against the date of the reply and not against our clock.
// It is 0 if there is none that can be read, and at most the given bound.
func retryAfter(header http.Header, bound time.Duration) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, bound)
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	sent, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		sent = time.Now()
	}
	return max(0, min(until.Sub(sent), bound))
}

// pauseAfter returns how long to wait after a failed attempt, counted from 1:
// a random part of the bound, which doubles with each attempt ("full jitter"), and
// never less than the service asked for.
func (f *Feed) pauseAfter(attempt int, asked time.Duration) time.Duration {
	bound := f.config.BackoffMax
	if doublings := attempt - 1; doublings < backoffDoublings && f.config.BackoffMin <= bound>>doublings {
		bound = f.config.BackoffMin << doublings
	}
	return max(asked, rand.N(bound+1))
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
