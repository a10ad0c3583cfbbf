package wallets

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Challenge is a text for the holder of a wallet to sign.
type Challenge struct {
	ID                string     `json:"id" example:"c42" doc:"Names the challenge."`
	Text              string     `json:"text" doc:"What is signed: all of it, to the letter, as it is or as a Solana off-chain message."`
	Address           string     `json:"address" doc:"Solana address of the wallet that is to sign."`
	Domain            string     `json:"domain" example:"rewards.example.org" doc:"Which installation asks."`
	ApplicationDomain string     `json:"application_domain" doc:"The same for off-chain messages that hold one: 32 bytes, base58."`
	IssuedAt          time.Time  `json:"issued_at"`
	ExpiresAt         time.Time  `json:"expires_at" doc:"Until when it can be proved, exclusive."`
	ProvedAt          *time.Time `json:"proved_at,omitempty" doc:"When it was; a challenge is proved once."`
}

type challengeOutput struct{ Body Challenge }

type challengeInput struct {
	Body struct {
		Address string `json:"address" minLength:"32" maxLength:"44" pattern:"^[1-9A-HJ-NP-Za-km-z]+$" example:"7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2" doc:"Solana address of a wallet that you hold, base58."`
	}
}

type challengeIDInput struct {
	Challenge string `path:"challenge" maxLength:"20" pattern:"^c[1-9][0-9]*$" example:"c42" doc:"The challenge."`
}

func registerChallenges(s *wire.Service, o Options) {
	wire.Act(s, huma.Operation{
		OperationID: "create-wallet-challenge", Method: http.MethodPost, Path: "/v1/wallets/challenges", Tags: []string{"Supplier"},
		DefaultStatus: http.StatusCreated, Summary: "Ask for a text to prove a wallet with",
		Description: "Have the text signed by the wallet's key, then prove it. It is good for half an hour, and once.",
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *challengeInput) (*challengeOutput, error) {
		terms := wallet.Terms{Domain: o.Domain, Expires: o.Expires, Actor: a.Person}
		rand.Read(terms.Nonce[:])
		var err error
		if terms.Now, err = wallet.Now(ctx, a.Tx); err != nil {
			return nil, err
		}
		issued, err := wallet.Issue(ctx, a.Tx, a.Me.Supplier, in.Body.Address, terms)
		if err != nil {
			return nil, err
		}
		c := Challenge{ID: issued.ID, Text: issued.String(), Address: string(issued.Wallet), Domain: issued.Domain,
			IssuedAt: issued.Issued, ExpiresAt: issued.Expires}
		return &challengeOutput{c.complete()}, nil
	})
	wire.Own(s, huma.Operation{
		OperationID: "get-wallet-challenge", Method: http.MethodGet, Path: "/v1/wallets/challenges/{challenge}", Tags: []string{"Supplier"},
		Summary: "Read a challenge of mine", Description: "The text to sign, until when, and whether it was proved.",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *challengeIDInput) (*challengeOutput, error) {
		c, err := challengeOf(ctx, r, me, in.Challenge)
		return &challengeOutput{c}, err
	})
}

// challengeOf returns the caller's challenge, or wire.NotFound.
func challengeOf(ctx context.Context, r wire.Reader, me auth.Caller, id string) (Challenge, error) {
	var found []challengeRow
	batch := &pgx.Batch{}
	queueChallenge(batch, id, &found)
	if err := r.Ask(ctx, batch); err != nil {
		return Challenge{}, err
	}
	if len(found) == 0 || !wire.Mine(me, found[0].supplier) {
		return Challenge{}, wire.NotFound
	}
	return found[0].complete(), nil
}

// complete returns the challenge with what follows from the rest, and its times in UTC.
func (c Challenge) complete() Challenge {
	application := wallet.ApplicationDomain(c.Domain)
	c.ApplicationDomain = base58.Encode(application[:])
	c.IssuedAt, c.ExpiresAt = c.IssuedAt.UTC(), c.ExpiresAt.UTC()
	if c.ProvedAt != nil {
		c.ProvedAt = new(c.ProvedAt.UTC())
	}
	return c
}
