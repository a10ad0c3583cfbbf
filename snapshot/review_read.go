package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Review returns the changes that a hold sets aside, or did until they were
// released, as of the moment: by device number, then in the order of the changes.
func Review(ctx context.Context, tx pgx.Tx, f HeldFilter, asOf time.Time) ([]HeldChange, error) {
	r, err := loadReviewing(ctx, tx, f.Hold, asOf)
	if err != nil {
		return nil, err
	}
	held := []HeldChange{}
	var (
		log    []uptime.Change // of the device at hand
		number uptime.DeviceNumber
	)
	settle := func() {
		for _, h := range r.device(number, log) {
			if f.matches(&h) {
				held = append(held, h)
			}
		}
		log = log[:0]
	}
	err = eachLogOfHeld(ctx, tx, f, asOf, func(n uptime.DeviceNumber, c uptime.Change) {
		if n != number {
			settle()
			number = n
		}
		log = append(log, c)
	})
	settle()
	return held, err
}

// loadReviewing reads the holds and what was decided, as of the moment. A hold that
// is asked for must be there.
func loadReviewing(ctx context.Context, tx pgx.Tx, only *int64, asOf time.Time) (*reviewing, error) {
	r := &reviewing{only: only, releases: map[int64]Decision{}, decisions: map[int64]ownDecision{}}
	holds, err := selectHolds(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		r.holds = append(r.holds, h.Hold)
	}
	if only != nil && !slices.ContainsFunc(r.holds, func(h Hold) bool { return h.ID == *only }) {
		return nil, fmt.Errorf("hold %d: %w; see which there are with: `uptally hold list`", *only, ErrNotFound)
	}
	err = eachDecision(ctx, tx, asOf, func(hold, change *int64, state HeldState, d Decision) {
		if hold != nil {
			d.Hold = hold
			r.releases[*hold] = d
		} else {
			r.decisions[*change] = ownDecision{state, d}
		}
	})
	return r, err
}
