// Package webhook answers one question: who is told?
//
//	what happened ──► Collect ──► message, once for an endpoint ──► job ──► Send
//	(webhook_event)   every minute   its bytes never change           │
//	                                                                  ▼
//	                          attempt on record ◄── delivered, or tried again for a day
//
// A supplier names an endpoint and what it wants to be told of. A message is sent as
// the Standard Webhooks specification has it (1.0, standardwebhooks.com):
//
//	webhook-id: 6c1a…             the same in every try: what was seen once is seen
//	webhook-timestamp: 1714032000 when it was sent, Unix seconds
//	webhook-signature: v1,K5oZ…   base64 of HMAC-SHA256(secret, id "." timestamp "." body);
//	                              two of them, with a space between, while a secret is rotated
//
//	{"type": "payout.paid", "timestamp": "2024-06-05T12:00:00Z", "data": {…}}
//
// The types are in event.go. Any status from 200 to 299 takes a message. Else it is
// tried again after 10 seconds, 1, 5 and 30 minutes, 2, 5, 8 and 10 hours: 9 times
// within about a day (Schedule). An endpoint that took nothing for 5 days since its
// first failure is switched off when a message to it is given up, which is on record:
// where there is little to tell, one failed try long after another is no such end.
//
// A message may come twice, after a kill, and messages may come in another order than
// things happened: each says when it happened, and the log of deliveries is in order.
//
// # Turns
//
//	job of a message ─► Begin ─┬─ it has the turn ─► Send, Record, GoOn ─► the next, while it answers
//	                           └─ another has it  ─► the line: again 100 ms after who came before
//
// An endpoint is told one message at a time, and a supplier's endpoints four, by all
// processes together: so an endpoint that hangs holds one of those who deliver, however
// much it has waiting. A turn is a row, not a lock of a session: nobody holds a
// connection to the database while a stranger thinks, and a turn that was not given back
// ends by itself (TurnMax), or goes on when its job is begun anew.
//
// # Secrets
//
// A secret is not stored: it is HMAC-SHA256 of the server's key over the endpoint's id
// and the secret's number. So neither a copy of the database nor what answers keeps for
// repetition holds one. It can be read for an hour after it was made, by a token that
// may write; whoever lost it makes another (rotation), and for a day both sign.
//
// # Where to
//
// An endpoint is a stranger's address that we call from inside. So: https alone, on
// port 443 or 8443, without credentials; no redirect is followed, no proxy used, no
// body read. The address that is dialled is looked at after the name was resolved
// (Dialer.Control), so that no name leads to loopback, private, shared, link-local,
// multicast or translated addresses, whenever it changes. Development allows loopback,
// http too, and nothing else.
//
// Nor does what came of it tell where a name leads: a supplier reads one outcome,
// unreachable, whether the name leads nowhere, leads inside, or nobody takes the
// connection. Why stands in webhook_attempt.cause, which no supplier may read. An
// address that can be seen to lead inside, as it is written, is refused with the reason
// when an endpoint is made: whoever wrote it knows it.
//
// Readings taken where the design leaves room:
//
//   - Events before an endpoint was made are not told to it.
//   - season.sealed goes to every endpoint that asks for it; what the season came to
//     for the supplier is theirs to read.
//   - device.flagged goes to whose device it is when it is found.
//   - Rows of one source can turn up out of the order of their stamps, as transactions
//     commit when they will: so a day back is looked at again each time, and what is a
//     message already is not another.
package webhook
