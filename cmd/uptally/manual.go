package main

import (
	"context"
	_ "embed"
	"fmt"
)

//go:embed manual.txt
var manual string

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"Command to print the help of."`
}

// Run prints the commands and the guide, or the help of one command.
func (c helpCommand) Run(ctx context.Context, a *app) error {
	if err := a.execute(ctx, append(c.Command, "--help")); err != nil || len(c.Command) > 0 {
		return err
	}
	_, err := fmt.Fprint(a.out, "\n", manual)
	return err
}
