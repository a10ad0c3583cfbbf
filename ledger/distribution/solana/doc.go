// Package solana pays batches of payouts on Solana: it builds, packs, signs and
// decodes messages, and calls an RPC node. It knows no database and no distribution.
//
// A batch is one transaction, and what is approved of it is its message: the list of
// instructions, with two holes.
//
//	┌ transaction, 1232 bytes at most ─────────────────────────────────────────┐
//	│ signatures   fee payer's first, which is the transaction's id            │
//	│ ┌ message, legacy ─────────────────────────────────────────────────────┐ │
//	│ │ accounts         signers first                                       │ │
//	│ │ blockhash        ◄── hole: recent, or the value of the durable nonce │ │
//	│ │ advance nonce    only on a durable nonce, and then first             │ │
//	│ │ compute limit    from the counts, see computeUnits                   │ │
//	│ │ compute price    ◄── hole: micro-lamports                            │ │
//	│ │ create account   idempotent, where the payee has none   ┐ for each   │ │
//	│ │ transfer         TransferChecked: mint, decimals        ┘ payee      │ │
//	│ │ memo             "d1-b3 " + hash of who gets what                    │ │
//	│ └──────────────────────────────────────────────────────────────────────┘ │
//	└──────────────────────────────────────────────────────────────────────────┘
//
// The way from a list of transfers to a transaction that landed:
//
//	transfers ─Pack─► batches ─EncodeNDJSON─► transactions.ndjson    prepare, approve
//	                     │
//	                  message ─Ready─► ready message ─Sign─► transaction     submit
//	                     ▲     blockhash,  │                     │
//	                     │     price       └─ signed elsewhere ──┤ CheckSigned
//	                     │                                       ▼
//	                     └─Same─ Landed.Message ◄─Transaction── Send         settle
//
// Ready fills the two holes and Same compares all but them, both on the bytes that
// were prepared: no message is built a second time to be compared, but for the file,
// whose every line must be what its transfers give.
//
// What fits a transaction depends on who signs (transfers to accounts that exist,
// and with each account created):
//
//	                          blockhash   durable nonce
//	owner pays fees            17    8       15    8
//	owner, fee payer           16    7       13    7
//	2 members, one pays fees   14    7       12    6
//	2 members, fee payer       12    6       10    5
//	3 members, fee payer       10    5        8    4
//
// What a node answers is believed as far as it goes. Calls that read are made again,
// with pauses, when they meet 429, 5xx, a broken answer or none; Send never is. An
// answer to Send that does not tell is ErrUncertain, and a transaction that may have
// been accepted is only known by its signature's status.
//
// Readings of what was left open:
//
//   - The memo's hash is over lines "payout wallet mint amount", so that a memo names
//     what is paid; whether an account is created does not count.
//   - Blockhashes are finalized: a hash that a fork takes back would do no harm, but
//     would expire for nothing. Some 30 of its 150 blocks have passed by then.
//   - Only JSON-RPC errors that nodes give before they take a transaction are
//     ErrRefused; HTTP's 429 or 500 may come from a proxy behind which it was taken.
//   - Transfers of a landed transaction are those of its own instructions of the
//     classic token program. What programs called from there moved, as a vault of a
//     multisig program does, shows in Changes.
//   - A key file that group or others can get at in any way is refused.
//   - Surplus members of a multisig are allowed to sign; each costs 96 bytes.
package solana
