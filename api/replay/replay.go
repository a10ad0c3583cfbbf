package replay

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Lifetime is how long answers are kept.
const Lifetime = 48 * time.Hour

// KeyMax is the most bytes of a key.
const KeyMax = 255

var (
	// ErrInFlight says that a call with this key has begun and not ended.
	ErrInFlight = errors.New("a call with this key is under way")
	// ErrOther says that a key was used for another request.
	ErrOther = errors.New("the key was used for another request")
)

// Call names one act that a caller may repeat.
type Call struct {
	Actor   string // who calls, as issuer and subject
	Key     string // 1 to KeyMax bytes, of the caller's choice
	Request [sha256.Size]byte
}

// Answer is what a call was answered.
type Answer struct {
	Status int // 200 to 499
	Header http.Header
	Body   []byte
}

// RequestOf is the digest by which two requests are the same: of the supplier that the
// caller acts for (of the zero UUID, none), method, path with query, content type and
// body, each preceded by its length. A caller whose token names another supplier than
// before is not given the answer of the one before.
func RequestOf(supplier uuid.UUID, method, target, contentType string, body []byte) [sha256.Size]byte {
	digest := sha256.New()
	for _, part := range [][]byte{supplier[:], []byte(method), []byte(target), []byte(contentType), body} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		digest.Write(length[:])
		digest.Write(part)
	}
	return [sha256.Size]byte(digest.Sum(nil))
}

// Begin claims the call until the transaction ends. It returns the answer that was
// kept if the call was made before, nil if it is new; ErrInFlight or ErrOther.
func Begin(ctx context.Context, tx pgx.Tx, call Call) (*Answer, error) {
	claimed, err := claim(ctx, tx, call)
	if err != nil {
		return nil, fmt.Errorf("claiming a key: %w", err)
	}
	if !claimed {
		return nil, ErrInFlight
	}
	request, answer, err := selectAnswer(ctx, tx, call)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a kept answer: %w", err)
	}
	if [sha256.Size]byte(request) != call.Request {
		return nil, ErrOther
	}
	return answer, nil
}

// Keep records the answer of a call that Begin claimed in this transaction.
func Keep(ctx context.Context, tx pgx.Tx, call Call, answer Answer) error {
	if answer.Body == nil { // to the database nothing is not empty
		answer.Body = []byte{}
	}
	if err := insertAnswer(ctx, tx, call, answer); err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	return nil
}

// Forget deletes the answers that are older than Lifetime by the database's clock, and
// returns how many there were.
func Forget(ctx context.Context, tx pgx.Tx) (int64, error) {
	forgotten, err := deleteAnswers(ctx, tx, Lifetime)
	if err != nil {
		return 0, fmt.Errorf("forgetting kept answers: %w", err)
	}
	return forgotten, nil
}
