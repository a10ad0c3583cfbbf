package operator_test

import (
	"testing"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// desk is a server with two operators.
type desk struct {
	*apitest.Server
	ann, bob *apitest.Client
}

func setup(t *testing.T) desk {
	t.Helper()
	s := apitest.New(t)
	return desk{s, s.As("ann", auth.Operator), s.As("bob", auth.Operator)}
}

type page[T any] struct {
	Items      []T
	NextCursor string `json:"next_cursor"`
}

// into decodes an answer, which must be of the status.
func into[T any](t *testing.T, a apitest.Answer, status int) (decoded T) {
	t.Helper()
	a.Want(t, status).Into(t, &decoded)
	return decoded
}
