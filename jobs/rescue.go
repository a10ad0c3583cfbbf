package jobs

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// comeAlive marks the client alive by a session of its own. It is none of the pool's: jobs
// that hold all of those keep nobody from being alive.
func (c *Client) comeAlive(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	if err := lockClient(ctx, conn, c.id); err != nil {
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	c.alive = conn
	return nil
}

// rescue makes available what killed processes left running.
func (c *Client) rescue(ctx context.Context) error {
	return c.begin(ctx, func(tx pgx.Tx) error {
		rescued, err := rescueJobs(ctx, tx, c.id)
		if rescued > 0 {
			c.log.Info("jobs of dead clients made available", "jobs", rescued)
		}
		return err
	})
}

// keepRescuing looks after the dead for as long as the client runs: a process may
// be killed while this one works. It keeps the client alive before anything else.
func (c *Client) keepRescuing(ctx context.Context) {
	for {
		c.rest(ctx)
		if ctx.Err() != nil {
			return
		}
		revived, err := c.stayAlive(ctx)
		if err == nil && !revived {
			err = c.rescue(ctx)
		}
		if err != nil && ctx.Err() == nil {
			c.log.Warn("looking for jobs of dead clients", "error", err)
		}
	}
}

// rest waits until the dead are to be looked for again, or until the client's own session
// ends: whoever reads from it is told at once, and others take the client for dead until
// it holds its lock again.
func (c *Client) rest(ctx context.Context) {
	every := rescueEvery
	if c.alive.IsClosed() {
		every = reviveEvery
	}
	ctx, cancel := context.WithTimeout(ctx, every)
	defer cancel()
	if c.alive.IsClosed() {
		<-ctx.Done()
		return
	}
	_, _ = c.alive.WaitForNotification(ctx) // of nothing: it returns for one of the two
}

// stayAlive makes sure that the client's session is there, and else marks the client alive
// by a new one. Who had to is not to rescue before the next time: what ended its session,
// such as a restart of the database, may have ended the others', too, and they are not
// dead.
func (c *Client) stayAlive(ctx context.Context) (revived bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, reviveMax)
	defer cancel()
	if err := c.alive.Ping(ctx); err == nil || !c.alive.IsClosed() {
		return false, err
	}
	if err := c.comeAlive(ctx); err != nil {
		return false, err
	}
	c.log.Warn("the session that marks this process alive had ended, and was opened anew: others may have begun its jobs meanwhile")
	return true, nil
}
