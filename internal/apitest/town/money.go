package town

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// pay pays both parties by a merkle tree that is funded.
func (w *Town) pay() {
	w.prove(w.Owner.ID, w.Stranger.ID)
	w.Owner.Wallet, w.Stranger.Wallet = w.world.Wallet(w.Owner.ID), w.world.Wallet(w.Stranger.ID)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		d, err := distribution.Prepare(ctx, tx, distribution.Request{Key: "all", Actor: w.persons[Ann], Reason: "pay the fennel", Rail: distribution.RailMerkle})
		if err == nil {
			_, err = distribution.Approve(ctx, tx, d.ID, w.persons[Bob])
		}
		return err
	})
	w.fund()
	for _, p := range []*Party{w.Owner, w.Stranger} {
		p.Payout = w.payoutOf(p.ID)
	}
}

// prove makes the suppliers' wallets theirs, at once.
func (w *Town) prove(suppliers ...uuid.UUID) {
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		at, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		var table strings.Builder
		table.WriteString("supplier_id,wallet,text,signature\n")
		for _, supplier := range suppliers {
			text := wallet.Text{Domain: "uptally", Supplier: supplier, Wallet: wallet.Wallet(w.world.Wallet(supplier)),
				Nonce: wallet.Nonce(supplier), Issued: at.Truncate(time.Second), Expires: at.Truncate(time.Second).Add(time.Hour)}
			fmt.Fprintf(&table, "%s,%s,%s,%s\n", supplier, text.Wallet, text, base58.Encode(ed25519.Sign(w.world.WalletKey(supplier), []byte(text.String()))))
		}
		_, err = wallet.Import(ctx, tx, strings.NewReader(table.String()), "uptally", wallet.Proof{Now: at, Actor: w.persons[Ann]})
		return err
	})
}

// fund funds the tree of the first distribution, which pays its payouts.
func (w *Town) fund() {
	var trees []distribution.Tree
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		trees, err = distribution.ReadTrees(ctx, tx, "d1")
		return err
	})
	vault := solanago.PublicKeyFromBytes(w.world.WalletKey(uuid.NewSHA1(w.Third, []byte("vault"))).Public().(ed25519.PublicKey)).String()
	signature := solanago.SignatureFromBytes(ed25519.Sign(w.world.WalletKey(w.Third), []byte("funding"))).String()
	table := fmt.Sprintf("tree,amount,vault,signature\n%s,%d,%s,%s\n", trees[0].ID, trees[0].Total, vault, signature)
	fundings, err := settle.ReadFundings(strings.NewReader(table), trees)
	w.check(err)
	_, err = settle.FromFunding(w.t.Context(), w.DB.App, nil, settle.Payer{}, fundings,
		settle.Request{Distribution: "d1", Actor: w.persons[Ann], Reason: "funded"})
	w.check(err)
}

// prepareSecond prepares what the third supplier earned, and leaves it unapproved.
func (w *Town) prepareSecond() {
	w.prove(w.Third)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.Prepare(ctx, tx, distribution.Request{Key: "second", Actor: w.persons[Ann], Reason: "pay the rest", Rail: distribution.RailSolanaTokens})
		return err
	})
}
