// Package distribution answers one question: was it paid?
//
// A distribution is one run of payouts. It is prepared by one person, approved by
// another, paid over one rail, and settled by what the chain or a receipt says.
//
//	 earned ──┬─ what the supplier owes ─────────────► set off   earned, owing → treasury
//	balances  ├─ wallet, and at least the minimum ──► payout    earned → transit
//	          └─ otherwise ─────────────────────────► carried forward, with its reason
//
//	prepare (ann) ──► payouts.csv ───────────┐
//	                  payout_lines.csv ──────┤
//	                  one payable file ──────┼─► manifest.json ──► approve (bob) ──► export, submit
//	                  ledger head ───────────┘        └─ its SHA-256 is what is approved
//
//	          ┌─ attempt ─ attempt ─ … ─► landed ──► paid       transit → paid
//	 payout ──┤   one may land at a time
//	          └─ aside, cancelled ─────────────────► returned   transit → earned
//
// Every file is built when the distribution is prepared and stored byte by byte. An
// export copies the stored bytes after it has checked them: the manifest against
// the digest that was approved, the tables against the manifest. Submitting reads the
// same bytes, with the same checks. So what is paid is what was approved.
//
//	payouts.csv         payout_id,supplier_id,wallet,amount,amount_decimal   by supplier id
//	payout_lines.csv    payout_id,season,revision,amount                     sums to the payouts
//	transactions.ndjson rail transactions: a message a line, that lacks a blockhash,
//	                    a price and signatures (see solana)
//	solana-tokens.csv   rail solana-tokens: recipient,amount; a row a wallet, as the
//	                    tool's log tells payees apart by nothing else
//	tree-1.json …       rail merkle: at most 12,000 wallets a tree, with all proofs
//	manifest.json       digests, rows, totals, seasons, what was carried forward, ledger head
//	SHA256SUMS          for sha256sum --check
//
// Amounts are in base units, with a decimal beside them for people. Nothing that
// stands here is ever updated: an approval, an attempt, an end are rows of their own,
// and the database itself holds a payout to one live attempt and one end.
//
// The rooms beside it: wallet says where a supplier is paid, solana and merkle how
// that is written, submit sends it, settle reads what became of it. The package knows
// the ledger and nothing of how amounts came about. Its readings of the design where
// that leaves room:
//
//   - The default minimum is the highest among the revisions of which anything is
//     due, whether or not it is paid in the end.
//   - A supplier below the minimum is carried forward as below_minimum with or
//     without a wallet: the reasons of wallets count those that only a wallet is
//     missing for.
//   - A payout is always of the whole earned balance. What a correction took back
//     is set against the newest credits, those of its own season first, so no line
//     is negative. What a supplier owes is kept back from the oldest credits first,
//     whether or not the rest is paid.
//   - A distribution that would pay nobody is refused, and nothing is recorded.
//   - The rail is solana-tokens unless another is asked for: it takes no knowledge of
//     the chain. On the rail transactions what pays is named when it is prepared, as
//     it stands in every message; an account that was not seen on the chain by then is
//     created by the transaction, idempotently.
//   - "Submitting adds blockhash and signatures": and the price of a compute unit,
//     which nobody can know at preparation. It is 0 in the file, and nothing else of a
//     message may change.
//   - Two suppliers with one wallet have a payout each; in a tree, and in a row of
//     solana-tokens, they are summed, as those tell payees apart by wallet.
//   - Files that were exported could be paid by hand. So each export is recorded
//     before it is written, and from then on payouts are returned by two persons only,
//     who say that the files were not paid. A payout set aside after the approval
//     stops the export.
//   - A freeze waits for a preparation that is running, so that it finds its payouts.
//   - Whoever needs two locks takes the ledger's first, then that of paying.
package distribution
