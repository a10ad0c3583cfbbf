package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/internal/svm"
)

const (
	walletSupplier = "9d2a0000-0000-4000-8000-000000000001"
	walletVault    = "GThUX1Atko4tqhN2NaiTazWSeFWMuiUvfFnyJyUghFMJ"
)

// walletKey returns a key of the tests, and its address.
func walletKey(name string) (ed25519.PrivateKey, string) {
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	return key, base58.Encode(key.Public().(ed25519.PublicKey))
}

// A supplier's wallet from its challenge to its freeze, by command lines alone.
func TestWalletsByCommandLine(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	chain := svm.Start(t)
	t.Setenv("UPTALLY_SOLANA_RPC", chain.URL+"/?token=secret")
	as := func(actor string, args ...string) result {
		r := uptally(t, append([]string{"--data", data, "--actor", actor, "wallet"}, args...)...)
		if strings.Contains(r.out+r.talk, "secret") || strings.Contains(r.out+r.talk, chain.URL) {
			t.Errorf("%q tells the node's URL:\n%s%s", args, r.out, r.talk)
		}
		return r
	}
	states := func() (states []string) {
		for _, v := range decode[[]walletView](t, as("ada", "list", "--json").must(t, 0)) {
			states = append(states, v.State)
		}
		return states
	}
	key, address := walletKey("first")
	challenge := func(address string) challengeView {
		t.Helper()
		return decode[challengeView](t, as("ada", "challenge", walletSupplier, address, "--domain", "rewards.example.org", "--json").must(t, 0))
	}

	people := as("ada", "challenge", walletSupplier, address).must(t, 0)
	if !strings.HasPrefix(people.out, "uptally wallet proof 1: I hold wallet "+address) || strings.Count(people.out, "\n") != 1 ||
		!strings.Contains(people.out, "Domain: uptally.") || !strings.Contains(people.talk, "uptally wallet prove c1 ") {
		t.Errorf("a challenge for people:\n%s%s", people.out, people.talk)
	}
	c := challenge(address)
	if c.ID != "c2" || !strings.Contains(c.Text, "Domain: rewards.example.org.") || c.ExpiresAt.Sub(c.IssuedAt).String() != "30m0s" {
		t.Errorf("got %+v", c)
	}
	signed := ed25519.Sign(key, []byte(c.Text))
	signature := base58.Encode(signed)
	as("ada", "prove", "c99", signature).must(t, exitNotFound)
	as("ada", "prove", "c1", signature).must(t, exitNotAllowed)
	as("ada", "prove", c.ID, signature[:60]).must(t, exitUsage)
	as("ada", "prove", c.ID, signature, "--hold", "2161h").must(t, exitUsage)
	as("ada", "prove", c.ID, signature, "--dry-run").must(t, 0)
	if got := states(); len(got) != 0 {
		t.Errorf("a dry run left %v", got)
	}
	proved := decode[[]walletView](t, as("ada", "prove", c.ID, base64.StdEncoding.EncodeToString(signed), "--json").must(t, 0))
	if v := proved[0]; len(proved) != 1 || v.State != "pending" || v.Wallet != address || v.How != "challenge" || v.ActiveFrom.Sub(v.RecordedAt).String() != "72h0m0s" {
		t.Errorf("got %+v", proved)
	}
	as("ada", "prove", c.ID, signature).must(t, exitConflict)

	// The chain knows what no list does.
	_, stake := walletKey("stake")
	chain.SetAccount(solanago.MustPublicKeyFromBase58(stake), svm.Account{Lamports: 1_000_000_000, Owner: solanago.StakeProgramID, Data: make([]byte, 200)})
	second, _ := walletKey("stake")
	d := challenge(stake)
	refused := as("ada", "prove", d.ID, base58.Encode(ed25519.Sign(second, []byte(d.Text)))).must(t, exitGuard)
	if !strings.Contains(refused.talk, "an account of the program Stake111") {
		t.Errorf("got %s", refused.talk)
	}

	as("ada", "freeze", walletSupplier, "--reason", "taken over").must(t, 0)
	as("ada", "release", walletSupplier, "--approve").must(t, exitNotFound)
	as("ada", "release", walletSupplier, "--reason", "the holder called").must(t, 0)
	as("ada", "release", walletSupplier, "--approve").must(t, exitNotAllowed)
	if got := states(); !slices.Equal(got, []string{"frozen"}) {
		t.Errorf("frozen: %v", got)
	}
	as("grace", "release", walletSupplier, "--approve").must(t, 0)
	as("grace", "release", walletSupplier, "--approve").must(t, exitNotFound)
	as("grace", "release", walletSupplier, "--reason", "again").must(t, exitNotFound)

	as("ada", "allow", walletSupplier, address, "--reason", "ours").must(t, exitUsage)
	as("ada", "allow", walletSupplier, walletVault, "--reason", "our multisig").must(t, 0)
	as("ada", "allow", walletSupplier, walletVault, "--approve", "--hold", "0s").must(t, exitNotAllowed)
	as("grace", "allow", walletSupplier, walletVault, "--approve", "--hold", "0s").must(t, 0)
	if got := states(); !slices.Equal(got, []string{"active"}) { // it took the place of what waited
		t.Errorf("allowed: %v", got)
	}
	var events []string
	for _, e := range decode[[]walletEventView](t, as("ada", "history", walletSupplier, "--json").must(t, 0)) {
		events = append(events, e.Event+" "+e.Person)
	}
	if want := []string{"proved ada", "pending ada", "frozen ada", "release_asked ada", "released grace", "allow_asked ada", "allowed grace", "activated grace"}; !slices.Equal(events, want) {
		t.Errorf("got %q\nwant %q", events, want)
	}
	if text := as("ada", "history", walletSupplier).must(t, 0).out; !strings.Contains(text, "taken over") || strings.Count(text, "\n") != 10 {
		t.Errorf("history for people:\n%s", text)
	}
}
