package sqlmap

import (
	"fmt"
	"net/http"
	"sync"
)

// answerMax is how much of an answer sqlmap is shown, in bytes: it compares answers letter
// by letter, and those of acts that list what was done grow with every call.
const answerMax = 16 << 10

// Front stands before the API while one place is probed. It adds what the probe leaves
// out, sees what is answered, and passes the beginning of it on.
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
	seen := &status{ResponseWriter: w, left: answerMax}
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

// status keeps the status of an answer, and passes on what is left to be shown.
type status struct {
	http.ResponseWriter
	code int
	left int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.Header().Del("Content-Length")
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Write(p []byte) (int, error) {
	shown := p[:min(len(p), s.left)]
	s.left -= len(shown)
	if n, err := s.ResponseWriter.Write(shown); err != nil {
		return n, err
	}
	return len(p), nil // the rest is dropped
}

// Unwrap lets http.ResponseController reach what the server's writer can do.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
