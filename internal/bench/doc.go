// Command bench measures what the program is built to be good at, as ratios: our
// way against another way to do the same, in one run, on one machine.
//
//	make bench                            the whole table; BENCH_JSON=FILE writes it too
//	make bench BENCH='-only snapshot'     some figures
//	make bench BENCH='-devices 20000 -days 3 -data /var/tmp/bench'
//	                                      small and quick, loaded once and kept
//
// A ratio says the same on a slow machine as on a quick one, and nearly the same on
// a busy one as on one at rest, since the two of a pair are measured in turn, and of
// short ones the median is taken. The run reports: a missed bound is marked in the table
// and is no error. It fails if something could not be measured.
//
// The fleet is 600,000 devices over 30 days, made of a seed: honest devices that
// miss a slot or some hours, newcomers, farms of fakes, and an outage in the middle
// with a grace window over it. It lives in a private Postgres, as durable as the
// one that the program runs by itself, beside others of four times and of 10
// million devices: some 20 GB of disk for some minutes.
//
//	fleet ──reel──► chunks ──COPY──► devices_600000_days_30 ──► ingest, snapshot, evidence, scale
//	(seed)   └────► chunks ──COPY──► devices_2400000_days_30 ─► growth, memory, scale
//	         └────► an hour ─merge─► devices_10000000_days_0 ─► scale
//	simulator ────HTTP, jobs───────► pull ────────────────────► ingest.pull
//	random suppliers ─────Post─────► ledger, distribution ────► ledger, distribution
//
// The figures. Ours and the other are times, but where the unit says otherwise.
//
//	merkle.tree                   speed of a tree of 12,000 leaves with all proofs, from
//	    at least 20               claimants and amounts to the last proof / that of npm's
//	                              merkletreejs 0.6.0 in Node with sortPairs, duplicateOdd
//	                              and getProofs. Both hash the leaves, too, merkletreejs by
//	                              crypto.createHash, as its documentation does; how it
//	                              fares with the quicker crypto.hash of newer Nodes is told
//	                              apart. Each is timed inside its process, after rounds to
//	                              warm up. The roots are equal, and 8,192 proofs: from the
//	                              others merkletreejs leaves out nodes paired with
//	                              themselves. It is installed into the user's cache
//	ingest.merge                  one window of five minutes in which all devices are
//	    at most 0.01              up, read beforehand: uptime.Merge to its commit, with
//	                              coverage and the record of the pass / the same
//	                              heartbeats as rows (integer, time) under a primary
//	                              key, by a binary COPY in the order of the key
//	ingest.bytes_per_device_hour  bytes on disk with indexes and maps: a day merged slot by
//	    at most 0.0045            slot, each slot again after an hour and after a day with
//	                              rows that came late, in place of all devices 32 shards,
//	                              all up / those of the same rows, of four hours
//	ingest.decode                 speed of reading a page of 10,000 heartbeats / that of
//	    at least 4                encoding/json into ids and times
//	ingest.pull                   heartbeats a second, from the first job's request to the
//	    at least 1                last slot merged and covered, of three hours of the
//	                              simulated fleet / 300,000. The simulator runs in this
//	                              process and serves uncompressed pages over loopback;
//	                              the jobs run in this process, too, and all share the
//	                              cores with Postgres. The logs are read beforehand
//	snapshot.score                all chunks of the season read, transposed, and scored with
//	    at most 8                 facts and grace, by four workers, nothing written / one
//	                              select sum(bit_count(up)) over the table, warm, at the
//	                              default parallelism
//	snapshot.take                 the whole of it through the jobs of a process of their
//	    at most 40                own, lines written / the same scan
//	snapshot.growth               such a take of 2.4 million devices / of 600,000
//	    at most 5
//	snapshot.memory               the most resident memory that process had at 2.4 million
//	    at most 1                 devices / 1024 MiB
//	snapshot.preview              the season computed by a stricter rule and each line held
//	    at most 15                against that of the last revision, by four workers with one
//	                              view, nothing written / the same scan
//	evidence.write                the evidence of such a snapshot, all of it recomputed on
//	    unbounded                 the way, into a file / the same scan
//	evidence.verify               the file verified, without the database / the same scan
//	    unbounded
//	evidence.verify_supplier      the file verified for a supplier of a hundred devices / the
//	    unbounded                 same scan
//	evidence.bytes                bytes of the file / devices
//	    unbounded
//	ledger.seal                   the seal of the first season for as many suppliers as
//	    at most 10                devices, in a ledger that knows none of them, to its commit:
//	                              accounts, journal, transfers, balances, and the digest of
//	                              the stored rows in SQL / a binary COPY of the same rows
//	                              once more into the table of transfers, with its indexes
//	                              and triggers, rolled back
//	ledger.seal_next              that of the season after it, for the same suppliers, whose
//	    at most 10                accounts all hold something / such a COPY
//	distribution.export           all files of a distribution to 100,000 payees over merkle
//	    unbounded                 trees, with every proof, from what is earned to the disk:
//	                              prepared and posted, approved, exported / as many files
//	                              of as many bytes written to the same disk
//	scale.devices                 10 million devices for a day: merged hour by hour and
//	    unbounded                 scored / the straight line through 600,000 and 2.4
//	                              million. Also told apart, and in bytes of chunks. The
//	                              bits are merged as made, by the merge's statement: as
//	                              pages they would be 2.6 billion heartbeats. The 10
//	                              million have no facts but their registrations
//	fakes.precision               devices of labelled worlds that are listed as likely
//	    at least 0.99             fakes and are virtual in truth / listed. Simulated in
//	                              memory, of seeds and sizes that the method was not
//	                              chosen by, one of them a world without fakes
//	fakes.recall                  the same devices / all virtual ones
//	    at least 0.9
//	api.season                    requests a second of a supplier's season, sealed and
//	    at least 0.4              estimated / those of a bare chi handler that runs one
//	                              indexed single-row query on the same pool. The server
//	                              is the program's own: tokens checked, row-level security
//	                              on, each answer tagged; limits are off. 32 connections
//	                              over loopback ask as 256 suppliers in turn, from this
//	                              process, until it is saturated; every answer is read and
//	                              must be a 200. Latencies are told apart
//	api.timeline_day              the same of one device's timeline over a day,
//	    at least 0.3              any of the season: all are closed, and cut into strips
//	api.timeline_month            the same over 30 days, which meet the outage and its
//	    at least 0.015            grace window
//	fakes.scan                    a fortnight of the fleet read, transposed and searched
//	    unbounded                 for likely fakes / one select sum(bit_count(up)) over
//	                              the same chunks, warm, at the default parallelism
package main
