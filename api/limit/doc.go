// Package limit answers one question: has this caller asked too often?
//
//	token known to be good ► Actor(issuer, subject) ─┐   read budget
//	none, or not known ────► Network(address) ───────┴─► write budget ──► Allow
//	found to be good ──────► Network(address) ──────────────────────────► Restore
//
// Whoever is signed in has budgets of their own, whatever address they come from:
// hopping between addresses gains nothing, and neighbours behind one address take
// nothing from each other. Everything else is charged to the address, IPv6 by its
// /64, before it is looked into; a token that turns out to be good costs its address
// nothing.
//
// A budget is a token bucket of golang.org/x/time/rate: as many calls as the budget
// says at once, and again as fast as a Window restores them. Against the window
// counter of httprate it takes its time as an argument, needs one number a key rather
// than a map a window, and does not let twice the budget through where two windows
// meet.
//
// Memory is bounded whatever comes: the least recently used half of the keys is
// forgotten when there are too many. Actors and addresses are kept apart, so that a
// flood of addresses makes no actor's budget whole.
package limit
