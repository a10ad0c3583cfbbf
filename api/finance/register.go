package finance

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
)

// Who may call what. Each operation names one of these.
var (
	// money moves it, and sees whom it goes to.
	money = []auth.Role{auth.Finance}
	// books are the ledger, the sums of distributions and what was held against what: no
	// wallet stands in them.
	books = []auth.Role{auth.Finance, auth.Rewards, auth.Operator}
	// guards may stop all payment to a supplier, at any hour.
	guards = []auth.Role{auth.Finance, auth.Operator}
)

// Register adds the operations of finance.
func Register(s *wire.Service) {
	registerBalances(s)
	registerStatements(s)
	registerJournals(s)
	registerFunding(s)
	registerDistributions(s)
	registerPreparing(s)
	registerApproving(s)
	registerFiles(s)
	registerCancelling(s)
	registerPayouts(s)
	registerSettling(s)
	registerTrees(s)
	registerWallets(s)
	registerFreezing(s)
	registerAllowing(s)
	registerReconciling(s)
	registerTasks(s)
}

// reading is an operation that reads.
func reading(id, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: "/v1/finance" + path, Tags: []string{"Finance"},
		Summary: summary, Description: description, Errors: []int{http.StatusNotFound, http.StatusConflict},
	}
}

// acting is an operation that changes something, and is answered with a status.
func acting(id, path string, status int, summary, description string) huma.Operation {
	op := reading(id, path, summary, description)
	op.Method, op.DefaultStatus = http.MethodPost, status
	return op
}

// uploading is an acting operation that takes a table, of at most task.InputMax bytes,
// and is answered with a task.
func uploading(id, path, summary, description, columns string) huma.Operation {
	op := with(acting(id, path, http.StatusAccepted, summary, description), wire.Long, uploadMax)
	op.MaxBodyBytes = task.InputMax
	op.RequestBody = &huma.RequestBody{Required: true, Description: columns}
	return op
}

// uploadMax is how long a file of the largest size may take to be kept.
const uploadMax = time.Minute

// with returns the operation with one more setting of wire's.
func with(op huma.Operation, key string, value any) huma.Operation {
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[key] = value
	return op
}

// Paging is wire.Paging for tables, whose pages may be longer.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" default:"50" doc:"Most items of the page."`
	Cursor string `query:"cursor" maxLength:"512" pattern:"^[A-Za-z0-9_-]*$" doc:"Where the page begins: next_cursor of the page before, or the header Next-Cursor, which tables have as well. Keep the other parameters as they were."`
}

// ByDistribution names a distribution.
type ByDistribution struct {
	ID string `path:"id" minLength:"2" maxLength:"20" pattern:"^d[1-9][0-9]*$" example:"d1" doc:"Distribution, such as d1."`
}
