package svm_test

import (
	"net/http"
	"testing"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/rpc"
	"github.com/gagliardetto/solana-go/rpc/jsonrpc"

	"github.com/uptally/uptally/internal/svm"
)

func TestFaultsOfSends(t *testing.T) {
	b := setup(t)
	quick := &http.Client{Timeout: 200 * time.Millisecond}
	b.client = rpc.NewWithCustomRPCClient(jsonrpc.NewClientWithOpts(b.URL, &jsonrpc.RPCClientOpts{HTTPClient: quick}))
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(wallet)
	for _, c := range []struct {
		name           string
		plan           func(int)
		answers, lands bool
	}{
		{"drop", b.DropSends, true, false},
		{"hang", b.HangSends, false, true},
		{"lose", b.LoseSends, false, false},
		{"cut", b.CutSends, false, true},
		{"pass", b.PassSends, true, true},
	} {
		c.plan(1)
		before := b.TokenBalance(wallet)
		transaction := b.signed(b.blockhash(), b.transfer(wallet, 1), note(c.name))
		if err := b.send(transaction); (err == nil) != c.answers {
			t.Errorf("%s: answered with %v", c.name, err)
		}
		if lands := b.TokenBalance(wallet) == before+1; lands != c.lands {
			t.Errorf("%s: landed: %v", c.name, lands)
		}
		if landed := b.status(transaction.Signatures[0]) != nil; landed != c.lands {
			t.Errorf("%s: has a status: %v", c.name, landed)
		}
	}
	got := b.Stats().Sends
	if got.Drop != 1 || got.Hang != 1 || got.Lose != 1 || got.Cut != 1 || got.Pass != 1 {
		t.Errorf("counted %+v, want one of each", got)
	}
}

func TestLateSendLandsInItsBlock(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(wallet)
	b.LateSends(1, 100)
	b.LateSends(1, 151)
	blockhash := b.blockhash()
	b.mustSend(b.signed(blockhash, b.transfer(wallet, 1)))
	b.mustSend(b.signed(blockhash, b.transfer(wallet, 2)))
	b.AdvanceHeight(99)
	b.wantBalance(wallet, 0)
	b.AdvanceHeight(1)
	b.wantBalance(wallet, 1)
	b.AdvanceHeight(200)
	b.wantBalance(wallet, 1)
	if stats := b.Stats(); stats.Refused != 1 || stats.Waiting != 0 || stats.Sends.Late != 2 {
		t.Errorf("stats %+v", stats)
	}
}

func TestSeededFaultsAreTheSameAgain(t *testing.T) {
	b := setup(t)
	run := func() (answers string) {
		b.SetFaults(7, svm.Rates{Drop: 30, Late: 5, LateBy: 200, Cut: 20, Error: 20})
		for range 40 {
			err := b.send(b.signed(solanago.Hash{}, b.create(keyOf(person("payee")))))
			answers += map[bool]string{true: ".", false: "x"}[err == nil]
		}
		b.SetFaults(0, svm.Rates{})
		return answers
	}
	first := run()
	middle := b.Stats()
	if second := run(); second != first {
		t.Errorf("answers were\n%s, then\n%s", first, second)
	}
	if middle.Sends.Drop == 0 || middle.Sends.Cut == 0 || middle.Sends.Pass == 0 || middle.Faulted == 0 || middle.Calls["sendTransaction"] != 40 {
		t.Errorf("stats %+v", middle)
	}
	if sends := middle.Sends; sends.Drop+sends.Late+sends.Cut+sends.Pass+middle.Faulted != 40 {
		t.Errorf("stats %+v: every send is one of them", middle)
	}
}

func TestFailCalls(t *testing.T) {
	b := setup(t)
	b.FailCalls("getSlot", 1, 429)
	b.FailCalls("getSlot", 1, -32005)
	for _, want := range []bool{false, false, true} {
		if _, err := b.client.GetSlot(t.Context(), rpc.CommitmentFinalized); (err == nil) != want {
			t.Errorf("getSlot: %v", err)
		}
	}
	if b.Calls("getSlot") != 3 {
		t.Errorf("%d calls, want 3", b.Calls("getSlot"))
	}
}
