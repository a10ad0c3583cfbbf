package operator

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
)

// operators alone call what stands here.
var operators = []auth.Role{auth.Operator}

// Register adds the operations of operators to the service.
func Register(s *wire.Service) {
	registerAudit(s)
	registerAlerts(s)
	registerHalt(s)
	registerPersons(s)
}

// get describes a GET below /v1/operator.
func get(path, id, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: "/v1/operator" + path, Tags: []string{"Operator"}, Summary: summary, Description: description,
	}
}

// post describes a POST there, which goes on while writing is halted.
func post(path, id, summary, description string) huma.Operation {
	op := get(path, id, summary, description)
	op.Method, op.Metadata = http.MethodPost, map[string]any{wire.WhileHalted: true}
	return op
}

// answer is an answer.
type answer[T any] struct{ Body T }

// table is an answer that may be asked for as CSV.
type table[T any] struct {
	NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; empty on the last."`
	Body       T
}

// before reads a cursor that is the number after which a list goes on; 0 is its
// beginning.
func before(p wire.Paging) (int64, error) {
	parts, err := wire.ParseCursor(p.Cursor, 1)
	if err != nil || parts == nil {
		return 0, err
	}
	number, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || number < 1 {
		return 0, wire.BadCursor
	}
	return number, nil
}

func cursorAt(number int64) string { return wire.Cursor(strconv.FormatInt(number, 10)) }
