package settle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

// tokensLog is a log of solana-tokens: rows "wallet amount final signature".
func tokensLog(rows ...string) string {
	text := "recipient,amount,finalized_date,signature\n"
	for _, row := range rows {
		var w, s int
		var amount, final string
		if _, err := fmt.Sscan(row, &w, &amount, &final, &s); err != nil {
			panic(err)
		}
		date := ""
		if final == "final" {
			date = "2024-07-30T12:00:00.123456789Z"
		}
		text += fmt.Sprintf("%s,%s,%s,%s\n", address(w), amount, date, signatureAt(s))
	}
	return text
}

// from settles d1 by a file alone.
func (b *bundle) from(file string, format Format) (Result, error) {
	return FromReceipts(context.Background(), b.App, nil, Payer{}, format, strings.NewReader(file), b.request("d1"))
}

func (b *bundle) must(result Result, err error) Result {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// Three suppliers, of whom the second and third share a wallet.
func onTokens(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	b.wallets(0, 1, 1, 3)
	b.seal("s1", 100, 200, 300, 400)
	b.prepared(distribution.Request{Key: "k"})
	b.export("d1")
	return b
}

func TestALogOfSolanaTokensSettles(t *testing.T) {
	t.Parallel()
	b := onTokens(t)
	dry := b.request("d1")
	dry.DryRun = true
	log := tokensLog("0 100 final 10", "1 500 final 11", "3 400 - 13")
	r := b.must(FromReceipts(t.Context(), b.App, nil, Payer{}, FormatSolanaTokens, strings.NewReader(log), dry))
	if r.Settled != (Tally{3, 600}) || r.Unknown != (Tally{1, 400}) || len(r.Journals) != 0 ||
		len(r.States) != 1 || r.States[0].Tally != r.Unknown {
		t.Errorf("dry: %+v", r)
	}
	b.wantStates("d1", "waiting waiting waiting waiting")
	shown := dry
	stop := errors.New("looked at it")
	shown.DryRun, shown.Look = false, func(looked Result) error {
		if looked.Settled != r.Settled || looked.Unknown != r.Unknown || len(looked.States) != 1 {
			t.Errorf("shown: %+v", looked)
		}
		return stop
	}
	if _, err := FromReceipts(t.Context(), b.App, nil, Payer{}, FormatSolanaTokens, strings.NewReader(log), shown); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	b.wantStates("d1", "waiting waiting waiting waiting")
	r = b.must(b.from(log, FormatSolanaTokens))
	if r.Settled != (Tally{3, 600}) || r.Unknown != (Tally{1, 400}) || r.Already != (Tally{}) || len(r.Journals) != 1 {
		t.Errorf("first: %+v", r)
	}
	b.wantStates("d1", "paid paid paid waiting")
	r = b.must(b.from(log, FormatSolanaTokens))
	if r.Settled != (Tally{}) || r.Already != (Tally{3, 600}) || r.Unknown != (Tally{1, 400}) || len(r.Journals) != 0 {
		t.Errorf("again: %+v", r)
	}
	r = b.must(b.from(tokensLog("3 400 final 13"), FormatSolanaTokens))
	if r.Settled != (Tally{1, 400}) || r.Already != (Tally{3, 600}) {
		t.Errorf("the rest: %+v", r)
	}
	b.wantStates("d1", "paid paid paid paid")
	b.checkLedger()
}

// Two who hand in the same file at once settle it once.
func TestAFileIsSettledOnceByMany(t *testing.T) {
	t.Parallel()
	b := onTokens(t)
	log := tokensLog("0 100 final 10", "1 500 final 11", "3 400 final 13")
	results, errs := make([]Result, 8), make([]error, 8)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i], errs[i] = b.from(log, FormatSolanaTokens) })
	}
	all.Wait()
	var settled Tally
	for i, r := range results {
		if errs[i] != nil {
			t.Error(errs[i])
		}
		settled.Payouts, settled.Total = settled.Payouts+r.Settled.Payouts, settled.Total+r.Settled.Total
	}
	if settled != (Tally{4, 1000}) {
		t.Errorf("settled %s", settled)
	}
	b.checkLedger()
}

