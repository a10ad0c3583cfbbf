// Package task answers one question: what became of what was asked for?
//
// Some acts take longer than an answer may: preparing 600,000 payouts takes a minute,
// asking the chain about as many takes hours. Over HTTP these are tasks.
//
//	POST ─► Ask ─► task, and a job, in one transaction ─► 202, Location: /v1/finance/tasks/<id>
//	                 │
//	worker ─► Run ───┤ hold      one worker at a time, by a lock that ends with its session
//	                 │ look      asks the chain, settles; holds no lock of the ledger
//	                 │ act       in one transaction with the task's end
//	                 ▼
//	              task_end: done with a result, or failed with the kind of refusal and why
//
//	queued ──► running ──► done
//	              │ ▲  └─► failed
//	              └─┘ killed: begun again
//
// A task is safe to run twice, at once, and after a kill at any point:
//
//	prepare, approve_cancel, import_wallets   the act commits with the task's end, or neither
//	settle_…                                  posts in transactions of its own, each payout
//	                                          once; what earlier runs of the task posted is
//	                                          found by the reason of its journals, and told
//	                                          in the result as if it were done in one run
//	preview, reconcile_chain                  write nothing
//
// It is done in the name of the person who asked. Rules of two people are the acts'
// own: a task of the person who may not approve fails as that person's call would.
//
// The package knows what is done and nothing of HTTP or of when: operations ask, jobs
// run. Its readings of the design where that leaves room:
//
//   - A refusal, such as a file that does not fit, ends the task at once. What a moment
//     may mend, such as a node that does not answer, is tried again by the job; the
//     last try ends the task, too, so none is left without an end.
//   - While writes are halted a task that writes waits. Its act is let end if it had begun,
//     and is counted as under way; what it began by transactions of its own is let end, too,
//     and is not.
//   - Who asked sees the text of a refusal, which is ours and written for people. Any
//     other error is shown by a fixed sentence and stands in the log.
//   - Of lists in a result, such as misfits, the first thousand are kept, with their
//     number: a result is read by people. The command line has all.
package task
