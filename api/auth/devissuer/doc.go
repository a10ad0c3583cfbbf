// Package devissuer is the built-in development issuer: it signs tokens for the demo,
// for tests, and for the embedded database, whose holder could change every row anyway.
// It knows nobody, asks for no password, and must never be trusted elsewhere.
//
//	Load(dir) ── key file, 0600 ──┐
//	New(key) ─── key of a test ───┤
//	                              ▼
//	      Token(claims) ──► signed here     Handler ──► discovery, keys, POST /token
//	      Trusted() ──────► for auth.Config, without a network
//
// Listen refuses every address that is not loopback, so that nobody can serve it to
// others by mistake. A token lives at most a day.
//
// For tests it can rotate: a key is added (published at once, signing from then on),
// and retired (published no longer). Sign signs whatever it is given, flawed or not.
package devissuer
