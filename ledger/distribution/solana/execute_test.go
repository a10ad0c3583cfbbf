package solana

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	solanago "github.com/gagliardetto/solana-go"

	"github.com/uptally/uptally/internal/svm"
)

// TestEveryKindOfBatchExecutes runs the largest batch of each kind, and the smallest:
// signed here, and signed by web3.js.
func TestEveryKindOfBatchExecutes(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	for _, source := range []struct {
		name string
		Source
	}{
		{"owner pays fees", w.source()},
		{"owner, fee payer", w.sourceWith("payer")},
		{"2 of 3 members, one pays fees", w.multisig("a")},
		{"2 of 3 members, fee payer", w.multisig("payer")},
	} {
		nonce := []Key{w.NewNonce(source.FeePayer)}
		for _, create := range []bool{false, true} {
			for _, nonces := range [][]Key{nil, nonce} {
				for _, count := range []int{1, TransfersMax} {
					batches, err := Pack(source.Source, batchID, nonces, w.transfers(count, create))
					if err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%s, create %t, on a nonce %t, %d payees", source.name, create, nonces != nil, len(batches[0].Transfers))
					t.Run(name, func(t *testing.T) { w.execute(t, source.Source, batches[0]) })
				}
			}
		}
	}
}

// execute simulates a batch as it is prepared, lands it, and compares what happened.
func (w *world) execute(t *testing.T, src Source, b Batch) {
	t.Helper()
	prepared, err := Unsigned(b.Message)
	if err != nil {
		t.Fatal(err)
	}
	simulation, err := w.client.Simulate(t.Context(), prepared)
	if err != nil || simulation.Failed != "" || simulation.ComputeUnits == 0 || simulation.ComputeUnits > uint64(b.ComputeUnits) {
		t.Fatalf("simulated %+v, %v, with a limit of %d units", simulation, err, b.ComputeUnits)
	}
	t.Logf("%d bytes, %d of %d units", transactionSize(b.Message), simulation.ComputeUnits, b.ComputeUnits)
	ready := w.ready(t, b)
	ours, id, err := Sign(ready, w.keys()...)
	if err != nil {
		t.Fatal(err)
	}
	theirs := w.SignElsewhere(ready, w.signers(t, ready)...)
	if found, err := CheckSigned(ready, theirs); err != nil || found != id || !slices.Equal(ours, theirs) {
		t.Errorf("web3.js signs %s, %v, want %s", found, err, id)
	}
	checkLanded(t, src, b, w.land(t, theirs, id))
}

// checkLanded compares what happened with what a batch is to do.
func checkLanded(t *testing.T, src Source, b Batch, landed *Landed) {
	t.Helper()
	if landed.Failed != "" || landed.Memo != b.Memo || landed.Slot == 0 || landed.Time.IsZero() {
		t.Errorf("landed %+v", landed)
	}
	if err := Same(b.Message, landed.Message); err != nil {
		t.Error(err)
	}
	if fee := 5000*uint64(b.Message[0]) + 1; landed.Fee != fee { // a micro-lamport a unit is below a lamport, and charged as one
		t.Errorf("a fee of %d lamports, want %d", landed.Fee, fee)
	}
	var moves []Moved
	changes := map[Key]int64{}
	for _, transfer := range b.Transfers {
		account, _ := AssociatedAccount(transfer.Wallet, src.Mint)
		moves = append(moves, Moved{From: src.Account, To: account, Owner: transfer.Wallet, Mint: src.Mint, Amount: transfer.Amount})
		changes[account] += int64(transfer.Amount)
		changes[src.Account] -= int64(transfer.Amount)
	}
	if !slices.Equal(landed.Transfers, moves) {
		t.Errorf("transfers %v, want %v", landed.Transfers, moves)
	}
	if !maps.Equal(landed.Changes, changes) {
		t.Errorf("changes %v, want %v", landed.Changes, changes)
	}
}

