// Package snapshot answers one question: what is it worth?
//
// A season pays a pool to the devices that were there. A snapshot is a numbered
// revision of a season's result: one line a device and run of slots with one
// owner, each with one outcome and the notes that explain it.
//
//	timeline ─┐
//	facts ────┼─► lines ──► figures ──► outcome ──► points ──► amounts
//	verdict ──┤  (who)     (how long)    (why)    (what for)   (how much)
//	grace ────┘
//
// The rules are pure: no database, no clock, no float. Everything that the result
// depends on is a Basis, common to the season, and a Device. A Scorer turns one
// device after another into lines; Allocate divides the pool over all of them.
//
// How one device's season is read, with S the season's slots, R those from its
// registration on, O the observed and U the up ones:
//
//	          09:00                   10:00                   11:00
//	O         ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ · · · ■ ■ ■ ■ ■ ■
//	U         ■ ■ ■ ■ ■ · ■ ■ · · · · · · · · · · · · ■ ■ ■ ■
//	window                [ w0                            w1 )
//	f                         ^ first observed slot without a heartbeat
//	r                                                 ^ back for good
//	G                         ■ ■ ■ ■ ■ ■ ■       ■ ■
//
// No data is not "down": a slot that nobody observed counts neither for nor
// against the device, and a longest run goes on across it.
//
// Where the rules leave room, they are read so:
//
//   - The job minutes of a day belong to the day's last slot. If a verdict excludes
//     that slot, they count nowhere.
//   - A change that a hold sets aside is noted whatever fields it names: it was
//     not believed.
//   - A window that meets the season only between two starts of slots holds no
//     slot of it and is not applied.
//   - Windows are applied each by itself: what one grants is not "up" in the
//     lookback of another. A long outage is one window, not two that touch.
//   - A refusal is noted on every line that meets the window, also on one whose own
//     slots were all up: the device as a whole was refused.
//   - The registration is the device's first in the log. A second one is a change of
//     every field and does not move the first slot.
//
// A snapshot on its way through the database:
//
//	Take ──► groups ──ScoreGroup──► StageGroup ──last──► Complete ──► Approve ──► Seal
//	 A       open      (pure rules)   scored              draft       another     ledger
//
// A revision over hours of which one is still open is an estimate. Its hours are
// the season's, those through sustain slots past every reconnect_by that has
// passed, and any other hour whose observed slots it read: bits that may still
// change never reach the ledger. An estimate can be looked at, not approved.
//
// The first sealed revision fixes the rate, pool / Σ points. Every later one is a
// correction: its amounts are computed at that rate, and only what differs from the
// revision sealed before it is posted, supplier by supplier: increases out of the
// season's reserve, decreases back into it as far as they are not yet paid or on
// their way, and as a receivable where they are. All increases are drawn, all that
// went back is residual, so that pool + drawn = allocated + residual in every
// revision. Where the first sealed revision had no points, no point is worth
// anything later either.
//
// A preview is a take that nobody writes, as things are or are supposed to be: the
// same basis, changed in memory, and the same rules, over one view of the database
// that all its readers share.
//
//	on record ──► basis ──WhatIf──► lines ──┬──► figures          Compute
//	                      rules,            └──► who moves,       Preview
//	                      windows, holds,        against a
//	                      verdicts               revision
//	collapse ──► returns ──► drafts ──► lines with and without    Propose
//
// Where there was room, it is so:
//
//   - It is as of now: what was committed by then counts. Supposed verdicts are
//     entered by hand now, so that they come after all others; the last of a device
//     counts. All that is supposed is checked as what is recorded.
//   - The revision compared with is the last that is a draft, approved or sealed,
//     unless one is named. A line is the same one if device and first slot are,
//     whoever owns it; its suppliers are told apart.
//   - The change of an amount is relative to the amount before, and a change of just
//     a bound counts as the farther one. What is absent is an amount of 0.
//
// A proposal drafts windows for a collapse:
//
//   - The window begins with the slot after the last observed one, in the day before
//     the opening, in which 95 of 100 of the baseline were up.
//   - A device was hit if it missed an observed slot between that and the deepest
//     one; a gap that comes later is that of any day. Spoofed devices are left out.
//   - It is back where a window finds it back, with half of the lookback and three
//     slots in a row as by default, and within 60 days.
//   - Half and nine tenths of the returns are of the proven devices that came back
//     by the last observed slot: of the dead nobody knows.
//   - The lookback is a day, unless six hours or three days are better by more than
//     10 in 1000 at telling those who came back from those who did not.
//   - The deadline is the window's end, the first whole hour after the return that it
//     reaches. The last return's is recommended.
//   - What moves is what lines with granted credit get more than without the window,
//     at the rate of each; approved windows that overlap a draft are left out of both.
//
// Diff walks every device from what one revision was computed from to what a later
// one was, one kind of input exchanged at a stage, and scores it anew where that may
// change it. What a stage changes is its cause's, so that the causes add up to the
// whole difference, to the unit, whatever changed together:
//
//	stored lines of A
//	  ├─ hours      the bits and the coverage of now, all else as of A
//	  ├─ ruleset
//	  ├─ hold       holds and releases
//	  ├─ verdict
//	  ├─ facts      registrations, job minutes, changes but for the owner they name
//	  ├─ ownership  that owner
//	  ├─ grace      windows, and which deadlines have passed
//	  ├─ rate       what a point is worth, if a seal fixed it after A
//	  └─ hours      what is left, should bits differ from those that B was scored from
//	stored lines of B
//
// Until a seal a stage's amounts are at the rate of its own Σ points: one verdict
// moves everybody's amount, and is the cause of it. At a fixed rate it moves one.
// Where A itself fixed the rate, it holds for all stages. How the walk is read:
//
//   - What takes away comes before what adds. A change that a hold sets aside when it
//     is first seen is never believed on the way, and a device that a verdict excludes
//     before it is first counted takes nothing from the others.
//   - A registration is a fact as a whole, with its owner.
//   - A line that is the same in both revisions is not listed, whatever it went
//     through between.
//   - A stage that cannot be computed, for a weight, points or an amount above 63 bits,
//     is passed over: what it changes counts for the next that can.
//   - Bits have no versions: between two revisions from before an hour was reopened
//     both steps of the hours may appear, where a line differs anyway.
//   - The way back from a later revision to an earlier one is the inverse of the way
//     there, step by step.
//
// An Explanation is one device's season, step by step, with the numbers that decided
// each. It is read off the scorer once it has scored the device, so that it cannot
// tell another story than the lines:
//
//	facts ─► verdicts ─► coverage ─► windows ─► lines ─► tests ─► floor(pool * points / Σ points)
//	  each change        # . ? x     f, B, r, G         in order,
//	  believed or held   + -                            up to the one that decides
//
// Of a revision it is recomputed as of its moment and held against what is stored:
// they differ only where hours were reopened since, and then both are shown. Of a
// season without lines it is an estimate as of now, at the rate of all devices as
// they would be scored now.
//
// What holds set aside is reviewed change by change:
//
//		open ──► released, by itself or with its hold: believed from then on
//		  └────► refused: a person looked, and does not believe it; it moves no amount
//
//	  - A change is decided once by itself. A hold in which changes were refused is not
//	    released as a whole any more; its other changes are, one by one.
//	  - Only a change that a hold sets aside can be refused. Where it lies in several
//	    holds, it is set aside until each of them is released.
//	  - What a change would alter is told against what is believed without it, so that
//	    another change that is not believed either does not count as being before it.
//	  - What it would pay is what its device gets with it believed, less what it gets as
//	    if it had never come, at the rate of the season's last revision; other suppliers'
//	    shares move a little too if an outcome changes before a first revision is sealed.
//
// Guards stand before the seal. Each has a figure, what it asks for, a verdict and a
// remedy. Two persons can override those that had failed when the one asked, for that
// revision alone, but no firm one: hours, partition, and the sums of money.
//
//	coverage  hours_closed*  logs_read  incident N …  surge N …  ingest_reconciled
//	grace_counted  grace_pending  partition*  amounts*  funded* | reserve*
//	ledger_reconciled*                 warnings: change  largest_share       * firm
//
// Where their rules leave room, they are read so:
//
//   - What a revision was computed from must read the same when it is sealed: its digest
//     is put together again from its groups' and the basis. An hour of a lookback that
//     was pulled only afterwards calls for a new revision.
//   - The reserve must hold all increases of a correction by itself, whatever the same
//     correction puts back.
//   - A surge concerns every season that ends after it began, until it is held or
//     dismissed for that season: an owner that was rewritten stays so.
//
// The database refuses by itself a seal over an incident that is open, past a window
// that the revision does not count, and of what was not posted. The application's role
// records what is observed and decided, so it is believed in that. At most it could, in
// SQL, name persons who did not act (a dismissal, an end, the two of a window or of an
// override), record heartbeats, verdicts or changes that there were not, or write a
// revision from its first row to its lines and its journal by hand, with a scan that
// found nothing. It cannot unwrite what was found or decided, date a decision back to
// before a revision, or begin one as of another moment than now; whatever it writes
// stays.
//
// The digest covers everything that went in and came out but moments of recording
// and the ids that a database deals out (of windows and holds), so that the same
// facts give the same digest on any machine. Slots that were never pulled have no
// part in it. The package evidence writes all that it is over into one file, from which
// anyone can compute it again.
package snapshot
