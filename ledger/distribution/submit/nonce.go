package submit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// nonce returns the value of a nonce account that the fee payer may advance.
func (s *submitter) nonce(ctx context.Context, account solana.Key) (solana.Hash, error) {
	value, authority, err := s.client.Nonce(ctx, account)
	if err == nil && authority != s.source.FeePayer {
		err = fmt.Errorf("%w: nonce account %s is advanced by %s, not by the fee payer %s: authorise that one",
			ErrStopped, account, authority, s.source.FeePayer)
	}
	return value, err
}

// signLive signs messages that are handed out, if we hold the keys ourselves: the
// very same messages, so whichever comes first, the transaction is one.
func (s *submitter) signLive(ctx context.Context, live []attempt) (signed int, err error) {
	for _, a := range live {
		if a.isSigned() || len(s.Signer) == 0 {
			continue
		}
		if err := s.checkMessage(ctx, a); err != nil {
			return signed, err
		}
		transaction, signature, err := solana.Sign(a.message, s.Signer...)
		if err != nil {
			return signed, err
		}
		if err := s.paying(ctx, func(tx pgx.Tx, _ distribution.Distribution) error {
			return insertSigned(ctx, tx, a.id, signature, transaction)
		}); err != nil {
			return signed, err
		}
		s.step("signed alone")
		_ = s.client.Send(ctx, transaction) // it may land, whatever the answer
		signed++
	}
	return signed, nil
}

// checkMessage makes sure that a message on record, which is about to be signed, is
// that of the approved file but for its nonce's value and price.
func (s *submitter) checkMessage(ctx context.Context, a attempt) error {
	payees, err := s.payees(ctx, a.batch)
	if err != nil {
		return err
	}
	b, err := s.batch(openOf(a, payees))
	if err == nil {
		err = solana.Same(b.Message, a.message)
	}
	if err != nil {
		return fmt.Errorf("%w: the message on record of %s: %w", distribution.ErrCorrupt, s.batchID(a.batch), err)
	}
	return nil
}
