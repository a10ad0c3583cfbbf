package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/merkle"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// payee is a supplier with a wallet.
func payee(i int) (supplier uuid.UUID, key ed25519.PrivateKey, address string) {
	seed := sha256.Sum256(fmt.Appendf(nil, "payee %d", i))
	key = ed25519.NewKeyFromSeed(seed[:])
	return uuid.UUID{15: byte(i)}, key, solanago.PublicKeyFromBytes(key.Public().(ed25519.PublicKey)).String()
}

func paymentSignature(i int) string {
	_, key, _ := payee(i)
	return solanago.SignatureFromBytes(ed25519.Sign(key, []byte("payment"))).String()
}

// earn gives the payees 1, 2, … amounts in a season, and each a wallet.
func earn(t *testing.T, server *embedpg.Server, season string, amounts ...ledger.Amount) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.URL("uptally_app"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	if err := pgx.BeginFunc(t.Context(), connection, func(tx pgx.Tx) error { return earnIn(t.Context(), tx, season, amounts) }); err != nil {
		t.Fatal(err)
	}
}

func earnIn(ctx context.Context, tx pgx.Tx, season string, amounts []ledger.Amount) error {
	person, err := persons.Ensure(ctx, tx, "ada")
	if err != nil {
		return err
	}
	now, err := wallet.Now(ctx, tx)
	if err != nil {
		return err
	}
	entry := ledger.Entry{Act: ledger.ActSeal, Key: season, Actor: person, Reason: "sealed", Season: season, Revision: 1, SubjectDigest: ledger.Digest{1}}
	var pool ledger.Amount
	for i, amount := range amounts {
		supplier, key, address := payee(i + 1)
		terms := wallet.Terms{Domain: "test", Expires: time.Minute, Now: now, Actor: person}
		rand.Read(terms.Nonce[:])
		challenge, err := wallet.Issue(ctx, tx, supplier, address, terms)
		if err != nil {
			return err
		}
		signature := base58.Encode(ed25519.Sign(key, []byte(challenge.String())))
		if _, err := wallet.Prove(ctx, tx, challenge.ID, signature, wallet.Proof{Now: now, Actor: person}); err != nil {
			return err
		}
		entry.Transfers = append(entry.Transfers, ledger.Transfer{Debit: ledger.SeasonPool(season), Credit: ledger.SupplierEarned(supplier), Amount: amount})
		pool += amount
	}
	if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season), pool, person, "the pool", "fund "+season); err != nil {
		return err
	}
	_, err = ledger.Post(ctx, tx, entry)
	return err
}

