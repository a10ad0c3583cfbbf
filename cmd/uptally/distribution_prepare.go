package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

type distributionPrepare struct {
	Rail    string  `enum:"solana-tokens,transactions,merkle" default:"solana-tokens" help:"How it is paid: ${enum}. Only that rail's payable file is made."`
	Minimum *amount `placeholder:"AMOUNT" help:"Least that is paid; without it, the highest of the seasons that are due."`
	Reason  string  `default:"distribution" help:"Why."`
	Key     string  `help:"Idempotency key: the same key prepares once. Without it, each call is a new one."`
	payer
	chainFlag
}

// payer are the flags that name what pays, on the rail transactions.
type payer struct {
	Mint         string   `placeholder:"ADDRESS" env:"UPTALLY_MINT" default:"BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K" help:"Mint of the token that is owed; by default IO's on the main network."`
	Treasury     string   `placeholder:"ADDRESS" env:"UPTALLY_TREASURY" help:"Rail transactions: owner of the token account that pays, a key or an SPL multisig account."`
	TokenAccount string   `placeholder:"ADDRESS" help:"Rail transactions: the token account that pays; by default the treasury's associated one."`
	FeePayer     string   `placeholder:"ADDRESS" help:"Rail transactions: who pays fees and rent; by default the treasury, or a multisig's first member."`
	Member       []string `placeholder:"ADDRESS" help:"Rail transactions: members of the multisig who will sign; repeat it."`
	Nonce        []string `placeholder:"ADDRESS" help:"Rail transactions: durable nonce accounts of the fee payer, for signing that takes long; repeat it."`
}

// Run shows what would be paid, asks, and prepares it.
func (c distributionPrepare) Run(ctx context.Context, a *app) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		preview, err := c.look(ctx, a, db, &request)
		if err != nil {
			return err
		}
		if preview != nil {
			if a.DryRun {
				return a.show(preview, preview.print)
			}
			preview.print(a.talk)
			if err := a.confirm("This moves %s to %s suppliers from earned to transit.", inIO(int64(preview.Total)), count(preview.Payees)); err != nil {
				return err
			}
		}
		return a.writeIn(ctx, db, financeAct, func(tx pgx.Tx, person int64) error {
			request.Actor = person
			return a.prepare(ctx, tx, request, preview)
		})
	})
}

// prepare grants the request, provided that it still is what was shown.
func (a *app) prepare(ctx context.Context, tx pgx.Tx, request distribution.Request, shown *payPreview) error {
	d, err := distribution.Prepare(ctx, tx, request)
	if err != nil {
		return err
	}
	if shown != nil && (d.Total != shown.Total || d.Payees != shown.Payees) {
		return fmt.Errorf("%w: meanwhile it would pay %s to %s suppliers; prepare it again to see what changed",
			distribution.ErrConflict, inIO(int64(d.Total)), count(d.Payees))
	}
	a.say("%s pays %s to %s suppliers. Another person approves it with: uptally distribution approve %s",
		d.ID, inIO(int64(d.Total)), count(d.Payees), d.ID)
	return a.showDistribution(ctx, tx, d)
}

// look returns what the request would do, after asking the chain if there is a node
// to ask; nil if it was granted before.
func (c distributionPrepare) look(ctx context.Context, a *app, db *database, request *distribution.Request) (*payPreview, error) {
	client, err := c.dial()
	if err != nil {
		return nil, err
	}
	if client != nil {
		if err := c.seeChain(ctx, db, client, request); err != nil {
			return nil, err
		}
	}
	var preview distribution.Preview
	err = a.writeIn(ctx, db, financeAct, func(tx pgx.Tx, person int64) (err error) {
		request.Actor = person
		preview, err = distribution.Look(ctx, tx, *request)
		return err
	})
	if errors.Is(err, distribution.ErrConflict) && c.Key != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &payPreview{preview}, nil
}

func (c distributionPrepare) seeChain(ctx context.Context, db *database, client *solana.Client, request *distribution.Request) error {
	if request.Source != nil {
		if _, err := client.CheckSource(ctx, *request.Source); err != nil {
			return err
		}
	}
	mint, err := addressFlag("--mint", c.Mint)
	if err != nil {
		return err
	}
	var wallets []wallet.Wallet
	if err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) (err error) {
		wallets, err = distribution.Wallets(ctx, tx, *request)
		return err
	}); err != nil {
		return err
	}
	request.Chain, err = distribution.LookAtChain(ctx, client, mint, wallets) // holds no lock: it takes its time
	return err
}

