// Package auth answers one question: whose token is this?
//
//	token ──► size, shape, header ──► iss (unverified) chooses the issuer, exactly
//	                                        │
//	        issuer's keys (keys.go) ◄── kid ┤ alg must be pinned for it
//	                                        ▼
//	                  signature, by go-oidc ──► verified claims
//	                                        ▼
//	     exp nbf iat ─ aud ─ no ID token ─ sub ─ scope ─ roles ─ supplier ──► Caller
//
// Identity comes from the token alone, and of the token only from what its issuer
// signed: the one thing believed before is which issuer's keys to try. Several issuers
// stand side by side, each with its own keys, algorithms, audience and claims, so that
// suppliers can move from one to another without an outage.
//
// What was verified is kept for a minute (cache.go), never past its times. A key that
// an issuer withdraws counts until its keys are fetched again, which is when somebody
// calls five minutes after the last time, or after ten at the latest, and a minute more
// for tokens seen before. That a token was good is remembered for longer,
// until it expires or is refused (Recall): it has to be verified again, but nobody made
// it up.
//
// Readings: header members that would choose a key (jku, jwk, x5u, x5c) or change
// what is signed (crit, b64, cty, zip) refuse a token, also where they would be harmless;
// so do names that stand twice in an object, also twice but for their case. A token
// must carry one of our scopes to be an access token for us at all; which one an
// operation needs is the operation's to ask. A supplier's claim that is no UUID refuses
// the token even if no role needs it. An issuer can be barred from giving roles
// (allow_roles), for one who is to know suppliers and not staff. An unknown key name
// waits for the next look at the issuer's keys, at most a cool-down and a time-out; if
// that look fails, or too many wait, the answer is ErrIssuerDown and no refusal.
package auth
