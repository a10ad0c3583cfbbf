package solana

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/programs/token"

	"github.com/uptally/uptally/internal/svm"
)

func TestCheckSourceOnTheChain(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	good, multisig := w.source(), w.multisig("a")
	w.CreateTokenAccounts(addressOf("owner"), addressOf("frozen"))
	w.Freeze(addressOf("frozen"))
	account, err := w.client.CheckSource(t.Context(), good)
	if err != nil || account.Amount != w.TokenBalance(w.TreasuryKey()) || account.Frozen {
		t.Errorf("account %+v, %v", account, err)
	}
	if _, err := w.client.CheckSource(t.Context(), multisig); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		name   string
		src    Source
		change func(*Source)
		says   string
	}{
		{"no key", good, func(s *Source) { s.Owner = Key{} }, "owner: missing"},
		{"no mint", good, func(s *Source) { s.Mint = addressOf("nobody") }, "mint: " + addressOf("nobody").String()},
		{"a wallet as mint", good, func(s *Source) { s.Mint = addressOf("payer") }, "mint: "},
		{"other decimals", good, func(s *Source) { s.Decimals = 9 }, "decimals: 9, but the mint has 8"},
		{"no account", good, func(s *Source) { s.Account = addressOf("nobody") }, "account: "},
		{"a multisig as account", multisig, func(s *Source) { s.Account = s.Owner; s.Owner = addressOf("x") }, "account: "},
		{"another owner", good, func(s *Source) { s.Owner = addressOf("owner") }, "owner: " + addressOf("owner").String() + ", but " + good.Owner.String()},
		{"frozen", good, func(s *Source) {
			s.Owner, s.Account = addressOf("frozen"), w.Associated(addressOf("frozen"))
		}, "is frozen"},
		{"signers of a key", good, func(s *Source) { s.Signers = []Key{addressOf("a")} }, "is no multisig account"},
		{"too few signers", multisig, func(s *Source) { s.Signers = s.Signers[:1] }, "signers: 1, but the multisig"},
		{"a stranger signs", multisig, func(s *Source) { s.Signers = []Key{addressOf("a"), addressOf("x")} }, "signers[1]: " + addressOf("x").String()},
	} {
		src := test.src
		test.change(&src)
		if _, err := w.client.CheckSource(t.Context(), src); !errors.Is(err, ErrSource) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want ErrSource with %q", test.name, err, test.says)
		}
	}
}

func TestAccountsInTheirOrder(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	w.CreateTokenAccountsWith(7, addressOf("frozen"))
	w.Freeze(addressOf("frozen"))
	keys := slices.Repeat([]Key{addressOf("nobody")}, 250) // three calls
	keys[0], keys[120], keys[249] = w.TreasuryAccount, addressOf("payer"), w.Associated(addressOf("frozen"))
	accounts, err := w.client.Accounts(t.Context(), keys)
	if err != nil || len(accounts) != 250 {
		t.Fatalf("%d accounts, %v", len(accounts), err)
	}
	for i, a := range accounts {
		if present := i == 0 || i == 120 || i == 249; (a != nil) != present {
			t.Errorf("account %d is %v", i, a)
		}
	}
	if wallet := accounts[120]; wallet.Owner != solanago.SystemProgramID || wallet.Lamports != 1e12 || len(wallet.Data) != 0 || wallet.Executable {
		t.Errorf("wallet %+v", wallet)
	}
	programs, err := w.client.Accounts(t.Context(), []Key{solanago.TokenProgramID})
	if err != nil || !programs[0].Executable {
		t.Errorf("the token program: %v", err)
	}
	if _, err := w.client.TokenAccounts(t.Context(), keys); !errors.Is(err, ErrNotTokenAccount) || !strings.Contains(err.Error(), addressOf("payer").String()) {
		t.Errorf("error %v, want ErrNotTokenAccount of the wallet", err)
	}
	tokens, err := w.client.TokenAccounts(t.Context(), []Key{keys[249], keys[1]})
	if err != nil || *tokens[0] != (TokenAccount{w.Mint, addressOf("frozen"), 7, true}) || tokens[1] != nil {
		t.Errorf("token accounts %+v, %v", tokens, err)
	}
}

func TestWhatIsNoTokenAccount(t *testing.T) {
	t.Parallel()
	good := func() *Account {
		data := make([]byte, TokenAccountSize)
		data[108] = 1
		return &Account{Owner: solanago.TokenProgramID, Data: data}
	}
	if _, err := ParseTokenAccount(good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Account){
		"of another program":  func(a *Account) { a.Owner = solanago.Token2022ProgramID },
		"too short":           func(a *Account) { a.Data = a.Data[:164] },
		"with extensions":     func(a *Account) { a.Data = append(a.Data, 1) },
		"uninitialised":       func(a *Account) { a.Data[108] = 0 },
		"in an unknown state": func(a *Account) { a.Data[108] = 3 },
	} {
		account := good()
		change(account)
		if _, err := ParseTokenAccount(account); !errors.Is(err, ErrNotTokenAccount) {
			t.Errorf("%s: error %v, want ErrNotTokenAccount", name, err)
		}
	}
	if _, err := ParseTokenAccount(nil); !errors.Is(err, ErrNotTokenAccount) {
		t.Errorf("absent: error %v, want ErrNotTokenAccount", err)
	}
}