func (c distributionPrepare) request() (distribution.Request, error) {
	request := distribution.Request{Key: c.Key, Reason: c.Reason, Rail: distribution.Rail(c.Rail)}
	if request.Key == "" {
		request.Key = uuid.NewString()
	}
	if c.Minimum != nil {
		request.Minimum = &c.Minimum.Amount
	}
	if request.Rail != distribution.RailTransactions {
		return request, nil
	}
	source, nonces, err := c.source()
	request.Source, request.Nonces = &source, nonces
	return request, err
}

// source makes of the flags what pays.
func (p payer) source() (source solana.Source, nonces []solana.Key, err error) {
	source.Decimals = ledger.DecimalPlaces
	if p.Treasury == "" {
		return source, nil, usage("distribution prepare: the rail transactions needs --treasury, the owner of the token account that pays")
	}
	if source.Mint, err = addressFlag("--mint", p.Mint); err != nil {
		return source, nil, err
	}
	if source.Owner, err = addressFlag("--treasury", p.Treasury); err != nil {
		return source, nil, err
	}
	if source.Signers, err = addressFlags("--member", p.Member); err != nil {
		return source, nil, err
	}
	if source.Account, err = solana.AssociatedAccount(source.Owner, source.Mint); err != nil {
		return source, nil, err
	}
	if p.TokenAccount != "" {
		if source.Account, err = addressFlag("--token-account", p.TokenAccount); err != nil {
			return source, nil, err
		}
	}
	switch {
	case p.FeePayer != "":
		source.FeePayer, err = addressFlag("--fee-payer", p.FeePayer)
	case len(source.Signers) > 0:
		source.FeePayer = source.Signers[0]
	default:
		source.FeePayer = source.Owner
	}
	if err != nil {
		return source, nil, err
	}
	nonces, err = addressFlags("--nonce", p.Nonce)
	return source, nonces, err
}

func addressFlag(flag, text string) (solana.Key, error) {
	key, err := solanago.PublicKeyFromBase58(text)
	if err != nil {
		return key, usage("%s %q: give a Solana address, 32 to 44 characters of base58", flag, text)
	}
	return key, nil
}

func addressFlags(flag string, texts []string) (keys []solana.Key, err error) {
	for _, text := range texts {
		key, err := addressFlag(flag, text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// payPreview is what a distribution would pay, as --json prints it.
type payPreview struct{ distribution.Preview }

func (v *payPreview) print(out io.Writer) {
	fmt.Fprintf(out, "On the rail %s: %s to %s suppliers, at least %s each.\n", v.Rail, inIO(int64(v.Total)), count(v.Payees), inIO(int64(v.Minimum)))
	printCarried(out, v.Carried)
	printCost(out, v.Cost)
	if c := v.Change; c != nil {
		fmt.Fprintf(out, "Since %s: %+d payees, %s; %s new, %s gone, %s paid to another wallet.\n",
			c.Since, c.Payees, inIO(int64(c.Total)), count(c.New), count(c.Gone), count(c.Wallets))
	}
	for _, warning := range v.Warning {
		fmt.Fprintln(out, "Warning:", warning)
	}
	fmt.Fprintln(out)
	g := newGrid("largest", ">amount", "wallet")
	for _, p := range v.Largest {
		g.add(p.Supplier, inIO(int64(p.Amount)), p.Wallet)
	}
	g.print(out)
}

func printCarried(out io.Writer, carried []distribution.CarriedTotal) {
	for _, c := range carried {
		if c.Suppliers > 0 {
			fmt.Fprintf(out, "carried forward, %s: %s of %s suppliers\n", c.Reason, inIO(int64(c.Amount)), count(c.Suppliers))
		}
	}
}

func printCost(out io.Writer, c distribution.Cost) {
	if c.Trees > 0 {
		fmt.Fprintf(out, "Cost: %s trees, whose distributors are to be funded; who claims pays for it.\n", count(c.Trees))
		return
	}
	rent := "their rent is unknown, as no --rpc was given"
	if c.Rent != nil {
		rent = inSOL(*c.Rent) + " of rent"
	}
	fmt.Fprintf(out, "Cost: %s transactions, %s of fees without priority; %s accounts to create, %s.\n",
		count(c.Transactions), inSOL(c.Fees), count(c.Creates), rent)
}

// inSOL writes lamports, of which a SOL has 10^9.
func inSOL(lamports uint64) string {
	return fmt.Sprintf("%d.%09d SOL", lamports/solanago.LAMPORTS_PER_SOL, lamports%solanago.LAMPORTS_PER_SOL)
}
