// Package simulator is a seeded world of devices behind a real uptime API: the
// other side of package uptime's feed, for the demo, tests and benchmarks.
//
// The scenario april-2024 plays both Ignition seasons at their real dates:
//
//	              2023-10-04  11-04             2024-04-16    04-25  05-01    05-30  06-02
//	                   |        |────── Season 1 ────|───────────|───|─ Season 2 ─|───|
//	registrations      ▃▃▃▃▃▃▃▃▃▅▅▄▄▃▃▂▂▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁           ▁▁▁ newcomers
//	honest devices up           ▄▄▅▅▅▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▏▁▂▄▅▆▆▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
//	virtual devices up                               ▁▂▄▆████▏  three to each real one
//	spoofed verdicts                                         ▂▇▇▇▇▁▁▁▁▁▁▁▁▁
//	genuine verdicts                                         ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▁▁▁▁
//
//	25 April   08:05 ─ attack: worker-api rewrites names, statuses and owners ─ 09:00
//	           09:10 ─ cut-over: 98 of 100 honest devices and nearly all virtual
//	                   ones lose the API; honest ones are back after hours to weeks
//
// The scenario steady is a fleet that stands from the first day, with honest
// outages and nothing else.
//
// Everything is a pure function of seed, device and slot, by integer hashing, so
// any window is made on the fly and twice the same on every machine. What is kept
// is a few dozen bytes a device:
//
//	seed ─► life (honest, 28 B)   cohort (virtual)   log entries (8 B each)
//	           └────── up(device, tick) ──────┘             │
//	                        │ walk                          │ row
//	             /v1/heartbeats, /summary     /v1/devices/changes, /v1/verdicts
//
// Each trait of a device is dealt, not rolled: a seeded shuffle ranks the devices,
// and a share of the ranks has the trait. So a world of a hundred devices has some
// of each kind, in the same proportions as one of six hundred thousand.
package simulator
