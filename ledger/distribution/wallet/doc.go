// Package wallet answers one question: where may it be paid to?
//
//	challenge ──► text, signed by the wallet's key ──► prove ─┐
//	table of texts signed elsewhere ────────────────► import ─┼─► hold, 72 h ──► counts
//	vault of a multisig: one asks, another approves ► allow ──┘    until then the one
//	                                                               before it counts
//	freeze: nothing goes to the supplier, at once      release: one asks, another approves
//
// A wallet is first checked as an address (ParseWallet), then by a proof, and, where
// there is a node to ask, on the chain (CheckOnChain): when it is shown, and once more
// when its hold is over. Payable says of every supplier where they are paid, or why
// not. A prepared distribution holds its own copies, which nothing here touches.
//
// # What is signed
//
// Text is one line of ASCII with the domain of the installation, supplier, wallet,
// nonce, and from and until when it is good. Form names the ways in which wallets sign
// a text: its bytes, or one of three envelopes of Solana's. A text counts once: its
// nonce is spent by the proof, whoever issued it.
//
// # What is told
//
// Every act leaves an event in its own transaction. Deliver posts events to the hook
// as JSON, at least once each, at most 100 at a time, in a body that is signed:
//
//	Uptally-Signature: sha256=<HMAC-SHA256 of the body, in hex>
//
//	{"format": "uptally-wallet-events/1", "events": [{"id": 7, "event": "pending",
//	 "supplier_id": "…", "wallet": "…", "active_from": "2026-11-24T09:00:00Z",
//	 "reason": "…", "person": 3, "at": "2026-11-21T09:00:00Z"}]}
//
// Nothing that stands here is ever updated. One lock is held by whoever changes
// wallets, to the end of the transaction; freezing takes another, of the supplier
// alone, and waits for no table that is imported. Who needs the ledger's lock as well
// takes that one first, then this package's.
//
// Its readings of the design where that leaves room:
//
//   - Rows of before there were proofs are the history of a supplier: they count as
//     unproven, and are paid no more.
//   - Proving the wallet that waits already does not begin its hold anew. Proving the
//     one that counts ends the wait of another, at once: its holder objects.
//   - A freeze is of the supplier, with all their wallets: whoever took over an account
//     must gain nothing by proving another. A release lifts the freezes that were on
//     record when it was asked for, and none that came after.
//   - A table's texts may have been issued elsewhere, and must not have expired when
//     they are read: who gathers them issues texts that are good for long enough, up
//     to 90 days. A text with a nonce of ours must be our challenge's, to the letter.
//   - A vault is allowed for one supplier, by two people, and their word is its proof.
//   - An envelope of another application's domain is no proof for us, nor one for
//     several signers.
//   - A signature of the wrong key, of another text and of another challenge look the
//     same to a check, so all three are ErrSignature.
package wallet
