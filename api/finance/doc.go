// Package finance is what finance does over HTTP: fund, prepare, approve, export,
// settle and reconcile; see whom money goes to; and stop it.
//
//	ledger           balances  statement  journals  head  verification     POST fundings
//	distributions    list  preview  one  files  payouts  trees  proofs
//	                 POST distributions ─► task ─► POST approval ─► POST export ─► GET files
//	                      (ann)                    (bob, binds the     (who is     (the bytes that
//	                                                manifest's digest)  given them) were approved)
//	                 POST settlements ─► task      POST cancellation ─► POST approval ─► task
//	wallets          list  of one     POST freeze  release  allowances  imports ─► task
//	reconciliation   ledger  ingest   POST chain ─► task
//	tasks            GET tasks/{id}: queued, running, done with a result, or failed with why
//
// The operations do what the commands of the same names do, by the same functions of
// the domain. What takes long is asked for and answered 202 (see package task). Who may
// call what stands in register.go: money is finance's; the books, in which no wallet
// stands, are open to all staff; operators may freeze a supplier, at any hour and while
// writes are halted.
//
// The readings that it takes:
//
//   - Submitting needs the keys that sign, which are nowhere near a server: it stays on
//     the command line, as do handing out transactions, taking them back, and signing
//     heads of the ledger. So does a hold shorter than 72 hours.
//   - Reading a file is being given it. So an export is recorded first, by who reads, and
//     afterwards the files are theirs to read as often as they like. The manifest names
//     no wallet and pays nobody: who approves may read it before.
//   - An approval names the digest that it binds. One of a manifest that the approver did
//     not look at is refused, though it could not have changed.
//   - A preparation may name what a preview showed, and fails if it comes to anything
//     else, as the command line does by itself.
//   - Approving a cancellation is a task, as it may ask the chain and returns as many
//     payouts as there are. What stands against it by who asks is said at once.
//   - A season is funded once a season and account, unless another key of the ledger's is
//     named: an Idempotency-Key is of one call, and a person makes the same one twice.
//   - Tables come by Accept: text/csv, at most 10,000 rows a page; where the next begins
//     stands in the header Next-Cursor. What people typed is quoted within its cell.
//   - A statement of all suppliers, a line each, is a file for the command line.
package finance
