package sqlmap

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// How much of an answer sqlmap is shown, in bytes: it compares answers letter by letter,
// which takes the square of their length where they differ, as those of acts do. What
// acts list of what was done grows with every call.
const (
	readMax = 16 << 10
	actMax  = 4 << 10
)

// Front stands before the API while one place is probed. It adds what the probe leaves
// out, sees what is answered, and passes the beginning of it on, or its shape.
type Front struct {
	API   http.Handler
	Token string // empty: none is sent
	Shape bool   // sqlmap is shown what an answer is made of, without the values

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
	r.Header.Del("Accept-Encoding") // what is cut must be readable
	seen := &status{ResponseWriter: w, left: readMax}
	if r.Method != http.MethodGet {
		seen.left = actMax
	}
	if f.Shape {
		seen.kept = new(bytes.Buffer)
	}
	f.API.ServeHTTP(seen, r)
	if f.Shape {
		_, _ = io.WriteString(w, shapeOf(seen.kept.Bytes())) // sqlmap may have gone
	}
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
	kept *bytes.Buffer // where the answer goes instead; nil: it is passed on
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.Header().Del("Content-Length")
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Write(p []byte) (int, error) {
	if s.kept != nil {
		return s.kept.Write(p)
	}
	shown := p[:min(len(p), s.left)]
	s.left -= len(shown)
	if n, err := s.ResponseWriter.Write(shown); err != nil {
		return n, err
	}
	return len(p), nil // the rest is dropped
}

// Unwrap lets http.ResponseController reach what the server's writer can do.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// shapeOf returns what an answer is made of: of JSON the names, the kinds of values, and
// the first item of an array; of anything else the first line.
func shapeOf(answer []byte) string {
	value := decoded(answer)
	if value == nil {
		line, _, _ := strings.Cut(string(answer), "\n")
		return line
	}
	var shape strings.Builder
	writeShape(&shape, value)
	return shape.String()
}

func writeShape(shape *strings.Builder, value any) {
	switch value := value.(type) {
	case map[string]any:
		shape.WriteString("{ ")
		for _, name := range slices.Sorted(maps.Keys(value)) {
			shape.WriteString(name + ": ")
			writeShape(shape, value[name])
		}
		shape.WriteString("} ")
	case []any:
		shape.WriteString("[ ")
		if len(value) > 0 {
			writeShape(shape, value[0])
		}
		shape.WriteString("] ")
	default:
		fmt.Fprintf(shape, "%T ", value)
	}
}
