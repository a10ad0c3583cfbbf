package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

type rulesetCommands struct {
	Check rulesetCheck `cmd:"" help:"Check a ruleset's file in full."`
	List  rulesetList  `cmd:"" help:"List the shipped rulesets and those that seasons were pinned to."`
}

type rulesetCheck struct {
	File string `arg:"" placeholder:"FILE" help:"TOML file, or the name of a shipped ruleset."`
}

// rulesetView is a ruleset as --json prints it.
type rulesetView struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
	Shipped bool   `json:"shipped"`
	Pinned  bool   `json:"pinned"` // to a season
}

func viewRuleset(r *snapshot.Ruleset) rulesetView {
	digest := r.SHA256()
	return rulesetView{Name: r.Name, Version: r.Version, SHA256: hex.EncodeToString(digest[:])}
}

// Run names every field of the file that is wrong; it needs no database.
func (c rulesetCheck) Run(a *app) error {
	toml, err := findRuleset(c.File)
	if err != nil {
		return err
	}
	rules, err := snapshot.LoadRuleset(toml)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	view := viewRuleset(rules)
	return a.show(view, func(out io.Writer) {
		fmt.Fprintf(out, "%s v%d is a valid ruleset, SHA-256 %s\n", view.Name, view.Version, view.SHA256)
	})
}

type rulesetList struct{}

// Run lists each ruleset once.
func (rulesetList) Run(ctx context.Context, a *app) error {
	var views []rulesetView
	for _, shipped := range snapshot.Embedded() {
		rules, err := snapshot.LoadRuleset(shipped.TOML)
		if err != nil {
			return err
		}
		view := viewRuleset(rules)
		view.Shipped = true
		views = append(views, view)
	}
	if err := a.read(ctx, func(tx pgx.Tx) error {
		pinned, err := snapshot.Rulesets(ctx, tx)
		for _, rules := range pinned {
			views = markPinned(views, viewRuleset(rules))
		}
		return err
	}); err != nil {
		return err
	}
	return a.show(views, func(out io.Writer) {
		g := newGrid("ruleset", ">version", "shipped", "pinned", "SHA-256")
		for _, v := range views {
			g.add(v.Name, v.Version, yesNo(v.Shipped), yesNo(v.Pinned), v.SHA256)
		}
		g.print(out)
	})
}

func markPinned(views []rulesetView, pinned rulesetView) []rulesetView {
	for i := range views {
		if views[i].SHA256 == pinned.SHA256 {
			views[i].Pinned = true
			return views
		}
	}
	pinned.Pinned = true
	return append(views, pinned)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