// A distribution over each rail that others pay, by command lines alone. Each step
// stands on those before it.
func TestSettle(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	as("ada", "ledger", "balance").must(t, 0)
	earn(t, server, "spring", 100, 250)
	prepare := func(id string, flags ...string) {
		t.Helper()
		as("ada", append([]string{"distribution", "prepare"}, flags...)...).must(t, 0)
		as("grace", "distribution", "approve", id).must(t, 0)
		as("ada", "distribution", "export", id, "--out", filepath.Join(t.TempDir(), id)).must(t, 0)
	}
	step := func(name string, f func(*testing.T)) {
		t.Helper()
		if !t.Run(name, f) {
			t.FailNow()
		}
	}
	_, _, first := payee(1)
	_, _, second := payee(2)
	file := filepath.Join(t.TempDir(), "log.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	step("a log of solana-tokens", func(t *testing.T) {
		prepare("d1")
		write("recipient,amount,finalized_date,signature\n" + first + ",100,2024-07-30T12:00:00Z," + paymentSignature(1) + "\n" + second + ",251,," + paymentSignature(2) + "\n")
		refused := as("ada", "distribution", "settle", "d1", "--receipts", file).must(t, exitGuard)
		if !strings.Contains(refused.talk, "line 3: amount 251: 250 base units are due to "+second) {
			t.Errorf("refused with %q", refused.talk)
		}
		write("recipient,amount,finalized_date,signature\n" + first + ",100,2024-07-30T12:00:00Z," + paymentSignature(1) + "\n" + second + ",250,," + paymentSignature(2) + "\n")
		dry := as("ada", "distribution", "settle", "d1", "--receipts", file, "--dry-run").must(t, 0)
		if !strings.Contains(dry.out, "settled") || !strings.Contains(dry.out, "0.00000100 IO") || !strings.Contains(dry.talk, "nothing was written") {
			t.Errorf("dry run:\n%s%s", dry.out, dry.talk)
		}
		for i, settled := range []int{1, 0} {
			r := decode[resultView](t, as("ada", "distribution", "settle", "d1", "--receipts", file, "--json").must(t, 0))
			if r.Settled.Payouts != settled || r.Already.Payouts != i || r.Unknown.Payouts != 1 || r.Unknown.Total != 250 {
				t.Errorf("%+v", r)
			}
		}
		as("ada", "distribution", "settle", "d1", "--receipts", file, "--format", "uptally").must(t, exitUsage)
	})

	step("a tree is claimable once it is funded", func(t *testing.T) {
		earn(t, server, "summer", 7, 8)
		prepare("d2", "--rail", "merkle")
		if early := as("ada", "distribution", "proof", "d2-1").must(t, exitConflict); !strings.Contains(early.talk, "not claimable yet") {
			t.Errorf("refused with %q", early.talk)
		}
		as("ada", "distribution", "proof", "d1-1").must(t, exitNotFound)
		as("ada", "distribution", "settle", "d2", "--receipts", file).must(t, exitConflict)
		write("tree,amount,vault,signature\nd2-t1,15," + first + "," + paymentSignature(3) + "\n")
		as("ada", "distribution", "settle", "d2", "--receipts", file, "--format", "trees").must(t, 0)
		proofs := decode[[]proofView](t, as("ada", "distribution", "proof", "--wallet", second, "--json").must(t, 0))
		if len(proofs) != 1 || proofs[0].Amount != 8 || len(proofs[0].Proof) != 1 || len(proofs[0].ProofBytes[0]) != 32 || proofs[0].Vault != first {
			t.Fatalf("proofs are %+v", proofs)
		}
		root, hash := merkle.Hash{}, merkle.Hash{}
		hex.Decode(root[:], []byte(proofs[0].Root))
		hex.Decode(hash[:], []byte(proofs[0].Proof[0]))
		if !merkle.Verify(root, merkle.Leaf{Claimant: solanago.MustPublicKeyFromBase58(second), Unlocked: 8}, []merkle.Hash{hash}) {
			t.Errorf("it proves nothing: %+v", proofs[0])
		}
		if page := as("ada", "distribution", "proof", "d2-2").must(t, 0).out; !strings.Contains(page, second+" claims 0.00000008 IO") {
			t.Errorf("page:\n%s", page)
		}
	})

	step("the statement", func(t *testing.T) {
		v := decode[chainView](t, as("ada", "reconcile", "chain", "--json").must(t, 0))
		if !v.Fits || v.Chain != nil || len(v.Runs) != 3 || v.Runs[0].Earned != 350 || v.Runs[0].Paid != 100 || v.Runs[1].Opening != 250 || v.Runs[1].Paid != 15 || v.Owed != 250 {
			t.Errorf("%+v", v)
		}
		page := as("ada", "reconcile", "chain").must(t, 0).out
		for _, want := range []string{"opening + earned - reversed - paid = closing", "d1", "d2", "since", paymentSignature(1), "The chain was not asked", "Everything fits."} {
			if !strings.Contains(page, want) {
				t.Errorf("%q is not in\n%s", want, page)
			}
		}
		supplier, _, _ := payee(2)
		want := "supplier_id,distribution,opening,opening_side,earned,reversed,paid,closing,closing_side,payout_id,payout_amount,state,evidence,signature\n" +
			supplier.String() + ",d1,0,credit,250,0,0,250,credit,d1-2,250,waiting,,\n" +
			supplier.String() + ",d2,250,credit,8,0,8,250,credit,d2-2,8,paid,file," + paymentSignature(3) + "\n"
		if table := as("ada", "reconcile", "chain", "--csv", "--supplier", supplier.String()).must(t, 0).out; table != want {
			t.Errorf("got\n%s", table)
		}
		one := decode[chainView](t, as("ada", "reconcile", "chain", "--json", "--supplier", supplier.String()).must(t, 0))
		if len(one.Lines) != 2 || one.Owed != 250 || *one.Supplier != supplier {
			t.Errorf("%+v", one)
		}
	})

	step("the chain knows nothing of it", func(t *testing.T) {
		runtime := svm.Start(t)
		t.Setenv("UPTALLY_SOLANA_RPC", runtime.URL)
		as("ada", "reconcile", "chain").must(t, exitUsage) // nobody said what pays
		flags := []string{"--mint", runtime.Mint.String(), "--treasury", runtime.TreasuryKey().String()}
		r := as("ada", append([]string{"reconcile", "chain"}, flags...)...).must(t, exitGuard)
		for _, want := range []string{"MISFIT d1 " + paymentSignature(1) + ": the chain knows no such transaction", "The chain confirms 0.00000000 IO of 0.00000115 IO paid"} {
			if !strings.Contains(r.out, want) {
				t.Errorf("%q is not in\n%s", want, r.out)
			}
		}
		if strings.Contains(r.out+r.talk, runtime.URL) {
			t.Error("the URL of the node was shown")
		}
		write("recipient,amount,finalized_date,signature\n" + second + ",250,2024-07-30T12:00:00Z," + paymentSignature(2) + "\n")
		refused := as("ada", append([]string{"distribution", "settle", "d1", "--receipts", file}, flags...)...).must(t, exitGuard)
		if !strings.Contains(refused.talk, "line 2: signature "+paymentSignature(2)) {
			t.Errorf("refused with %q", refused.talk)
		}
		as("ada", "distribution", "settle", "d1").must(t, exitConflict)
	})
}
