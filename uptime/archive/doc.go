// Package archive answers for the time before the network was pulled: was it there?
//
// A network that adopts Uptally in mid-season has a past, kept by itself as pages of
// its own API. A folder of such pages, with a manifest that says what they are worth,
// becomes uptime like any other, by two people: one proposes it, another approves it.
//
//	DIR/manifest.json   {"source":   "…",
//	                     "complete": [{"from": "2023-11-04T00:00:00Z", "to": "2024-02-01T00:00:00Z"}, …],
//	                     "files":    [{"name": "0001.json.gz", "sha256": "…"}, …]}
//	DIR/0001.json.gz    a body of GET /v1/heartbeats, plain or gzip (RFC 1952), …
//
//	Propose ── reads and checks every byte, merges nothing ──► uptime_archive
//	                                                              │ SHA-256 of the manifest
//	Approve ── the same manifest? reads it all again ──► passes ──┴─► uptime.Merge
//
// The manifest pins every file by SHA-256, and the proposal pins the manifest, so
// what is merged is to the byte what was proposed. The hash of a file is that of the
// file as it lies there: of a .gz, before it is decompressed.
//
// Only spans that the manifest declares complete become observed; in them, a device
// without a heartbeat was down. Heartbeats outside of them are counted and left out,
// and so are those of ids that no registration names: the log of changes is to be
// read before. What belongs to hours that are closed already is counted as late.
//
// Its readings of the design where the design leaves room:
//
//   - All of an archive is merged in one transaction, or nothing is. Its windows, a
//     day or less each, have a row in uptime_pull each, with the archive's number;
//     the row's pages are those that hold a heartbeat of the window, in the order of
//     the manifest.
//   - A span that two people vouch for is as good as one that was read now: its slots
//     are final if they ended a day ago, and read again from the network if not.
//   - One archive may be proposed and approved again: merging it once more only adds,
//     as after its hours were reopened.
//   - The folder holds the manifest and the files that it names, and nothing else: a
//     stray file may be one that the manifest should have named. Links are refused.
//   - In the manifest, names are compared to the byte, unknown ones are refused, and
//     spans neither overlap nor reach into the future. Pages follow uptime's own rules.
package archive
