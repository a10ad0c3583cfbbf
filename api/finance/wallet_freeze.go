package finance

import (
	"context"
	"net/http"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Reasoned is why something is asked for.
type Reasoned struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, in a phrase."`
}

type aboutSupplier struct {
	BySupplier
	Body Reasoned
}

// FreezeOutcome is what a freeze found of a supplier's payouts that had not ended.
type FreezeOutcome struct {
	WalletsOfSupplier
	Aside    []string `json:"set_aside" nullable:"false" doc:"Payouts that will not be attempted."`
	MayLand  []string `json:"may_land" nullable:"false" doc:"Payouts that were sent before, and are beyond our reach."`
	Exported []string `json:"exported" nullable:"false" doc:"Of those set aside, payouts whose files are out: stop whoever pays from them."`
}

func registerFreezing(s *wire.Service) {
	type output struct{ Body FreezeOutcome }
	freeze := with(acting("freeze-supplier", "/wallets/{supplier}/freeze", http.StatusOK, "Freeze a supplier",
		"Pays them nothing from now on, whatever wallets they have or prove, and sets aside what was not sent. It goes on while writes are halted. Two people lift it."), wire.WhileHalted, true)
	wire.Act(s, freeze, guards, func(ctx context.Context, a wire.Acting, in *aboutSupplier) (*output, error) {
		frozen, err := distribution.FreezeWallet(ctx, a.Tx, in.Supplier, in.Body.Reason, a.Person)
		if err != nil {
			return nil, err
		}
		told, err := toldOf(ctx, s, a, in.BySupplier)
		if err != nil {
			return nil, err
		}
		return &output{FreezeOutcome{told.Body, orEmpty(frozen.Aside), orEmpty(frozen.MayLand), orEmpty(frozen.Exported)}}, nil
	})
	wire.Act(s, acting("ask-supplier-release", "/wallets/{supplier}/release", http.StatusOK, "Ask for a release",
		"Of what the supplier is frozen by so far. Another person approves it."), money,
		func(ctx context.Context, a wire.Acting, in *aboutSupplier) (*walletsOutput, error) {
			if err := wallet.AskRelease(ctx, a.Tx, in.Supplier, in.Body.Reason, a.Person); err != nil {
				return nil, err
			}
			return toldOf(ctx, s, a, in.BySupplier)
		})
	wire.Act(s, acting("approve-supplier-release", "/wallets/{supplier}/release/approval", http.StatusOK, "Approve a release",
		"As another person than who asked: the supplier is paid again, unless they were frozen once more since."), money,
		func(ctx context.Context, a wire.Acting, in *BySupplier) (*walletsOutput, error) {
			if err := wallet.ApproveRelease(ctx, a.Tx, in.Supplier, a.Person); err != nil {
				return nil, err
			}
			return toldOf(ctx, s, a, *in)
		})
}

// toldOf asks that what happened be told, and shows how the supplier's wallets stand.
func toldOf(ctx context.Context, s *wire.Service, a wire.Acting, in BySupplier) (*walletsOutput, error) {
	if err := s.Jobs.RequestNotices(ctx, a.Tx); err != nil {
		return nil, err
	}
	view, err := walletsOf(ctx, a.Tx, in.Supplier)
	return &walletsOutput{view}, err
}
