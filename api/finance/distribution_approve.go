package finance

import (
	"context"
	"net/http"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
)

// Approval binds what is approved.
type Approval struct {
	ManifestSHA256 string `json:"manifest_sha256" pattern:"^[0-9a-f]{64}$" example:"0000000000000000000000000000000000000000000000000000000000000000" doc:"Digest of the manifest that you looked at. Another one is refused."`
}

func registerApproving(s *wire.Service) {
	type input struct {
		ByDistribution
		Body Approval
	}
	wire.Act(s, acting("approve-distribution", "/distributions/{id}/approval", http.StatusOK, "Approve a distribution",
		"As another person than who prepared it: its files may leave. The digest that you give must be its manifest's."), money,
		func(ctx context.Context, a wire.Acting, in *input) (*distributionOutput, error) {
			d, err := distribution.Show(ctx, a.Tx, in.ID)
			if err != nil {
				return nil, err
			}
			if d.Manifest.String() != in.Body.ManifestSHA256 { // which never changes
				return nil, wire.Refuse(http.StatusConflict, "manifest-differs",
					"The manifest of "+d.ID+" has digest "+d.Manifest.String()+": look at that one before you approve it.")
			}
			if d, err = distribution.Approve(ctx, a.Tx, in.ID, a.Person); err != nil {
				return nil, err
			}
			return showDistribution(ctx, a.Tx, d)
		})
	wire.Act(s, acting("export-distribution", "/distributions/{id}/export", http.StatusOK, "Record that you are given the files",
		"Of an approved distribution, before they are: what may be out is on record. From then on you can read them, and its payouts are returned by two persons only."), money,
		func(ctx context.Context, a wire.Acting, in *ByDistribution) (*distributionOutput, error) {
			d, err := distribution.RecordExport(ctx, a.Tx, in.ID, a.Person)
			if err != nil {
				return nil, err
			}
			return showDistribution(ctx, a.Tx, d)
		})
}
