package wire_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/internal/apitest"
)

// recorded closes the log, and returns what it says of calls that were not answered
// below 400, a line a kind and actor: how many, and whether in fewer entries.
func recorded(t *testing.T, s *apitest.Server) []string {
	t.Helper()
	if err := s.Config.Audit.Close(); err != nil { // which writes what was counted
		t.Fatal(err)
	}
	rows, err := s.DB.Owner.Query(t.Context(), `
		SELECT kind || ' ' || sum(calls) || coalesce(' ' || substring(actor from ' (.*)'), '') || CASE WHEN count(*) < sum(calls) THEN ' counted' ELSE '' END
		FROM audit_entry WHERE status >= 400 GROUP BY kind, actor ORDER BY min(number)`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestAFloodDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, func(c *api.Config) {
		c.Limits = limit.New(limit.Budgets{Actor: limit.Budget{Reads: 1, Writes: 1}, Address: limit.Budget{Reads: 2, Writes: 1}})
	})
	ada, nobody := s.As("ada", auth.Rewards), s.Anyone()
	ada.Get("/v1/me").Want(t, http.StatusOK)
	for range 2 {
		nobody.Get("/v1/me").Problem(t, http.StatusUnauthorized, "token-missing")
	}
	for i := range 20 {
		ada.Get(fmt.Sprint("/v1/me?i=", i)).Problem(t, http.StatusTooManyRequests, "rate-limited")
		nobody.Get(fmt.Sprint("/nowhere/", i)).Problem(t, http.StatusTooManyRequests, "rate-limited")
	}
	want := []string{"token-missing 2", "rate-limited 20 ada counted", "rate-limited 20 counted"}
	if got := recorded(t, s); !slices.Equal(got, want) {
		t.Errorf("on record: %q, want %q", got, want)
	}
	if entries := count(t, s, `SELECT count(*) FROM audit_entry WHERE kind = 'rate-limited'`); entries > 10 { // four, but for a clock that ticks
		t.Errorf("40 calls are %d entries", entries)
	}
}

// What failed is on record as what was refused, and an outage does not fill the log.
func TestFailuresAreOnRecord(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	ada := s.As("ada", auth.Rewards)
	for range 3 {
		ada.Get("/v1/test/slow").Problem(t, http.StatusServiceUnavailable, "timed-out")
	}
	for range 4 {
		ada.Post("/v1/test/failures", map[string]string{"text": "x"}).Problem(t, http.StatusInternalServerError, "internal")
	}
	ada.Post("/v1/test/panics", map[string]string{"text": "x"}).Problem(t, http.StatusInternalServerError, "internal")
	want := []string{"timed-out 3 ada counted", "internal 5 ada counted"}
	if got := recorded(t, s); !slices.Equal(got, want) {
		t.Errorf("on record: %q, want %q", got, want)
	}
}

func TestAnIssuerThatIsAwayIsOnRecord(t *testing.T) {
	t.Parallel()
	s := onStreet(t)
	s.away.Store(true)
	for range 3 {
		s.from(cafe, s.madeUp()).Problem(t, http.StatusServiceUnavailable, "issuer-unreachable")
	}
	for range 5 {
		s.from(cafe, s.madeUp()).Problem(t, http.StatusTooManyRequests, "rate-limited")
	}
	want := []string{"issuer-unreachable 3 counted", "rate-limited 5 counted"}
	if got := recorded(t, s.Server); !slices.Equal(got, want) {
		t.Errorf("on record: %q, want %q", got, want)
	}
}
