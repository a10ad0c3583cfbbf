package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/uptally/uptally/uptime/simulator"
)

type simulateCommand struct {
	Scenario string `enum:"april-2024,steady" default:"april-2024" help:"World to simulate: april-2024 or steady."`
	Devices  int    `default:"250" help:"Real devices, up to 600,000."`
	Seed     uint64 `default:"2024" help:"Equal seeds make equal worlds."`
	Addr     string `default:"127.0.0.1:0" help:"Where to listen, on loopback only; port 0 takes a free one."`
	Token    string `help:"Bearer token to ask callers for, and no secret, as arguments can be read by others; without one, any will do."`
}

// Run serves the world until it is interrupted. The base URL is all that goes to
// stdout.
func (c simulateCommand) Run(ctx context.Context, a *app) error {
	world, err := simulator.New(simulator.Config{Scenario: c.Scenario, Devices: c.Devices, Seed: c.Seed})
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	url, wait, err := simulator.Serve(ctx, c.Addr, world.Handler(simulator.Options{Token: c.Token, Gzip: true}))
	if errors.Is(err, simulator.ErrNotLoopback) {
		return fmt.Errorf("%w: --addr %s: %w", errUsage, c.Addr, err)
	}
	if err != nil {
		return err
	}
	view := map[string]any{
		"url": url, "scenario": c.Scenario, "devices": world.Devices(), "seed": c.Seed,
		"from": utc(simulator.Start), "to": utc(simulator.End),
	}
	if err := a.show(view, func(out io.Writer) { fmt.Fprintln(out, url) }); err != nil {
		return err
	}
	a.say("%s of %d real devices, %d in all, from %s to %s. To pull it, in another shell:\n"+
		"  export UPTALLY_FEED_URL=%s UPTALLY_FEED_TOKEN=%s\n  uptally pull --from 2023-11-04 --to 2024-06-01",
		c.Scenario, c.Devices, world.Devices(), utc(simulator.Start), utc(simulator.End), url, tokenHint(c.Token))
	return wait()
}

func tokenHint(token string) string {
	if token == "" {
		return "any"
	}
	return "…" // whoever chose it knows it
}
