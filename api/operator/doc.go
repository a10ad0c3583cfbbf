// Package operator holds what operators do over HTTP: they see who did what and what
// was refused, what surged, and stop all writing when it must be stopped.
//
//	GET  /v1/operator/audit                 the log, filtered, by page; as CSV, too
//	GET  /v1/operator/audit/verification    every digest computed again
//	GET  /v1/operator/alerts                surges that were found
//	GET  /v1/operator/halt                  is writing halted, by whom and why
//	POST /v1/operator/halt                  one person's act
//	POST /v1/operator/resumption            another person's
//	GET  /v1/operator/persons               who is who: names on the command line and of tokens
//
// The readings that it takes:
//   - Halting and resuming go on while writing is halted, and do not ask whether it is:
//     they take the lock that every other act shares.
//   - A verification answers 200 whether there is a fault or not: it found out.
//   - Persons are listed with their names. Suppliers' users are persons, too.
package operator
