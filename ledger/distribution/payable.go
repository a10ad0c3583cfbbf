package distribution

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"

	solanago "github.com/gagliardetto/solana-go"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/merkle"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// The payable files, of which a distribution has one kind.
const (
	TransactionsFile = "transactions.ndjson"
	SolanaTokensFile = "solana-tokens.csv"
)

// TreeFile is the name of a merkle tree's file, from 1.
func TreeFile(number int) string { return "tree-" + strconv.Itoa(number) + ".json" }

// tree is the payouts of one merkle tree.
type tree struct {
	number  int
	payouts []int // their numbers
	tree    *merkle.Tree
	total   ledger.Amount
}

// payable builds what the rail's tool reads: exactly one kind of file, so that
// nothing can be paid over two rails.
func (r *run) payable() ([]contents, error) {
	switch r.Rail {
	case RailTransactions:
		return r.transactions()
	case RailSolanaTokens:
		return r.solanaTokens()
	case RailMerkle:
		return r.trees()
	}
	return nil, fmt.Errorf("%w: rail %q: use one of %v", ErrInvalid, r.Rail, Rails)
}

// transactions packs the payouts into transactions that lack only a blockhash, a
// price and signatures. A wallet's token account is created unless it was seen.
func (r *run) transactions() ([]contents, error) {
	transfers := make([]solana.Transfer, len(r.payouts))
	for i, p := range r.payouts {
		key, err := keyOf(p.Wallet)
		if err != nil {
			return nil, err
		}
		transfers[i] = solana.Transfer{
			Payout: payoutID(r.id, p.Number), Wallet: key, Amount: uint64(p.Amount), Create: !r.Chain.Present[p.Wallet],
		}
	}
	var err error
	r.batches, err = solana.Pack(*r.Source, func(n int) string { return batchID(r.id, n) }, r.Nonces, transfers)
	if err != nil {
		return nil, err
	}
	text, err := solana.EncodeNDJSON(*r.Source, r.batches)
	if err != nil {
		return nil, err
	}
	return []contents{fileOf(TransactionsFile, len(r.batches), text)}, tooLong(TransactionsFile, len(text))
}

func batchID(distribution string, number int) string {
	return distribution + "-b" + strconv.Itoa(number)
}

// solanaTokens is a row a wallet: the tool's log tells payees apart by nothing else.
func (r *run) solanaTokens() ([]contents, error) {
	t := newTable("recipient", "amount")
	for _, w := range perWallet(r.payouts) {
		t.row(string(w.wallet), w.amount.String())
	}
	file, err := t.file(SolanaTokensFile)
	return []contents{file}, err
}

// walletPayouts is what one wallet gets by the payouts of one or, rarely, several
// suppliers.
type walletPayouts struct {
	wallet  wallet.Wallet
	key     solana.Key
	amount  ledger.Amount
	payouts []int
}

// perWallet adds up the payouts of each wallet, in the order of the first of each.
func perWallet(payouts []Payout) []walletPayouts {
	place := make(map[wallet.Wallet]int, len(payouts))
	all := make([]walletPayouts, 0, len(payouts))
	for _, p := range payouts {
		i, found := place[p.Wallet]
		if !found {
			i = len(all)
			place[p.Wallet], all = i, append(all, walletPayouts{wallet: p.Wallet})
		}
		all[i].amount += p.Amount // within the distribution's total
		all[i].payouts = append(all[i].payouts, p.Number)
	}
	return all
}

// trees divides the wallets, in the order of their bytes, among trees of as many as
// a distributor takes. A wallet stands in one tree, and so does each payout.
func (r *run) trees() ([]contents, error) {
	wallets := perWallet(r.payouts)
	for i := range wallets {
		var err error
		if wallets[i].key, err = keyOf(wallets[i].wallet); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(wallets, func(a, b walletPayouts) int { return bytes.Compare(a.key[:], b.key[:]) })
	if len(wallets) > treesMax*merkle.NodesMax {
		return nil, fmt.Errorf("%w: %d wallets: raise the minimum to pay fewer at once", ErrInvalid, len(wallets))
	}
	var files []contents
	for chunk := range slices.Chunk(wallets, merkle.NodesMax) {
		t, err := newTree(len(r.grown)+1, chunk)
		if err != nil {
			return nil, err
		}
		r.grown = append(r.grown, t)
		files = append(files, fileOf(TreeFile(t.number), len(chunk), t.tree.Append(nil, TreeVersion(r.number, t.number))))
	}
	return files, nil
}

// treesMax bounds the trees of one distribution: 12 million wallets.
const treesMax = 1000

// TreeVersion is the number that tells the distributors of one mint apart on the
// chain: no two trees of ours have the same.
func TreeVersion(distribution int64, tree int) uint64 {
	return uint64(distribution)*treesMax + uint64(tree)
}

func keyOf(w wallet.Wallet) (solana.Key, error) {
	key, err := solanago.PublicKeyFromBase58(string(w))
	if err != nil {
		return key, fmt.Errorf("wallet %s: %w", w, err)
	}
	return key, nil
}

func newTree(number int, wallets []walletPayouts) (tree, error) {
	t := tree{number: number}
	leaves := make([]merkle.Leaf, len(wallets))
	for i, w := range wallets {
		leaves[i] = merkle.Leaf{Claimant: w.key, Unlocked: uint64(w.amount)}
		t.payouts = append(t.payouts, w.payouts...)
		t.total += w.amount // within the distribution's total
	}
	slices.SortFunc(t.payouts, cmp.Compare)
	var err error
	t.tree, err = merkle.New(leaves)
	return t, err
}
