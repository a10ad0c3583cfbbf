// Package badtoken makes tokens that no verifier may accept, one for each thing that can
// be wrong with a token, so that the same table is held against the verifier itself and
// against the API over HTTP.
//
//	a good token ──► header, claims ──► one thing made wrong ──► signed again, rightly
//
// Wherever it can be, a token is signed with the right key: it is bad for the one
// reason that its case names, and would be accepted if that reason were not looked at.
// Every one gives its holder all roles.
//
// It is for tests only, and must not be imported by the program.
package badtoken
