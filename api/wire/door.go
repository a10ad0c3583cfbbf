package wire

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/jackc/pgx/v5/pgconn"
)

// door is what a request passes on its way to an operation, and its answer on the way
// back.
type door struct {
	s           *Service
	op          huma.Operation
	who         admission
	tabular     bool // also served as CSV
	raw         bool // serves files: the type is not negotiated
	within      time.Duration
	whileHalted bool
	secret      bool // the answer is kept nowhere
}

func (s *Service) newDoor(op huma.Operation, who admission) *door {
	d := &door{s: s, op: op, who: who, within: usual}
	if long, ok := op.Metadata[Long].(time.Duration); ok {
		d.within = long
	}
	d.whileHalted, _ = op.Metadata[WhileHalted].(bool)
	d.secret = holdsSecret(&op)
	if d.secret && who.acts {
		panic("wire: " + op.OperationID + ": answers of acting calls are kept, so they hold no secret")
	}
	return d
}

// holdsSecret says whether an operation answers with a secret.
func holdsSecret(op *huma.Operation) bool {
	is, _ := op.Metadata[Secret].(bool)
	return is
}

// visit is one request at the door.
type visit struct {
	*door
	r       *http.Request
	w       http.ResponseWriter
	answer  *recorder
	call    call
	address netip.Addr
	audited bool // in the transaction of an act
	begun   time.Time
}

// pass lets the request in if it may, and sends the answer.
func (d *door) pass(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	within, cancel := context.WithTimeout(r.Context(), d.within)
	defer cancel()
	v := &visit{door: d, w: w, answer: newRecorder(), begun: d.s.Now()}
	v.r = r.WithContext(context.WithValue(within, callKey{}, &v.call))
	defer v.answer.recycle()
	v.guarded(func() {
		if problem := v.admit(); problem != nil {
			v.refuse(problem)
			return
		}
		if d.who.acts {
			v.act(next)
		} else {
			v.serve(next)
		}
	})
	v.record(v.r.Context())
	v.send()
}

// guarded runs f; a panic is recorded, and answered without a word of it.
func (v *visit) guarded(f func()) {
	defer func() {
		if cause := recover(); cause != nil {
			if cause == http.ErrAbortHandler { //nolint:errorlint // the very value
				panic(cause)
			}
			v.s.Log.Error("panic", "operation", v.op.OperationID, "request", v.requestID(), "cause", cause, "stack", string(debug.Stack()))
			v.refuse(errInternal)
		}
	}()
	f()
}

// serve runs the operation into the recorder.
func (v *visit) serve(next func(huma.Context)) {
	next(humachi.NewContext(&v.op, v.r, v.answer))
}

// refuse makes the problem the answer.
func (v *visit) refuse(problem *Problem) {
	v.answer.reset()
	maps.Copy(v.answer.header, problem.header)
	v.answer.header.Set("Content-Type", typeProblem)
	v.answer.WriteHeader(problem.Status)
	_ = huma.DefaultJSONFormat.Marshal(&v.answer.body, problem) // a buffer does not fail
}

// refusal is what an operation's error is to the caller.
func (d *door) refusal(ctx context.Context, err error) error {
	problem, is := errors.AsType[*Problem](err)
	switch {
	case is && problem == errUnknown: // a deadline may have cut the answer off
		return problem
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded), cancelled(err):
		return errTimeout
	}
	problem, known := d.s.problemOf(err, d.who.staff())
	if !known && ctx.Err() == nil {
		d.s.Log.Error("failed", "operation", d.op.OperationID, "error", err)
	}
	return problem
}

// cancelled says whether the database ended a statement that took longer than it lets one
// take.
func cancelled(err error) bool {
	const queryCanceled = "57014"
	said, is := errors.AsType[*pgconn.PgError](err)
	return is && said.Code == queryCanceled
}

func (v *visit) requestID() string { return v.w.Header().Get(RequestID) }

// isBytes says whether an operation serves files.
func isBytes[O any]() bool {
	body := bodyOf[O]()
	return body != nil && body.Kind() == reflect.Slice && body.Elem().Kind() == reflect.Uint8
}
