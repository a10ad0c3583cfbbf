// Package pgtest gives tests a real database each.
//
//	test binary ── Main ──► one private Postgres, thrown away at the end
//	                          └ template, migrated once
//	test ──────── New ──────────► clone of it, 20 to 40 ms, dropped after the test
//	                                Owner: a pool that may do anything
//	                                App:   a pool that may do what the application may
//	                                Supplier: a pool that sees what row security lets through
//
// A package that needs databases has one line of setup:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// It is for tests only, and must not be imported by the program.
package pgtest
