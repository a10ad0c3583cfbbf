package limit

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// SetHeaders tells the caller what Allow said, in the fields of
// draft-ietf-httpapi-ratelimit-headers-10:
//
//	RateLimit-Policy: "read";q=1200;w=60     the quota, and the seconds that it is of
//	RateLimit: "read";r=1199;t=1             what remains, and the seconds until it is whole again
//
// and, of a call that was refused, Retry-After in seconds. HTTP/1.1 shows the names as
// net/http writes them, Ratelimit: their case means nothing. Without a limit it takes
// away what was told of another.
func SetHeaders(h http.Header, kind Kind, ok bool, limit, remaining int, reset time.Duration) {
	if limit <= 0 {
		h.Del("Ratelimit-Policy")
		h.Del("Ratelimit")
		return
	}
	seconds := int64((reset + time.Second - 1) / time.Second)
	h.Set("Ratelimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", kind.String(), limit, int(Window.Seconds())))
	h.Set("Ratelimit", fmt.Sprintf("%q;r=%d;t=%d", kind.String(), remaining, seconds))
	if !ok {
		h.Set("Retry-After", strconv.FormatInt(max(seconds, 1), 10))
	}
}
