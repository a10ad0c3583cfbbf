package submit

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many calls wait for the network at a time. How many are made in a
// second is the client's to bound.
const atOnce = 8

// each does f for all of them, some at a time, and returns the first error.
func each[T any](ctx context.Context, all []T, f func(T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, one := range all {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return f(one)
		})
	}
	return group.Wait()
}
