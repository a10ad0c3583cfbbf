package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

// A distribution that is paid with a key file, and one whose transactions are signed
// elsewhere, by command lines alone. Each step stands on those before it.
func TestSubmit(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	runtime := svm.Start(t)
	key := svm.KeyFile(t, runtime.Treasury)
	t.Setenv("UPTALLY_SOLANA_RPC", runtime.URL)
	as := func(actor string, args ...string) result {
		r := uptally(t, append([]string{"--data", data, "--actor", actor, "--yes"}, args...)...)
		if text := r.out + r.talk; strings.Contains(text, runtime.URL) || strings.Contains(text, solanago.PrivateKey(runtime.Treasury).String()) {
			t.Error("the URL of the node, or the key, was shown")
		}
		return r
	}
	as("ada", "ledger", "balance").must(t, 0)
	prepare := func(id string, flags ...string) {
		t.Helper()
		as("ada", append([]string{"distribution", "prepare", "--rail", "transactions", "--mint", runtime.Mint.String(),
			"--treasury", runtime.TreasuryKey().String(), "--rpc-rate", "1000"}, flags...)...).must(t, 0)
		as("ada", "distribution", "submit", id, "--key", key).must(t, exitConflict) // not approved
		as("grace", "distribution", "approve", id).must(t, 0)
	}

	earn(t, server, "spring", 100, 250)
	prepare("d1")
	_, _, frozen := payee(2)
	runtime.CreateTokenAccounts(solanago.MustPublicKeyFromBase58(frozen))
	runtime.Freeze(solanago.MustPublicKeyFromBase58(frozen))
	as("ada", "distribution", "submit", "d1").must(t, exitUsage)
	as("ada", "distribution", "submit", "d1", "--key", key+".not").must(t, exitUsage)
	as("ada", "distribution", "submit", "d1", "--key", key, "--price", "2000000").must(t, exitUsage)
	as("ada", "distribution", "submit", "d1", "--key", key, "--in-flight", "0").must(t, exitUsage)
	as("ada", "distribution", "submit", "d9", "--key", key).must(t, exitNotFound)
	as("ada", "distribution", "hand-out", "d1", "--out", filepath.Join(t.TempDir(), "x")).must(t, exitConflict)

	dry := as("ada", "distribution", "submit", "d1", "--dry-run", "--rpc-rate", "1000").must(t, 0).out
	for _, want := range []string{"d1: 0.00000350 IO to 2 payees in 1 transactions", "nothing was signed, sent or written", "waiting", "d1-2", "Custom 17"} {
		if !strings.Contains(dry, want) {
			t.Errorf("%q is not in\n%s", want, dry)
		}
	}
	t.Setenv("UPTALLY_TREASURY_KEY", key)
	paid := decode[submittedView](t, as("ada", "distribution", "submit", "d1", "--price", "1000", "--rpc-rate", "1000", "--json").must(t, 0))
	if paid.Payouts[distribution.Landed] != 1 || len(paid.Refused) != 1 || paid.Refused[0].Payout != "d1-2" || paid.Plan.Total != 350 || paid.Plan.Price != 1000 {
		t.Errorf("%+v", paid)
	}
	if shown := as("ada", "distribution", "submit", "d1", "--rpc-rate", "1000").must(t, 0).out; !strings.Contains(shown, "Signed 0") || !strings.Contains(shown, "aside") {
		t.Errorf("again:\n%s", shown)
	}

	earn(t, server, "summer", 7)
	prepare("d2", "--nonce", runtime.NewNonce(runtime.TreasuryKey()).String())
	file := filepath.Join(t.TempDir(), "out.ndjson")
	as("ada", "distribution", "hand-out", "d2", "--out", file, "--dry-run").must(t, exitUsage)
	out := decode[[]submit.HandedOut](t, as("ada", "distribution", "hand-out", "d2", "--out", file, "--rpc-rate", "1000", "--json").must(t, 0))
	text, err := os.ReadFile(file)
	if err != nil || len(out) != 1 || out[0].Total != 7 {
		t.Fatalf("%s, %v, %+v", text, err, out)
	}
	as("ada", "distribution", "take-back", "d2", file).must(t, exitUsage) // nobody has signed it
	message := out[0].Transaction[1+64*int(out[0].Transaction[0]):]
	out[0].Transaction = runtime.SignElsewhere(message, runtime.Treasury)
	signed, err := json.Marshal(out[0])
	if err == nil {
		err = os.WriteFile(file, signed, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	back := decode[submittedView](t, as("ada", "distribution", "take-back", "d2", file, "--rpc-rate", "1000", "--json").must(t, 0))
	if back.Landed != 1 || back.Payouts[distribution.Landed] != 1 {
		t.Errorf("%+v", back)
	}
	as("ada", "distribution", "take-back", "d2", file).must(t, exitUsage) // it has landed

	_, _, first := payee(1)
	if got := runtime.TokenBalance(solanago.MustPublicKeyFromBase58(first)); got != 107 {
		t.Errorf("payee 1 has %d", got)
	}
	if got := runtime.TokenBalance(solanago.MustPublicKeyFromBase58(frozen)); got != 0 {
		t.Errorf("payee 2 has %d", got)
	}
}
