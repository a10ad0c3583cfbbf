package wire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/replay"
)

// bodyMax is the most bytes of a request's body, where an operation sets no bound.
const bodyMax = 1 << 20

// errUndone ends the transaction of an act whose answer says that nothing was done.
var errUndone = errors.New("undone")

// act runs an acting call in one transaction with its audit entry and the answer that
// its repetition will be given. The answer is sent only once that is committed.
func (v *visit) act(next func(huma.Context)) {
	key := v.r.Header.Get("Idempotency-Key")
	if !usable(key) {
		v.refuse(errNoKey)
		return
	}
	body, problem := v.readBody()
	if problem != nil {
		v.refuse(problem)
		return
	}
	made := replay.Call{
		Actor: v.call.me.Actor(), Key: key,
		Request: replay.RequestOf(v.call.me.Supplier, v.r.Method, v.r.URL.RequestURI(), v.r.Header.Get("Content-Type"), body),
	}
	ctx := v.r.Context()
	committing := false
	err := pgx.BeginFunc(ctx, v.s.App, func(tx pgx.Tx) error {
		err := v.inTransaction(ctx, tx, made, body, next)
		committing = err == nil
		return err
	})
	switch {
	case err == nil || errors.Is(err, errUndone):
		return
	case committing && !refusedCommit(err):
		err = errUnknown
	}
	refused := &Problem{}
	if errors.As(v.refusal(ctx, err), &refused) {
		v.audited = false
		v.refuse(refused)
	}
}

// refusedCommit says whether a transaction that did not end well is known to have left
// nothing behind: the database said so. Where the deadline or the connection's end cut its
// answer off, it may have been committed all the same.
func refusedCommit(err error) bool {
	_, said := errors.AsType[*pgconn.PgError](err)
	return said || errors.Is(err, pgx.ErrTxCommitRollback)
}

// inTransaction answers from memory, or acts. An error leaves nothing behind; errUndone
// if the answer stands.
func (v *visit) inTransaction(ctx context.Context, tx pgx.Tx, made replay.Call, body []byte, next func(huma.Context)) error {
	kept, err := replay.Begin(ctx, tx, made)
	switch {
	case errors.Is(err, replay.ErrInFlight):
		return errInFlight
	case errors.Is(err, replay.ErrOther):
		return errOtherKey
	case err != nil:
		return err
	case kept != nil:
		v.repeat(kept)
		return errUndone
	}
	if err := v.prepare(ctx, tx); err != nil {
		return err
	}
	if err := v.attempt(ctx, tx, body, next); err != nil {
		return err
	}
	answer := replay.Answer{Status: v.answer.status, Header: v.answer.header.Clone(), Body: bytes.Clone(v.answer.body.Bytes())}
	if err := replay.Keep(ctx, tx, made, answer); err != nil {
		return err
	}
	v.audited = true
	digest := sha256.Sum256(body)
	return audit.Append(ctx, tx, v.entry(digest[:]))
}

// prepare finds out whether writes are halted, and who acts.
func (v *visit) prepare(ctx context.Context, tx pgx.Tx) error {
	if !v.whileHalted {
		if _, halted, err := audit.Halted(ctx, tx); err != nil || halted {
			return errors.Join(err, orNil(halted, errHalted))
		}
	}
	person, err := v.person(ctx, tx)
	if errors.Is(err, persons.ErrNoPerson) {
		return errPerson
	}
	v.call.acting = Acting{Me: v.call.me, Person: person, Reader: NewReader(v.s.Supplier, v.call.me.Supplier)}
	return err
}

// attempt runs the operation in a savepoint, which a refusal undoes. What never reached
// the operation, and what failed on our side, is undone whole.
func (v *visit) attempt(ctx context.Context, tx pgx.Tx, body []byte, next func(huma.Context)) error {
	savepoint, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	v.call.acting.Tx = savepoint
	v.r.Body = io.NopCloser(bytes.NewReader(body))
	v.serve(next)
	switch {
	case !v.call.began || v.answer.status >= http.StatusInternalServerError:
		return errUndone
	case v.answer.status >= http.StatusBadRequest:
		if err := savepoint.Rollback(ctx); err != nil {
			return err
		}
		return v.nameActor(ctx, tx)
	}
	return savepoint.Commit(ctx)
}

// nameActor tells one of staff who may not do the second half of an act which names are
// theirs: the first half may have been done under another one of them.
func (v *visit) nameActor(ctx context.Context, tx pgx.Tx) error {
	problem := &Problem{}
	if !v.who.staff() || !errors.As(v.call.refused, &problem) || problem.Kind() != OwnWork {
		return nil
	}
	known, err := persons.Known(ctx, tx, v.call.acting.Person)
	if err != nil || known == "" {
		return err
	}
	named := *problem
	named.Detail += ". " + known
	v.refuse(&named)
	return nil
}

// person returns who the caller is. A supplier's users are recorded at first use, as
// are names on the development issuer's word; anybody else must be on record. A machine is nobody: what staff decide, humans decide.
func (v *visit) person(ctx context.Context, tx pgx.Tx) (int64, error) {
	me := v.call.me
	switch {
	case me.Machine && v.who.staff():
		return 0, errMachine
	case v.s.Verifier.Development(me.Issuer):
		return persons.DevelopmentPerson(ctx, tx, me.Subject)
	case me.Has(auth.Supplier) && !v.who.staff():
		return persons.EnsureToken(ctx, tx, me.Issuer, me.Subject)
	}
	return persons.ByToken(ctx, tx, me.Issuer, me.Subject)
}

// repeat makes a kept answer the answer.
func (v *visit) repeat(kept *replay.Answer) {
	v.answer.reset()
	maps.Copy(v.answer.header, kept.Header)
	v.answer.header.Set("Idempotency-Replayed", "true")
	v.answer.WriteHeader(kept.Status)
	v.answer.body.Write(kept.Body)
}

// readBody reads the whole body, so that it can be compared with an earlier one.
func (v *visit) readBody() ([]byte, *Problem) {
	if v.r.Header.Get("Content-Encoding") != "" {
		return nil, errEncoded
	}
	most := v.op.MaxBodyBytes
	if most == 0 {
		most = bodyMax
	}
	body, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, most))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, Refuse(http.StatusBadRequest, "malformed", "The body could not be read to its end.")
	case !readableBody(v.r.Header.Get("Content-Type"), body):
		return nil, errUnreadable
	}
	return body, nil
}

// usable says whether a key is 1 to 255 printable characters of ASCII.
func usable(key string) bool {
	if key == "" || len(key) > replay.KeyMax {
		return false
	}
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return true
}

func orNil(is bool, err error) error {
	if is {
		return err
	}
	return nil
}
