package finance

import (
	"context"
	"errors"
	"net/http"
	"path"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
)

// fileMax is how long a file of some hundred megabytes may take.
const fileMax = 2 * time.Minute

var errNotGiven = wire.Refuse(http.StatusConflict, "export-not-recorded",
	"You are not on record to be given the files: record the export first.")

// DistributionFiles are all files of a distribution.
type DistributionFiles struct {
	Items []DistributionFile `json:"items" nullable:"false" doc:"The files, by name."`
}

func registerFiles(s *wire.Service) {
	type listOutput struct{ Body DistributionFiles }
	wire.Read(s, reading("list-distribution-files", "/distributions/{id}/files", "List a distribution's files",
		"Their names and digests. The bytes of each are fixed when the distribution is prepared."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *ByDistribution) (*listOutput, error) {
			d, err := distribution.Show(ctx, tx, in.ID)
			return &listOutput{DistributionFiles{viewFiles(d.Files)}}, err
		})

	type input struct {
		ByDistribution
		Name string `path:"name" minLength:"1" maxLength:"40" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" example:"payouts.csv" doc:"Name of the file."`
	}
	type output struct {
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition" doc:"The name to save it by."`
		Digest      string `header:"X-Checksum-SHA256" doc:"SHA-256 of the file in hexadecimal, whatever coding it was sent in."`
		Body        []byte
	}
	wire.Read(s, with(reading("get-distribution-file", "/distributions/{id}/files/{name}", "Read a file",
		"Byte by byte as it was prepared and approved, for whoever recorded an export of it; the digests are checked first. The manifest can be read before, as who approves binds it."), wire.Long, fileMax), money,
		func(ctx context.Context, tx pgx.Tx, me auth.Caller, in *input) (*output, error) {
			if err := mayRead(ctx, s, tx, me, in.ID, in.Name); err != nil {
				return nil, err
			}
			f, data, err := distribution.ReadFile(ctx, tx, in.ID, in.Name)
			if err != nil {
				return nil, err
			}
			return &output{
				contentTypes[path.Ext(f.Name)], `attachment; filename="` + in.ID + "-" + f.Name + `"`, f.SHA256.String(), data,
			}, nil
		})
}

// contentTypes are those of the files, by extension; the sums have none.
var contentTypes = map[string]string{".csv": "text/csv", ".json": "application/json", ".ndjson": "application/x-ndjson", "": "text/plain"}

// mayRead refuses who is not on record to be given an approved distribution's files.
// What else stands against it, the file's own reading says.
func mayRead(ctx context.Context, s *wire.Service, tx pgx.Tx, me auth.Caller, id, name string) error {
	d, err := distribution.Show(ctx, tx, id)
	if err != nil || name == distribution.ManifestFile || d.Exports == 0 {
		return err
	}
	person, err := personOf(ctx, s, tx, me)
	if errors.Is(err, persons.ErrNoPerson) {
		return errNotGiven
	}
	if err != nil {
		return err
	}
	given, err := distribution.ExportedTo(ctx, tx, id, person)
	if err == nil && !given {
		err = errNotGiven
	}
	return err
}
