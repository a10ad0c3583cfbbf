package finance

import (
	"context"
	"net/http"

	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

// Trial asks for what a settlement would do.
type Trial struct {
	DryRun bool `query:"dry_run" doc:"Post nothing, and tell what would be."`
}

// TreeFunding says what funded a merkle tree.
type TreeFunding struct {
	Tree      string `json:"tree" minLength:"5" maxLength:"40" pattern:"^d[1-9][0-9]*-t[1-9][0-9]*$" example:"d1-t1" doc:"The tree."`
	Vault     string `json:"vault" minLength:"32" maxLength:"44" doc:"Token account of the tree's distributor."`
	Signature string `json:"signature" minLength:"64" maxLength:"90" doc:"Signature of the transaction that funded it, in base58."`
}

func registerSettling(s *wire.Service) {
	type receipts struct {
		ByDistribution
		Format string `query:"format" enum:"solana-tokens,uptally,trees" default:"solana-tokens" doc:"How the file is written: the log of solana-tokens; payout_id,wallet,amount,outcome,signature; or tree,amount,vault,signature."`
		Trial
		RawBody []byte `contentType:"text/csv"`
	}
	wire.Act(s, uploading("settle-by-receipts", "/distributions/{id}/settlements", "Settle by receipts",
		"As a task: a file of what was paid outside of here. All of it is settled, or nothing. Where a node is configured, the chain must confirm it.",
		"A header as the format has it, then a row a payment, in base units."), money, func(ctx context.Context, a wire.Acting, in *receipts) (*taskOutput, error) {
		kind := task.SettleReceipts
		if settle.Format(in.Format) == task.FormatTrees {
			kind = task.SettleFunding
		}
		return settleAs(ctx, s, a, kind, task.Arguments{Distribution: in.ID, Format: in.Format, DryRun: in.DryRun}, in.RawBody)
	})

	type funding struct {
		ByDistribution
		Trial
		Body TreeFunding
	}
	wire.Act(s, acting("settle-by-funding", "/distributions/{id}/settlements/funding", http.StatusAccepted, "Settle by the funding of a tree",
		"As a task: all payouts of a merkle tree, once the chain confirms that its distributor was funded. It takes a node."), money,
		func(ctx context.Context, a wire.Acting, in *funding) (*taskOutput, error) {
			f := settle.Funding(in.Body)
			return settleAs(ctx, s, a, task.SettleFunding, task.Arguments{Distribution: in.ID, Funding: &f, DryRun: in.DryRun}, nil)
		})

	type chain struct {
		ByDistribution
		Trial
	}
	wire.Act(s, acting("settle-from-chain", "/distributions/{id}/settlements/chain", http.StatusAccepted, "Settle from the chain",
		"As a task: what landed of the distribution's own transactions, as a job does by itself every few minutes. It takes a node."), money,
		func(ctx context.Context, a wire.Acting, in *chain) (*taskOutput, error) {
			return settleAs(ctx, s, a, task.SettleChain, task.Arguments{Distribution: in.ID, DryRun: in.DryRun}, nil)
		})
}

// settleAs asks for a settlement of a distribution that there is.
func settleAs(ctx context.Context, s *wire.Service, a wire.Acting, kind task.Kind, arguments task.Arguments, file []byte) (*taskOutput, error) {
	if _, err := distribution.Show(ctx, a.Tx, arguments.Distribution); err != nil {
		return nil, err
	}
	return askFor(ctx, s, a, kind, arguments, file)
}
