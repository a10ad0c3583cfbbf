// Package sqlmap has sqlmap look for a way into the database through everything that
// a caller can send.
//
//	OpenAPI document ─► Probes: one place of one operation each     path, query, header, body
//	                      │ a call that is answered, with a mark in it
//	                      ▼
//	                   sqlmap, level 5, risk 3 ─► Front ─► the API of a town
//	                      │                        token, key, what was answered
//	                      ▼
//	                   Verdict: Clean, Injectable; anything else is no verdict
//
// `make sqlmap` runs it, and fails if a place is injectable, if the API fails on what
// sqlmap sends, or if there is no verdict. A handler that is injectable in each place
// on purpose stands in the tests: there sqlmap must find it.
//
// Its readings:
//   - Every place gets a run of sqlmap of its own, so that its verdict is of it alone.
//   - Calls are drawn from the document and from what is there in the town, until one
//     holds the place and is answered well; if none is, the one that comes closest.
//   - Tokens are added by Front, so that no process is given one. So are keys: a new one
//     for every call, or calls would be answered from memory.
//   - Operations have a town each, and their places take turns: acts change it, what is
//     refused lengthens the audit log, and some refuse to be asked twice at once. All that
//     would differ between two answers by itself.
//   - Of an answer sqlmap is shown the first 16 KiB, of an act's 4: some acts list what was
//     done, which grows with every call, and comparing it would have no end.
//   - Where sqlmap suspects a place and then takes it back, it has left out whatever is
//     like what it suspected. Such a place is tried again by one technique after the
//     other, comparing no more than the shapes of answers, as acts never answer alike; if
//     there is a suspicion again, there is no verdict.
//   - Headers are those that the document names, and the two that are read of every call.
//     The token is not tried: it is read by what is tested with bad tokens.
//
// It is for tests only, and must not be imported by the program.
package sqlmap
