package submit

import (
	"fmt"
	"strconv"
	"strings"

	solanago "github.com/gagliardetto/solana-go"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// batchID is how people read a batch: "d1-b3".
func (w *watch) batchID(number int) string { return w.id + "-b" + strconv.Itoa(number) }

// payoutNumber reads the id of a payout: 17 of "d1-17".
func payoutNumber(distributionID, payout string) (int, error) {
	text, found := strings.CutPrefix(payout, distributionID+"-")
	number, err := strconv.Atoi(text)
	if !found || err != nil || number < 1 {
		return 0, fmt.Errorf("%w: payout %q is none of %s", distribution.ErrCorrupt, payout, distributionID)
	}
	return number, nil
}

func parseKey(text string) (solana.Key, error) {
	key, err := solanago.PublicKeyFromBase58(text)
	if err != nil {
		return solana.Key{}, fmt.Errorf("address %q: %w", text, err)
	}
	return key, nil
}

func parseSignature(text string) (solana.Signature, error) {
	signature, err := solanago.SignatureFromBase58(text)
	if err != nil {
		return solana.Signature{}, fmt.Errorf("signature %q: %w", text, err)
	}
	return signature, nil
}

func parseHash(text string) (solana.Hash, error) {
	hash, err := solanago.HashFromBase58(text)
	if err != nil {
		return solana.Hash{}, fmt.Errorf("blockhash %q: %w", text, err)
	}
	return hash, nil
}
