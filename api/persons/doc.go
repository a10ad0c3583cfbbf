// Package persons answers one question: who acts?
//
//	command line ── cli name ─────────┐
//	                                  ├─► person ──► who took, approved, sealed, paid
//	a token ── issuer and subject ────┘     (an act of two people is two rows of it)
//
// A person is one human, however many names that human acts under. Two acts are
// two people's only if the persons differ, so a name belongs to one person for
// good, and names are added but never moved.
//
// Nothing is checked here: a token's holder must come from a verified token. A
// command-line name is believed on the embedded database alone, where whoever runs
// the program could change every row anyway; there a token of the development issuer
// is the person of that name.
//
// Who may add names could be two people, so elsewhere that is the database owner's to
// do: MayName.
package persons
