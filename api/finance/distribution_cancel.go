package finance

import (
	"context"
	"net/http"

	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
)

// Cancellation asks to cancel.
type Cancellation struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why."`
	Unpaid bool   `json:"files_unpaid,omitempty" doc:"Says that the files that were exported were not paid, and will not be. Nobody but a person can know."`
}

func registerCancelling(s *wire.Service) {
	type input struct {
		ByDistribution
		Body Cancellation
	}
	wire.Act(s, acting("cancel-distribution", "/distributions/{id}/cancellation", http.StatusOK, "Ask to cancel a distribution",
		"Stops it at once: nothing of it is attempted or exported any more. Another person approves, and what was not paid is earned again."), money,
		func(ctx context.Context, a wire.Acting, in *input) (*distributionOutput, error) {
			d, err := distribution.AskCancel(ctx, a.Tx, in.ID, in.Body.Reason, in.Body.Unpaid, a.Person)
			if err != nil {
				return nil, err
			}
			return showDistribution(ctx, a.Tx, d)
		})
	wire.Act(s, acting("approve-distribution-cancellation", "/distributions/{id}/cancellation/approval", http.StatusAccepted, "Approve a cancellation",
		"As another person than who asked, and as a task: where a node is configured it is asked first what landed. While anything may still be paid, nothing is returned."), money,
		func(ctx context.Context, a wire.Acting, in *ByDistribution) (*taskOutput, error) {
			d, err := distribution.Show(ctx, a.Tx, in.ID)
			if err != nil {
				return nil, err
			}
			if err := d.MayApproveCancel(a.Person); err != nil {
				return nil, err
			}
			return askFor(ctx, s, a, task.ApproveCancel, task.Arguments{Distribution: in.ID}, nil)
		})
}
