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
// An hour is compared before it is closed: what it lacks is asked for again while that
// needs nobody's approval. The service's last word on a slot is what it counts a day
// after it, as rows are committed late for so long.
//
//	read ──► a day old, read again ──► compared ──► short? asked for again ──┐
//	                                      ▲  └─ equal, or asked MendsMax times ─► closed
//	                                      └──────────────────────────────────┘
//
// Where the contract leaves room, it is read so:
//
//   - Devices are compared slot by slot. The service counts ids that no registration
//     names, too. A pass counts their rows over its whole window: if they are enough
//     for all that is short in it, its slots fit; else they explain nothing.
//   - A slot that the summary leaves out had no heartbeat. A summary that counts a
//     slot twice is malformed, and refused whole.
//   - Heartbeats cannot be told apart by slot where a window spans many. They are
//     added up over the last whole passes whose windows lie in the span. Pages may
//     repeat a heartbeat, so ours may be more; and one that is missing takes no slot
//     from anybody while its device is up. They are shown, and are no finding.
//   - A slot of which more is up than the service counts was counted before its last
//     rows, which its last word mends; or it came from an archive, which fits if the
//     service counts nothing of it; or the service miscounts, which is a finding and
//     a warning before a seal, as nobody lacks anything.
//   - A slot that is not observed fits if it was given up; it is listed with the
//     reason all the same. If that came about by itself and the service counts
//     something in it, it is asked for again like any other; what a person gave up
//     stays given up.
//   - What less was read of in a closed hour is late: two people can open it again.
//   - What is awaited (young, or asked for again) does not fit yet, but alarms nobody.
//   - Slots that are not over have no verdict.
//   - A service without a summary is not compared, with the reason. That is a warning
//     and bars nothing: there is nothing to hold ours against.
package reconcile
