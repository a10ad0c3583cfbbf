package svm_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	computebudget "github.com/gagliardetto/solana-go/programs/compute-budget"
	"github.com/gagliardetto/solana-go/programs/memo"
	"github.com/gagliardetto/solana-go/programs/system"
	"github.com/gagliardetto/solana-go/programs/token"
	"github.com/gagliardetto/solana-go/rpc"
	"github.com/gagliardetto/solana-go/rpc/jsonrpc"

	"github.com/uptally/uptally/internal/svm"
)

// person is a key made from a name.
func person(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func keyOf(key ed25519.PrivateKey) solanago.PublicKey {
	return solanago.PublicKeyFromBytes(key.Public().(ed25519.PublicKey))
}

// bench is a chain and a client of it.
type bench struct {
	*svm.Runtime
	t      *testing.T
	client *rpc.Client
}

func setup(t *testing.T) bench {
	t.Helper()
	t.Parallel()
	runtime := svm.Start(t)
	return bench{runtime, t, rpc.New(runtime.URL)}
}

func (b bench) blockhash() solanago.Hash {
	b.t.Helper()
	latest, err := b.client.GetLatestBlockhash(b.t.Context(), rpc.CommitmentFinalized)
	if err != nil {
		b.t.Fatal(err)
	}
	return latest.Value.Blockhash
}

// create is the instruction that opens a wallet's token account unless it is there.
func (b bench) create(wallet solanago.PublicKey) solanago.Instruction {
	return solanago.NewInstruction(solanago.SPLAssociatedTokenAccountProgramID, solanago.AccountMetaSlice{
		solanago.Meta(b.TreasuryKey()).WRITE().SIGNER(), solanago.Meta(b.Associated(wallet)).WRITE(), solanago.Meta(wallet),
		solanago.Meta(b.Mint), solanago.Meta(solanago.SystemProgramID), solanago.Meta(solanago.TokenProgramID),
	}, []byte{1})
}

func (b bench) transfer(wallet solanago.PublicKey, amount uint64) solanago.Instruction {
	return token.NewTransferCheckedInstruction(amount, svm.Decimals, b.TreasuryAccount, b.Mint, b.Associated(wallet), b.TreasuryKey(), nil).Build()
}

func note(text string) solanago.Instruction {
	return solanago.NewInstruction(solanago.MustPublicKeyFromBase58("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"), nil, []byte(text))
}

// signed is a transaction that the treasury pays for.
func (b bench) signed(blockhash solanago.Hash, instructions ...solanago.Instruction) *solanago.Transaction {
	b.t.Helper()
	transaction, err := solanago.NewTransaction(instructions, blockhash, solanago.TransactionPayer(b.TreasuryKey()))
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := transaction.Sign(func(solanago.PublicKey) *solanago.PrivateKey {
		key := solanago.PrivateKey(b.Treasury)
		return &key
	}); err != nil {
		b.t.Fatal(err)
	}
	return transaction
}

// send skips the preflight, as one who pays does.
func (b bench) send(transaction *solanago.Transaction) error {
	_, err := b.client.SendTransactionWithOpts(b.t.Context(), transaction, rpc.TransactionOpts{SkipPreflight: true})
	return err
}

func (b bench) mustSend(transaction *solanago.Transaction) solanago.Signature {
	b.t.Helper()
	if err := b.send(transaction); err != nil {
		b.t.Fatal(err)
	}
	return transaction.Signatures[0]
}

func (b bench) status(signature solanago.Signature) *rpc.SignatureStatusesResult {
	b.t.Helper()
	statuses, err := b.client.GetSignatureStatuses(b.t.Context(), true, signature)
	if err != nil {
		b.t.Fatal(err)
	}
	return statuses.Value[0]
}

func (b bench) wantBalance(wallet solanago.PublicKey, want uint64) {
	b.t.Helper()
	if got := b.TokenBalance(wallet); got != want {
		b.t.Errorf("%s holds %d, want %d", wallet, got, want)
	}
}

// wantPreflight sends with preflight, and wants it refused for that reason.
func (b bench) wantPreflight(transaction *solanago.Transaction, want string) {
	b.t.Helper()
	_, err := b.client.SendTransaction(b.t.Context(), transaction)
	var refusal *jsonrpc.RPCError
	if !errors.As(err, &refusal) || refusal.Code != -32002 {
		b.t.Fatalf("sent: %v, want error -32002", err)
	}
	if got := fmt.Sprint(refusal.Data.(map[string]any)["err"]); got != want {
		b.t.Errorf("refused for %s, want %s (%s)", got, want, refusal.Message)
	}
}

func TestTransferIsExecutedAndTold(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	signature := b.mustSend(b.signed(b.blockhash(),
		computebudget.NewSetComputeUnitLimitInstruction(100_000).Build(), computebudget.NewSetComputeUnitPriceInstruction(50_000).Build(),
		b.create(wallet), b.transfer(wallet, 1234), note("d1-b1 stable"), note("two")))
	b.wantBalance(wallet, 1234)
	if status := b.status(signature); status.Err != nil || status.ConfirmationStatus != rpc.ConfirmationStatusFinalized {
		t.Errorf("status %+v, want finalized without error", status)
	}

	landed, err := b.client.GetTransaction(t.Context(), signature, &rpc.GetTransactionOpts{Encoding: solanago.EncodingBase64, MaxSupportedTransactionVersion: new(uint64)})
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := landed.Transaction.GetTransaction()
	if err != nil || decoded.Signatures[0] != signature {
		t.Errorf("transaction decoded as %v, %v", decoded, err)
	}
	meta := landed.Meta
	if meta.Err != nil || meta.Fee != 5000+5000 || *meta.ComputeUnitsConsumed == 0 || len(meta.LogMessages) == 0 || len(meta.InnerInstructions) == 0 {
		t.Errorf("meta %+v", meta)
	}
	if spent := meta.PreBalances[0] - meta.PostBalances[0]; spent != 10_000+1_488_440 {
		t.Errorf("the payer spent %d lamports, want the fee and the rent of an account", spent)
	}
	if len(meta.PreTokenBalances) != 1 || len(meta.PostTokenBalances) != 2 {
		t.Fatalf("token balances %+v, then %+v; want the treasury, then both", meta.PreTokenBalances, meta.PostTokenBalances)
	}
	for _, balance := range meta.PostTokenBalances {
		if *balance.Owner == wallet && (balance.UiTokenAmount.Amount != "1234" || balance.UiTokenAmount.UiAmountString != "0.00001234" || balance.Mint != b.Mint) {
			t.Errorf("payee's balance %+v", balance)
		}
	}

	history, err := b.client.GetSignaturesForAddress(t.Context(), b.TreasuryAccount)
	if err != nil {
		t.Fatal(err)
	}
	if len(history) != 2 || history[0].Signature != signature || history[0].Memo == nil || *history[0].Memo != "[12] d1-b1 stable; [3] two" {
		t.Errorf("history %+v", history)
	}
}

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

func TestBlockhashExpires(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(wallet)
	old := b.blockhash()
	b.AdvanceHeight(149)
	b.mustSend(b.signed(old, b.transfer(wallet, 1))) // lands in the last block it may
	late := b.signed(old, b.transfer(wallet, 2))
	b.wantPreflight(late, "BlockhashNotFound")
	b.mustSend(late)
	b.wantBalance(wallet, 1)
	if stats := b.Stats(); stats.Refused != 1 || stats.Refusals[0].Signature != late.Signatures[0].String() {
		t.Errorf("stats %+v", stats)
	}
}

func TestSameTransactionTwice(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(wallet)
	transaction := b.signed(b.blockhash(), b.transfer(wallet, 5))
	b.mustSend(transaction)
	b.mustSend(transaction)
	b.wantBalance(wallet, 5)
	b.wantPreflight(transaction, "AlreadyProcessed")
	b.mustSend(b.signed(b.blockhash(), b.transfer(wallet, 5))) // nothing but memory keeps one from paying again
	b.wantBalance(wallet, 10)
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

func TestFrozenAccountFailsTheTransaction(t *testing.T) {
	b := setup(t)
	wallet, other := keyOf(person("frozen")), keyOf(person("other"))
	b.CreateTokenAccounts(wallet, other)
	b.Freeze(wallet)
	transaction := b.signed(b.blockhash(), b.transfer(other, 1), b.transfer(wallet, 1))
	const frozen = "map[InstructionError:[1 map[Custom:17]]]"
	b.wantPreflight(transaction, frozen)
	signature := b.mustSend(transaction)
	b.wantBalance(other, 0)
	if status := b.status(signature); fmt.Sprint(status.Err) != frozen {
		t.Errorf("status %+v, want error %s", status, frozen)
	}
	b.Thaw(wallet)
	b.mustSend(b.signed(b.blockhash(), b.transfer(wallet, 1)))
	b.wantBalance(wallet, 1)
}

func nonceOf(t *testing.T, b bench, account solanago.PublicKey) solanago.Hash {
	t.Helper()
	found, err := b.client.GetAccountInfo(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return solanago.HashFromBytes(found.GetBinary()[40:72])
}

func TestDurableNonce(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(wallet)
	account := b.NewNonce(b.TreasuryKey())
	first := nonceOf(t, b, account)
	advance := system.NewAdvanceNonceAccountInstruction(account, solanago.SysVarRecentBlockHashesPubkey, b.TreasuryKey()).Build()

	b.AdvanceHeight(1000)
	transaction := b.signed(first, advance, b.transfer(wallet, 1))
	b.mustSend(transaction)
	b.wantBalance(wallet, 1)
	b.wantPreflight(transaction, "BlockhashNotFound") // the nonce is used up
	second := nonceOf(t, b, account)

	fails := b.signed(second, advance, b.transfer(wallet, 1<<63))
	signature := b.mustSend(fails)
	if status := b.status(signature); status == nil || status.Err == nil {
		t.Fatalf("status %+v, want an error", status)
	}
	third := nonceOf(t, b, account)
	if first == second || second == third {
		t.Errorf("the nonce was %s, %s, %s: it is used up by failures too", first, second, third)
	}
	b.wantPreflight(b.signed(third, b.transfer(wallet, 1)), "BlockhashNotFound") // it does not advance the nonce
	b.wantBalance(wallet, 1)
}

func TestMultisigSignedElsewhere(t *testing.T) {
	b := setup(t)
	alice, bob, carol := person("alice"), person("bob"), person("carol")
	multisig := b.NewMultisig(2, keyOf(alice), keyOf(bob), keyOf(carol))
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(multisig, wallet)
	b.MintTo(multisig, 100)

	pay := func(signers ...ed25519.PrivateKey) []byte {
		keys := make([]solanago.PublicKey, len(signers))
		for i, signer := range signers {
			keys[i] = keyOf(signer)
		}
		transfer := token.NewTransferCheckedInstruction(40, svm.Decimals, b.Associated(multisig), b.Mint, b.Associated(wallet), multisig, keys).Build()
		transaction, err := solanago.NewTransaction([]solanago.Instruction{transfer}, b.blockhash(), solanago.TransactionPayer(b.TreasuryKey()))
		if err != nil {
			t.Fatal(err)
		}
		message, err := transaction.Message.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		return b.SignElsewhere(message, append(signers, b.Treasury)...)
	}
	send := func(transaction []byte) {
		if _, err := b.client.SendRawTransactionWithOpts(t.Context(), transaction, rpc.TransactionOpts{SkipPreflight: true}); err != nil {
			t.Fatal(err)
		}
	}
	send(pay(alice))
	b.wantBalance(wallet, 0)
	send(pay(alice, carol))
	b.wantBalance(wallet, 40)
	b.wantBalance(multisig, 60)
}

func TestFinalityIsHeldAndForked(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(wallet)
	b.HoldFinality(svm.Confirmed)
	before := b.blockhash()
	transaction := b.signed(before, b.transfer(wallet, 7))
	signature := b.mustSend(transaction)
	if status := b.status(signature); status.ConfirmationStatus != rpc.ConfirmationStatusConfirmed {
		t.Errorf("status %+v, want confirmed", status)
	}
	if landed, err := b.client.GetTransaction(t.Context(), signature, &rpc.GetTransactionOpts{Encoding: solanago.EncodingBase64}); err == nil {
		t.Errorf("a finalized read sees %+v", landed)
	}
	for commitment, want := range map[rpc.CommitmentType]string{rpc.CommitmentFinalized: "0", rpc.CommitmentConfirmed: "7"} {
		balance, err := b.client.GetTokenAccountBalance(t.Context(), b.Associated(wallet), commitment)
		if err != nil || balance.Value.Amount != want {
			t.Errorf("%s balance %+v, %v; want %s", commitment, balance, err, want)
		}
	}
	if after := b.blockhash(); after != before {
		t.Errorf("the finalized blockhash is %s, after %s", after, before)
	}

	if dropped := b.Fork(); dropped != 1 || b.status(signature) != nil {
		t.Errorf("forked off %d", dropped)
	}
	b.wantBalance(wallet, 0)
	b.mustSend(transaction) // its blockhash was final, so it can land again
	b.wantBalance(wallet, 7)
	if status := b.status(signature); status.ConfirmationStatus != rpc.ConfirmationStatusFinalized {
		t.Errorf("status %+v, want finalized", status)
	}
}

func TestSimulation(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	transaction := b.signed(solanago.Hash{}, b.create(wallet), b.transfer(wallet, 1))
	transaction.Signatures = make([]solanago.Signature, 1)
	simulation, err := b.client.SimulateTransactionWithOpts(t.Context(), transaction, &rpc.SimulateTransactionOpts{ReplaceRecentBlockhash: true})
	if err != nil {
		t.Fatal(err)
	}
	if value := simulation.Value; value.Err != nil || *value.UnitsConsumed == 0 || len(value.Logs) == 0 {
		t.Errorf("simulated %+v", value)
	}
	b.wantBalance(wallet, 0)
	if _, err := b.client.SimulateTransactionWithOpts(t.Context(), transaction, &rpc.SimulateTransactionOpts{SigVerify: true}); err == nil {
		t.Error("a transaction without a signature was simulated as if it had one")
	}
}

func TestHistoryInPages(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	b.CreateTokenAccounts(wallet)
	var sent []solanago.Signature
	for n := range 5 {
		sent = append(sent, b.mustSend(b.signed(b.blockhash(), b.transfer(wallet, 1), memo.NewMemoInstruction([]byte{'0' + byte(n)}, b.TreasuryKey()).Build())))
	}
	limit := 2
	page, err := b.client.GetSignaturesForAddressWithOpts(t.Context(), b.Associated(wallet), &rpc.GetSignaturesForAddressOpts{Limit: &limit, Before: sent[4], Until: sent[0]})
	if err != nil {
		t.Fatal(err)
	}
	if len(page) != 2 || page[0].Signature != sent[3] || page[1].Signature != sent[2] || page[0].Slot != page[1].Slot+1 {
		t.Errorf("page %+v", page)
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

func TestFrontEndsWithItsTest(t *testing.T) {
	var url string
	t.Run("test", func(t *testing.T) { url = svm.Start(t).URL })
	if _, err := rpc.New(url).GetHealth(t.Context()); err == nil {
		t.Error("the front outlives its test")
	}
}

func TestThousandAccounts(t *testing.T) {
	b := setup(t)
	wallets := make([]solanago.PublicKey, 1000)
	for i := range wallets {
		wallets[i] = keyOf(person(fmt.Sprint(i)))
	}
	b.CreateTokenAccountsWith(3, wallets...)
	for i, balance := range b.TokenBalances(wallets...) {
		if balance != 3 {
			t.Fatalf("wallet %d holds %d, want 3", i, balance)
		}
	}
	again := svm.Attach(b.URL)
	again.MintTo(wallets[999], 4)
	b.wantBalance(wallets[999], 7)
}
