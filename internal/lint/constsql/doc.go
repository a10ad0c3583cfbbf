// Package constsql proves that no SQL is built from strings.
//
//	tx.Query(ctx, <statement>, arguments…)
//	                  │
//	                  ├─ a constant of the compiler's          nothing that anybody sends can be in it
//	                  ├─ a file that package migrations embeds     likewise
//	                  └─ anything else                         a finding
//
// A statement is whatever reaches pgx or database/sql as one: the string parameters
// that their exported functions name sql or query, the methods of interfaces of our own
// that answer with their types, and the fields of theirs that hold a statement. A test holds the list of those functions against the pgx that the
// module builds with.
//
// A proof has to know every way around it. These are findings, too:
//   - one of those functions that is passed on instead of called, as what it will run is
//     out of sight;
//   - a method RewriteQuery, by which pgx lets a program rewrite statements;
//   - the simple protocol, in which pgx writes arguments into the text.
//
// SQL also stands in one place of a package: a statement in a file that is not named
// store.go is a finding.
//
// Its readings:
//   - Files of tests are left out: they may hold SQL, and no caller reaches them.
//   - Libraries that are handed a connection and bring their own SQL (River, goose) are
//     left out, as is what PL/pgSQL of the migrations does: nobody sends them text.
//   - Tables and columns that pgx.CopyFrom is given are left out: pgx quotes them.
//   - Functions that have to do otherwise are listed in exceptions.go, each with why. One
//     that no longer needs to be there is a finding.
package constsql
