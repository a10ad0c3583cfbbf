package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/internal/apitest"
)

// A supplier who feels for what is others' by ids in bodies is alarmed of, as one who
// does by paths. Asking for the same again is none of that.
func TestProbingByBodiesIsAlarmedOf(t *testing.T) {
	t.Parallel()
	const probes = 5
	appeal := func(device byte) any {
		return map[string]any{"season": "s1", "revision": 1, "device_id": uuid.UUID{15: device}, "span_start": "2024-04-22T00:00:00Z", "reason": "it was up"}
	}
	proof := func(challenge byte) any {
		return map[string]any{"challenge": fmt.Sprint("c", challenge), "signature": fmt.Sprintf("%064d", 7)}
	}
	for _, c := range []struct {
		path string
		body func(id byte) any
	}{{"/v1/appeals", appeal}, {"/v1/wallets/proofs", proof}} {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			s := apitest.New(t)
			mallory := s.Supplier("mallory", uuid.UUID{0: 1})
			alarmed := func() (kinds []audit.AlertKind) {
				t.Helper()
				if err := pgx.BeginFunc(t.Context(), s.DB.App, func(tx pgx.Tx) error {
					alerts, err := audit.Watch(t.Context(), tx, audit.Thresholds{Span: time.Hour, Probes: probes})
					for _, a := range alerts {
						kinds = append(kinds, a.Kind)
						if a.Count != probes {
							t.Errorf("got %v", a)
						}
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return kinds
			}
			for range probes {
				mallory.Post(c.path, c.body(1)).Problem(t, http.StatusNotFound, "not-found")
			}
			for id := byte(2); id < probes; id++ {
				key := http.Header{"Idempotency-Key": {fmt.Sprint("probe-", id)}}
				for range 2 { // the second time from memory
					mallory.Do(http.MethodPost, c.path, c.body(id), key).Problem(t, http.StatusNotFound, "not-found")
				}
			}
			if got := alarmed(); len(got) > 0 {
				t.Errorf("one fewer: %v", got)
			}
			mallory.Post(c.path, c.body(probes)).Problem(t, http.StatusNotFound, "not-found")
			if got := alarmed(); !slices.Equal(got, []audit.AlertKind{audit.ProbingOfActor, audit.ProbingOfAddress, audit.ProbingOfNetwork}) {
				t.Errorf("got %v", got)
			}
		})
	}
}
