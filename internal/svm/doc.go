// Package svm gives tests a Solana runtime of their own, without a network.
//
//	test binary ── Start ──► node front/main.js   JSON-RPC on a free loopback port
//	     │ a pipe to its input                └─ chain.js ──► litesvm, in process
//	     ▼                                                      token, associated token,
//	ends with the test, or when                                 memo, system and compute
//	the test binary dies                                        budget programs
//
// It is for tests only, and must not be imported by the program. The chain lives in
// the Node process: a killed client finds it again under the same URL (Attach).
//
// # What is real
//
// Every transaction is run by litesvm (the pinned npm package), which is Solana's own
// runtime and the programs as the network runs them: signatures, fees, rent, compute
// units, token balances, frozen accounts, multisig, errors and logs are theirs. Keys,
// nonces, multisigs and the world's accounts are made by transactions that
// @solana/web3.js and @solana/spl-token build and sign.
//
// # What is emulated, in front/
//
// litesvm knows no blocks. Its own check of blockhashes (newest only) is off, and the
// front does what a node does:
//
//   - Blocks. Each transaction lands in a block of its own, one height above the last;
//     a refused one makes no block. Else heights pass only by AdvanceHeight, by airdrops and
//     other acts of the world, and by SetPace for each poll. A slot's number is the
//     height and 21,000,000; a block's time is the front's start and 0.4 s a height.
//   - Blockhashes. A transaction may land up to lastValidBlockHeight, which is 150 above
//     the height of its blockhash: the newest 150 are valid at a time. Then it is
//     refused with BlockhashNotFound.
//   - Durable nonces. A transaction that begins with AdvanceNonceAccount is valid if its
//     blockhash is what the nonce account stores and the authority signs. The runtime
//     advances the nonce; if the transaction fails, the front does, as the network would.
//     New values are derived from the transaction's blockhash, not the newest one.
//   - Already processed. By signature, for as long as the blockhash is valid.
//   - Finality. At once; or held, and then reads at "finalized" (the default commitment)
//     see the state of that moment, and Fork drops what is not final.
//   - Fees shown in getTransaction are computed: 5,000 lamports a signature, and price
//     times units. Recent prices are those of the transactions that landed, or SetPrices.
//   - CreateTokenAccounts and SetAccount write accounts without a transaction. The
//     mint's supply does not count what CreateTokenAccounts hands out.
//
// install.sh, which `make test` runs, installs Node where it is missing and what
// front/package-lock.json pins.
//
// Not served: address lookup tables, websockets, blocks, stake; transactions that fail
// before their first instruction pay no fee here; jsonParsed answers are base64, as a
// node's are for what it cannot parse.
//
// # Faults
//
// A send can be dropped (answered, but nothing lands), late (answered, lands blocks
// later), hung (lands, no answer), cut (lands, the connection ends) or lost (does not
// land, no answer), and any method can fail with an HTTP status or an RPC error. They
// are planned one by one, or drawn at given rates from a seed. Stats tells what
// happened.
package svm
