// Package appeal answers one question: was it right?
//
//	supplier ── Raise ──► open ── Review ──► in review ─┬─ Answer ──► accepted, refused
//	              │         └──────────────────────────┤
//	              │                                     └─ Withdraw ► withdrawn
//	              └─ against a line of a sealed revision, within 30 days of its seal;
//	                 due 14 days later
//
// A supplier says what is wrong with the outcome of one line of theirs; a person of
// the rewards team answers, and links what came of it: a verdict by hand, a grace
// window, a hold or a change that was released, a new revision. An answer changes no
// amount by itself: what it links does, in the next revision.
//
// The database holds the rules by itself: it reads the line, keeps the time, lets one
// appeal be open against a line, and refuses an answer by the person who appealed and
// a link that does not concern the line. What is checked here before is checked for
// the sake of a clear error.
//
// supplier.go and rewards.go are the HTTP operations of either side.
//
// Readings taken where the design leaves room:
//
//   - What may be appealed against: every line that is not eligible, has a note, or is
//     credited for fewer slots than it spans. A line that is paid for every slot,
//     without a note, has no outcome to appeal against.
//   - An answer is final, and there is one. Against a line that was refused the
//     supplier may appeal again, with what is new, for as long as the time runs.
//   - To accept takes at least one link; a refusal may have links too, such as the
//     verdict of another test.
//   - The terms, days to appeal within and days to answer within, are those of the
//     appeal's own day: they are recorded with it.
//   - Suppliers are told what the team decided and why, not who.
package appeal
