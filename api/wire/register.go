package wire

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
)

// Keys of huma.Operation.Metadata that an operation may set.
const (
	// Long is the time that an operation may take, a time.Duration, where the usual is
	// too short.
	Long = "long"
	// WhileHalted, if true, lets an acting call go on while writes are halted: one that only
	// ever keeps money in, or that writes nothing but that it was asked.
	WhileHalted = "while-halted"
	// Secret, if true, says that the answer holds a secret: nobody on its way keeps it,
	// and it has no tag to ask for it again by. An acting call has no such answer, as its
	// answers are kept for repetition: it panics at registration.
	Secret = "secret"
)

// usual is how long an operation may take.
const usual = 15 * time.Second

// Public registers an operation that anybody may call. It reads as nobody: tables of
// suppliers are errors.
func Public[I, O any](s *Service, op huma.Operation, f func(ctx context.Context, r Reader, in *I) (*O, error)) {
	register(s, op, admission{public: true}, func(ctx context.Context, _ *call, in *I) (*O, error) {
		return f(ctx, NewReader(s.Supplier, uuid.Nil), in)
	})
}

// Signed registers an operation that anybody with a valid token may call. It reads as
// nobody.
func Signed[I, O any](s *Service, op huma.Operation, f func(ctx context.Context, r Reader, me auth.Caller, in *I) (*O, error)) {
	register(s, op, admission{}, func(ctx context.Context, c *call, in *I) (*O, error) {
		return f(ctx, NewReader(s.Supplier, uuid.Nil), c.me, in)
	})
}

// Own registers an operation by which a supplier reads what is theirs.
func Own[I, O any](s *Service, op huma.Operation, f func(ctx context.Context, r Reader, me auth.Caller, in *I) (*O, error)) {
	register(s, op, admission{roles: []auth.Role{auth.Supplier}}, func(ctx context.Context, c *call, in *I) (*O, error) {
		return f(ctx, NewReader(s.Supplier, c.me.Supplier), c.me, in)
	})
}

// Read registers an operation by which staff read, in one read-only transaction of one
// snapshot.
func Read[I, O any](s *Service, op huma.Operation, roles []auth.Role, f func(ctx context.Context, tx pgx.Tx, me auth.Caller, in *I) (*O, error)) {
	reading := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	register(s, op, admission{roles: roles}, func(ctx context.Context, c *call, in *I) (out *O, err error) {
		err = pgx.BeginTxFunc(ctx, s.App, reading, func(tx pgx.Tx) error {
			out, err = f(ctx, tx, c.me, in)
			return err
		})
		return out, err
	})
}

// Act registers an operation that changes something. See Acting for what it runs with;
// it must not begin a transaction of its own.
func Act[I, O any](s *Service, op huma.Operation, roles []auth.Role, f func(ctx context.Context, a Acting, in *I) (*O, error)) {
	op.Parameters = append(op.Parameters, keyParameter())
	register(s, op, admission{roles: roles, acts: true}, func(ctx context.Context, c *call, in *I) (*O, error) {
		return f(ctx, c.acting, in)
	})
}

// admission is who may call an operation.
type admission struct {
	public bool
	acts   bool
	roles  []auth.Role // nil: every caller with a token
}

// staff says whether the operation answers staff alone, who may read what went wrong.
func (a admission) staff() bool {
	return len(a.roles) > 0 && !slices.Contains(a.roles, auth.Supplier)
}

// register adds the operation behind its door.
func register[I, O any](s *Service, op huma.Operation, who admission, f func(ctx context.Context, c *call, in *I) (*O, error)) {
	s.operations = append(s.operations, Registered{op.OperationID, op.Method, op.Path, who.roles, who.public})
	describe[O](&op, who)
	entrance := s.newDoor(op, who)
	entrance.tabular, entrance.raw = tabular[O](), isBytes[O]()
	op.Middlewares = append(huma.Middlewares{entrance.pass}, op.Middlewares...)
	huma.Register(s.API, op, func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		c.began = true
		out, err := f(ctx, c, in)
		if err != nil {
			c.refused = entrance.refusal(ctx, err)
			return nil, c.refused
		}
		return out, nil
	})
}

// bodyOf is the type of an output's body; nil if it has none.
func bodyOf[O any]() reflect.Type {
	if field, ok := reflect.TypeFor[O]().FieldByName("Body"); ok {
		return field.Type
	}
	return nil
}

// tabular says whether the operation's body is a Table.
func tabular[O any]() bool {
	body := bodyOf[O]()
	return body != nil && body.Implements(reflect.TypeFor[Table]())
}

// statusOf is the status of an operation that succeeds.
func statusOf(op *huma.Operation) int {
	if op.DefaultStatus != 0 {
		return op.DefaultStatus
	}
	return http.StatusOK
}
