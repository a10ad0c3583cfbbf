package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

type distributionSubmit struct {
	ID       string   `arg:"" help:"Distribution, such as d1."`
	Key      []string `sep:"none" placeholder:"FILE" env:"UPTALLY_TREASURY_KEY" help:"Key file of solana-keygen that signs, readable by its owner only; once for each signer."`
	InFlight int      `name:"in-flight" default:"64" placeholder:"N" help:"Transactions that may land at a time."`
	priceFlags
	chainFlag
}

// priceFlags say what is paid to get into a block.
type priceFlags struct {
	Price    *uint64 `placeholder:"N" help:"Micro-lamports a compute unit, on top of the base fee; without it, what the node saw paid lately."`
	PriceCap uint64  `name:"price-cap" default:"1000000" placeholder:"N" help:"Price that is never exceeded."`
}

// Run pays what is open of an approved distribution. The same command goes on from
// wherever an earlier one ended.
func (c distributionSubmit) Run(ctx context.Context, a *app) error {
	if c.InFlight < 1 {
		return usage("--in-flight %d: give 1 or more", c.InFlight)
	}
	client, err := c.mustDial()
	if err != nil {
		return err
	}
	defer client.Close()
	options := submit.Options{Price: c.Price, PriceCap: c.PriceCap, InFlight: c.InFlight, DryRun: a.DryRun}
	if options.Signer, err = loadKeys(c.Key); err != nil {
		return err
	}
	if err := a.confirm("Submitting %s sends its payouts on Solana, which cannot be undone.", c.ID); err != nil {
		return err
	}
	return a.paying(ctx, options, func(db *database, o submit.Options) (submit.Result, error) {
		return submit.Run(ctx, db.pool, client, c.ID, o)
	})
}

