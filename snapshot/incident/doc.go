// Package incident answers one question: what happened to everybody at once?
//
// A season is not paid over an incident until a person has decided what it means.
// There are two kinds, both found by rule from what is on record:
//
//	genuine devices up                              changes through worker-api
//	▇▇▇▇▇▇▇▇▇▇▁▁▁▂▂▃▃▄▄▅▅▅▅▆▆▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇       ▁  ▁     ▁ ▁▇▆█▇▅▇    ▁   ▁
//	          │ lowest       │          │                      │      │
//	          opened         recovered  closed                 from   to
//	          └──── span ────┘                                 └ span ┘
//
// A collapse is one of the genuine population: the devices that were up, but those
// whose last verdict is spoofed. Its baseline is the lower median of the observed
// slots of the day before, of which there must be 144. It opens at the first of
// three observed slots in a row below 0.7 of their baselines, and the baseline of
// that one is kept. It ends with the twelfth observed slot in a row at or above 0.85
// of it, and had recovered at the first of the twelve. What was not observed is
// skipped.
//
// A surge is one of changes through the channel that is not trusted. An hour
// belongs to one if, counting a device once a slot, so many changed:
//
//	at least 10                          fewer, a person can look at one by one
//	one in 1,000 of those registered     an attack is on the network, not on a supplier
//	ten times the median hour of the     a network that often changes its devices
//	week before                          through the channel does so again
//
// Hours less than an hour apart are one surge, which spans from the first slot with
// such a change in it to the end of the last.
//
//	chunks, coverage ─► population ─► Collapses ─┐         ┌─ window, approved ──┐
//	verdicts            (a slot)                 ├─► scan ─┼─ hold, recorded ────┼─► resolved,
//	device changes ───► tally ──────► Surges ────┘  as of A└─ dismissal ─────────┘   a season
//
// A scan stands as of a moment: the verdicts, devices and changes recorded by then
// count, and chunks and coverage as they are. It is never changed, but made again
// when there is more to stand on; an incident keeps its number as long as it opens
// at the same slot. It is new to the scan that finds it first, whoever asked for
// that: the hourly job raises an alert, a command says so.
//
// Where the rules leave room, they are read so:
//
//   - What one scan as of a moment found, no other as of that moment hides: before a
//     seal an incident counts as open if it is by any of their readings, each with the
//     end that a person set last. Who takes or seals a snapshot looks again, whatever
//     is on record.
//   - After a collapse, the next is looked for from the slot after the twelfth good
//     one on. Its baseline is that of the day before as it was, low slots included.
//   - A person's end of a collapse stands whenever it was recorded, like a
//     dismissal: neither changes a line. It stands, too, if the population is later
//     seen to have recovered before it or after it; the last one recorded counts.
//     If later verdicts move the slot at which a collapse opens, that is another
//     incident, and must be decided anew.
//   - Devices vanished if they were up in at least half of the observed slots of the
//     day before, and not in the lowest slot. They returned if they were since then
//     up in three slots in a row.
//   - A share of the missing devices is back in the first of three observed slots in
//     a row, from the lowest on, in which the population is up by that share.
//   - The hours of the week before a surge are those after the first registration.
//     A surge that lasts for half a week becomes what is usual, and ends. One of a
//     device that is not registered yet is not counted.
//   - A window resolves a collapse for its season if its slots meet the season's and
//     the collapse's span. It need not cover it: that is the proposer's judgement.
//   - Holds resolve a surge if together they cover its span, released or not: who
//     released one has decided. Surges are dismissed season by season, as collapses
//     are.
//
// The package stands beside the rules of snapshots and does not import them; it
// knows seasons by their codes and slots.
package incident
