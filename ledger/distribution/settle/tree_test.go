package settle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/merkle"
)

// distributor puts an account on the chain that looks as a merkle distributor's, and
// returns its vault: an associated account of the mint.
func (m *market) distributor(number int, tree distribution.Tree) (vault solanago.PublicKey) {
	m.t.Helper()
	owner := walletAt(number)
	vault = m.Associated(owner)
	m.CreateTokenAccounts(owner)
	m.SetAccount(owner, svm.Account{Lamports: 10_000_000, Owner: walletAt(1000), Data: slices.Concat([]byte("discrimi"), tree.Root[:], m.Mint[:], vault[:])})
	return vault
}

func (b *bundle) trees(id string) (trees []distribution.Tree) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		trees, err = distribution.ReadTrees(ctx, tx, id)
		return err
	})
	return trees
}

func (b *bundle) proofs(whose Whose) (proofs []Proof, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) error {
		proofs, err = Proofs(ctx, tx, whose)
		return err
	})
	return proofs, err
}

func TestATreeIsSettledByItsFunding(t *testing.T) {
	m := open(t)
	m.wallets(0, 1, 1, 3)
	m.seal("s1", 100, 200, 300, 400)
	m.prepared(distribution.Request{Key: "k", Rail: distribution.RailMerkle})
	tree := m.trees("d1")[0]
	vault := m.distributor(50, tree).String()
	fund := func(f Funding) (Result, error) {
		return FromFunding(t.Context(), m.App, m.client, m.payer(), []Funding{f}, m.bundle.request("d1"))
	}
	if _, err := m.proofs(Whose{Payout: "d1-1"}); !errors.Is(err, ErrNotClaimable) {
		t.Errorf("before: %v", err)
	}
	little, other := m.pay("little", "50 999"), m.pay("other", "0 1000")
	for name, c := range map[string]struct {
		Funding
		want string
	}{
		"no such tree":   {Funding{"d1-t2", vault, little}, "d1-t2: d1 has no such tree"},
		"too little":     {Funding{"d1-t1", vault, little}, "put 999 base units into vault " + vault + ", not the 1000"},
		"elsewhere":      {Funding{"d1-t1", vault, other}, "put 0 base units into vault"},
		"no transaction": {Funding{"d1-t1", vault, signatureAt(9)}, "the chain knows no such transaction"},
		"no account":     {Funding{"d1-t1", address(70), little}, "is no token account"},
		"no distributor": {Funding{"d1-t1", m.Associated(walletAt(0)).String(), other}, "which is no distributor of the root"},
		"no address":     {Funding{"d1-t1", "vault", little}, `vault "vault": give the address`},
	} {
		if _, err := fund(c.Funding); !errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	enough := m.pay("enough", "50 1000")
	for range 2 {
		r, err := fund(Funding{"d1-t1", vault, enough})
		if m.must(r, err).Settled.Payouts+r.Already.Payouts != 4 {
			t.Errorf("%+v", r)
		}
	}
	m.wantStates("d1", "paid paid paid paid")
	if _, err := fund(Funding{"d1-t1", m.distributor(51, tree).String(), m.pay("twice", "51 1000")}); !errors.Is(err, distribution.ErrConflict) {
		t.Errorf("funded twice: %v", err)
	}
	for _, c := range []struct {
		whose   Whose
		amount  int64
		payouts string
	}{
		{Whose{Payout: "d1-1"}, 100, "d1-1"}, {Whose{Wallet: address(1)}, 500, "d1-2 d1-3"}, {Whose{Supplier: supplier(3)}, 400, "d1-4"},
	} {
		proofs, err := m.proofs(c.whose)
		if err != nil || len(proofs) != 1 {
			t.Fatalf("%+v: %v, %v", c.whose, proofs, err)
		}
		p := proofs[0]
		leaf := merkle.Leaf{Claimant: solanago.MustPublicKeyFromBase58(p.Claimant), Unlocked: uint64(c.amount)}
		if int64(p.Amount) != c.amount || strings.Join(p.Payouts, " ") != c.payouts || p.Vault != vault || p.Root != merkle.Hash(tree.Root) || !merkle.Verify(p.Root, leaf, p.Proof) {
			t.Errorf("%+v", p)
		}
	}
	if _, err := m.proofs(Whose{Wallet: address(9)}); !errors.Is(err, ErrNoPayout) {
		t.Errorf("a stranger: %v", err)
	}
	m.checkLedger()
	m.misfit("3 misfits", "not ours: it took 999") // and the 1000 to a wallet, and the second vault
}

// A vault serves one tree: equal payouts have equal roots.
func TestAVaultServesOneTree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wallets(0)
	for i, id := range []string{"d1", "d2"} {
		b.seal("s"+id, 100)
		b.prepared(distribution.Request{Key: id, Rail: distribution.RailMerkle})
		tree := b.trees(id)[0]
		table := "tree,amount,vault,signature\n" + tree.ID + ",100," + address(60) + "," + signatureAt(1) + "\n"
		fundings, err := ReadFundings(strings.NewReader(table), b.trees(id))
		if err != nil {
			t.Fatal(err)
		}
		_, err = FromFunding(t.Context(), b.App, nil, Payer{}, fundings, b.request(id))
		if i == 0 && err != nil || i == 1 && (!errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), "serves another tree")) {
			t.Errorf("%s: %v", id, err)
		}
	}
	b.wantStates("d1", "paid")
	b.wantStates("d2", "waiting")
	b.checkLedger()
}

func TestFundingsAreReadByTheirLines(t *testing.T) {
	t.Parallel()
	trees := []distribution.Tree{{ID: "d1-t1", Total: 100}}
	for table, want := range map[string]string{
		"": "begin it with tree,amount,vault,signature",
		"tree,amount,vault,signature\nd1-t2,100,v,s":                                                "line 2: tree \"d1-t2\"",
		"tree,amount,vault,signature\nd1-t1,99," + address(1) + "," + signatureAt(1):                "line 2: amount \"99\": the tree needs 100",
		"tree,amount,vault,signature\nd1-t1,100,x," + signatureAt(1):                                "line 2: vault \"x\"",
		"tree,amount,vault,signature\nd1-t1,100," + address(1) + ",x":                               "line 2: signature \"x\"",
		"tree,amount,vault,signature\nd1-t1,100," + address(1) + "," + signatureAt(1) + ",too many": "wrong number of fields",
	} {
		if _, err := ReadFundings(strings.NewReader(table), trees); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", table, err, want)
		}
	}
}
