package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// apiConnections is how many calls are under way at any time.
const apiConnections = 32

// load asks one server for paths, by connections that are kept.
type load struct {
	name     string
	requests [][]byte // as they go over the wire, one a caller
	address  string

	mutex sync.Mutex
	rates []float64       // requests a second, one a round
	times []time.Duration // of all requests
}

// load returns the load of every caller asking for their path.
func (h *house) load(name string, server *http.Server, path func(caller int) string) *load {
	l := &load{name: name, address: h.addresses[server]}
	for caller, token := range h.tokens {
		var request bytes.Buffer
		fmt.Fprintf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path(caller), l.address, token)
		l.requests = append(l.requests, request.Bytes())
	}
	return l
}

// round asks for a while, and keeps how quickly it was answered.
func (l *load) round(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	until := began.Add(apiRound)
	asked := 0
	group, ctx := errgroup.WithContext(ctx)
	for connection := range apiConnections {
		group.Go(func() error {
			times, err := l.ask(ctx, connection, until)
			l.mutex.Lock()
			defer l.mutex.Unlock()
			l.times = append(l.times, times...)
			asked += len(times)
			return err
		})
	}
	err := group.Wait()
	took := time.Since(began)
	l.rates = append(l.rates, float64(asked)/took.Seconds())
	return took, err
}

// ask asks over one connection, as the callers in turn, until the time is over.
func (l *load) ask(ctx context.Context, first int, until time.Time) (times []time.Duration, err error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.address)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	reader := bufio.NewReaderSize(connection, 1<<16)
	for i := first; ctx.Err() == nil; i += apiConnections + 1 {
		began := time.Now()
		if began.After(until) {
			return times, nil
		}
		if _, err := connection.Write(l.requests[i%len(l.requests)]); err != nil {
			return times, err
		}
		if err := readAnswer(reader); err != nil {
			return times, fmt.Errorf("%s: %w", l.name, err)
		}
		times = append(times, time.Since(began))
	}
	return times, ctx.Err()
}

// readAnswer reads one answer to its end, which must be a 200.
func readAnswer(reader *bufio.Reader) error {
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	return response.Body.Close()
}

// rate is the median of the rounds' requests a second.
func (l *load) rate() float64 {
	sorted := slices.Sorted(slices.Values(l.rates))
	return sorted[(len(sorted)-1)/2]
}

// latency is a percentile of the requests' times.
func (l *load) latency(percent int) time.Duration {
	slices.Sort(l.times)
	return l.times[(len(l.times)-1)*percent/100].Round(10 * time.Microsecond)
}
