package finance

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

// Preparation asks for a distribution of all that is earned.
type Preparation struct {
	Rail           distribution.Rail `json:"rail" enum:"solana-tokens,transactions,merkle" example:"solana-tokens" doc:"How it is paid: only that rail's payable file is made."`
	Minimum        string            `json:"minimum,omitempty" maxLength:"19" pattern:"^[0-9]+$" example:"100000000" doc:"The least that is paid, in base units; without it, the highest of the seasons that are due."`
	Reason         string            `json:"reason" minLength:"1" maxLength:"500" example:"season 1" doc:"Why."`
	Source         *SourceRequest    `json:"source,omitempty" doc:"What pays: on the rail transactions, and on no other."`
	ExpectedPayees *int64            `json:"expected_payees,omitempty" minimum:"1" doc:"What a preview showed; if it comes to another number, the task fails and nothing is prepared. Goes with expected_total."`
	ExpectedTotal  string            `json:"expected_total,omitempty" maxLength:"19" pattern:"^[0-9]+$" doc:"What a preview showed, in base units."`
}

// SourceRequest names what pays, on the rail transactions.
type SourceRequest struct {
	Mint         string   `json:"mint,omitempty" minLength:"32" maxLength:"44" doc:"Mint of the token; without it, IO's on the main network."`
	Treasury     string   `json:"treasury" minLength:"32" maxLength:"44" doc:"Owner of the token account that pays: a key, or an SPL multisig account."`
	TokenAccount string   `json:"token_account,omitempty" minLength:"32" maxLength:"44" doc:"The token account that pays; without it, the treasury's associated one."`
	FeePayer     string   `json:"fee_payer,omitempty" minLength:"32" maxLength:"44" doc:"Who pays fees and rent; without it, the treasury, or the first member."`
	Members      []string `json:"members,omitempty" maxItems:"11" nullable:"false" doc:"Members of the multisig who will sign."`
	Nonces       []string `json:"nonces,omitempty" maxItems:"100" nullable:"false" doc:"Durable nonce accounts of the fee payer, for signing that takes long."`
}

// arguments makes of the request what the task is asked for with.
func (p Preparation) arguments() (a task.Arguments, err error) {
	a = task.Arguments{Rail: p.Rail, Reason: p.Reason}
	if p.Minimum != "" {
		if a.Minimum, err = amountOf(p.Minimum); err != nil {
			return a, err
		}
	}
	if s := p.Source; s != nil {
		a.Source = &task.Source{Mint: s.Mint, Treasury: s.Treasury, TokenAccount: s.TokenAccount, FeePayer: s.FeePayer, Members: s.Members, Nonces: s.Nonces}
	}
	if (p.ExpectedPayees == nil) != (p.ExpectedTotal == "") {
		return a, wire.Refuse(http.StatusUnprocessableEntity, "invalid-request", "Give expected_payees and expected_total, or neither.")
	}
	if p.ExpectedPayees != nil {
		total, err := amountOf(p.ExpectedTotal)
		if err != nil {
			return a, err
		}
		a.Expect = &task.Expect{Payees: *p.ExpectedPayees, Total: *total}
	}
	_, err = a.Request("checked", 1) // what is wrong whatever is on record is said at once
	return a, err
}

func amountOf(text string) (*ledger.Amount, error) {
	amount, err := ledger.ParseAmount(text)
	return &amount, err
}

func registerPreparing(s *wire.Service) {
	type input struct{ Body Preparation }
	ask := func(kind task.Kind) func(context.Context, wire.Acting, *input) (*taskOutput, error) {
		return func(ctx context.Context, a wire.Acting, in *input) (*taskOutput, error) {
			arguments, err := in.Body.arguments()
			if err != nil {
				return nil, err
			}
			return askFor(ctx, s, a, kind, arguments, nil)
		}
	}
	wire.Act(s, acting("request-distribution-preview", "/distributions/previews", http.StatusAccepted, "Ask for a preview of a distribution",
		"As a task: on any rail and, where a node is configured, with what is on the chain."), money, ask(task.Preview))
	wire.Act(s, acting("prepare-distribution", "/distributions", http.StatusAccepted, "Prepare a distribution",
		"As a task: moves what is earned to transit, and builds every file. Another person approves it."), money, ask(task.Prepare))
	registerPreview(s)
}

// previewMax is how long a preview may take: some ten seconds for each hundred thousand
// payees.
const previewMax = 2 * time.Minute

func registerPreview(s *wire.Service) {
	type input struct {
		Rail    distribution.Rail `query:"rail" enum:"solana-tokens,merkle" default:"solana-tokens" doc:"How it would be paid. What pays on the rail transactions takes a request of its own."`
		Minimum string            `query:"minimum" maxLength:"19" pattern:"^[0-9]*$" doc:"The least that would be paid, in base units; without it, the highest of the seasons that are due."`
	}
	type output struct{ Body DistributionPreview }
	wire.Read(s, with(reading("preview-distribution", "/distributions/preview", "Preview a distribution",
		"What a preparation would pay, carry forward and cost now; nothing is changed, and the chain is not asked."), wire.Long, previewMax), money,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *input) (*output, error) {
			request := distribution.Request{Key: "preview " + uuid.NewString(), Reason: "preview", Rail: in.Rail}
			if in.Minimum != "" {
				var err error
				if request.Minimum, err = amountOf(in.Minimum); err != nil {
					return nil, err
				}
			}
			seen, err := distribution.Look(ctx, tx, request)
			if err != nil {
				return nil, err
			}
			return &output{viewPreview(seen)}, nil
		})
}
