package submit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// HandedOut is a transaction that waits for its signers: a line of JSON, keys and
// hashes in base58.
type HandedOut struct {
	Batch       string        `json:"batch"` // "d1-b3"
	Memo        string        `json:"memo"`
	Payouts     int           `json:"payouts"`
	Total       ledger.Amount `json:"total"` // base units
	Signers     []solana.Key  `json:"signers"`
	Nonce       solana.Key    `json:"nonce"`
	NonceValue  string        `json:"nonce_value"`
	Transaction []byte        `json:"transaction"` // base64; complete but for its signatures, which are zeros
}

// HandOut makes transactions ready that are signed elsewhere, one for each nonce
// account of the distribution that is free, and records them as attempts. It returns
// all that wait for signatures, also those of earlier calls, as they were: so a file
// that was lost is written again. With replace, those that wait and those that were
// signed but do not land are made ready again at the price of now, on the same value
// of their nonce: at most one of them can land.
//
// The error is ErrNonce for a distribution that was prepared without nonces, else as
// of Run.
func HandOut(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, replace bool, o Options) ([]HandedOut, Result, error) {
	o.Signer = nil
	all, result, err := handOut(ctx, pool, client, id, replace, o)
	if err != nil {
		return nil, result, fmt.Errorf("distribution: hand out %s: %w", id, err)
	}
	return all, result, nil
}

func handOut(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, replace bool, o Options) ([]HandedOut, Result, error) {
	s, err := openSubmitter(ctx, pool, client, id, o)
	if err != nil {
		return nil, Result{Distribution: id}, err
	}
	if err := s.needNonces(); err != nil {
		return nil, s.result, err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, s.result, err
	}
	defer unlock()
	if err := s.begin(ctx); err != nil {
		return nil, s.result, err
	}
	for progressed := true; progressed; {
		t, err := s.advance(ctx, len(s.approved))
		if err != nil {
			return nil, s.result, err
		}
		progressed = t.progressed
	}
	if replace {
		if err := s.replace(ctx); err != nil {
			return nil, s.result, err
		}
	}
	all, err := s.handedOut(ctx)
	return all, s.result, errors.Join(err, s.sum(ctx), s.misfit())
}

func (s *submitter) needNonces() error {
	for _, b := range s.approved {
		if b.Nonce.IsZero() {
			return fmt.Errorf("%w: %s is signed over a blockhash, which lives for a minute: submit it with a key file, or prepare it with nonce accounts", ErrNonce, b.ID)
		}
	}
	return nil
}

// replace records a message at the price of now beside each attempt that is live on
// a nonce.
func (s *submitter) replace(ctx context.Context) error {
	price, err := s.price(ctx)
	if err != nil {
		return err
	}
	return s.paying(ctx, func(tx pgx.Tx, d distribution.Distribution) error {
		if d.State != distribution.Approved {
			return fmt.Errorf("%w: it is %s by now: nothing more of it is paid", distribution.ErrCancelled, d.State)
		}
		live, err := liveAttempts(ctx, tx, s.id)
		if err != nil {
			return err
		}
		for _, a := range live {
			if a.replaces != 0 {
				continue
			}
			if err := s.replaceOne(ctx, tx, a, price); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *submitter) replaceOne(ctx context.Context, tx pgx.Tx, a attempt, price uint64) error {
	payees, err := payeesOf(ctx, tx, s.id, a.batch)
	if err != nil {
		return err
	}
	b, err := s.batch(openOf(a, payees))
	if err != nil {
		return err
	}
	value, err := parseHash(a.blockhash)
	if err != nil {
		return err
	}
	message, err := solana.Ready(b.Message, value, price)
	if err != nil {
		return err
	}
	if known, err := messageIsKnown(ctx, tx, message); err != nil || known {
		return err
	}
	_, err = insertAttempt(ctx, tx, attempt{distribution: s.id, batch: a.batch, message: message,
		blockhash: a.blockhash, nonce: a.nonce, replaces: a.id}, s.Actor)
	return err
}

func openOf(a attempt, payees []payee) open {
	o := open{number: a.batch, memo: a.memo}
	for _, p := range payees {
		o.free = append(o.free, p.payout)
	}
	return o
}

// handedOut returns the newest message of each batch that waits for signatures.
func (s *submitter) handedOut(ctx context.Context) (all []HandedOut, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		live, err := liveAttempts(ctx, tx, s.id)
		if err != nil {
			return err
		}
		newest := map[int]int64{}
		for _, a := range live {
			newest[a.batch] = a.id
		}
		for _, a := range live {
			if a.isSigned() || newest[a.batch] != a.id {
				continue
			}
			h, err := s.handedOne(ctx, tx, a)
			if err != nil {
				return err
			}
			all = append(all, h)
		}
		return nil
	})
	return all, err
}

func (s *submitter) handedOne(ctx context.Context, tx pgx.Tx, a attempt) (HandedOut, error) {
	payees, err := payeesOf(ctx, tx, s.id, a.batch)
	if err != nil {
		return HandedOut{}, err
	}
	h := HandedOut{Batch: s.batchID(a.batch), Memo: a.memo, Payouts: len(payees), Signers: signersOf(s.source), Nonce: a.nonce, NonceValue: a.blockhash}
	for _, p := range payees {
		h.Total += ledger.Amount(p.amount) // within the distribution's total
	}
	h.Transaction, err = solana.Unsigned(a.message)
	return h, err
}

// Encode writes transactions as lines of JSON.
func Encode(all []HandedOut) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, h := range all {
		if err := encoder.Encode(h); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}
