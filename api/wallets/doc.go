// Package wallets lets suppliers say where they are paid.
//
//	POST challenges ──► a text ──► signed by the wallet ──► POST proofs ──► hold ──► counts
//	POST freeze     ──► nothing goes out, until two people of finance release it
//
// The rules are package ledger/distribution/wallet's. A supplier is read through
// row-level security: a challenge of another is as absent as one that there is not.
//
// Readings taken where the design leaves room:
//
//   - A caller does not say in which form a wallet signs: all forms are tried, and the
//     answer to a challenge has what every form needs.
//   - The hold before a wallet counts is the server's to say, and no caller's.
//   - The chain is asked about a wallet when its hold is over, by a job: a call does
//     not wait for a node.
//   - To freeze goes on while writes are halted: it only ever keeps money in.
//   - What staff wrote as their reason is theirs: suppliers read of an event that it
//     happened, and when.
package wallets
