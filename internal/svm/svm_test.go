package svm_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	computebudget "github.com/gagliardetto/solana-go/programs/compute-budget"
	"github.com/gagliardetto/solana-go/programs/memo"
	"github.com/gagliardetto/solana-go/programs/token"
	"github.com/gagliardetto/solana-go/rpc"

	"github.com/uptally/uptally/internal/svm"
)

func TestTransferIsExecutedAndTold(t *testing.T) {
	b := setup(t)
	wallet := keyOf(person("payee"))
	signature := b.mustSend(b.signed(b.blockhash(),
		computebudget.NewSetComputeUnitLimitInstruction(100_000).Build(), computebudget.NewSetComputeUnitPriceInstruction(50_001).Build(),
		b.create(wallet), b.transfer(wallet, 1230), note("d1-b1 stable"), note("two")))
	b.wantBalance(wallet, 1230)
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
	if meta.Err != nil || meta.Fee != 5000+5001 || *meta.ComputeUnitsConsumed == 0 || len(meta.LogMessages) == 0 || len(meta.InnerInstructions) == 0 {
		t.Errorf("meta %+v", meta)
	}
	if spent := meta.PreBalances[0] - meta.PostBalances[0]; spent != 10_001+1_488_440 {
		t.Errorf("the payer spent %d lamports, want the fee and the rent of an account", spent)
	}
	if len(meta.PreTokenBalances) != 1 || len(meta.PostTokenBalances) != 2 {
		t.Fatalf("token balances %+v, then %+v; want the treasury, then both", meta.PreTokenBalances, meta.PostTokenBalances)
	}
	for _, balance := range meta.PostTokenBalances {
		if *balance.Owner == wallet && (balance.UiTokenAmount.Amount != "1230" || balance.UiTokenAmount.UiAmountString != "0.0000123" || balance.Mint != b.Mint) {
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

func TestAccountsAsTheyAreSet(t *testing.T) {
	b := setup(t)
	address := keyOf(person("program"))
	b.SetAccount(address, svm.Account{Lamports: 5, Owner: b.Mint, Data: []byte{1, 2}})
	found, err := b.client.GetAccountInfo(t.Context(), address)
	if err != nil || found.Value.Lamports != 5 || found.Value.Owner != b.Mint || string(found.GetBinary()) != "\x01\x02" {
		t.Errorf("account %+v, %v", found, err)
	}
	b.Airdrop(keyOf(person("payee")), 12_345_678)
	several, err := b.client.GetMultipleAccounts(t.Context(), keyOf(person("payee")), keyOf(person("nobody")))
	if err != nil || several.Value[0].Lamports != 12_345_678 || several.Value[1] != nil {
		t.Errorf("accounts %+v, %v", several, err)
	}
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
