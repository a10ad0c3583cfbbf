// Package evidence answers one question: can anyone else come to the same?
//
// Write puts all that a snapshot follows from into one file, a bundle; Verify
// recomputes it on a machine without a database. Both use the code that took the
// snapshot (snapshot.Basis, Group, Reckoning), fed from the database or from the file:
//
//	database ──LoadGroup──► Group ──Score──► inputs, lines ──Reckon──► amounts, digests
//	   │                      ▲                                            │
//	   └──Write──► bundle ──Verify                              compare ◄──┘
//
// A bundle is a ZIP of Parquet tables and JSON documents; bundle.md, its README, says
// what is in it, column by column. Three nets lie over each other in it, the finer the
// less they prove:
//
//	check of a row              finds a damaged row     anyone can recompute it
//	hash of a member, and of    finds a damaged byte    anyone can recompute it
//	the file as a whole
//	digest of the snapshot      finds any change        another person approved it
//
// So of a flipped bit Verify names the row, or the page where a row cannot be read; of
// a value forged with its check and all hashes, the line that no longer follows and the
// group of devices whose digest is another; and of a bundle forged as a whole, that it
// is not what was approved, if it is told that digest.
//
// What the texts leave open is read so:
//
//   - A bundle holds what counted: bits of observed slots only, of the slots that
//     lines may follow from; facts recorded by the snapshot's moment; not who decided
//     what, nor why.
//   - What no digest is over can be changed by whoever fixes the hashes. So it stands
//     in a bundle twice: closed hours in their table and added up in the manifest; the
//     revision, its state and moment, and the hash of where imported uptime comes from,
//     in the manifest and in every table.
//   - The manifest comes last. It speaks of tables that are written as they are read
//     from the database, in bounded memory.
//   - With one supplier, only the groups with devices that were or would be theirs are
//     recomputed. Σ points and the digests of the other groups are believed, and the
//     snapshot's digest, which is over them, is computed from that: if it is the one
//     approved, they were right.
//   - Members that are not what the manifest says are not read: damaged metadata of
//     Parquet may ask for any amount of memory. To find the damage, a table is read
//     only if its footer is whole.
//   - Evidence can be written of any revision that has lines, an estimate and a
//     superseded one too; it says which. If bits or coverage have changed since, it
//     cannot: ErrMoved.
package evidence
