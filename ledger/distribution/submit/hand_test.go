package submit_test

import (
	"context"
	"crypto/ed25519"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/programs/system"
	"github.com/gagliardetto/solana-go/programs/token"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// payByHand signs and sends a batch as somebody with the file and the key would.
func (w *world) payByHand(b solana.Batch) solana.Signature {
	w.t.Helper()
	hash, _, err := w.client.Blockhash(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	message, err := solana.Ready(b.Message, hash, 7)
	if err != nil {
		w.t.Fatal(err)
	}
	transaction, signature, err := solana.Sign(message, w.signers...)
	if err == nil {
		err = w.client.Send(context.Background(), transaction)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return signature
}

// transferWithMemo has the treasury pay a wallet by hand, with any memo; or, of
// amount 0, somebody else write the memo beside the treasury's account.
func (w *world) transferWithMemo(text string, to solana.Key, amount uint64) {
	w.t.Helper()
	payer := w.Treasury
	list := []solanago.Instruction{solanago.NewInstruction(solanago.MemoProgramID, nil, []byte(text))}
	if amount > 0 {
		list = append(list, token.NewTransferCheckedInstruction(
			amount, svm.Decimals, w.TreasuryAccount, w.Mint, w.Associated(to), w.TreasuryKey(), nil).Build())
	} else {
		payer = walletKey(1_000)
		w.Airdrop(solana.PublicKey(payer), 1_000_000_000)
	}
	hash, _, err := w.client.Blockhash(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	transaction, err := solanago.NewTransaction(list, hash, solanago.TransactionPayer(solana.PublicKey(payer)))
	if err != nil {
		w.t.Fatal(err)
	}
	if amount == 0 { // name the treasury's account, read only
		transaction.Message.AccountKeys = append(transaction.Message.AccountKeys, w.TreasuryAccount)
		transaction.Message.Header.NumReadonlyUnsignedAccounts++
	}
	w.signAndSend(transaction, payer)
}

// advanceNonce has the treasury's key use up the value of a nonce.
func (w *world) advanceNonce(nonce solana.Key) {
	w.t.Helper()
	value, _, err := w.client.Nonce(context.Background(), nonce)
	if err != nil {
		w.t.Fatal(err)
	}
	advance := system.NewAdvanceNonceAccountInstruction(nonce, solanago.SysVarRecentBlockHashesPubkey, w.TreasuryKey()).Build()
	transaction, err := solanago.NewTransaction([]solanago.Instruction{advance}, value, solanago.TransactionPayer(w.TreasuryKey()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.signAndSend(transaction, w.Treasury)
}

func (w *world) signAndSend(transaction *solanago.Transaction, by ed25519.PrivateKey) {
	w.t.Helper()
	key := solanago.PrivateKey(by)
	if _, err := transaction.Sign(func(solanago.PublicKey) *solanago.PrivateKey { return &key }); err != nil {
		w.t.Fatal(err)
	}
	bytes, err := transaction.MarshalBinary()
	if err == nil {
		err = w.client.Send(context.Background(), bytes)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}
