package main

import "context"

type demoCommand struct{}

func (demoCommand) Run(ctx context.Context, a *app) error { return nil }
