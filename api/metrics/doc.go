// Package metrics answers one question: how is the server doing?
//
//	wire ── Served ──┐
//	jobs ── Worked,  │
//	        Alerted ─┼─► counters ──► Handler, on a listener of its own ──► Prometheus
//	audit ─ Queue ───┘
//
// What is counted is named by the program: operations, classes of status, kinds of
// problems and alerts, kinds and outcomes of jobs. No actor, address or path is a label, so that nothing here
// leads to anybody, and no caller makes a series of their own.
//
// Its reading: a kind is counted for every answer of 400 or above, and for those of
// 500, which are ours.
package metrics
