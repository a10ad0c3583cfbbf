// Package submit answers one question: has it landed?
//
// It takes the approved transactions of a distribution, which are instructions only,
// and turns each into attempts: a message with a blockhash and a price, signed, sent,
// and watched until its end is proven.
//
//	 approved batch                             look: of what may land, ask the chain
//	       │  memo on the chain? ─► landed                ┌──────────────────────────┐
//	       ▼                                              │ landed    finalized      │
//	 ready, signed, simulated ──► recorded ──► sent ─────►│ failed    finalized, moved
//	       │            ▲         committed    again,     │           nothing        │
//	       ▼ refused    │         first        same bytes │ expired   can never land │
//	 divided: its payee aside,    │            ▲          │ (none)    unknown: wait  │
//	 the rest in parts  │         └────────────┘          └────────────┬─────────────┘
//	       └────────────┴──────────── signed anew ◄── failed, expired ─┘
//
// # Never twice
//
// A transfer has no idempotency on the chain: the same batch signed over another
// blockhash pays again. So an attempt's message, signature, bytes, payouts and last
// valid height are on record, committed, before the first byte is sent (record).
// Whatever dies after that, the next run finds it and looks at it first. An attempt
// is given up, and its payouts get another, only if all three hold (judge.go), asked
// in this order of a chain that has come at least as far:
//
//	over    the finalized height is past its last valid one; or the nonce has another value
//	null    its signature has no status, searched for in the whole history
//	no memo no finalized transaction that moved the treasury's tokens carries its memo
//
// Until then it may land, and the same bytes are sent again. A node that does not
// answer proves nothing. That a payout has one live attempt rests on the database
// alone: its next turn refers to the end of the turn before (00014), so of two
// submitters who both believe to be alone one is refused before it sends.
//
// Before each signature the history of the treasury's account is held against the
// memos of all batches, parts and wholes: what was signed by hand from the exported
// file, or by a process whose records were lost, is recorded as landed, if it does
// exactly what the batch does. If it does not, its payouts are blocked and the run
// ends with ErrMisfit. Memos of transactions that moved nothing of the treasury's are
// a stranger's, who can write what they like.
//
// # Refusals
//
// A simulation, or a landing, that fails at an instruction of one payee divides the
// batch into parts with numbers and memos of their own: that payee, and the rest. The
// instructions of a part are those approved, only fewer. A single payout that fails
// is set aside in the chain's words. What would fail everybody (too few tokens or
// SOL, a treasury that is frozen or another's, a blockhash that the node does not
// know) stops the run and sets nobody aside.
//
// # Signing elsewhere
//
//	HandOut ─► recorded ─► file ─► signers ─► file ─► TakeBack ─► checked, recorded, sent
//
// A transaction on a durable nonce lives until the nonce has another value, for as
// long as its signers take. A value belongs to one batch, by a unique key. A
// replacement stands on the same value, so that one of the two can land. What lands
// without coming back is found by its memo. To give one up, advance its nonce.
//
// Poll is what jobs do: look, record ends, send the same bytes again. It holds no key.
//
// Nothing is posted to the ledger here; that is settling. The package's readings of
// the design where that leaves room:
//
//   - The price of recent transactions is taken up to a cap; a price that is given
//     must not exceed the cap either, as a slip of the finger costs SOL. Both change
//     nothing of what is paid to whom.
//   - The one lock, of a run, is for the sake of order; it is waited for a second, as
//     the lock of a killed process is free only once the server has noticed.
//   - What came back signed and would fail for one payee is sent: it moves nothing,
//     and frees the nonce. What would fail for everybody is kept, and not sent.
//   - A batch that expires eight times in one run ends the run: the price is too low,
//     or the node sends nothing on.
//   - Whoever asked to cancel a distribution stops its next attempt, also in a run
//     that is under way. Those that may land are watched to their end by the jobs.
package submit
