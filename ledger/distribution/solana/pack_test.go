package solana

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"testing"
)

// keyOf returns the key pair that belongs to a name.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func addressOf(name string) Key { return PublicKey(keyOf(name)) }

// sourceOf is a source whose owner pays fees as well, or as the arguments say.
func sourceOf(feePayer string, signers ...string) Source {
	src := Source{
		Mint: addressOf("mint"), Decimals: 8, Account: addressOf("account"), Owner: addressOf("owner"),
		FeePayer: addressOf(feePayer),
	}
	for _, s := range signers {
		src.Signers = append(src.Signers, addressOf(s))
	}
	return src
}

func transfersOf(count int, create bool) []Transfer {
	return slices.Collect(func(yield func(Transfer) bool) {
		for i := range count {
			payout := "d12-" + strconv.Itoa(100000+i)
			if !yield(Transfer{payout, addressOf(payout), uint64(i+1) * 1e8, create}) {
				return
			}
		}
	})
}

func batchID(n int) string { return fmt.Sprintf("d12-b%06d", n) }

func TestAMessageCarries(t *testing.T) {
	t.Parallel()
	nonce := []Key{addressOf("nonce")}
	for _, test := range []struct {
		name              string
		src               Source
		nonces            []Key
		transfers, create int
	}{
		{"owner pays fees                  ", sourceOf("owner"), nil, 17, 8},
		{"another pays fees                ", sourceOf("payer"), nil, 0, 0},
		{"owner pays fees, nonce           ", sourceOf("owner"), nonce, 0, 0},
		{"another pays fees, nonce         ", sourceOf("payer"), nonce, 0, 0},
		{"2 members, one pays fees         ", sourceOf("a", "a", "b"), nil, 0, 0},
		{"2 members                        ", sourceOf("payer", "a", "b"), nil, 0, 0},
		{"2 members, nonce                 ", sourceOf("payer", "a", "b"), nonce, 0, 0},
		{"3 members, nonce                 ", sourceOf("payer", "a", "b", "c"), nonce, 0, 0},
	} {
		for _, create := range []bool{false, true} {
			batches, err := Pack(test.src, batchID, test.nonces, transfersOf(60, create))
			if err != nil {
				t.Fatal(err)
			}
			b := batches[0]
			fmt.Println(test.name, create, len(b.Transfers), transactionSize(b.Message), len(b.Memo), b.ComputeUnits)
		}
	}
}

func BenchmarkPack(b *testing.B) {
	tr := transfersOf(10000, true)
	for b.Loop() {
		batches, err := Pack(sourceOf("owner"), batchID, nil, tr)
		if err != nil {
			b.Fatal(err)
		}
		text, err := EncodeNDJSON(sourceOf("owner"), batches)
		if err != nil {
			b.Fatal(err)
		}
		_, _, err = DecodeNDJSON(text)
		if err != nil {
			b.Fatal(err)
		}
	}
}
