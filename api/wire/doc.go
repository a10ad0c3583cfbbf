// Package wire is what every operation of the API shares, so that no operation can
// lack it.
//
//	request ─► door ───────────────────────────────────────────────► answer
//	           limits ─ token ─ role, scope ─┬─ Public, Own, Read      ETag, 304
//	           (auth)                        └─ Act: halt, replay,     problem+json
//	                                            one transaction with   RateLimit
//	                                            audit and answer
//
// An operation is registered by one of five functions, which says who may call it and
// what it runs with:
//
//	Public   anybody           a Reader as nobody
//	Signed   any valid token   a Reader as nobody
//	Own      suppliers         a Reader as the supplier of the token
//	Read     roles of staff    a read-only transaction of the application
//	Act      roles             a transaction of the application; a Reader for suppliers
//
// What a supplier reads comes through a role of the database that row-level security
// holds for (Reader), and each row is looked at once more before it goes out (Mine).
// The build tag rlsonly takes that second look away, so that tests can show that the
// first is enough.
//
// The readings that it takes:
//   - Checking a token is work, and costs its address a call of its budget beforehand, which
//     is given back if the token is good. So an address that has spent its budget is
//     answered 429, whatever token it sends, and nothing is checked; but a token that was
//     good before and has not expired is known, and its holder pays from their own budget
//     alone: a bad neighbour behind one address does not lock out who was there before.
//   - The first call with a token that this process has not seen, from an address whose
//     budget is spent, is answered 429 too, as nothing tells it from what the neighbour
//     made up. It competes for what the budget restores (by default five reads and one
//     act a second), and Retry-After says when; once let in, its token is known.
//   - An acting call answers from memory: its answer is rendered before the transaction
//     commits, and sent after. Whoever gets an answer can rely on it.
//   - Where the database does not say in time whether it committed, the answer says that
//     neither is known, and to repeat the call with its key: then it is done once.
//   - Names of members are compared letter by letter. A body that has one in another case
//     is refused: it would be checked by one of them and read by the other.
//   - Answers of a handler are kept for repetition, refusals among them; what is
//     refused before (token, role, limits, halt, a malformed request) is not, as
//     nothing was begun, and the same key may be used again.
//   - What is no text, which is U+0000 and what is not UTF-8, is refused at the door: no
//     path, query or body holds it further in.
//   - Times are UTC with Z. Amounts are strings of base units beside their decimals.
//   - "Not there" and "not yours" are the same bytes.
//   - Suppliers and the public read fixed sentences for errors of the domain, unless an
//     error holds nothing but what the caller sent. Staff read the error.
//   - The domain says what to do by the command that does it; staff read the operation
//     that does it in its place (OverHTTP), as whoever calls may have no command line.
//   - One of staff who may not check what they made is told which names they go by: the
//     making may have been under another of them. Nobody else's names are in a refusal.
//   - Lists are read by cursor; a cursor is opaque, and names where the next page begins.
package wire
