package wire

import (
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Table is a body that is also served as text/csv, to whoever prefers that.
type Table interface {
	Header() []string
	Rows(yield func(row []string) bool)
}

const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
	typeCSV     = "text/csv"
)

// csvFormat writes tables, and problems as JSON, which is what they are in any format.
var csvFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		table, ok := v.(Table)
		if !ok {
			return huma.DefaultJSONFormat.Marshal(w, v)
		}
		out := csv.NewWriter(w)
		if err := out.Write(table.Header()); err != nil {
			return err
		}
		for row := range table.Rows {
			if err := out.Write(cells(row)); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	},
	Unmarshal: func([]byte, any) error {
		return huma.NewError(http.StatusUnsupportedMediaType, "send application/json")
	},
}

// cells returns the row with an apostrophe before each cell that a spreadsheet would
// compute: people and workers write names and reasons, and others open them. Numbers
// stay as they are.
func cells(row []string) []string {
	for i, cell := range row {
		if cell == "" || !strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			continue
		}
		if _, err := strconv.ParseFloat(cell, 64); err != nil || strings.Trim(cell, "+-.0123456789") != "" {
			row[i] = "'" + cell
		}
	}
	return row
}

// Formats are the formats of answers; requests are JSON.
func Formats() map[string]huma.Format {
	return map[string]huma.Format{
		typeJSON: huma.DefaultJSONFormat,
		"json":   huma.DefaultJSONFormat,
		typeCSV:  csvFormat,
	}
}
