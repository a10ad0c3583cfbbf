package rewards

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/uptime"
)

type importVerdicts struct {
	RawBody []byte `contentType:"text/csv" doc:"CSV with the header device_id,verdict,effective_at,reason,evidence; or JSON, an array of objects with these names."`
}

// describeImport says in the specification that a file may be JSON, too. It is said after
// the operation is registered, as otherwise the library would read JSON by itself, and
// know nothing of lines.
func (d *desk) describeImport(path string) {
	specification := d.API.OpenAPI()
	taken := specification.Paths[path].Post.RequestBody
	taken.Description = "CSV with the header device_id,verdict,effective_at,reason,evidence; or JSON, an array of objects with these names."
	taken.Content["application/json"] = &huma.MediaType{
		Schema: specification.Components.Schemas.Schema(reflect.TypeFor[[]Entry](), true, ""),
	}
}

// imported is what became of a file of verdicts.
type imported struct {
	Added     int           `json:"added" example:"4711" doc:"Verdicts that were recorded."`
	Unchanged []importedRow `json:"unchanged" nullable:"false" doc:"Rows that say what was entered last on their device: left out."`
}

// importedRow is a row of a file.
type importedRow struct {
	Line     int       `json:"line" example:"3" doc:"Line of the file that it begins on, from 1."`
	DeviceID uuid.UUID `json:"device_id" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"Its device."`
}

// importVerdicts takes the file as it comes: its first character says whether it is
// CSV or JSON.
func (d *desk) importVerdicts(ctx context.Context, a wire.Acting, in *importVerdicts) (*body[imported], error) {
	outcome, err := uptime.ImportVerdicts(ctx, a.Tx, "body", in.RawBody, a.Person)
	if err != nil {
		return nil, badVerdicts(err)
	}
	v := imported{Added: len(outcome.Added), Unchanged: make([]importedRow, len(outcome.Unchanged))}
	for i, row := range outcome.Unchanged {
		v.Unchanged[i] = importedRow{row.Line, row.DeviceID}
	}
	return &body[imported]{v}, nil
}

// mistakesTold bounds how many mistakes of a file are named.
const mistakesTold = 100

// badVerdicts tells the mistakes of a file row by row; another error is as it is.
func badVerdicts(err error) error {
	bad, is := errors.AsType[*uptime.BadVerdicts](err)
	if !is {
		return err
	}
	refusal := wire.Refuse(http.StatusUnprocessableEntity, "invalid-file",
		fmt.Sprintf("%d mistakes, nothing was recorded: correct them and send the whole file again.", len(bad.Rows)))
	for _, row := range bad.Rows[:min(mistakesTold, len(bad.Rows))] {
		refusal = refusal.Because(wire.FieldError{Location: fmt.Sprintf("line %d", row.Line), Message: row.Error()})
	}
	return refusal
}
