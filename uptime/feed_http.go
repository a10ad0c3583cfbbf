package uptime

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	idleConnections = 64 // kept open: more than any machine runs workers
	redirectsMax    = 3
	headerBytesMax  = 64 << 10
	connectTimeout  = 10 * time.Second
	idleTimeout     = 90 * time.Second
)

// newHTTPClient returns a client that keeps enough connections for all workers
// and leaves decompression to us, so that its output can be bounded.
func newHTTPClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    connectTimeout,
			MaxIdleConns:           idleConnections,
			MaxIdleConnsPerHost:    idleConnections,
			IdleConnTimeout:        idleTimeout,
			DisableCompression:     true,
			MaxResponseHeaderBytes: headerBytesMax,
		},
		CheckRedirect: checkRedirect,
	}
}

var errRedirected = errors.New("redirected")

// checkRedirect follows a few redirects to where the request came from and
// refuses all others: credentials are meant for one host alone.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return fmt.Errorf("%w to %q, which is not the service that was asked; configure its address", errRedirected,
			next.URL.Scheme+"://"+next.URL.Host)
	}
	if len(via) > redirectsMax {
		return fmt.Errorf("%w more than %d times", errRedirected, redirectsMax)
	}
	return nil
}
