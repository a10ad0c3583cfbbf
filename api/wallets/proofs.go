package wallets

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

type proofInput struct {
	Body struct {
		Challenge string `json:"challenge" maxLength:"20" pattern:"^c[1-9][0-9]*$" example:"c42" doc:"The challenge whose text was signed."`
		Signature string `json:"signature" minLength:"64" maxLength:"88" pattern:"^[A-Za-z0-9+/=]+$" doc:"Its 64 bytes, in base58 as Solana's tools write them, or in base64."`
	}
}

type walletOutput struct{ Body Wallet }

func registerProofs(s *wire.Service, o Options) {
	wire.Act(s, huma.Operation{
		OperationID: "prove-wallet", Method: http.MethodPost, Path: "/v1/wallets/proofs", Tags: []string{"Supplier"},
		DefaultStatus: http.StatusCreated, Summary: "Prove a wallet",
		Description: "The wallet counts once its hold is over; until then the one before it does. Proving the one that counts ends the wait of another at once.",
		Errors:      []int{http.StatusNotFound},
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *proofInput) (*walletOutput, error) {
		if _, err := challengeOf(ctx, a.Reader, a.Me, in.Body.Challenge); err != nil {
			return nil, err
		}
		now, err := wallet.Now(ctx, a.Tx)
		if err != nil {
			return nil, err
		}
		record, err := wallet.Prove(ctx, a.Tx, in.Body.Challenge, in.Body.Signature, wallet.Proof{Hold: o.Hold, Now: now, Actor: a.Person})
		if err != nil {
			return nil, err
		}
		return &walletOutput{walletOf(record)}, notify(ctx, s, a)
	})
}

func walletOf(r wallet.Record) Wallet {
	w := Wallet{Address: string(r.Wallet), State: string(r.State), How: string(r.How), RecordedAt: r.RecordedAt}
	if !r.ActiveFrom.IsZero() {
		w.ActiveFrom = &r.ActiveFrom
	}
	return w
}

// notify asks, in the act's own transaction, that it be told.
func notify(ctx context.Context, s *wire.Service, a wire.Acting) error {
	if s.Jobs == nil {
		return nil
	}
	return s.Jobs.RequestNotices(ctx, a.Tx)
}

type freezeInput struct {
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"1000" example:"our account was taken over" doc:"Why."`
	}
}

// Freeze is what a freeze found of payouts that had not ended.
type Freeze struct {
	Frozen  bool     `json:"frozen" doc:"Always true: nothing is paid to you until two people of finance release it."`
	Aside   []string `json:"aside" nullable:"false" doc:"Payouts that will not be attempted."`
	MayLand []string `json:"may_land" nullable:"false" doc:"Payouts that were sent before, and are beyond reach."`
}

type freezeOutput struct{ Body Freeze }

func registerFreeze(s *wire.Service) {
	wire.Act(s, huma.Operation{
		OperationID: "freeze-wallets", Method: http.MethodPost, Path: "/v1/wallets/freeze", Tags: []string{"Supplier"},
		Summary: "Freeze all payment to me", Description: "At once, whatever wallet is proved. Only two people of finance can release it.",
		Metadata: map[string]any{wire.WhileHalted: true},
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *freezeInput) (*freezeOutput, error) {
		found, err := distribution.FreezeWallet(ctx, a.Tx, a.Me.Supplier, in.Body.Reason, a.Person)
		if err != nil {
			return nil, err
		}
		return &freezeOutput{Freeze{Frozen: true, Aside: append([]string{}, found.Aside...), MayLand: append([]string{}, found.MayLand...)}}, notify(ctx, s, a)
	})
}
