// Package jobs answers one question: when?
//
// It holds the River client, the periodic table, and one small worker a file.
// What is done stands in uptime, snapshot and ledger; here it is only scheduled,
// bounded in time, tried again, and picked up after a kill. Of the API it knows the
// four rooms that leave work for later (audit, replay, task, webhook), and nothing of
// who asks: not its operations, nor its wire.
//
//	every 15 s    watch_audit
//	every minute  activate_wallets; notify_wallets, notify_alerts, with a hook; poll_attempts, with a node;
//	              collect_events ─► deliver_message each, tried again for a day
//	every 3 min   settle_landed, with a node
//	every 5 min   request_latest ─► pull_window ─► again after 1 h and 24 h
//	every 15 min  sync_verdicts, close_hours, request_awaited; cut_days
//	every hour    read_job_minutes of yesterday and the day before, scan_incidents
//	every day     estimate_seasons, reconcile_ingest, reconcile_chain, verify_ledger
//	on request    backfill: many pull_window, read_job_minutes, then close_hours
//	on request    score_group x n ─► allocate
//	on request    run_task: what was asked for over HTTP and takes its time
//
// Every job is safe to run twice, at once, and after a kill at any point: what it
// writes is a union, or stands under a lock with a state that says it is done.
//
// A client works what it was started for (Work), and only a server works all. A command
// that pulls or takes has no node to ask, no hook to tell, no key and no log: a task or an
// alarm that it took would be done without them. Jobs are left alone by their kind, not by
// their queue alone, as one that an older version enqueued may stand in another queue.
//
// Alerts have a queue in which nothing else stands, with a worker for each of its two
// kinds: they wait neither for work on wallets, which may take half an hour, nor for each
// other.
//
// A client that is to stop, by Stop or by the end of Start's context, fetches nothing more
// and lets what runs finish for a while (LetFinish). What is cut off then is available to
// others at once, and its attempt does not count: restarts never use up the last one. An
// end that the last attempt could not put on record, of a task or a take, is tried again
// until it can.
//
// A client marks itself alive by a session advisory lock on its id. A job that
// runs under an id whose lock is free was left by a killed process, and is made
// available again at once (rescue.go), not after River's hour.
// When its session ends while it works, as when the database restarts, the client is told
// at once and locks anew in another, before it looks after the dead; and it never takes
// itself for one. Until it holds its lock again, mostly some milliseconds and after a
// restart of the database a second or so, others that are connected may take its jobs
// for left, and such a job runs twice. Who lost its own session looks only 5 s later,
// for the others' sake.
package jobs
