package submit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// lineMax bounds a line of a file that comes back.
const lineMax = 1 << 16

// TakeBack reads transactions that were handed out and come back signed: lines of
// JSON as HandOut gives them, of which the field transaction counts. Each is held
// against the message on record and every signature checked; if one line is wrong,
// nothing of the file is recorded, and the error is ErrHandedOut. Then they are
// recorded, simulated and sent, and TakeBack returns when each of them has ended.
//
// One that would fail because of a payee is sent all the same: it moves nothing,
// frees its nonce, and its batch is divided when the next are handed out.
func TakeBack(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, file io.Reader, o Options) (Result, error) {
	o.Signer = nil
	r, err := takeBack(ctx, pool, client, id, file, o)
	if err != nil {
		return r, fmt.Errorf("distribution: take back %s: %w", id, err)
	}
	return r, nil
}

func takeBack(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, file io.Reader, o Options) (Result, error) {
	s, err := openSubmitter(ctx, pool, client, id, o)
	if err != nil {
		return Result{Distribution: id}, err
	}
	transactions, err := readSigned(file)
	if err != nil {
		return s.result, err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return s.result, err
	}
	defer unlock()
	taken, err := s.take(ctx, transactions)
	if err != nil {
		return s.result, err
	}
	s.step("taken back")
	if err := s.tryTaken(ctx, taken); err != nil {
		return s.result, err
	}
	err = s.goRound(ctx)
	return s.result, errors.Join(err, s.sum(context.WithoutCancel(ctx)))
}

// readSigned returns the transactions of a file, a line each.
func readSigned(file io.Reader) (all [][]byte, err error) {
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, lineMax)
	for number := 1; lines.Scan(); number++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var line struct {
			Transaction []byte `json:"transaction"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrHandedOut, number, err)
		}
		if len(line.Transaction) == 0 {
			return nil, fmt.Errorf("%w: line %d: transaction: missing: give the signed one in base64", ErrHandedOut, number)
		}
		all = append(all, line.Transaction)
	}
	if lines.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandedOut, lines.Err())
	}
	return all, nil
}

// take records the signed transactions, all or none.
func (s *submitter) take(ctx context.Context, transactions [][]byte) (taken []candidate, err error) {
	err = s.paying(ctx, func(tx pgx.Tx, _ distribution.Distribution) error {
		live, err := liveAttempts(ctx, tx, s.id)
		if err != nil {
			return err
		}
		for i, transaction := range transactions {
			a, err := match(live, transaction)
			if err != nil {
				return fmt.Errorf("%w: transaction %d of the file: %w", ErrHandedOut, i+1, err)
			}
			if err := insertSigned(ctx, tx, a.id, a.signature, a.transaction); err != nil {
				return err
			}
			taken = append(taken, candidate{Batch: solana.Batch{ID: s.batchID(a.batch)}, number: a.batch, attempt: a})
		}
		return nil
	})
	return taken, err
}

// errNotOpen is a transaction whose message is none that waits.
var errNotOpen = errors.New("it is none that waits for signatures: it was not handed out, was changed, or has landed or expired; hand out again to see which wait")

// match finds the live attempt that a signed transaction is of.
func match(live []attempt, transaction []byte) (attempt, error) {
	for _, a := range live {
		if !bytes.HasSuffix(transaction, a.message) {
			continue
		}
		signature, err := solana.CheckSigned(a.message, transaction)
		a.signature, a.transaction = signature, transaction
		return a, err
	}
	return attempt{}, errNotOpen
}

// tryTaken simulates what came back. A failure that would meet everybody stops here,
// before it costs a fee; what came back is kept. A nonce that moved on is none: the
// transaction may have landed before it came back.
func (s *submitter) tryTaken(ctx context.Context, taken []candidate) error {
	if err := s.simulateAll(ctx, taken); err != nil {
		return err
	}
	for _, c := range taken {
		switch failure := c.simulation.Failed; {
		case failure == "" || failure == blockhashNotFound || isPayees(failure):
		default:
			return everybody(c.ID, failure)
		}
	}
	return nil
}
