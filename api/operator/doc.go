// Package operator holds what operators do over HTTP: they see who did what and what
// was refused, what surged, and stop all writing when it must be stopped.
//
//	GET  /v1/operator/audit                 the log, filtered, by page; as CSV, too
//	GET  /v1/operator/audit/verification    every digest computed again
//	GET  /v1/operator/alerts                surges that were found
//	GET  /v1/operator/halt                  is writing halted, by whom and why; what is still under way
//	POST /v1/operator/halt                  one person's act
//	POST /v1/operator/resumption            another person's
//	GET  /v1/operator/persons               who is who: names on the command line and of tokens
//
// The readings that it takes:
//   - Halting and resuming go on while writing is halted, and do not ask whether it is.
//   - A halt is answered once it stands, not once what had begun has ended: that may take
//     longer than an answer. How much of it there is cannot be told in that answer, which
//     is rendered before the halt commits, so whoever must know asks for the halt.
//   - A verification answers 200 whether there is a fault or not: it found out.
//   - Persons are listed with their names. Suppliers' users are persons, too.
package operator
