package solana

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	computebudget "github.com/gagliardetto/solana-go/programs/compute-budget"
	"pgregory.net/rapid"
)

func mustBatch(t testing.TB, src Source, nonce Key, transfers []Transfer) Batch {
	t.Helper()
	b, err := NewBatch(src, "d1-b1", nonce, transfers)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustReady(t testing.TB, b Batch, blockhash Hash, price uint64) []byte {
	t.Helper()
	ready, err := Ready(b.Message, blockhash, price)
	if err != nil {
		t.Fatal(err)
	}
	return ready
}

func TestReadyFillsInTwoHolesAndNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		transfers := drawTransfers(t)
		batches, err := Pack(drawSource(t), batchID, drawNonces(t), transfers)
		if err != nil {
			t.Fatal(err)
		}
		if len(batches) == 0 {
			return
		}
		price := rapid.Uint64().Draw(t, "price")
		prepared := batches[0].Message
		before := bytes.Clone(prepared)
		ready, err := Ready(prepared, recent, price)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(prepared, before) {
			t.Fatal("the prepared message was written to")
		}
		if err := Same(prepared, ready); err != nil {
			t.Fatal(err)
		}
		changed := 0
		for i := range prepared {
			if prepared[i] != ready[i] {
				changed++
			}
		}
		if len(ready) != len(prepared) || changed > 32+8 || !bytes.Contains(ready, recent[:]) {
			t.Fatalf("%d bytes changed", changed)
		}
		if want := binary.LittleEndian.AppendUint64([]byte{setPrice}, price); !bytes.Contains(ready, want) {
			t.Fatalf("the price %d is not there", price)
		}
		at := rapid.IntRange(0, len(ready)-1).Draw(t, "byte")
		bent := bytes.Clone(ready)
		bent[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		inHole := bytes.Index(ready, recent[:])
		priceAt := bytes.Index(ready, binary.LittleEndian.AppendUint64([]byte{9, setPrice}, price)) + 2
		isHole := at >= inHole && at < inHole+32 || at >= priceAt && at < priceAt+8
		if err := Same(prepared, bent); (err == nil) != isHole {
			t.Fatalf("byte %d of the message changed: error %v", at, err)
		}
	})
}

func TestReadyRefuses(t *testing.T) {
	t.Parallel()
	b := mustBatch(t, sourceOf("owner"), Key{}, transfersOf(3, false))
	withPrice, err := compile(addressOf("owner"), []solanago.Instruction{
		computebudget.NewSetComputeUnitPriceInstruction(0).Build(),
		computebudget.NewSetComputeUnitPriceInstruction(0).Build(),
	})
	if err != nil {
		t.Fatal(err)
	}
	none, err := compile(addressOf("owner"), []solanago.Instruction{computebudget.NewSetComputeUnitLimitInstruction(1).Build()})
	if err != nil {
		t.Fatal(err)
	}
	noSigner := bytes.Clone(b.Message)
	noSigner[0] = 0
	for name, message := range map[string][]byte{
		"nothing":            nil,
		"a version 0":        append([]byte{0x80}, b.Message...),
		"a truncated one":    b.Message[:len(b.Message)-1],
		"a longer one":       append(bytes.Clone(b.Message), 0),
		"one without signer": noSigner,
		"two prices":         withPrice,
		"no price":           none,
		"one filled in":      mustReady(t, b, recent, 0),
	} {
		if _, err := Ready(message, recent, 1); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: error %v, want ErrMessage", name, err)
		}
	}
	if _, err := Ready(b.Message, Hash{}, 1); !errors.Is(err, ErrMessage) {
		t.Errorf("no blockhash: error %v, want ErrMessage", err)
	}
}

func TestSameRefusesAnotherBatch(t *testing.T) {
	t.Parallel()
	src := sourceOf("owner")
	b := mustBatch(t, src, Key{}, transfersOf(3, false))
	other := mustBatch(t, src, Key{}, transfersOf(2, false))
	if err := Same(b.Message, mustReady(t, other, recent, 1)); !errors.Is(err, ErrDifferent) {
		t.Errorf("error %v, want ErrDifferent", err)
	}
	if err := Same(mustReady(t, b, recent, 1), mustReady(t, b, Hash(wallets[0]), 2)); err != nil {
		t.Errorf("two attempts of one batch: %v", err)
	}
}

// FuzzReady feeds bytes that nobody made: it must refuse them, or change only the
// holes.
func FuzzReady(f *testing.F) {
	f.Add(mustBatch(f, sourceOf("owner"), Key{}, transfersOf(2, true)).Message)
	f.Add(mustBatch(f, sourceOf("payer", "a", "b"), addressOf("nonce"), transfersOf(3, false)).Message)
	f.Add([]byte{0x80, 1, 0, 0})
	f.Fuzz(func(t *testing.T, message []byte) {
		ready, err := Ready(message, recent, 7)
		if err != nil {
			return
		}
		if err := Same(message, ready); err != nil || len(ready) != len(message) {
			t.Errorf("%x became %x: %v", message, ready, err)
		}
		if _, err := Unsigned(ready); err != nil {
			t.Error(err)
		}
	})
}
