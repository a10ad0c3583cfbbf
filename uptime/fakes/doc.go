// Package fakes looks for devices whose timelines rise and fall together in ways
// that chance cannot explain. What it finds is advice: nothing here excludes a
// device, and no other room asks it anything. A person reviews the list and makes
// verdicts of it, or does not.
//
//	timelines ──turns──► fleet ──outline──► identical groups ─┐
//	                       │                                  ├─judge──► cohorts ──► suspects
//	                       └──least hashes─► nearly identical ┘   ▲
//	                       └──tallies, runs of everyone else──────┘
//
// A farm's virtual devices hang on one switch. Over a fortnight, with honest
// devices above and a cohort below, x where the platform itself went down:
//
//	██████ ████████████████ ██████████xx  █████
//	 █████████ ██████ █████████████ ██xxx███████
//	████████████ ██████████████████ ██xx     ███
//	          ███████████ ████████████x            the same slot up,
//	          ███████████ ████████████x            the same pause,
//	          ███████████ ████████████x            no gap of its own
//
// # The method
//
// Method says it in a few lines. In full, over a span of 1 to 92 days:
//
//  1. A turn is a slot at which a device is no longer what it was. Slots that were
//     not observed are neither up nor down: they are taken out, and a turn after
//     them stands for no slot.
//  2. Where the population halves or doubles within an hour the platform itself
//     moved (an outage, a cut-over, a beginning). Turns there count nothing. The
//     other ones are dated: a device's switches. Two devices may still differ there
//     and be identical.
//  3. A cause is what an event outside a device explains: its first coming up, or
//     a going down. Coming back is the end of what took it down and counts nothing.
//  4. Groups are five or more devices that are identical: the same turns, the same
//     state after each time the platform moved, and at least one cause. The causes
//     of a group of n are weighed by how rare they are among everyone else, slot by
//     slot: what struck a whole region is common there.
//  5. The two rarest causes are given away, since machines of one building start
//     together and share a power cut. Let m devices share the rarer of the two. Is
//     it chance that n of these m are alike in all the rest? The rest are the
//     further causes, and the longest run without a gap, against the share of
//     everyone else that stayed up through the same hours.
//  6. Each of these shares is doubled for the benefit of the doubt, a further cause
//     counts 4 bits a device at most, the run 3 bits. The group's score is
//     Chernoff's bound on n of m, in bits. It is listed from 20 bits and the bits of
//     the fleet's size: less than one wrong group in a million searches, were honest
//     devices independent but for two causes.
//  7. Everyone else are those not listed, and not in a group that holds half of all
//     that share one of its causes: suspects do not vouch for one another. Who is
//     listed is taken out, and the rest judged again until nothing new comes up.
//  8. Then devices with six switches or more that are nearly identical, three in
//     four of either's switches the same, are brought together by least hashes.
//     They join the cohort that they resemble, or make a group that is judged
//     likewise; the run counts nothing then, nor does the quarter that may be
//     missing.
//
// All of it is integer arithmetic over the whole fleet, with sorting as its dearest
// step, and does not depend on the order of the devices.
//
// # What it cannot say
//
// A device that is up all the time, or is moved by the platform alone, has no dated
// switch: no opinion. So has one with fewer than six that nobody shares. Hence a
// span should begin before the devices in question came up first, and hold the days
// after: a cohort whose beginning it misses, and that never pauses, looks like the
// steadiest of the honest. Such are not judged, not cleared.
//
// To have sailed through a restart of the platform is part of the longest run and
// never lists a device by itself: one honest device in fifty had updated in time for
// the cut-over of April 2024. For silence alone to be evidence a group takes some
// ten devices; with further switches in common, five.
//
// A farm that is as large as everyone else who is up together passes for the
// platform, and without anyone else there is nobody to compare with.
//
// A rack of flawless machines on a flawless line, started in one slot and switched
// off together, cannot be told from a farm. That is what the review is for.
//
// How well it does is measured by make bench, as fakes.precision and fakes.recall:
// on simulated worlds whose truth is known, of seeds that no number was chosen by.
//
// The supplier is shown and plays no part: farms spread over names. Registration
// plays none either, but a verdict made of a suspect takes effect with it.
package fakes

// Method is the method in a few lines, as it is printed with every list.
const Method = `How: slots at which devices come up or go down together, leaving out those at which
the platform itself moved. Groups of devices whose bits are identical, or nearly so,
are held against everyone else over the same days: two events in common are given
away, as a start and a power cut would be; what else they share, further switches
and the longest run without a gap, must be too much for chance (score: that many
bits, 2^-score). Devices with too few switches of their own are not judged.`