// TestTheLimitFollowsWhatAnAddressTakesToDerive creates an account whose address takes
// many tries to derive, and the program as many.
func TestTheLimitFollowsWhatAnAddressTakesToDerive(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	var limits, used [2]uint64
	for i, bump := range []uint8{255, 247} {
		b := mustBatch(t, w.source(), Key{}, []Transfer{{"d1-1", walletWithBump(t, w.Mint, bump), 1, true}})
		prepared, _ := Unsigned(b.Message)
		simulation, err := w.client.Simulate(t.Context(), prepared)
		if err != nil || simulation.Failed != "" {
			t.Fatalf("simulated %+v, %v", simulation, err)
		}
		limits[i], used[i] = uint64(b.ComputeUnits), simulation.ComputeUnits
	}
	if more, most := used[1]-used[0], limits[1]-limits[0]; more != most || more != 8*unitsBump {
		t.Errorf("8 tries more consume %d units, and the limit is %d higher, want %d", more, most, 8*unitsBump)
	}
}

// walletWithBump finds an address whose token account is derived with the bump.
func walletWithBump(t *testing.T, mint Key, bump uint8) Key {
	t.Helper()
	for i := range 100_000 {
		wallet := Key(sha256.Sum256([]byte(strconv.Itoa(i))))
		if _, found, err := solanago.FindAssociatedTokenAddress(wallet, mint); err == nil && found == bump {
			return wallet
		}
	}
	t.Fatalf("no wallet has an account with bump %d", bump)
	return Key{}
}

// TestABatchFailsWhole shows how a payee who cannot be paid is found, before and after.
func TestABatchFailsWhole(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	wrongDecimals := w.source()
	wrongDecimals.Decimals = 9
	frozen, absent := w.transfers(3, false), w.transfers(2, false)
	w.Freeze(frozen[1].Wallet)
	absent[1] = w.transfers(1, true)[0]
	absent[1].Create = false
	poor := w.transfers(2, true)
	poor[1].Amount = 1 << 63
	for _, test := range []struct {
		name      string
		src       Source
		transfers []Transfer
		failed    string
		payee     int
	}{
		{"a frozen account", w.source(), frozen, "instruction 3: Custom 17", 1},
		{"no account", w.source(), absent, "instruction 3: InvalidAccountData", 1},
		{"other decimals", wrongDecimals, w.transfers(1, false), "instruction 2: Custom 18", 0},
		{"too little left", w.source(), poor, "instruction 5: Custom 1", 1},
	} {
		b := mustBatch(t, test.src, Key{}, test.transfers)
		transaction, id := w.sign(t, b)
		simulation, err := w.client.Simulate(t.Context(), transaction)
		if err != nil || simulation.Failed != test.failed || b.TransferAt(simulation.Instruction) != test.payee {
			t.Errorf("%s: simulated %+v, %v, want %q at payee %d", test.name, simulation, err, test.failed, test.payee)
		}
		landed := w.land(t, transaction, id)
		if landed.Failed != test.failed || len(landed.Changes) != 0 || len(landed.Transfers) != len(test.transfers) || landed.Memo != b.Memo {
			t.Errorf("%s: landed %+v, want it to fail by %q and change nothing", test.name, landed, test.failed)
		}
		statuses, err := w.client.Statuses(t.Context(), []Signature{id})
		if err != nil || statuses[0].Failed != test.failed || !statuses[0].Finalized || statuses[0].Slot != landed.Slot {
			t.Errorf("%s: status %+v, %v", test.name, statuses, err)
		}
	}
}

func TestAnAccountThatIsThereIsNotCreatedAgain(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	transfers := w.transfers(CreatesMax, true)
	for i := range transfers {
		w.CreateTokenAccounts(transfers[i].Wallet)
	}
	transfers[7].Wallet = transfers[0].Wallet // and one is paid twice
	w.execute(t, w.source(), mustBatch(t, w.source(), Key{}, transfers))
}

