package wire_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type note struct {
	Body struct {
		Text string `json:"text" maxLength:"20"`
	}
}

type noted struct {
	Body struct {
		Person int64  `json:"person"`
		Text   string `json:"text"`
	}
}

// errTaken stands for an error of the domain.
var errTaken = errors.New("the text is taken")

// office registers operations that write, fail and wait.
type office struct {
	mutex   sync.Mutex
	written []string
	entered chan struct{} // told when the waiting operation was reached
	leave   chan struct{} // lets it go on
}

func (o *office) register(s *wire.Service) {
	act := func(path string, f func(ctx context.Context, a wire.Acting, in *note) (*noted, error)) {
		wire.Act(s, huma.Operation{OperationID: "test-" + path, Method: http.MethodPost, Path: "/v1/test/" + path},
			[]auth.Role{auth.Rewards}, f)
	}
	act("notes", func(ctx context.Context, a wire.Acting, in *note) (*noted, error) {
		return o.write(ctx, a, in.Body.Text)
	})
	act("refusals", func(ctx context.Context, a wire.Acting, in *note) (*noted, error) {
		_, err := o.write(ctx, a, in.Body.Text)
		return nil, errors.Join(err, errTaken)
	})
	act("panics", func(ctx context.Context, a wire.Acting, in *note) (*noted, error) {
		_, _ = o.write(ctx, a, in.Body.Text)
		panic("a secret of " + in.Body.Text)
	})
	act("failures", func(ctx context.Context, a wire.Acting, in *note) (*noted, error) {
		_, err := o.write(ctx, a, in.Body.Text)
		return nil, errors.Join(err, errors.New("a secret of "+in.Body.Text))
	})
	act("waits", func(ctx context.Context, a wire.Acting, in *note) (*noted, error) {
		o.entered <- struct{}{}
		<-o.leave
		return o.write(ctx, a, in.Body.Text)
	})
	wire.Act(s, huma.Operation{OperationID: "test-hasty", Method: http.MethodPost, Path: "/v1/test/hasty",
		Metadata: map[string]any{wire.Long: time.Second}}, []auth.Role{auth.Rewards},
		func(ctx context.Context, a wire.Acting, in *note) (*noted, error) {
			return o.write(ctx, a, in.Body.Text)
		})
	wire.Read(s, huma.Operation{OperationID: "test-cancelled", Method: http.MethodGet, Path: "/v1/test/cancelled"}, []auth.Role{auth.Rewards},
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*noted, error) {
			_, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 1`)
			if err == nil {
				_, err = tx.Exec(ctx, `SELECT pg_sleep(600)`)
			}
			return nil, err
		})
	wire.Read(s, huma.Operation{OperationID: "test-slow", Method: http.MethodGet, Path: "/v1/test/slow",
		Metadata: map[string]any{wire.Long: time.Millisecond}}, []auth.Role{auth.Rewards},
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*noted, error) {
			_, err := tx.Exec(ctx, `SELECT pg_sleep(600)`)
			return nil, err
		})
}

// write leaves a mark in the database, by a name that nobody else has.
func (o *office) write(ctx context.Context, a wire.Acting, text string) (*noted, error) {
	o.mutex.Lock()
	o.written = append(o.written, text)
	o.mutex.Unlock()
	_, err := a.Tx.Exec(ctx, `INSERT INTO person_name (kind, name, person_id) VALUES ('cli', $1, $2)`, "note "+text, a.Person)
	out := &noted{}
	out.Body.Person, out.Body.Text = a.Person, text
	return out, err
}

func (o *office) calls() int {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return len(o.written)
}

func open(t *testing.T) (*apitest.Server, *office) {
	t.Helper()
	o := &office{entered: make(chan struct{}), leave: make(chan struct{})}
	return apitest.New(t, func(c *api.Config) {
		c.Also = o.register
		c.AlsoMeaning = func(err error) (wire.Meaning, bool) {
			return wire.Meaning{Status: http.StatusConflict, Kind: "taken"}, errors.Is(err, errTaken)
		}
	}), o
}