// loadKeys reads the key files. They are never shown.
func loadKeys(paths []string) (keys []ed25519.PrivateKey, err error) {
	for _, path := range paths {
		key, err := solana.LoadKey(path)
		if err != nil {
			return nil, usage("--key: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// paying runs f as the actor, under a progress bar, and shows what it came to, also
// after an error.
func (a *app) paying(ctx context.Context, o submit.Options, f func(*database, submit.Options) (submit.Result, error)) error {
	return a.withDatabase(ctx, func(db *database) (err error) {
		if !a.DryRun { // a dry run needs nobody's word, and records nobody
			if o.Actor, err = a.personIn(ctx, db, financeAct); err != nil {
				return err
			}
		}
		var bar *progress
		o.Progress = func(p submit.Progress) {
			if bar == nil {
				bar = a.newProgress("payouts", p.Payouts)
			}
			bar.at(p.Done)
		}
		result, err := f(db, o)
		if bar != nil {
			bar.end()
		}
		if result.States == nil { // it did not begin
			return err
		}
		view := viewSubmitted(result, a.DryRun)
		if shown := a.show(view, view.print); err == nil {
			err = shown
		}
		return err
	})
}

// submittedView is what submitting came to, as --json prints it. Lamports are 10^-9
// SOL, amounts base units of the token.
type submittedView struct {
	Distribution string                           `json:"distribution"`
	DryRun       bool                             `json:"dry_run"`
	Plan         planView                         `json:"plan"`
	Payouts      map[distribution.PayoutState]int `json:"payouts"`
	Signed       int                              `json:"signed"`
	Resent       int                              `json:"sent_again"`
	Landed       int                              `json:"landed"`
	Failed       int                              `json:"failed"`
	Expired      int                              `json:"expired"`
	Refused      []refusedView                    `json:"refused"`
	Unknown      []unknownView                    `json:"unknown"`
	Found        []string                         `json:"found"` // of a dry run
	Misfits      []string                         `json:"misfits"`
}

// planView is what paying what was open takes, at most.
type planView struct {
	Payouts      int           `json:"payouts"`
	Transactions int           `json:"transactions"`
	Total        ledger.Amount `json:"total"`
	Price        uint64        `json:"micro_lamports"`
	Fees         uint64        `json:"fee_lamports"`
	Creates      int           `json:"accounts_to_create"`
	Rent         uint64        `json:"rent_lamports"`
	Holds        ledger.Amount `json:"treasury_holds"`
	Lamports     uint64        `json:"fee_payer_lamports"`
}

// refusedView is a payout that its payee's account cannot take.
type refusedView struct {
	Payout string `json:"payout"`
	Detail string `json:"detail"`
}

// unknownView is a transaction that may still land; without a signature, it is
// handed out.
type unknownView struct {
	Batch     string `json:"batch"`
	Signature string `json:"signature"`
}

func viewSubmitted(r submit.Result, dryRun bool) submittedView {
	b := r.Budget
	v := submittedView{
		Distribution: r.Distribution, DryRun: dryRun, Payouts: r.States,
		Plan: planView{b.Payouts, b.Batches, ledger.Amount(b.Total), b.Price, b.Fees, b.Creates, b.Rent,
			ledger.Amount(min(b.Tokens, 1<<63-1)), b.Lamports},
		Signed: r.Signed, Resent: r.Resent, Landed: r.Landed, Failed: r.Failed, Expired: r.Expired,
		Refused: []refusedView{}, Unknown: []unknownView{}, Found: append([]string{}, r.Found...), Misfits: append([]string{}, r.Misfits...),
	}
	for _, refused := range r.Refused {
		v.Refused = append(v.Refused, refusedView{fmt.Sprintf("%s-%d", r.Distribution, refused.Payout), refused.Detail})
	}
	for _, unknown := range r.Unknown {
		v.Unknown = append(v.Unknown, unknownView(unknown))
	}
	return v
}

func (v submittedView) print(out io.Writer) {
	p := v.Plan
	if p.Transactions > 0 {
		fmt.Fprintf(out, "%s: %s to %s payees in %s transactions; at most %s of fees at %s micro-lamports a compute unit, and %s of rent for %s accounts.\n",
			v.Distribution, inIO(int64(p.Total)), count(p.Payouts), count(p.Transactions), inSOL(p.Fees), count(int64(p.Price)), inSOL(p.Rent), count(p.Creates))
		fmt.Fprintf(out, "The treasury holds %s, the fee payer %s.\n", inIO(int64(p.Holds)), inSOL(p.Lamports))
	}
	if v.DryRun {
		fmt.Fprintln(out, "Every transaction was simulated; nothing was signed, sent or written.")
	} else {
		fmt.Fprintf(out, "Signed %s, sent again %s times; landed %s, failed %s, expired %s.\n",
			count(v.Signed), count(v.Resent), count(v.Landed), count(v.Failed), count(v.Expired))
	}
	fmt.Fprintln(out)
	states := newGrid("state", ">payouts")
	for _, state := range payoutStates {
		if v.Payouts[state] > 0 {
			states.add(state, count(v.Payouts[state]))
		}
	}
	states.print(out)
	if len(v.Refused) > 0 {
		fmt.Fprintln(out)
		refused := newGrid("refused", "the chain says")
		for _, r := range v.Refused {
			refused.add(r.Payout, r.Detail)
		}
		refused.print(out)
	}
	for _, u := range v.Unknown {
		fmt.Fprintf(out, "%s may still land: %s\n", u.Batch, orWord(u.Signature, "it is handed out"))
	}
	for _, found := range v.Found {
		fmt.Fprintln(out, "Paid already, without a record of ours:", found)
	}
	for _, misfit := range v.Misfits {
		fmt.Fprintln(out, "Look at:", misfit)
	}
}

// payoutStates are the states in the order of a payout's life.
var payoutStates = []distribution.PayoutState{
	distribution.Waiting, distribution.Live, distribution.Landed, distribution.Aside, distribution.Paid, distribution.Returned,
}

func orWord(text, word string) string {
	if text == "" {
		return word
	}
	return text
}
