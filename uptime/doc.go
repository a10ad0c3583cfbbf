// Package uptime answers one question: was it there?
//
// It pulls device heartbeats from the network's uptime API and keeps one bit a
// device and five-minute slot, beside a record of which slots were observed at
// all. No data is not "down": a slot that no pass read in full is neither.
//
//	feed ──pages──► pass ──union──► chunk ──transpose──► timeline
//	 (HTTP)       (memory)        (Postgres)           (a device's bits)
//	                  │             └──cut──► strip ──────────┘
//	                  └────────► coverage      (a closed day)
//	logs ──pages──► device, change, verdict, job minutes   (append-only, two times)
//
// A chunk is one hour of one shard: 12 slots x 1024 lanes of bits.
//
//	chunk (shard 7, 2024-04-25 08:00)              bit(12288) in Postgres
//	  slot 0   08:00  1101 1111 ... 0111   <- 1024 lanes: devices 7168 .. 8191
//	  slot 1   08:05  1101 1111 ... 0111      bit 1 = a heartbeat in the slot
//	  ...
//	  slot 11  08:55  0000 0001 ... 0000
//	bit index = slot in hour * 1024 + lane
//
// A day whose hours are all closed is cut into strips as well, device by device, which
// is how one device is read; see DevicesPerStrip. Strips are a copy: they go when an
// hour of their day is opened again.
//
// A heartbeat sets a bit; setting it twice, late or out of order changes
// nothing. Ingest is therefore a union, idempotent and commutative, and reading
// a window again can only add.
//
// The package knows nothing of seasons, money or schedules. Its readings of the
// design where the design leaves room:
//
//   - An instant set against slots stands for the first slot that starts at or
//     after it (SlotAtOrAfter); only a heartbeat stands for the slot it lies in.
//   - A slot is final once a whole pass over it began at least a day after the
//     slot's end (rows are committed up to a day late), or it was given up on.
//     An hour is closed when each of its twelve slots is final.
//   - A device number is the rank of the device's first registration in the log.
//     A second registration of a device is folded as a change of every field.
//   - A log row of a device that is not registered yet is kept aside as an orphan
//     and becomes a fact, recorded then, when the registration is read.
//   - A verdict by hand is decided when it is recorded, and numbered over all devices,
//     so that the order (decided_at, by_hand, seq) is total. In a file every field is
//     required, and a device stands once. A row is left out if it equals the verdict
//     that counts on its device and that one was entered by hand; what is added one by
//     one is recorded every time.
//   - A reopened hour keeps what was observed, and awaits all of its slots again,
//     those given up on too. Each approved reopening opens each of its hours once.
package uptime
