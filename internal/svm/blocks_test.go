package svm_test

import (
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/programs/system"
	"github.com/gagliardetto/solana-go/rpc"

	"github.com/uptally/uptally/internal/svm"
)

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

	other := b.NewNonce(keyOf(person("other")))
	stolen := system.NewAdvanceNonceAccountInstruction(other, solanago.SysVarRecentBlockHashesPubkey, b.TreasuryKey()).Build()
	b.wantPreflight(b.signed(nonceOf(t, b, other), stolen, b.transfer(wallet, 1)), "BlockhashNotFound") // not its authority
}

func TestPaceAndPrices(t *testing.T) {
	b := setup(t)
	height := func() uint64 {
		height, err := b.client.GetBlockHeight(t.Context(), rpc.CommitmentFinalized)
		if err != nil {
			t.Fatal(err)
		}
		return height
	}
	first := height()
	b.SetPace(40)
	b.status(solanago.Signature{})
	if got := height() - first; got != 80 {
		t.Errorf("%d heights passed, want 80", got)
	}
	b.SetPrices(0, 700)
	fees, err := b.client.GetRecentPrioritizationFees(t.Context(), solanago.PublicKeySlice{b.TreasuryAccount})
	if err != nil || len(fees) == 0 || fees[0].PrioritizationFee != 0 || fees[1].PrioritizationFee != 700 {
		t.Errorf("fees %+v, %v", fees, err)
	}
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

	confirmed, err := b.client.GetLatestBlockhash(t.Context(), rpc.CommitmentConfirmed)
	if err != nil {
		t.Fatal(err)
	}

	if dropped := b.Fork(); dropped != 1 || b.status(signature) != nil {
		t.Errorf("forked off %d", dropped)
	}
	b.wantBalance(wallet, 0)
	b.wantPreflight(b.signed(confirmed.Value.Blockhash, b.transfer(wallet, 1)), "BlockhashNotFound") // of a block that never was
	b.mustSend(transaction)                                                                          // its blockhash was final, so it can land again
	b.wantBalance(wallet, 7)
	if status := b.status(signature); status.ConfirmationStatus != rpc.ConfirmationStatusFinalized {
		t.Errorf("status %+v, want finalized", status)
	}
}
