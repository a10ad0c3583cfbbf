// Package rewards is what the rewards team does over HTTP: the same acts as on the
// command line, by the same functions of the domain, under the same names.
//
//	seasons ── rulesets            what is paid for when, by which rules
//	   │
//	   ├─ incidents ─ windows      what happened, and who is credited for it
//	   ├─ holds ─ held changes     what is set aside, and what is believed after all
//	   ├─ verdicts ─ devices       who is spoofed, and what is on record of them
//	   ├─ pulls ─ reopenings       what was read, given up, and opened again
//	   │
//	   └─ snapshots: take ─► guards ─► approval ─► seal ─► the ledger
//	                  │        └─ overrides by two persons
//	                  ├─ lines, suppliers, diff, preview
//	                  └─ 202: the jobs compute it; the revision shows how far they are
//
// A handler parses, calls and renders; it decides nothing. An act of two persons is two
// calls, and the second is refused in the domain and once more by the database if the
// person is the first's, whatever token or name they came by.
//
// The readings that it takes:
//   - Roles (roles.go): the team decides. Finance reads what it pays: seasons, snapshots,
//     lines, totals, explanations. Operators read what keeps a season waiting: status,
//     incidents, pulls. Neither changes anything here.
//   - A reading changes nothing: incidents that were found since the last scan come
//     without a number, until somebody scans.
//   - A preview and the check of a ruleset write nothing but their entry in the audit log,
//     and are acts all the same: they take a body.
//   - What computes a season in the process (a preview, a proposal, a difference, what held
//     changes would pay, an estimate of a device) goes one at a time; who comes meanwhile is
//     told 503 "busy". So it never waits, holding a connection, for those of others.
//   - An approval names the digest that was looked at, in full.
//   - Lists that people make (seasons, windows, holds, revisions, overrides, reopenings) come
//     whole; what grows with devices comes in pages. As a table a page has no room for its
//     cursor: it is in the header Next-Cursor.
package rewards