func TestWhatIsNoNonce(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	old := make([]byte, nonceSize) // version 0
	binary.LittleEndian.PutUint32(old[4:], 1)
	blank := make([]byte, nonceSize) // not initialised
	binary.LittleEndian.PutUint32(blank, 1)
	w.SetAccount(addressOf("old"), svm.Account{Lamports: 1e9, Owner: solanago.SystemProgramID, Data: old})
	w.SetAccount(addressOf("blank"), svm.Account{Lamports: 1e9, Owner: solanago.SystemProgramID, Data: blank})
	for name, account := range map[string]Key{
		"nobody": addressOf("nobody"), "a wallet": addressOf("payer"), "a token account": w.TreasuryAccount, "an old one": addressOf("old"), "a blank one": addressOf("blank"),
	} {
		if _, _, err := w.client.Nonce(t.Context(), account); !errors.Is(err, ErrNonce) || !strings.Contains(err.Error(), account.String()) {
			t.Errorf("%s: error %v, want ErrNonce", name, err)
		}
	}
}

func TestRentIsAskedFor(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	before, err := w.client.Rent(t.Context(), TokenAccountSize)
	if err != nil || before == 0 {
		t.Fatalf("rent %d, %v", before, err)
	}
	w.SetRent(2 * 5080)
	if after, err := w.client.Rent(t.Context(), TokenAccountSize); err != nil || after != 2*before {
		t.Errorf("rent %d, %v, want twice %d", after, err, before)
	}
}

func TestTheRecentPriceIsAHighOne(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	w.AdvanceHeight(150)
	for _, test := range []struct {
		prices []uint64
		want   uint64
	}{
		{[]uint64{0}, 0},
		{[]uint64{5}, 5},
		{[]uint64{0, 0, 0, 5}, 5},
		{[]uint64{10, 1, 9, 2, 8, 3, 7, 4, 6, 5}, 9},
		{[]uint64{0, 10, 1, 9, 2, 8, 3, 7, 4, 6, 5, 0, 0, 0, 0}, 9},
	} {
		w.SetPrices(test.prices...)
		if got, err := w.client.RecentPrice(t.Context(), slices.Repeat([]Key{w.TreasuryAccount}, 200)); err != nil || got != test.want {
			t.Errorf("prices %v: %d, %v, want %d", test.prices, got, err, test.want)
		}
	}
	if _, err := w.client.RecentPrice(t.Context(), nil); err != nil {
		t.Errorf("of no accounts: %v", err)
	}
}

// TestWhatOthersSentIsDecoded lands what our batches never are: a plain Transfer, two
// memos, a version 0 message, nothing at all.
func TestWhatOthersSentIsDecoded(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	payee := w.transfers(1, false)[0].Wallet
	to := w.Associated(payee)
	plain := token.NewTransferInstruction(70, w.TreasuryAccount, to, w.TreasuryKey(), nil).Build()
	memo := func(text string) solanago.Instruction {
		return solanago.NewInstruction(solanago.MemoProgramID, nil, []byte(text))
	}
	for _, test := range []struct {
		name    string
		list    []solanago.Instruction
		version solanago.MessageVersion
		memo    string
		moves   int
	}{
		{"a plain transfer", []solanago.Instruction{plain}, solanago.MessageVersionLegacy, "", 1},
		{"two memos", []solanago.Instruction{memo("one"), plain, memo("two")}, solanago.MessageVersionLegacy, "one; two", 1},
		{"version 0", []solanago.Instruction{plain, plain, memo("é")}, solanago.MessageVersionV0, "é", 2},
		{"a memo alone", []solanago.Instruction{memo("hello")}, solanago.MessageVersionLegacy, "hello", 0},
	} {
		hash, _, err := w.client.Blockhash(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		built, err := solanago.NewTransaction(test.list, hash, solanago.TransactionPayer(w.TreasuryKey()))
		if err != nil {
			t.Fatal(err)
		}
		built.Message.SetVersion(test.version)
		if _, err := built.Sign(func(solanago.PublicKey) *solanago.PrivateKey {
			key := solanago.PrivateKey(w.Treasury)
			return &key
		}); err != nil {
			t.Fatal(err)
		}
		transaction, _ := built.MarshalBinary()
		landed := w.land(t, transaction, built.Signatures[0])
		if landed.Failed != "" || landed.Memo != test.memo || len(landed.Transfers) != test.moves || landed.Changes[to] != 70*int64(test.moves) {
			t.Errorf("%s: landed %+v", test.name, landed)
		}
		for _, moved := range landed.Transfers {
			if moved != (Moved{w.TreasuryAccount, to, payee, w.Mint, 70}) {
				t.Errorf("%s: moved %+v", test.name, moved)
			}
		}
		w.AdvanceHeight(1)
	}
}
