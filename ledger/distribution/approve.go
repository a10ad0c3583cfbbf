package distribution

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Approve lets the files of a prepared distribution leave, and binds the digest of
// its manifest, which in turn names the digest of every table. It must be another
// person's act than the preparation: otherwise ErrSelfApproval. The same approval
// again changes nothing; one by a third person is ErrConflict.
func Approve(ctx context.Context, tx pgx.Tx, id string, actor int64) (Distribution, error) {
	d, err := approve(ctx, tx, id, actor)
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: approve %s: %w", id, err)
	}
	return d, nil
}

func approve(ctx context.Context, tx pgx.Tx, id string, actor int64) (Distribution, error) {
	d, err := LockPaying(ctx, tx, id)
	if err != nil {
		return Distribution{}, err
	}
	if d.CancelAsked.By != 0 {
		return Distribution{}, d.payable()
	}
	if actor == d.PreparedBy {
		return Distribution{}, fmt.Errorf("%w: whoever prepared it cannot approve it; ask another person", ErrSelfApproval)
	}
	if err := insertApproval(ctx, tx, d, actor); err != nil {
		return Distribution{}, err
	}
	if d, err = distributionByID(ctx, tx, id); err != nil {
		return Distribution{}, err
	}
	if d.ApprovedBy != actor {
		return Distribution{}, fmt.Errorf("%w: somebody else approved it already: nothing is left to do", ErrConflict)
	}
	return d, nil
}

// Show returns the distribution, or ErrUnknown.
func Show(ctx context.Context, tx pgx.Tx, id string) (Distribution, error) {
	d, err := distributionByID(ctx, tx, id)
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: show %s: %w", id, err)
	}
	return d, nil
}

// List returns every distribution, in the order in which they were prepared.
func List(ctx context.Context, tx pgx.Tx) ([]Distribution, error) {
	all, err := allDistributions(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("distribution: list: %w", err)
	}
	return all, nil
}
