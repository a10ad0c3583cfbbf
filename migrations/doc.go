// Package migrations brings a database to the schema that this program needs.
//
//	one session lock ─┬─ role       uptally_app and uptally_supplier, if the cluster has none
//	 (direct          ├─ 0*.sql     numbered, each once, in order
//	  connection)     ├─ River      its own numbered migrations
//	                  └─ grants.sql every time, so that it states what holds
//
// Three roles meet here. The owner migrates, and owns every table. The application,
// uptally_app, serves and owns nothing: it can add to what is append-only, change
// only what is named in a grant, and create nothing; the partitions it needs are
// made for it by a function of the owner. A table that is append-only is so twice,
// by grant and by trigger.
//
// The supplier's role, uptally_supplier, reads for suppliers and for everybody else
// who is not staff. It is held by row security on every table that it sees:
//
//	set_config('uptally.supplier', id, true) ─┬─ own rows, by supplier_id or by what refers to it
//	 (in the transaction)                     ├─ supplier_device     whose device, from which slot to which
//	                                          └─ supplier_timeline() the bits of those slots alone
//
// A policy casts the setting to uuid, so that unset or empty is an error. Who serves is
// asked by CheckServing what they may do, and refused if it is too much.
//
// How what suppliers see was read:
//
//   - Rules, seasons, sealed revisions' totals, estimates' totals, coverage, bounds of
//     holds and approved windows are everybody's, with or without a setting: no row of
//     them is anybody's. All else is an error without one.
//   - A column is granted if a supplier is to be told it. Persons are not, nor what staff
//     wrote to each other: reasons of journals, of freezes and of releases. A verdict's
//     reason and a window's cause are: they say why a device is paid as it is.
//   - Row security hides rows, not columns: as a balance cannot be hidden by row, suppliers
//     see no account but their own. ledger_counterpart names the others in a statement.
//   - A verdict is seen by whoever has, or had, the device, even if it was decided after
//     they let go of it: a device's last verdict counts for all its slots of a season, by
//     exclude = "season", whoever had them and whatever it is effective from. So it decides
//     what a former owner's slots earn in the next revision. Of what stands in a verdict,
//     who decided it and on what evidence is not granted.
//   - supplier_device is as of now: it is what a snapshot taken now would be folded from.
//     A change of before the registration is folded before it and never moves its slot.
//     It has no foreign key: it is written by triggers alone. Who loads devices past the
//     triggers calls supplier_device_fold on them.
//   - Policies of rows that belong by reference read an ARRAY of what is the supplier's, so
//     that an index serves a query that names nothing else.
//   - The role may call what Postgres itself opens to everyone. Nothing of ours is open to
//     everyone, and it may not even make a temporary table.
//   - supplier_timeline reads strips, where there are some, which hold whole days: so only
//     if all of the days are the supplier's, not just the hours that were asked for.
//   - COPY does not write to tables with row security, not even where every row may be
//     written: what was copied is inserted, from arrays or from a temporary table.
//
// schema.sql is what all of it comes to, for reading and for review; a test holds
// it to the migrations, and `go generate ./migrations` writes it anew.
package migrations

//go:generate go test . -count=1 -run ^TestSchemaFile$ -update
