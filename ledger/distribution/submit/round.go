package submit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

const (
	patience    = 5 // looks and rounds in a row that the chain does not answer, before a run gives up
	resendEvery = 5 // looks
	expiriesMax = 8 // of one batch in one run, before it gives up
)

// pay goes round until nothing is open and nothing may land: look at what was sent,
// then sign and send what fits beside it.
func (s *submitter) pay(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	return s.goRound(ctx)
}

func (s *submitter) goRound(ctx context.Context) error {
	unanswered := 0
	for {
		progressed, waiting, err := s.round(ctx)
		switch {
		case err == nil:
			unanswered = 0
		case isUnanswered(err) && unanswered < patience && ctx.Err() == nil:
			unanswered++ // what may land stays unknown, and is asked about again
		case isUnanswered(err) && ctx.Err() == nil:
			return fmt.Errorf("%w, %d times in a row: what was sent may land; go on later with the same command: %w", ErrUnanswered, unanswered+1, err)
		default:
			return err
		}
		if err == nil && !progressed && waiting == 0 {
			return s.misfit()
		}
		if progressed {
			err = s.tell(ctx, waiting)
		} else {
			err = wait(ctx, s.Pause)
		}
		if err != nil {
			return err
		}
	}
}

// round is one look and what follows from it. It reports whether anything was
// done, and how many attempts are to be waited for: those that are handed out
// unsigned come back when they come back.
func (s *submitter) round(ctx context.Context) (progressed bool, waiting int, err error) {
	l, err := s.look(ctx)
	for _, a := range l.live {
		if a.isSigned() {
			waiting++
		}
	}
	if err != nil {
		return false, waiting, err
	}
	if err := s.count(l); err != nil {
		return false, waiting, err
	}
	signed, err := s.signLive(ctx, l.live)
	if err != nil {
		return false, waiting, err
	}
	if s.looks++; s.looks%resendEvery == 1 {
		s.result.Resent += len(l.unseen)
		if err := s.resend(ctx, l.unseen); err != nil {
			return false, waiting, err
		}
	}
	if len(s.Signer) == 0 { // what was taken back is only watched
		return len(l.ended) > 0, waiting, nil
	}
	t, err := s.advance(ctx, s.InFlight-waiting-signed)
	return len(l.ended) > 0 || signed > 0 || t.progressed, waiting + signed + t.sent, err
}

// count adds a look to the result. What expires again and again is not sent for
// ever.
func (s *submitter) count(l looked) error {
	s.result.Landed += l.ended[landed] + l.ended[elsewhere]
	s.result.Failed += l.ended[failed]
	s.result.Expired += l.ended[expired]
	for _, batch := range l.expired {
		if s.expiries[batch]++; s.expiries[batch] >= expiriesMax {
			return fmt.Errorf("%w: %s expired %d times: raise the price, or use another RPC node", ErrStopped, s.batchID(batch), s.expiries[batch])
		}
	}
	return nil
}

// begin looks at what earlier runs left, and then checks that what is open can be
// paid at all.
func (s *submitter) begin(ctx context.Context) error {
	l, err := s.look(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnanswered, err)
	}
	if err := s.count(l); err != nil {
		return err
	}
	all, err := s.open(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := s.plan(ctx, all); err != nil {
		return err
	}
	return s.enough(ctx)
}

// misfit is the error of a run that did all it could, if the chain holds anything
// that does not fit.
func (s *submitter) misfit() error {
	if len(s.misfits) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMisfit, strings.Join(slices.Sorted(maps.Values(s.misfits)), "; "))
}

func (s *submitter) open(ctx context.Context) (all []open, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		all, err = openBatches(ctx, tx, s.id)
		return err
	})
	return all, err
}

// tell reports progress.
func (s *submitter) tell(ctx context.Context, live int) error {
	if s.Progress == nil {
		return nil
	}
	var states map[distribution.PayoutState]int
	if err := s.read(ctx, func(tx pgx.Tx) (err error) {
		states, err = countStates(ctx, tx, s.id)
		return err
	}); err != nil {
		return err
	}
	s.Progress(Progress{
		Payouts: len(s.transfers), Live: live,
		Done: len(s.transfers) - states[distribution.Waiting] - states[distribution.Live],
	})
	return nil
}

// sum writes down where everything stands at the end.
func (s *submitter) sum(ctx context.Context) error {
	s.result.Misfits = slices.Sorted(maps.Values(s.misfits))
	return s.read(ctx, func(tx pgx.Tx) (err error) {
		if s.result.States, err = countStates(ctx, tx, s.id); err != nil {
			return err
		}
		live, err := liveAttempts(ctx, tx, s.id)
		for _, a := range live {
			u := Unknown{Batch: s.batchID(a.batch)}
			if a.isSigned() {
				u.Signature = a.signature.String()
			}
			s.result.Unknown = append(s.result.Unknown, u)
		}
		return err
	})
}

func countStates(ctx context.Context, tx pgx.Tx, id string) (map[distribution.PayoutState]int, error) {
	payouts, err := distribution.ReadPayouts(ctx, tx, id)
	states := map[distribution.PayoutState]int{}
	for _, p := range payouts {
		states[p.State]++
	}
	return states, err
}

// isUnanswered reports whether the chain, not we or the database, failed to answer.
func isUnanswered(err error) bool {
	return errors.Is(err, solana.ErrUnreachable) || errors.Is(err, solana.ErrRefused) || errors.Is(err, ErrUnanswered)
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
