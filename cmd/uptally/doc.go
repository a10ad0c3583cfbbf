// Uptally accounts for the rewards and the uptime of a decentralised GPU network.
//
// One binary, one small file a group of subcommands:
//
//	main ──► run ──► kong (grammar.go) ──► a command's Run(ctx, app)
//	                                          │ app.read, app.write: one transaction
//	                                          ▼
//	         database.go: the embedded Postgres under --data, or --database-url
//	                                          ▼
//	         uptime, snapshot, ledger, ledger/distribution, jobs: all that is decided
//
// A command parses, calls, and prints; it decides nothing. Data goes to stdout, as
// a table or with --json; talk and progress go to stderr. What an error means to
// the shell stands in one table, errors.go. `uptally help` prints the manual.
//
// `uptally demo` (demo*.go) tells the story of April and May 2024 with the same
// parts as every other command.
package main
