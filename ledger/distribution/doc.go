// Package distribution answers one question: was it paid?
//
// A distribution is one run of payouts. It is prepared by one person, approved by
// another, and exported as files that finance hands on.
//
//	 earned ──┬─ wallet, and at least the minimum ──► payout    earned → transit
//	balances  └─ otherwise ─────────────────────────► carried forward, with its reason
//
//	prepare (ann) ──► payouts.csv ──────┐
//	                  payout_lines.csv ─┼─► manifest.json ──► approve (bob) ──► export
//	                  ledger head ──────┘        └─ its SHA-256 is what is approved
//
// Every file is built when the distribution is prepared and stored byte by byte. An
// export copies the stored bytes after it has checked them: the manifest against
// the digest that was approved, the tables against the manifest. So what is paid is
// what was approved, however often and whenever it is exported.
//
//	payouts.csv       payout_id,supplier_id,wallet,amount,amount_decimal   by supplier id
//	payout_lines.csv  payout_id,season,revision,amount                     sums to the payouts
//	manifest.json     digests, rows, totals, seasons, what was carried forward, ledger head
//	SHA256SUMS        for sha256sum --check
//
// Amounts are in base units, with a decimal beside them for people. Nothing that
// stands here is ever updated: an approval is a row of its own.
//
// The package knows the ledger and nothing of how amounts came about. Its readings
// of the design where that leaves room:
//
//   - The default minimum is the highest among the revisions of which anything is
//     due, whether or not it is paid in the end.
//   - A supplier below the minimum is carried forward as below_minimum with or
//     without a wallet: no_wallet counts those that only a wallet is missing for.
//   - A payout is always of the whole earned balance. What a correction took back
//     is set against the newest credits, those of its own season first, so no line
//     is negative.
//   - A distribution that would pay nobody is refused, and nothing is recorded.
package distribution
