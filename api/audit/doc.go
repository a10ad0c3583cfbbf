// Package audit answers three questions: who asked for what, is somebody attacking,
// and may anything be written at all?
//
//	a call that changes something ──► Append, in its own transaction ──┐
//	a call that is refused ─────────► Writer, in batches ──────────────┤
//	one more of a flood ────────────► Writer, counted ─────────────────┤
//	                                                                   ▼
//	┌─ entry 1 ─────────┐   ┌─ entry 2 ─────────┐   ┌─ entry 3 ─────────┐
//	│ at, address, who, │   │                   │   │                   │
//	│ what, answer …    │   │                   │   │                   │
//	│ previous 000…     │ ┌─┤ previous          │ ┌─┤ previous          │
//	│ digest ◄──────────┼─┘ │ digest ◄──────────┼─┘ │ digest            │
//	└───────────────────┘   └───────────────────┘   └───────────────────┘
//	           │                                              │
//	           └─► Verify: the first that was changed         └─► Watch: surges ─► alerts
//
// The log is append-only by grant and by trigger. Numbers, times of recording and
// digests are the database's own: the application can add to the log, and choose
// neither its place nor its digest. One transaction writes at a time, under an
// advisory lock that is the last to be taken: ledger, paying, audit.
//
// A halt is a row that no resumption answers. Once it has committed, every acting call
// that begins is refused, at once; those that had begun are let end, which may take
// minutes, and nobody waits for them but who wants to. Reads go on.
//
//	an acting call   read: halted? ─► shared lock ─► read again ─► change ─► commit, unlock
//	a halt                                 insert, commit ─► UnderWay: who holds the lock?
//
// A call that takes the lock after the halt has committed reads it then, and is refused;
// one that took it before is counted until it has ended. So once UnderWay is 0 no acting
// call changes anything any more. Nobody takes the lock for themselves alone: Postgres
// would queue every call behind who waits for that, each with a connection that reads
// need.
//
// What is read here is money's and people's business: operators alone may see it, and
// the supplier role has no grant on any of these tables.
//
// The package's readings where the design leaves room:
//
//   - Refused is what was answered 400 or above, whoever refused it and for whatever
//     reason; a read that ended in 404 is in the log, as it may be probing, and so is a
//     call that failed on our side: it timed out, or its token's issuer could not be
//     reached. Nothing was done for it, whoever's fault that was. What a panic outside of
//     any operation, or a request that is no HTTP, was answered is in the process's log.
//   - Two kinds of refusals come in floods and say nothing new each time: those by the
//     limit (429), and failures (500 and above, but for those of a halt). The first from a
//     caller is an entry at once; those after it that were answered alike are counted,
//     and every half minute one entry stands for them (calls), until none come. So a
//     flood is two entries a minute of a caller, however long and wide it is. A minute
//     would be fewer, but a surge has to be alarmed of within one. A caller is who the
//     limit charges: an actor, wherever they call from, else an address, IPv6 by its /64.
//   - An entry for several calls tells of the first: its time, request, address, target. The
//     others were answered between that and the time of recording; of an actor who hopped
//     they may be from elsewhere. Alarms count every call, where the first came from.
//   - calls is one field more in the digest, of entries for several calls alone: what was
//     written before there was a count has the digest that it had.
//   - What was counted and not yet put on record is lost with a process that is killed,
//     half a minute of it, as are the entries that wait. One that ends writes all of it.
//   - Failures are no surge: alarms are about callers, and an outage of ours would accuse
//     all of them. The metrics count failures by their kind.
//   - A write is what was answered below 400 by another method than GET, HEAD or
//     OPTIONS. Surges are counted by the time at which the database recorded entries.
//   - Probing is counted in distinct things asked for, per actor, per address and per
//     network (an IPv4 /24, an IPv6 /64), so that neither hopping between addresses with
//     one token nor between tokens at one address hides it. A thing is a target, and of
//     acts a target with a body, which may name things as well as a path does. Such
//     refusals are never counted in one entry with others (calls), so no body is lost.
//   - The same surge is one alert per cool-down, however long it lasts.
//   - An end that is cut off leaves a whole chain. Heads are marked as time goes on,
//     and written to the process's log; each must be found again.
//   - An entry names a person by number without a foreign key: a refused call may name
//     one whose making was rolled back with it.
//   - A batch whose commit was not heard of is looked for before it is written again.
//   - A halt stops acting calls over HTTP. The command line and the jobs go on: whoever
//     puts things right after an attack works there, and what jobs write is derived.
//   - While writing is halted, nobody halts it again; whoever halted it does not resume
//     it, which a check of the database repeats.
package audit
