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
// The digest covers everything that went in and came out but moments of recording
// and the ids that a database deals out (of windows and holds), so that the same
// facts give the same digest on any machine. Slots that were never pulled have no
// part in it. The package evidence writes all that it is over into one file, from which
// anyone can compute it again.
package snapshot
