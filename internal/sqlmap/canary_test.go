//go:build sqlmap

package sqlmap

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
)

// canary is the operation that is injectable on purpose.
const canary = "canary"

// What is injectable is found, in whatever place: by what it answers, and where it
// answers alike, by how long it takes.
func TestCanary(t *testing.T) {
	db := pgtest.New(t)
	pgtest.Person(t, db.Owner, "tweety")
	router := http.NewServeMux()
	answer := func(w http.ResponseWriter, r *http.Request, name string) {
		var person int64
		// Built from strings: what nothing else here does.
		err := db.App.QueryRow(r.Context(), `SELECT person_id FROM person_name WHERE name = '`+name+`'`, pgx.QueryExecModeSimpleProtocol).Scan(&person)
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
		}
		_ = json.NewEncoder(w).Encode(map[string]bool{"there": err == nil})
	}
	router.HandleFunc("GET /path/{name}", func(w http.ResponseWriter, r *http.Request) { answer(w, r, r.PathValue("name")) })
	router.HandleFunc("GET /query", func(w http.ResponseWriter, r *http.Request) { answer(w, r, r.URL.Query().Get("name")) })
	router.HandleFunc("GET /header", func(w http.ResponseWriter, r *http.Request) { answer(w, r, r.Header.Get("X-Request-ID")) })
	router.HandleFunc("POST /body", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Inner []struct{ Name string } }
		if json.NewDecoder(r.Body).Decode(&body) != nil || len(body.Inner) != 1 {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		answer(w, r, body.Inner[0].Name)
	})
	for _, p := range []Probe{
		{Place: "path", Method: "GET", Path: "/path/tweety*"},
		{Place: "query", Method: "GET", Path: "/query?other=1&name=tweety*"},
		{Place: "header", Method: "GET", Path: "/header", Header: [2]string{"X-Request-Id", "tweety*"}},
		{Place: "body", Method: "POST", Path: "/body", Type: "application/json", Body: `{"inner":[{"name":"tweety*"}],"other":1}`},
	} {
		p.Operation = canary
		r := run(t, router, "", p)
		t.Logf("%s: %s after %d calls, %ds", p.Name(), r.Verdict, r.Calls, r.Seconds)
		if r.Verdict != Injectable {
			t.Errorf("%s was not found", p.Name())
		}
	}
}
