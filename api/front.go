package api

import (
	"crypto/rand"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/uptally/uptally/api/wire"
)

// named gives each request a name in our records: the caller's own, if it is a plain
// one, else a new one.
func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Header.Get(wire.RequestID)
		if !simple(name) {
			name = rand.Text()
		}
		w.Header().Set(wire.RequestID, name)
		next.ServeHTTP(w, r)
	})
}

// simple says whether a name is 1 to 64 letters, digits, dots, dashes or underscores.
func simple(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for _, c := range []byte(name) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// hardening keeps a browser from doing more with an answer than showing it.
var hardening = http.Header{
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
	"Referrer-Policy":              {"no-referrer"},
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Strict-Transport-Security":    {"max-age=31536000"},
	"Cache-Control":                {"no-store"},
}

// hardened sets the headers of hardening; an operation may set another in its stead.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), hardening)
		next.ServeHTTP(w, r)
	})
}

// compressed compresses what is worth it, for callers who can read that.
func compressed(next http.Handler) http.Handler {
	compressing := middleware.Compress(5, "application/json", "application/problem+json", "text/csv")(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "" { // as most machines: nothing is to be looked at
			next.ServeHTTP(w, r)
			return
		}
		if !wire.TakesGzip(r) {
			w.Header().Add("Vary", "Accept-Encoding")
			next.ServeHTTP(w, r)
			return
		}
		r.Header.Set("Accept-Encoding", "gzip") // the library looks for the word alone
		compressing.ServeHTTP(w, r)
	})
}

// caught answers a panic outside of the operations without a word of it.
func caught(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if cause := recover(); cause != nil {
					if cause == http.ErrAbortHandler { //nolint:errorlint // the very value
						panic(cause)
					}
					log.Error("panic", "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
					problem(w, http.StatusInternalServerError, "internal", "It failed on our side; it was recorded.")
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// problem answers a request that no operation is for.
func problem(w http.ResponseWriter, status int, kind, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = huma.DefaultJSONFormat.Marshal(w, wire.Refuse(status, kind, detail))
}
