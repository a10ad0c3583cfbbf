package svm_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
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
