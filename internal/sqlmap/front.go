package sqlmap

import (
	"fmt"
	"net/http"
	"sync"
)

// Front stands before the API while one place is probed. It adds what the probe leaves
// out, and sees what is answered.
type Front struct {
	API   http.Handler
	Token string // empty: none is sent

	mutex  sync.Mutex
	calls  int
	failed string // the first call that the API failed on
}

// ServeHTTP passes a call on.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	f.calls++
	number := f.calls
	f.mutex.Unlock()
	if f.Token != "" {
		r.Header.Set("Authorization", "Bearer "+f.Token)
	}
	if r.Header.Get("Idempotency-Key") == "" && r.Method != http.MethodGet {
		r.Header.Set("Idempotency-Key", fmt.Sprint("probe-", number))
	}
	seen := &status{ResponseWriter: w}
	f.API.ServeHTTP(seen, r)
	if seen.code >= http.StatusInternalServerError && seen.code != http.StatusServiceUnavailable {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		if f.failed == "" {
			f.failed = fmt.Sprintf("%d for %s %s", seen.code, r.Method, r.RequestURI)
		}
	}
}

// Calls returns how many there were.
func (f *Front) Calls() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.calls
}

// Failed returns the first call that the API failed on, with the status; empty if there
// is none.
func (f *Front) Failed() string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.failed
}

// status keeps the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach what the server's writer can do.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
