// Package reconcile holds every slot that was read against the service's own summary
// of it: did all of it arrive?
//
//	GET /v1/heartbeats/summary ──► uptime_summary ─┐
//	  devices, heartbeats a slot   (as last read)  ├──► equal, ours short, theirs short,
//	chunks ──► devices up a slot ──────────────────┤    unobserved, not compared
//	passes, coverage, what was given up ───────────┘    and the likely cause
//
// Only the service's side is kept. Ours is counted from the chunks whenever it is
// asked for, so a comparison is never out of date on our side.
//
// Where the contract leaves room, it is read so:
//
//   - Devices are compared slot by slot. The service counts ids that no registration
//     names, too; a slot that lacks no more devices than its last whole pass had rows
//     of such ids is explained by them, and fits.
//   - A slot that the summary leaves out had no heartbeat.
//   - Heartbeats cannot be told apart by slot where a window spans many. They are
//     added up over the last whole passes whose windows lie in the span. Pages may
//     repeat a heartbeat, so ours may be more; that alone is no finding.
//   - A slot of which more is up than the service counts has its cause in an archive
//     or in a count of the service that was made before its last rows: it is a
//     finding, and nothing is mended.
//   - A slot that is not observed fits if it was given up; it is listed with the
//     reason all the same.
//   - What less was read of is asked for again while its hour is open, MendsMax times
//     at most; what a person gave up stays given up. In a closed hour it is late: two
//     people can open the hour again.
//   - A service without a summary is not compared, with the reason. That is a warning
//     and bars nothing: there is nothing to hold ours against.
package reconcile