// TestANonceIsGoodForOneTransaction is what makes a replacement on the same nonce safe.
func TestANonceIsGoodForOneTransaction(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	src := w.multisig("payer")
	nonce := w.NewNonce(src.FeePayer)
	b := mustBatch(t, src, nonce, w.transfers(3, true))
	before, authority, err := w.client.Nonce(t.Context(), nonce)
	if err != nil || authority != src.FeePayer || before.IsZero() {
		t.Fatalf("nonce %s of %s, %v", before, authority, err)
	}
	one, first, _ := Sign(mustReady(t, b, before, 1), w.keys()...)
	other, second, _ := Sign(mustReady(t, b, before, 2), w.keys()...)
	w.AdvanceHeight(1000) // no blockhash lasts so long
	checkLanded(t, src, b, w.land(t, one, first))
	after, _, err := w.client.Nonce(t.Context(), nonce)
	if err != nil || after == before {
		t.Fatalf("nonce %s after %s, %v", after, before, err)
	}
	for _, transaction := range [][]byte{one, other} {
		if err := w.client.Send(t.Context(), transaction); err != nil {
			t.Fatal(err)
		}
	}
	statuses, err := w.client.Statuses(t.Context(), []Signature{first, second})
	if err != nil || !statuses[0].Finalized || statuses[1].Found {
		t.Errorf("statuses %+v, %v, want the first to have landed alone", statuses, err)
	}
	if paid := w.TokenBalance(b.Transfers[0].Wallet); paid != b.Transfers[0].Amount {
		t.Errorf("%d base units were paid, want %d", paid, b.Transfers[0].Amount)
	}
}

func TestABlockhashExpires(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	b := mustBatch(t, w.source(), Key{}, w.transfers(1, true))
	hash, last, err := w.client.Blockhash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	height, err := w.client.Height(t.Context())
	if err != nil || height >= last {
		t.Fatalf("height %d, %v, want it below %d", height, err, last)
	}
	transaction, id, _ := Sign(mustReady(t, b, hash, 0), w.Treasury)
	w.AdvanceHeight(int(last-height) + 1)
	if err := w.client.Send(t.Context(), transaction); err != nil {
		t.Fatal(err)
	}
	simulation, err := w.client.Simulate(t.Context(), transaction)
	if err != nil || simulation.Failed != "BlockhashNotFound" || simulation.Instruction != -1 {
		t.Errorf("simulated %+v, %v", simulation, err)
	}
	if height, err := w.client.Height(t.Context()); err != nil || height <= last {
		t.Errorf("height %d, %v, want it above %d", height, err, last)
	}
	statuses, err := w.client.Statuses(t.Context(), []Signature{id})
	if err != nil || statuses[0] != (Status{}) {
		t.Errorf("status %+v, %v, want none", statuses, err)
	}
}

func TestWhatIsNotFinalIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	b := mustBatch(t, w.source(), Key{}, w.transfers(2, true))
	transaction, id := w.sign(t, b)
	w.HoldFinality(svm.Confirmed)
	if err := w.client.Send(t.Context(), transaction); err != nil {
		t.Fatal(err)
	}
	statuses, err := w.client.Statuses(t.Context(), []Signature{id})
	if err != nil || !statuses[0].Found || statuses[0].Finalized {
		t.Errorf("status %+v, %v, want found and not final", statuses, err)
	}
	account := w.Associated(b.Transfers[0].Wallet)
	landed, err := w.client.Transaction(t.Context(), id)
	accounts, accountsErr := w.client.TokenAccounts(t.Context(), []Key{account})
	history, historyErr := w.client.History(t.Context(), account, 0)
	if err != nil || accountsErr != nil || historyErr != nil || landed != nil || accounts[0] != nil || len(history) != 0 {
		t.Errorf("before it is final: %v, %v, %v; %v, %v, %v", landed, accounts, history, err, accountsErr, historyErr)
	}
	w.ReleaseFinality()
	accounts, err = w.client.TokenAccounts(t.Context(), []Key{account})
	if err != nil || *accounts[0] != (TokenAccount{Mint: w.Mint, Owner: b.Transfers[0].Wallet, Amount: b.Transfers[0].Amount}) {
		t.Errorf("account %+v, %v", accounts[0], err)
	}
	history, err = w.client.History(t.Context(), account, 0)
	if err != nil || len(history) != 1 || history[0].Signature != id || history[0].Memo != b.Memo || history[0].Failed != "" {
		t.Errorf("history %+v, %v", history, err)
	}
}
