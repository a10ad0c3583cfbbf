package finance

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// Funding asks that an amount move from the treasury to a season.
type Funding struct {
	Season  string `json:"season" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Season to fund."`
	Account string `json:"account" enum:"pool,reserve" example:"pool" doc:"What the season pays from: its pool, or the reserve that corrections draw from."`
	Amount  string `json:"amount" maxLength:"19" pattern:"^[1-9][0-9]*$" example:"2000000000000000" doc:"Base units, 1 or more."`
	Reason  string `json:"reason,omitempty" maxLength:"500" doc:"Why; without it, that the season is funded."`
	Key     string `json:"key,omitempty" maxLength:"200" doc:"The ledger's own key: the same key funds once. Without it, one a season and account, so that nobody funds one twice by mistake."`
}

func registerFunding(s *wire.Service) {
	type input struct{ Body Funding }
	type output struct{ Body LedgerJournal }
	wire.Act(s, acting("fund-season", "/ledger/fundings", http.StatusCreated, "Fund a season",
		"Moves an amount from the treasury to a season's pool or reserve, in one journal. The same key with the same contents is the first journal again; with others it is a conflict."), money,
		func(ctx context.Context, a wire.Acting, in *input) (*output, error) {
			amount, err := ledger.ParseAmount(in.Body.Amount)
			if err != nil {
				return nil, err
			}
			if _, err := snapshot.SeasonByCode(ctx, a.Tx, in.Body.Season); err != nil {
				return nil, err
			}
			account, key, reason := in.Body.resolve()
			journal, err := ledger.Fund(ctx, a.Tx, account, amount, a.Person, reason, key)
			if err != nil {
				return nil, fmt.Errorf("%w; to fund it once more, give another key", err)
			}
			views, err := viewJournals(ctx, a.Tx, journal)
			return &output{views[0]}, err
		})
}

// resolve says what is funded, and stands what is left out.
func (f Funding) resolve() (account ledger.Account, key, reason string) {
	account, key = ledger.SeasonPool(f.Season), "fund "+f.Season
	if f.Account == "reserve" {
		account, key = ledger.SeasonReserve(f.Season), key+" reserve"
	}
	return account, cmp.Or(f.Key, key), cmp.Or(f.Reason, "season "+f.Season+" funded")
}