func TestAFileThatDoesNotFitSettlesNothing(t *testing.T) {
	t.Parallel()
	b := onTokens(t)
	good := tokensLog("0 100 final 10")
	own := "payout_id,wallet,amount,outcome,signature\n"
	for name, c := range map[string]struct {
		file   string
		format Format
		want   []string
	}{
		"unknown recipient": {good + address(7) + ",5,2024-07-30T12:00:00Z," + signatureAt(7) + "\n", FormatSolanaTokens,
			[]string{"1 misfits", "line 3: recipient \"" + address(7) + "\": no payout"}},
		"wrong amount":     {tokensLog("0 100 final 10", "1 200 final 11"), FormatSolanaTokens, []string{"line 3: amount 200: 500 base units are due to " + address(1)}},
		"on two lines":     {tokensLog("0 100 final 10", "0 100 - 12"), FormatSolanaTokens, []string{"line 3: payout 1 stands on line 2 already"}},
		"all are named":    {tokensLog("0 1 final 10", "1 1 final 11", "3 400 final 12"), FormatSolanaTokens, []string{"2 misfits", "line 2:", "line 3:"}},
		"malformed":        {good + "x,1,,y\n", FormatSolanaTokens, []string{"line 3: signature \"y\""}},
		"another id":       {own + "d2-1," + address(0) + ",100,paid," + signatureAt(1) + "\n", FormatUptally, []string{`line 2: payout_id "d2-1": give one of d1`}},
		"no such payout":   {own + "d1-9," + address(0) + ",100,paid," + signatureAt(1) + "\n", FormatUptally, []string{"line 2: payout 9: the distribution has none"}},
		"another wallet":   {own + "d1-1," + address(1) + ",100,paid," + signatureAt(1) + "\n", FormatUptally, []string{"line 2: wallet \"" + address(1) + "\": payout 1 goes to " + address(0)}},
		"failed by a file": {own + "d1-1," + address(0) + ",100,failed," + signatureAt(1) + "\n", FormatUptally, []string{"line 2: failed: a file alone returns no money", "Solana RPC node", "two persons"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.from(c.file, c.format)
			if !errors.Is(err, ErrMisfit) {
				t.Fatalf("got %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %v", want, err)
				}
			}
		})
	}
	if _, err := b.from("payout_id,wallet\n", FormatUptally); !errors.Is(err, ErrNotReceipts) {
		t.Errorf("another header: %v", err)
	}
	if _, err := b.from(own, "xlsx"); !errors.Is(err, ErrNotReceipts) {
		t.Errorf("another format: %v", err)
	}
	if _, err := FromReceipts(t.Context(), b.App, nil, Payer{}, FormatUptally, strings.NewReader(own), b.request("d7")); !errors.Is(err, distribution.ErrUnknown) {
		t.Errorf("an unknown distribution: %v", err)
	}
	b.wantStates("d1", "waiting waiting waiting waiting")
	b.checkLedger()
}

// What ended otherwise is no payment any more, nor is a transaction that paid others.
func TestAPayoutEndsOnce(t *testing.T) {
	t.Parallel()
	b := onTokens(t)
	b.must(b.from(tokensLog("0 100 final 10"), FormatSolanaTokens))
	if _, err := b.from(tokensLog("0 100 final 11"), FormatSolanaTokens); !errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), "was paid by "+signatureAt(10)) {
		t.Errorf("by another transaction: %v", err)
	}
	b.seal("s2", 100)
	b.prepared(distribution.Request{Key: "k2"})
	_, err := FromReceipts(t.Context(), b.App, nil, Payer{}, FormatSolanaTokens, strings.NewReader(tokensLog("0 100 final 10")), b.request("d2"))
	if !errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), "paid d1-1: it cannot pay d2, too") {
		t.Errorf("the same transaction for another distribution: %v", err)
	}
	b.checkLedger()
}

func TestReceiptsAreOfTheirRail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wallets(0)
	b.seal("s1", 100)
	b.prepared(distribution.Request{Key: "k", Rail: distribution.RailMerkle})
	if _, err := b.from(tokensLog("0 100 final 10"), FormatSolanaTokens); !errors.Is(err, distribution.ErrRail) {
		t.Errorf("of trees: %v", err)
	}
}

// FuzzReceipts reads anything without a panic, and what it reads is as it says.
func FuzzReceipts(f *testing.F) {
	f.Add(tokensLog("0 100 final 10", "1 500 - 11"), true)
	f.Add("payout_id,wallet,amount,outcome,signature\nd1-1,"+address(0)+",100,failed,"+signatureAt(3)+"\n", false)
	f.Add("\ufeffrecipient,amount,new_stake_account_address,finalized_date,signature\n\"\",,,,\n", true)
	f.Fuzz(func(t *testing.T, text string, tokens bool) {
		format := FormatUptally
		if tokens {
			format = FormatSolanaTokens
		}
		receipts, err := ReadReceipts(strings.NewReader(text), format, "d1")
		if err != nil && !errors.Is(err, ErrMisfit) && !errors.Is(err, ErrNotReceipts) {
			t.Fatal(err)
		}
		line := 1
		for _, r := range receipts {
			if r.Line <= line || r.Amount < ledger.Amount(1) || r.Signature == "" || (r.Payout == 0) != tokens {
				t.Fatalf("%+v after line %d", r, line)
			}
			line = r.Line
		}
	})
}
