package finance

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
)

// DistributionPayout is what one supplier is paid by a distribution, and how far it has
// come.
type DistributionPayout struct {
	ID         string                   `json:"id" example:"d1-17" doc:"Its name."`
	SupplierID uuid.UUID                `json:"supplier_id" doc:"Whom it pays."`
	Wallet     string                   `json:"wallet" doc:"Where: the copy that the distribution holds."`
	Amount     wire.Money               `json:"amount" doc:"How much."`
	State      distribution.PayoutState `json:"state" enum:"waiting,live,landed,aside,paid,returned" doc:"How far it has come. What a file pays out of our sight is waiting until it is settled."`
	Signature  string                   `json:"signature,omitempty" doc:"Of what paid it, or of its latest attempt."`
	Detail     string                   `json:"detail,omitempty" doc:"Why it is aside, or how its latest attempt ended."`

	number  int
	decimal string
}

// DistributionPayouts is a page of payouts.
type DistributionPayouts struct {
	wire.Page[DistributionPayout]
}

// Header returns the columns of the table: those of payouts.csv, and how far each is.
func (DistributionPayouts) Header() []string {
	return []string{"payout_id", "supplier_id", "wallet", "amount", "amount_decimal", "state", "signature", "detail"}
}

// Rows yields a payout a row; what people typed is quoted within its cell.
func (p DistributionPayouts) Rows(yield func([]string) bool) {
	for _, item := range p.Items {
		if !yield([]string{
			item.ID, item.SupplierID.String(), item.Wallet, item.Amount.Amount, item.decimal, string(item.State), item.Signature, quoted(item.Detail),
		}) {
			return
		}
	}
}

func registerPayouts(s *wire.Service) {
	type input struct {
		ByDistribution
		State distribution.PayoutState `query:"state" enum:"waiting,live,landed,aside,paid,returned" doc:"Only those in this state."`
		Paging
	}
	type output struct {
		NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; absent on the last."`
		Body       DistributionPayouts
	}
	wire.Read(s, reading("list-distribution-payouts", "/distributions/{id}/payouts", "List a distribution's payouts",
		"In the order of the suppliers' ids, and how far each has come."), money,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *input) (*output, error) {
			after, err := numberOf(in.Cursor)
			if err != nil {
				return nil, err
			}
			payouts, err := distribution.ReadPayoutsAfter(ctx, tx, in.ID, in.State, int(after), in.Limit+1)
			if err != nil {
				return nil, err
			}
			items := make([]DistributionPayout, len(payouts))
			for i, p := range payouts {
				items[i] = DistributionPayout{
					fmt.Sprintf("%s-%d", in.ID, p.Number), p.Supplier, string(p.Wallet), wire.MoneyOf(p.Amount), p.State, p.Signature, p.Detail,
					p.Number, p.Amount.Decimal(),
				}
			}
			page := wire.PageOf(items, in.Limit, func(last DistributionPayout) string { return cursorAt(int64(last.number)) })
			return &output{page.NextCursor, DistributionPayouts{page}}, nil
		})
	registerAside(s)
}

// SettingAside takes payouts out of what is attempted.
type SettingAside struct {
	Payouts []string                 `json:"payouts" minItems:"1" maxItems:"1000" nullable:"false" example:"[\"d1-17\"]" doc:"Payouts of the distribution, such as d1-17."`
	Reason  distribution.AsideReason `json:"reason" enum:"wallet_frozen,refused_by_chain" doc:"Which kind of reason."`
	Detail  string                   `json:"detail" minLength:"1" maxLength:"500" doc:"Why, in a phrase."`
}

func registerAside(s *wire.Service) {
	type input struct {
		ByDistribution
		Body SettingAside
	}
	wire.Act(s, acting("set-payouts-aside", "/distributions/{id}/payouts/aside", http.StatusOK, "Set payouts aside",
		"They are not attempted any more, and the rest goes on. Those that are aside or ended already are passed over; one that may still land is refused."), money,
		func(ctx context.Context, a wire.Acting, in *input) (*distributionOutput, error) {
			numbers, err := payoutNumbers(in.ID, in.Body.Payouts)
			if err != nil {
				return nil, err
			}
			if err := distribution.SetAside(ctx, a.Tx, in.ID, numbers, in.Body.Reason, in.Body.Detail, a.Person); err != nil {
				return nil, err
			}
			d, err := distribution.Show(ctx, a.Tx, in.ID)
			if err != nil {
				return nil, err
			}
			return showDistribution(ctx, a.Tx, d)
		})
}

// payoutNumbers reads the numbers in payouts' ids.
func payoutNumbers(id string, payouts []string) (numbers []int, err error) {
	for i, payout := range payouts {
		digits, ours := strings.CutPrefix(payout, id+"-")
		number, err := strconv.ParseInt(digits, 10, 32)
		if !ours || err != nil || number < 1 || strconv.FormatInt(number, 10) != digits {
			return nil, wire.Refuse(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid.").Because(
				wire.FieldError{Location: fmt.Sprintf("body.payouts[%d]", i), Message: "not a payout of " + id + ": give one such as " + id + "-17"})
		}
		numbers = append(numbers, int(number))
	}
	return numbers, nil
}
