package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// grammar is the whole command line: the flags that every command has, and the
// commands.
type grammar struct {
	globals

	Demo         demoCommand          `cmd:"" group:"start" help:"Tell the story of both Ignition seasons at small scale, as it runs."`
	Serve        serveCommand         `cmd:"" group:"start" help:"Answer the API, and work the jobs that are due by the clock, until stopped."`
	Migrate      migrateCommands      `cmd:"" group:"start" help:"Bring a database up to date."`
	Token        tokenCommand         `cmd:"" group:"start" help:"Print a token for local use, signed by the built-in development issuer."`
	Person       personCommands       `cmd:"" group:"start" help:"Who acts: humans, and the names and tokens that are theirs."`
	Simulate     simulateCommand      `cmd:"" group:"start" help:"Serve the uptime API of a simulated world, on loopback."`
	Pull         pullCommands         `cmd:"" group:"uptime" help:"Read heartbeats, and see what was read."`
	Verdict      verdictCommands      `cmd:"" group:"uptime" help:"Proof-of-work verdicts on devices."`
	Hold         holdCommands         `cmd:"" group:"uptime" help:"Intervals in which changes through an untrusted channel are set aside."`
	Season       seasonCommands       `cmd:"" group:"worth" help:"What is paid for when, out of which pool."`
	Ruleset      rulesetCommands      `cmd:"" group:"worth" help:"The frozen rules that a season is paid by."`
	Incident     incidentCommands     `cmd:"" group:"worth" help:"What happened to everybody at once: collapses, and surges of untrusted changes."`
	Grace        graceCommands        `cmd:"" group:"worth" help:"Intervals in which proven devices are credited although they were down."`
	Snapshot     snapshotCommands     `cmd:"" group:"worth" help:"Numbered revisions of a season's result."`
	Appeal       appealCommands       `cmd:"" group:"worth" help:"Suppliers' appeals against outcomes, and what came of them."`
	Device       deviceCommands       `cmd:"" group:"worth" help:"One device's season: its slots, and what each step made of them."`
	Ledger       ledgerCommands       `cmd:"" group:"money" help:"Who is owed: accounts, transfers, and the chain of journals."`
	Reconcile    reconcileCommands    `cmd:"" group:"money" help:"Hold what we have against what others count: the service, and our own ledger."`
	Wallet       walletCommands       `cmd:"" group:"money" help:"Where suppliers are paid."`
	Distribution distributionCommands `cmd:"" group:"money" help:"Payouts of what suppliers earned, and the files of them."`
	Audit        auditCommands        `cmd:"" group:"who" help:"The log of calls that were refused or changed something."`
	Halt         haltCommand          `cmd:"" group:"who" help:"Halt everything that writes over HTTP, at once; reads go on."`
	Resume       resumeCommand        `cmd:"" group:"who" help:"Let writing go on that another person halted."`
	Help         helpCommand          `cmd:"" group:"start" help:"Print the manual, or the help of a command."`
}

// globals are the flags of every command.
type globals struct {
	Data        string `group:"common" placeholder:"DIR" env:"UPTALLY_DATA" default:"${data}" help:"Folder of the embedded Postgres, which is used unless there is a database URL."`
	DatabaseURL string `group:"common" name:"database-url" placeholder:"URL" env:"UPTALLY_DATABASE_URL" help:"PostgreSQL to use instead of the embedded one; rather set the variable, as arguments can be read by others."`
	Actor       string `group:"common" placeholder:"NAME" env:"UPTALLY_ACTOR" default:"${actor}" help:"Who acts, where no token says so."`
	Auth        string `group:"common" name:"auth" placeholder:"FILE" env:"UPTALLY_AUTH" help:"Issuers whose tokens are believed, such as the one in UPTALLY_TOKEN: a TOML file."`
	JSON        bool   `group:"common" name:"json" help:"Print data as JSON."`
	Yes         bool   `group:"common" short:"y" help:"Do not ask before what cannot be undone."`
	DryRun      bool   `group:"common" name:"dry-run" help:"Do everything but write."`
	NoColor     bool   `group:"common" name:"no-color" help:"Print without colour, as with NO_COLOR in the environment."`
}

// groups are the headings of the help, in order.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "start", Title: "To start"},
		{Key: "uptime", Title: "Was it there?"},
		{Key: "worth", Title: "What is it worth?"},
		{Key: "money", Title: "Who is owed, and was it paid?"},
		{Key: "who", Title: "Who does what?"},
		{Key: "common", Title: "Flags of every command"},
	}
}

// helpShown unwinds kong, which asks the program to end once it has printed help,
// and for nothing else.
type helpShown struct{}

// execute parses the arguments and runs the command that they name.
func (a *app) execute(ctx context.Context, args []string) (err error) {
	defer func() {
		switch shown := recover().(type) {
		case nil:
		case helpShown:
		default:
			panic(shown)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	g := &grammar{}
	parser, err := kong.New(g,
		kong.Name("uptally"),
		kong.Description("Rewards and uptime accounting for a decentralised GPU network. `uptally demo` shows all of it; `uptally help` prints the manual."),
		kong.Writers(a.out, a.talk),
		kong.Exit(func(int) { panic(helpShown{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.ExplicitGroups(groups()),
		kong.Vars{"data": defaultData(a.lookup), "actor": defaultActor(a.lookup), "domain": domainDefault},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(a),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	a.globals, a.actorGiven = g.globals, given(parsed, "actor")
	return parsed.Run()
}

// given reports whether a flag was given, or its variable, and is no default.
func given(parsed *kong.Context, name string) bool {
	for _, flag := range parsed.Flags() {
		if flag.Name != name {
			continue
		}
		for _, variable := range flag.Envs {
			if _, set := os.LookupEnv(variable); set { // as kong looks it up
				return true
			}
		}
		return slices.ContainsFunc(parsed.Path, func(part *kong.Path) bool { return part.Flag == flag })
	}
	return false
}

// defaultData is where the embedded Postgres lives unless --data says otherwise.
func defaultData(lookup func(string) (string, bool)) string {
	if os.Geteuid() == 0 {
		return "/var/lib/uptally"
	}
	home, _ := lookup("HOME")
	return filepath.Join(home, ".local", "share", "uptally")
}

// defaultActor is the name of the operating system's user.
func defaultActor(lookup func(string) (string, bool)) string {
	if current, err := user.Current(); err == nil && current.Username != "" {
		return current.Username
	}
	if name, ok := lookup("USER"); ok && name != "" {
		return name
	}
	return "operator"
}

// complain says what went wrong, in one line where it is one, and what to do.
func (a *app) complain(ctx context.Context, err error) {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		a.say("uptally: interrupted; what was written so far stands, and the same command goes on from there")
		return
	}
	a.say("uptally: %s", strings.TrimPrefix(err.Error(), errUsage.Error()+": "))
}
