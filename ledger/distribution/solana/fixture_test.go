package solana

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
)

// keyOf returns the key pair that belongs to a name.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func addressOf(name string) Key { return PublicKey(keyOf(name)) }

// sourceOf is a source that the named key pays fees of. Its owner signs, or the named
// members.
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

// wallets are made once: a key pair takes longer than a message.
var wallets = slices.Collect(func(yield func(Key) bool) {
	for i := range 64 {
		if !yield(addressOf(strconv.Itoa(i))) {
			return
		}
	}
})

// transfersOf returns transfers of 1, 2, … tokens to as many wallets.
func transfersOf(count int, create bool) []Transfer {
	transfers := make([]Transfer, count)
	for i := range transfers {
		transfers[i] = Transfer{"d12-" + strconv.Itoa(i+1), wallets[i], uint64(i+1) * 1e8, create}
	}
	return transfers
}

// batchID is as long as an id is that gives a memo of 34 bytes.
func batchID(n int) string { return fmt.Sprintf("d12-b%06d", n) }

var recent = Hash(addressOf("a recent blockhash"))
