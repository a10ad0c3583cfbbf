// Package embedpg runs a private Postgres beside the program, so that a first
// run needs no database to be set up.
//
//	program ──flock──► <data>.lock     who owns the server; holds its process id
//	   │ start, SIGINT
//	   ▼
//	postgres ──────► <data>/           the cluster: mode 0700, its log inside
//	   │ listens
//	   ▼
//	unix socket in a 0700 directory    no TCP port; trust ends at the directory
//
// The lock has one holder: the process that started the server, for as long as
// it lives. The kernel frees it whatever way the process ends, before it tells
// the server. So of several processes that start one data directory at once, one
// starts the server and the others reuse it, and a server found running under a
// free lock has lost its owner and is on its way down.
//
//	lock free,  no server           start one
//	lock free,  server we started   its owner was killed: wait for it to end, start
//	lock free,  someone else's      reuse it
//	lock taken                      wait until it answers, reuse it
//
// A reused server is never stopped by the one who reuses it; it ends with its
// owner. A process that must outlive others therefore starts first.
//
// Postgres refuses to run as root. A root process drops to the owner of the data
// directory, or to the user postgres or nobody for a new one. On Linux a killed
// owner takes the server down with it, cleanly; on other systems the server stays
// and the next start stops it.
package embedpg
