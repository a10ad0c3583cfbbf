package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
)

// The paths of the API.
const (
	heartbeatsPath = "/v1/heartbeats"
	summaryPath    = "/v1/heartbeats/summary"
	changesPath    = "/v1/devices/changes"
	verdictsPath   = "/v1/verdicts"
	jobMinutesPath = "/v1/job-minutes"

	// TokenPath is where client credentials are exchanged for a token.
	TokenPath = "/oauth/token"
)

// Options are how a world is served. The zero value serves everyone, plainly.
type Options struct {
	Token string // a static bearer token, required unless empty

	// Client credentials, exchanged at TokenPath. With Token set too, either does.
	ClientID, ClientSecret string
	Audience               string        // required of the exchange unless empty
	TokenLifetime          time.Duration // of an issued token; 0 stands for 10 minutes
	TokenUses              int           // requests that a token is good for; 0: no bound

	// Gzip compresses pages, at the fastest level, for callers that accept it. Over
	// loopback plain pages are several times as fast: ids do not compress.
	Gzip bool

	Faults Faults

	// Unauthorised, unless nil, makes every request a 401 while it is true.
	Unauthorised *atomic.Bool

	// Now is the story's clock: the service knows nothing that happens after it.
	// nil stands for long after the world's end.
	Now func() time.Time
}

// Handler serves the world by the uptime API: the paths under /v1/, and TokenPath
// if client credentials are set. It is safe for concurrent use; handlers of one
// world share its memory and nothing else.
func (w *World) Handler(options Options) http.Handler {
	s := &service{world: w, options: options, faults: newFaultPlan(options.Faults)}
	s.issuer = &issuer{options: options, grants: make(map[string]*grant)}
	mux := http.NewServeMux()
	mux.Handle("GET "+heartbeatsPath, s.endpoint(s.heartbeats))
	mux.Handle("GET "+summaryPath, s.endpoint(s.summary))
	mux.Handle("GET "+changesPath, s.endpoint(s.changeLog))
	mux.Handle("GET "+verdictsPath, s.endpoint(s.verdictLog))
	mux.Handle("GET "+jobMinutesPath, s.endpoint(s.jobMinutes))
	if s.issuer.enabled() {
		mux.Handle("POST "+TokenPath, s.issuer)
	}
	return mux
}

// service is one world being served.
type service struct {
	world   *World
	options Options
	faults  *faultPlan
	issuer  *issuer
	pages   sync.Pool // of *[]byte
}

// now returns the story's time.
func (s *service) now() moment {
	if s.options.Now == nil {
		return momentAtOrAfter(End.AddDate(1, 0, 0))
	}
	return momentAtOrAfter(s.options.Now().Truncate(time.Second))
}

// pager appends the page that the parameters ask for, or returns a *problem.
type pager func(ctx context.Context, page []byte, p parameters) ([]byte, error)

// pageBytes holds the largest page of heartbeats without growing.
const pageBytes = limitMax*len(rowText) + 256

func (s *service) endpoint(list pager) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !s.issuer.accepts(r) {
			rw.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(rw, &problem{status: http.StatusUnauthorized, detail: "the bearer token is missing or not good"})
			return
		}
		what, draw := s.faults.next(r)
		if p := what.problem(); p != nil {
			writeProblem(rw, p)
			return
		}
		buffer := s.buffer()
		defer s.pages.Put(buffer)
		page, err := list(r.Context(), (*buffer)[:0], parameters(r.URL.Query()))
		if p := (*problem)(nil); errors.As(err, &p) {
			writeProblem(rw, p)
			return
		}
		*buffer = page
		if what != noFault {
			s.spoil(rw, r, page, what, draw)
			return
		}
		s.write(rw, r, page)
	})
}

func (s *service) buffer() *[]byte {
	if buffer, ok := s.pages.Get().(*[]byte); ok {
		return buffer
	}
	return new(make([]byte, 0, pageBytes))
}

// write sends a whole page. Who hung up needs no answer.
func (s *service) write(rw http.ResponseWriter, r *http.Request, page []byte) {
	rw.Header().Set("Content-Type", "application/json")
	if s.options.Gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		rw.Header().Set("Content-Encoding", "gzip")
		zip, _ := gzip.NewWriterLevel(rw, gzip.BestSpeed) // the level is a valid one
		_, _ = zip.Write(page)
		_ = zip.Close()
		return
	}
	rw.Header().Set("Content-Length", strconv.Itoa(len(page)))
	_, _ = rw.Write(page)
}

func writeProblem(rw http.ResponseWriter, p *problem) {
	rw.Header().Set("Content-Type", "application/problem+json")
	if p.retryAfter != "" {
		rw.Header().Set("Retry-After", p.retryAfter)
	}
	rw.WriteHeader(p.status)
	_ = json.NewEncoder(rw).Encode(map[string]any{
		"title": http.StatusText(p.status), "status": p.status, "detail": p.detail,
	})
}
