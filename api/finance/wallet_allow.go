package finance

import (
	"context"
	"net/http"
	"time"

	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Hold is how long a new wallet waits before it counts. To shorten it below what
// stands between a stolen account and its earnings is for the command line alone.
type Hold struct {
	Hours int `json:"hold_hours,omitempty" minimum:"72" maximum:"2160" default:"72" doc:"How long the wallet waits before it counts; the one before it counts until then."`
}

// Vault names the vault of a multisig.
type Vault struct {
	Wallet string `json:"wallet" minLength:"32" maxLength:"44" doc:"Solana address of the multisig's vault."`
}

// Allowance asks that a vault be a supplier's wallet.
type Allowance struct {
	Vault
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Whose vault it is, and how you know."`
}

// AllowanceApproval approves it.
type AllowanceApproval struct {
	Vault
	Hold
}

// nodeMax is how long a node may take to say what an address is.
const nodeMax = 10 * time.Second

func registerAllowing(s *wire.Service) {
	type asked struct {
		BySupplier
		Body Allowance
	}
	wire.Act(s, acting("ask-wallet-allowance", "/wallets/{supplier}/allowances", http.StatusOK, "Ask that a vault be allowed",
		"As nobody can sign for a multisig's vault, two people's word is its proof. Another person approves it."), money,
		func(ctx context.Context, a wire.Acting, in *asked) (*walletsOutput, error) {
			if err := checkVault(ctx, s, in.Body.Wallet); err != nil {
				return nil, err
			}
			if err := wallet.Allow(ctx, a.Tx, in.Supplier, in.Body.Wallet, in.Body.Reason, a.Person); err != nil {
				return nil, err
			}
			return toldOf(ctx, s, a, in.BySupplier)
		})
	type approved struct {
		BySupplier
		Body AllowanceApproval
	}
	wire.Act(s, acting("approve-wallet-allowance", "/wallets/{supplier}/allowances/approval", http.StatusOK, "Approve an allowance",
		"As another person than who asked. The vault counts once its hold is over."), money,
		func(ctx context.Context, a wire.Acting, in *approved) (*walletsOutput, error) {
			if err := checkVault(ctx, s, in.Body.Wallet); err != nil {
				return nil, err
			}
			now, err := wallet.Now(ctx, a.Tx)
			if err != nil {
				return nil, err
			}
			proof := wallet.Proof{Hold: time.Duration(in.Body.Hours) * time.Hour, Now: now, Actor: a.Person}
			if _, err := wallet.ApproveAllowance(ctx, a.Tx, in.Supplier, in.Body.Wallet, proof); err != nil {
				return nil, err
			}
			return toldOf(ctx, s, a, in.BySupplier)
		})
	registerImport(s)
}

// checkVault refuses what can be no vault and, where a node is configured, what the
// chain knows as something else. It is asked before anything is held.
func checkVault(ctx context.Context, s *wire.Service, address string) error {
	if _, err := wallet.ParseVault(address); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, nodeMax)
	defer cancel()
	return s.Jobs.CheckWallet(ctx, address)
}

func registerImport(s *wire.Service) {
	type input struct {
		Hours   int    `query:"hold_hours" minimum:"72" maximum:"2160" default:"72" doc:"How long each wallet waits before it counts; the one before it counts until then."`
		RawBody []byte `contentType:"text/csv"`
	}
	wire.Act(s, uploading("import-wallets", "/wallets/imports", "Import signed wallets",
		"As a task: every signature is verified, and all of it is recorded, or nothing.",
		"The header supplier_id,wallet,text,signature, then a row a supplier."), money, func(ctx context.Context, a wire.Acting, in *input) (*taskOutput, error) {
		return askFor(ctx, s, a, task.ImportWallets, task.Arguments{HoldHours: in.Hours}, in.RawBody)
	})
}
