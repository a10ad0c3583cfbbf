// Package ledger answers one question: who is owed?
//
// Money moves in transfers of one amount from one account to another, so every row
// balances by construction and the balances of all accounts sum to 0. Nothing is
// ever changed: what was wrong is put right by another journal.
//
//	           fund                seal                 prepare             settle
//	treasury ───────► season pool ──────► supplier      ───────► supplier  ───────► supplier
//	    ▲             season reserve      earned                 transit            paid
//	    └──────── residual ───┘              ▲                      │
//	                                         └────── return ────────┘
//
// Each act is a journal: its transfers under one number, with an idempotency key, a
// person and a reason. Journals are written one at a time and chained by digest:
//
//	┌─ journal 1 ───────────┐     ┌─ journal 2 ───────────┐
//	│ fund, key, actor …    │     │ seal, key, actor …    │
//	│ transfers digest ◄─┐  │     │ transfers digest ◄─┐  │
//	│ previous 000…      │  │  ┌──┤ previous           │  │
//	│ digest ◄───────────┼──┼──┘  │ digest             │  │
//	└────────────────────┼──┘     └────────────────────┼──┘
//	   1 treasury → pool 1000        1 pool → a/earned 600
//	                                 2 pool → b/earned 300
//
// so that a change to the past, of a column, a row or an order, is found and named
// by Verify. The digest of the transfers is computed twice: here over what was
// asked for, and by the database over the rows it stored; a posting whose two
// digests differ fails.
//
// Whoever owns the database can rewrite the chain from some journal on. Against that
// its head is signed and kept elsewhere (SignedHead), and compared:
//
//	journal n ──Ed25519──► head.json ──Verify, every night──► is n in the chain still?
//	                           ▲                                      │ no fault
//	                           └──────── the newest head, signed ◄────┘
//
// Post is the one way in. Everything takes the caller's transaction, so a posting
// commits together with the change of state that it belongs to.
//
// The package knows seasons and revisions as plain codes and numbers, and nothing
// of how their amounts came about. Its readings of the design where that leaves
// room:
//
//   - The contents of a journal are all that it was asked for: the same key with
//     another actor or reason is a conflict, too.
//   - Transfers are put in the order of their accounts' paths before they are
//     numbered, so the order in which a caller lists them makes no difference.
//   - Whether an account can bear a journal is asked of its end, not of each
//     transfer.
//   - Each act moves only between the kinds of account drawn above; a correction
//     moves freely. Money of a season moves only in acts of that season. A seal and a
//     preparation also set what a supplier owes off against what they earned: earned
//     to treasury, and as much of owing to treasury.
//   - Transfers have one digest a journal, not each one: a changed transfer is named
//     by its journal for certain, and by its number where the rows beside it and the
//     balances of its accounts leave no other (locate).
//   - A signed head is not replaced by an older one, nor by another of its number.
//   - A CSV of a statement holds what people typed in quotes within the field, and
//     amounts without a sign beside columns that say which side they are on, so that
//     no spreadsheet takes a cell for a formula.
package ledger
