// Package merkle makes the tree by which payees claim from a distributor on chain:
// the chain keeps the root alone, and a payee brings their leaf and its proof.
//
//	level 3                    root
//	                    ┌───────┴───────┐
//	level 2            ABCD            EEEE        EEEE = h(EE, EE): the odd last
//	                ┌───┴───┐         ┌─┴─┐        node is paired with itself
//	level 1        AB      CD        EE  (EE)
//	              ┌─┴─┐   ┌─┴─┐     ┌─┴─┐
//	level 0       A   B   C   D     E  (E)         proof of C: D, AB, EEEE
//	              ▲   ▲   ▲   ▲     ▲              proof of E: E, EE, ABCD
//	leaves, by the wallet's bytes: one a wallet, what it is paid summed
//
//	A       = SHA256(0x00 || SHA256(wallet || unlocked || locked))    amounts: 64 bits, little-endian
//	h(a, b) = SHA256(0x01 || the smaller || the larger)               as bytes
//
// This is the tree of the merkle distributors that Jito, Jupiter and Velocity run. A
// single leaf is the root itself, and its proof is empty. Every proof of a tree has
// as many hashes as the tree has levels below the root. All hashes stand in one
// array, level after level:
//
//	nodes   A B C D E | AB CD EE | ABCD EEEE | root
//	starts  0           5          8           10
//
// The tree file is what the Jupiter distributor's tools read. Keys and hashes are
// arrays of 32 numbers, amounts are numbers of base units:
//
//	{"merkle_root":[…],
//	"airdrop_version":0,"max_num_nodes":5,"max_total_claim":…,"total_unlocked_amount":…,"total_locked_amount":…,"tree_nodes":[
//	{"claimant":[…],"amount":…,"locked_amount":…,"proof":[[…],[…],[…]]},
//	…
//	]}
//
// What is paid at once is amount, unlocked; what vests is locked_amount.
//
// The package is pure: it knows neither the chain nor the ledger. Its readings of
// the format where that leaves room:
//
//   - Ordering is apart from building. New orders and sums, as we want our trees;
//     Build keeps the order that it is given, as other tools do, and refuses a
//     claimant that comes twice rather than choose for the caller. Whoever needs
//     several trees merges first and cuts then, so that no claimant stands in two.
//   - More than NodesMax leaves are refused, never cut.
//   - An amount that JavaScript would round is written as it is and listed by
//     Inexact: the distributor's own tools read it rightly, the reader of the list
//     decides. Totals count as amounts.
//   - A total beyond 64 bits is refused, since the distributor adds with 64.
//   - Read checks a proof by equality with the tree's own. It wants a proof of every
//     leaf, though the distributor's tools would accept null, and refuses fields
//     that it does not know; max_total_claim may be missing, as newer tools leave it
//     out.
package merkle
