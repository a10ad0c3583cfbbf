// Package migrations brings a database to the schema that this program needs.
//
//	one session lock ─┬─ role       uptally_app, if the cluster has none
//	 (direct          ├─ 0*.sql     numbered, each once, in order
//	  connection)     ├─ River      its own numbered migrations
//	                  └─ grants.sql every time, so that it states what holds
//
// Two roles meet here. The owner migrates, and owns every table. The application,
// uptally_app, serves and owns nothing: it can add to what is append-only, change
// only what is named in a grant, and create nothing; the partitions it needs are
// made for it by a function of the owner. A table that is append-only is so twice,
// by grant and by trigger.
//
// schema.sql is what all of it comes to, for reading and for review; a test holds
// it to the migrations, and `go generate ./migrations` writes it anew.
package migrations

//go:generate go test . -count=1 -run ^TestSchemaFile$ -update
