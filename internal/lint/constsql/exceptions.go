package constsql

import "strings"

// module is what the module's packages begin with.
const module = "github.com/uptally/uptally/"

// Rule is what an exception is made from.
type Rule string

// The rules.
const (
	Built     Rule = "built"               // a statement that is no constant
	Elsewhere Rule = "outside of store.go" // a statement in a file of another name
)

// Exception lets one function do otherwise.
type Exception struct {
	Function string // its package's folder and its name: "internal/embedpg.ensureDatabase", "jobs.Client.Close"
	Rule     Rule
	Why      string
}

// Exceptions are those of this module.
var Exceptions = []Exception{
	{"internal/embedpg.ensureDatabase", Built, "CREATE DATABASE takes no arguments; the name is the program's own, and quoted"},
	{"snapshot.importView", Built, "SET TRANSACTION SNAPSHOT takes no arguments; the name is PostgreSQL's own, and quoted"},
	{"internal/bench.copyChunks", Built, "COPY takes no arguments; the partition's name is made of a month, and quoted"},
	{"internal/bench.emptyMonth", Built, "nor does TRUNCATE"},
	{"internal/bench.dropDatabase", Built, "nor does DROP DATABASE; the name is the benchmark's own, and quoted"},
	{"cmd/uptally.dropDatabase", Built, "nor does DROP DATABASE; the name is the demo's own, and quoted"},
}

// path is the function's name with its package's whole path.
func (e Exception) path() string { return module + e.Function }

// packagePath is the path of the package that the function is in.
func (e Exception) packagePath() string {
	folder := strings.LastIndex(e.Function, "/") + 1
	name, _, _ := strings.Cut(e.Function[folder:], ".")
	return module + e.Function[:folder] + name
}
