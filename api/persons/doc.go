// Package persons answers one question: who acts?
//
//	command line ── cli name ──┐
//	                           ├─► person ──► who took, approved, sealed, paid
//	web ── token subject ──────┘     (an act of two people is two rows of it)
//
// A person is one human, however many names that human acts under. Two acts are
// two people's only if the persons differ, so a name belongs to one person for
// good, and names are added but never moved.
//
// What the package does not do yet: there is no HTTP here, and so no tokens are
// checked. A command-line name is believed, which is right on the embedded
// database alone, where whoever runs the program could change every row anyway.
package persons
