// Package public is what everybody may read over HTTP, without a token: which seasons
// there are and what they paid in all, by which rules, and how many devices were up.
//
//	seasons ─► totals of the newest sealed revision
//	   ├─────► population curve    closed hours alone, added up when they were closed
//	   └─────► ruleset             its file, byte for byte
//
// It reads as nobody through the role of the database that row-level security holds for.
// To nobody every table of suppliers is an error. Nothing leads to a person or a device:
// no ids, no names, no amounts of one supplier.
//
// The readings that it takes:
//   - Counts of lines by outcome below 5 are withheld, as in a small network they could
//     tell of one supplier. All lines are counted, so what withheld counts come to is
//     known: the next smallest are withheld too, until there are two or more that come to
//     10 or more, or nothing else is left. 0 is told: it is about nobody.
//   - The population counts devices with a heartbeat, whatever verdicts say of them: a
//     later verdict does not rewrite the curve. A slot that was not observed says
//     nothing, and hours that are open are not there yet.
//   - A point of the curve is a step of 1 to 288 slots; it tells the lowest and the
//     highest slot, so that no outage hides in a mean. At most 3000 points are told.
package public
