// Package replay makes acting calls safe to repeat.
//
//	call (actor, key, request) ── Begin ──► new ──► act, Keep ──► commit
//	                                  ├───► kept: the same request: its answer again
//	                                  ├───► ErrOther: the key was used for another request
//	                                  └───► ErrInFlight: the first call has not ended
//
// A key belongs to its actor. What was answered is kept in the transaction of the act,
// so after a kill either both stand or neither does, and the repetition acts for the
// first time. Calls at once are told apart by an advisory lock that ends with the
// transaction. Answers are forgotten after Lifetime; by then clients have given up.
package replay
