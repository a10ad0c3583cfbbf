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
