package solana

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/programs/token"
	"pgregory.net/rapid"
)

// TestWhatFitsATransaction holds the table of doc.go.
func TestWhatFitsATransaction(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                 string
		src                  Source
		existing, created    int
		onNonce, onNonceMade int
	}{
		{"owner pays fees         ", sourceOf("owner"), 17, 8, 15, 8},
		{"owner, fee payer        ", sourceOf("payer"), 16, 7, 13, 7},
		{"2 members, one pays fees", sourceOf("a", "a", "b"), 14, 7, 12, 6},
		{"2 members, fee payer    ", sourceOf("payer", "a", "b"), 12, 6, 10, 5},
		{"3 members, fee payer    ", sourceOf("payer", "a", "b", "c"), 10, 5, 8, 4},
	} {
		nonce := []Key{addressOf("nonce")}
		got := []int{
			first(t, test.src, nil, false), first(t, test.src, nil, true),
			first(t, test.src, nonce, false), first(t, test.src, nonce, true),
		}
		if want := []int{test.existing, test.created, test.onNonce, test.onNonceMade}; !slices.Equal(got, want) {
			t.Errorf("%s: %d transfers fit, want %d", test.name, got, want)
		}
	}
}

// first returns how many transfers the first of several batches has, and checks that
// one more would not be accepted.
func first(t *testing.T, src Source, nonces []Key, create bool) int {
	t.Helper()
	transfers := transfersOf(40, create)
	batches, err := Pack(src, batchID, nonces, transfers)
	if err != nil {
		t.Fatal(err)
	}
	if len(batches[0].Memo) != 34 {
		t.Errorf("memo %q of %d bytes: measure with 34", batches[0].Memo, len(batches[0].Memo))
	}
	size := len(batches[0].Transfers)
	if _, err := NewBatch(src, batchID(1), nonceOf(nonces, 1), transfers[:size+1]); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d transfers in one batch: error %v, want ErrTooLarge", size+1, err)
	}
	return size
}

func TestPackCoversEachTransferOnceInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src, nonces, transfers := drawSource(t), drawNonces(t), drawTransfers(t)
		batches, err := Pack(src, batchID, nonces, transfers)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Pack(src, batchID, nonces, transfers)
		if !reflect.DeepEqual(batches, again) {
			t.Fatal("packed twice, the batches differ")
		}
		var existing, created, packed []Transfer
		for _, transfer := range transfers {
			if transfer.Create {
				created = append(created, transfer)
			} else {
				existing = append(existing, transfer)
			}
		}
		for i, b := range batches {
			packed = append(packed, b.Transfers...)
			checkLimits(t, src, b)
			if b.ID != batchID(i+1) || b.Nonce != nonceOf(nonces, i+1) {
				t.Fatalf("batch %d is %s on %s", i+1, b.ID, b.Nonce)
			}
		}
		if !slices.Equal(packed, append(existing, created...)) {
			t.Fatalf("packed %v of %v", packed, transfers)
		}
	})
}

func checkLimits(t *rapid.T, src Source, b Batch) {
	ready, err := Ready(b.Message, recent, 5)
	if err != nil {
		t.Fatal(err)
	}
	transaction, err := Unsigned(ready)
	if err != nil {
		t.Fatal(err)
	}
	made := creates(b.Transfers)
	if len(transaction) > 1232 || len(transaction) != transactionSize(b.Message) || len(b.Transfers) > 17 || made > 8 {
		t.Fatalf("%d bytes, %d transfers, %d accounts to create", len(transaction), len(b.Transfers), made)
	}
	if made != 0 && made != len(b.Transfers) {
		t.Fatalf("%d of %d accounts are to be created: kinds are packed apart", made, len(b.Transfers))
	}
	checkDecoded(t, src, b, transaction)
}

// checkDecoded reads a transaction with the library's decoder.
func checkDecoded(t *rapid.T, src Source, b Batch, transaction []byte) {
	decoded, err := solanago.TransactionFromBytes(transaction)
	if err != nil {
		t.Fatal(err)
	}
	var paid []Transfer
	for i, in := range decoded.Message.Instructions {
		program, _ := decoded.Message.Program(in.ProgramIDIndex)
		if program != solanago.TokenProgramID {
			continue
		}
		accounts, err := in.ResolveInstructionAccounts(&decoded.Message)
		if err != nil {
			t.Fatal(err)
		}
		instruction, err := token.DecodeInstruction(accounts, in.Data)
		if err != nil {
			t.Fatal(err)
		}
		checked := instruction.Impl.(*token.TransferChecked)
		want := b.Transfers[b.TransferAt(i)]
		account, _ := AssociatedAccount(want.Wallet, src.Mint)
		if *checked.Decimals != 8 || checked.GetSourceAccount().PublicKey != src.Account ||
			checked.GetMintAccount().PublicKey != src.Mint || checked.GetDestinationAccount().PublicKey != account {
			t.Fatalf("instruction %d is another transfer", i)
		}
		paid = append(paid, Transfer{want.Payout, want.Wallet, *checked.Amount, want.Create})
	}
	if !slices.Equal(paid, b.Transfers) {
		t.Fatalf("the message pays %v, not %v", paid, b.Transfers)
	}
}

func drawSource(t *rapid.T) Source {
	src := sourceOf("owner")
	members := rapid.SliceOfNDistinct(rapid.SampledFrom(wallets[50:60]), 0, 5, rapid.ID[Key]).Draw(t, "members")
	if len(members) > 0 {
		src.Signers, src.FeePayer = members, members[0]
	}
	if rapid.Bool().Draw(t, "a fee payer of its own") {
		src.FeePayer = addressOf("payer")
	}
	return src
}

func drawNonces(t *rapid.T) []Key {
	return []Key{addressOf("nonce 1"), addressOf("nonce 2")}[:rapid.IntRange(0, 2).Draw(t, "nonces")]
}

// drawTransfers draws few wallets, so that some are paid twice.
func drawTransfers(t *rapid.T) []Transfer {
	transfers := transfersOf(rapid.IntRange(0, 40).Draw(t, "transfers"), false)
	for i := range transfers {
		transfers[i].Wallet = rapid.SampledFrom(wallets[:40]).Draw(t, "wallet")
		transfers[i].Amount = rapid.Uint64Min(1).Draw(t, "amount")
		transfers[i].Create = rapid.Bool().Draw(t, "create")
	}
	return transfers
}
