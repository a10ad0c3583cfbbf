// Package settle answers what became of payouts, and whether all of it fits.
//
//	receipts ──────────────┐ read, matched: all of it or nothing
//	  solana-tokens' log    │
//	  our own CSV           ├──► distribution.Settle ──► transit → paid
//	landed attempts ────────┤      each payout once        transit → earned
//	  status, transfers,    │
//	  the treasury's change │
//	a tree's funding ───────┘ from then on: proofs
//
// A payout is settled as paid by one signature, with who says so: the chain, or a
// file alone. What nobody proves stays in transit: unknown is a state of its own, and
// nothing of it is tried again or returned by itself.
//
//	receipts of solana-tokens   recipient,amount,[new_stake_account_address,]finalized_date,signature
//	receipts of ours            payout_id,wallet,amount,outcome,signature     outcome: paid or failed
//	fundings of trees           tree,amount,vault,signature
//
// Amounts are in base units. The first is the log that solana-tokens writes
// (tokens/src/db.rs of solana): it has a row a wallet, and no date until the
// transaction is final.
//
// # The statement
//
// What a supplier is owed is earned + transit - owing. A distribution's span are the
// journals after the one that prepared the distribution before it, up to the one that
// prepared it; the last span is what came since:
//
//	journal  1 … 7 prepare d1 │ 8 … 12 prepare d2 │ 13 …
//	                       d1 │                d2 │ since
//
//	opening   the closing of the span before
//	earned    Σ of what seals and corrections of the span added to what is owed
//	reversed  Σ of what they took back: reversals and receivables
//	paid      Σ of the distribution's payouts that are paid, as known now, whenever
//	          that became known
//	closing   opening + earned - reversed - paid
//
// The last closing must be Σ earned + transit - owing of the balances, which are read
// apart from all this, for everybody and for each supplier. What is set off moves
// earned and owing alike, and so changes nothing.
//
// With a node the chain is asked in turn: each settled payout's transaction is final,
// succeeded, and moved this amount from the treasury to this wallet's token account,
// or funded its tree; and every transaction that made the treasury's account smaller
// since the first distribution is one of those, or an attempt of ours that is not
// settled yet. The history is read before the database: what was sent by then was on
// record before.
//
// The package knows distributions and the chain; commands and jobs say when. Its
// readings of the design where that leaves room:
//
//   - solana-tokens pays a wallet once, so a row of its log is of all payouts to its
//     wallet, and its amount is their sum. In our own format a row is of one payout.
//   - A row that repeats how a payout ended is passed over, so a file can be given
//     again as it grows. Without a date, a row leaves its payouts unknown.
//   - A failed row counts only if the chain has its transaction as failed, if that was
//     to pay this very payout, and if nothing else moved tokens from the treasury to
//     the wallet since. Then it returns, unless files are out, by which it could be
//     paid again: that is for two persons to say, who cancel what is left.
//   - The transfers of a receipt are those of top-level instructions. What a
//     multisig's program moves from within shows in the changes of accounts only, by
//     which trees are settled, but no single payouts.
//   - An attempt settles whole or not at all: its transaction moves exactly its
//     payouts, with its batch's memo, and the treasury lost exactly their sum.
//   - Nothing that is set aside returns while a batch of the distribution was paid by
//     a transaction that is none of its attempts.
//   - A transaction paid one distribution's payouts only.
//   - A tree's vault must belong to an account that holds the root and the mint, one
//     after the other, and the vault's address, as the accounts of the distributors of
//     Jito and Jupiter do. More than the total may be in it; a vault serves one tree.
//   - The job settles in the name of the person who approved the distribution: it
//     posts what their approval led to, and the journal's reason names the job.
//   - In a CSV a balance has no sign, but a side: credit is owed to the supplier, debit
//     by them.
package settle
