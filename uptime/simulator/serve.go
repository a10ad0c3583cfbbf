package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// ErrNotLoopback refuses to serve a simulated world to other machines.
var ErrNotLoopback = errors.New("the simulator listens on loopback only: give 127.0.0.1, [::1] or localhost")

// Serve serves the handler at addr, host:port on loopback, until ctx is done. Port
// 0 takes a free one. It returns once the port is listening: with the base URL, and
// with wait, which returns when the server has stopped, nil if ctx stopped it.
// Other addresses fail with ErrNotLoopback.
func Serve(ctx context.Context, addr string, h http.Handler) (baseURL string, wait func() error, err error) {
	addr, err = loopback(addr)
	if err != nil {
		return "", nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("simulator: listen on %s: %w", addr, err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() {
		defer stop()
		err := server.Serve(listener)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		done <- err
		close(done)
	}()
	return "http://" + listener.Addr().String(), func() error { return <-done }, nil
}

// loopback returns addr with its host as an address, which it checks: a name could
// lead anywhere.
func loopback(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("simulator: address %q: %w", addr, err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", fmt.Errorf("simulator: address %q: %w", addr, ErrNotLoopback)
	}
	return net.JoinHostPort(host, port), nil
}
