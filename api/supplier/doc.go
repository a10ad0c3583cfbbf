// Package supplier is what suppliers read over HTTP: their devices, slot by slot; what
// these earned, and why; what they are owed and were paid.
//
//	devices ──► timeline        bits and spans, with coverage, grace and exclusion
//	   │
//	   └──────► explanation     why a line is what it is
//	earnings ─► lines ─► days   a season, its devices, a device's days
//	exclusions, reasons         what earned nothing or less, and what to do about it
//	statement ◄─ payouts        what went into and out of the accounts, and how it was paid
//
// Everything is read through the role of the database that row-level security holds for:
// SQL here names no supplier, since the policies do. Every row carries its supplier all
// the same, and is looked at once more before it goes out (wire.Mine); a row of another
// is treated as if it were not there.
//
// Two reads compute. An explanation, and a device's days, and the grace of a timeline
// that meets a window or a verdict, follow from facts that no supplier may read whole:
// logs, rules, coverage. There the gate is a read through row-level security
// (supplier_device, or the lines that are the supplier's), and the computation then runs
// as the application, on that one device. What comes of it is cut down to the caller's
// own lines: no ids of other owners, no evidence, no names of persons.
//
// A timeline, and a season's earnings, are asked for often. Each is one statement in one
// round trip, and nothing is computed: the bits come from the function supplier_timeline,
// the sums of a sealed revision were made when it was sealed, those of an estimate with
// it (snapshot_supplier, estimate_supplier).
//
// # The days of an amount
//
// A line is paid as a whole: amount = floor(pool * points / Σ points). Its days share
// that amount so that they sum to it exactly, by cumulative floors: with P(d) the points
// of the line up to and with day d, and P all of them,
//
//	day(d) = floor(amount * P(d) / P) - floor(amount * P(d-1) / P)
//
// P(d) is (1000 * 5 * credited + permille * job minutes) * weight of the slots and
// minutes of the days so far. Of what a window credits to the line for the slots that it
// grants there, floor(credit * granted so far / granted) is credited so far: at its own
// rate a device is credited for fewer, and again the last brings it to what the line has.
//
// The readings that it takes:
//   - Only sealed revisions and estimates are shown, never drafts. The newest sealed
//     revision is the one in force. An estimate whose season was sealed since is shown
//     as superseded.
//   - A device is listed while the caller owned a slot of it, by the facts of the last
//     run of slots that was theirs. Its verdict is the last one, whoever owned it then:
//     by a ruleset that excludes a season it takes out all the slots of each, whoever had
//     them, so that the next revision pays a former owner by what was decided after they
//     let go of the device; and a later genuine one clears them. They are told the kind,
//     the times and the reason, which are of the device, and never the evidence.
//   - A timeline says up, observed, grace and owned; slots of other owners are 0 in all
//     four. Grace and exclusion are as things stand now; what a revision made of them is
//     in its explanation. Slots outside of every season are granted and excluded by none.
//   - Lines are listed in the order in which their devices were registered.
//   - Of an explanation, windows are told that meet a line of the caller's. Their second
//     step counts the device's slots before the window, which may have been another's:
//     it is what decided, so the count is told, and no slot of it. Where a gap begins and
//     from when on the device was back is told of slots that were the caller's alone, and
//     what is granted is what is granted of their lines.
//   - A statement tells the kinds of accounts, and what each of the caller's held after
//     every movement. Reasons of journals are for the team, as they are free text.
//   - A wallet shared by two suppliers is one leaf of a tree: its proof has the amount
//     of both, since it proves nothing else, and names the caller's payouts only.
package supplier
