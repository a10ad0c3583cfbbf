package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// rescue makes available what killed processes left running.
func (c *Client) rescue(ctx context.Context) error {
	return c.begin(ctx, func(tx pgx.Tx) error {
		rescued, err := rescueJobs(ctx, tx)
		if rescued > 0 {
			c.log.Info("jobs of dead clients made available", "jobs", rescued)
		}
		return err
	})
}

// keepRescuing looks after the dead for as long as the client runs: a process may
// be killed while this one works.
func (c *Client) keepRescuing(ctx context.Context) {
	tick := time.NewTicker(rescueEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := c.rescue(ctx); err != nil && ctx.Err() == nil {
				c.log.Warn("looking for jobs of dead clients", "error", err)
			}
		}
	}
}
