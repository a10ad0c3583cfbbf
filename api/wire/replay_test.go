package wire_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
)

// The answer that a key keeps is of the supplier that was acted for: a subject whose
// token names another one since is not given it.
func TestRepetitionIsOfOneSupplier(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	const path = "/v1/wallets/freeze"
	body := map[string]string{"reason": "lost"}
	one := s.Supplier("sam", uuid.New())
	one.Do(http.MethodPost, path, body, keyed("k")).Want(t, 200)
	s.Supplier("sam", uuid.New()).Do(http.MethodPost, path, body, keyed("k")).Problem(t, 422, "idempotency-key-reused")
	if again := one.Do(http.MethodPost, path, body, keyed("k")).Want(t, 200); again.Header.Get("Idempotency-Replayed") != "true" {
		t.Error("their own is not answered again")
	}
}
