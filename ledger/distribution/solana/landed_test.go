package solana

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
)

// landedAnswer is an answer of getTransaction in the form of a node's.
func landedAnswer(transaction []byte, meta string) string {
	return fmt.Sprintf(`{"blockTime":1763700000,"meta":%s,"slot":353000000,"transaction":["%s","base64"],"version":"legacy"}`,
		meta, base64.StdEncoding.EncodeToString(transaction))
}

// metaWith is the record of a run with token balances before and after.
func metaWith(before, after string) string {
	return `{"computeUnitsConsumed":2372,"err":null,"fee":5000,"innerInstructions":[],"loadedAddresses":{"readonly":[],"writable":[]},
		"logMessages":null,"postBalances":[1,2],"postTokenBalances":[` + after + `],"preBalances":[1,2],"preTokenBalances":[` + before + `],
		"rewards":null,"status":{"Ok":null}}`
}

func tokenBalance(index int, amount string) string {
	return fmt.Sprintf(`{"accountIndex":%d,"mint":"%s","owner":"%s","programId":"%s",
		"uiTokenAmount":{"amount":%q,"decimals":8,"uiAmount":null,"uiAmountString":"0"}}`,
		index, addressOf("mint"), addressOf("owner"), solanago.TokenProgramID, amount)
}

func TestATransactionThatNobodyKnows(t *testing.T) {
	t.Parallel()
	n := startNode(t, result("null"))
	if landed, err := n.client(t).Transaction(t.Context(), Signature{1}); landed != nil || err != nil {
		t.Errorf("landed %v, %v, want neither", landed, err)
	}
}

func TestBalancesOfU64(t *testing.T) {
	t.Parallel()
	transaction, id := signedExample(t)
	most := "18446744073709551615"
	for _, test := range []struct {
		before, after string
		want          int64
		says          string
	}{
		{tokenBalance(1, "7"), tokenBalance(1, "5"), -2, ""},
		{tokenBalance(1, "18446744073709551614"), tokenBalance(1, most), 1, ""},
		{"", tokenBalance(1, "5"), 5, ""},
		{tokenBalance(1, "5"), "", -5, ""}, // the account was closed
		{tokenBalance(1, "5"), tokenBalance(1, "5"), 0, ""},
		{tokenBalance(1, "0"), tokenBalance(1, most), 0, "changes by " + most},
		{tokenBalance(1, "1.5"), "", 0, `balance of "1.5"`},
		{tokenBalance(99, "1"), "", 0, "account 99 of"},
	} {
		n := startNode(t, result(landedAnswer(transaction, metaWith(test.before, test.after))))
		landed, err := n.client(t).Transaction(t.Context(), id)
		if test.says != "" {
			if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s, %s: error %v, want ErrUndecodable with %q", test.before, test.after, err, test.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %s: %v", test.before, test.after, err)
			continue
		}
		var change int64
		for _, c := range landed.Changes {
			change += c
		}
		if change != test.want || landed.Time.Unix() != 1763700000 {
			t.Errorf("%s, %s: changes %v, want %d", test.before, test.after, landed.Changes, test.want)
		}
	}
}

func TestTransactionsThatCannotBeDecoded(t *testing.T) {
	t.Parallel()
	transaction, id := signedExample(t)
	version1 := append(append([]byte{}, transaction[:65]...), append([]byte{0x81}, transaction[65:]...)...)
	wildIndex := append([]byte{}, transaction...)
	wildIndex[len(wildIndex)-len("d1-b1 ")-22-3] = 200 // the memo's program
	for _, test := range []struct{ name, answer, says string }{
		{"without a record", landedAnswer(transaction, "null"), "no record"},
		{"of another id", landedAnswer(append([]byte{1}, make([]byte, 200)...), metaWith("", "")), "another"},
		{"of yet another id", landedAnswer(append([]byte{1, 9}, make([]byte, 200)...), metaWith("", "")), "another"},
		{"truncated", landedAnswer(transaction[:200], metaWith("", "")), ""},
		{"without message", landedAnswer(transaction[:65], metaWith("", "")), "another"},
		{"with fewer signatures than it says", landedAnswer(append([]byte{4}, transaction[1:100]...), metaWith("", "")), "no message"},
		{"empty", landedAnswer(nil, metaWith("", "")), "another"},
		{"of version 1", landedAnswer(version1, metaWith("", "")), "version 1"},
		{"of no program", landedAnswer(wildIndex, metaWith("", "")), "account 200 of"},
	} {
		n := startNode(t, result(test.answer))
		if landed, err := n.client(t).Transaction(t.Context(), id); !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: landed %+v, %v, want ErrUndecodable with %q", test.name, landed, err, test.says)
		}
	}
	n := startNode(t, rpcError(-32015, "Transaction version (1) is not supported by the requesting client."))
	if _, err := n.client(t).Transaction(t.Context(), id); !errors.Is(err, ErrRefused) {
		t.Errorf("refused: error %v, want ErrRefused", err)
	}
}

// TestLookedUpAccountsFollowTheMessages decodes a version 0 transfer whose payee
// stands in a lookup table.
func TestLookedUpAccountsFollowTheMessages(t *testing.T) {
	t.Parallel()
	table := map[solanago.PublicKey]solanago.PublicKeySlice{addressOf("table"): {wallets[0], wallets[1]}}
	src := sourceOf("owner")
	transfers := instructions(src, Batch{Memo: "m"}, []payee{{Transfer{"d1-1", wallets[9], 5, false}, wallets[1], 255}})
	built, err := solanago.NewTransaction(transfers, recent, solanago.TransactionPayer(src.FeePayer), solanago.TransactionAddressTables(table))
	if err != nil {
		t.Fatal(err)
	}
	built.Signatures = []Signature{{7}}
	transaction, err := built.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	keys := len(built.Message.AccountKeys)
	meta := strings.Replace(metaWith("", tokenBalance(keys, "5")), `"writable":[]`, fmt.Sprintf(`"writable":["%s"]`, wallets[1]), 1)
	n := startNode(t, result(landedAnswer(transaction, meta)))
	landed, err := n.client(t).Transaction(t.Context(), Signature{7})
	if err != nil || len(landed.Transfers) != 1 {
		t.Fatalf("landed %+v, %v", landed, err)
	}
	if got, want := landed.Transfers[0], (Moved{src.Account, wallets[1], addressOf("owner"), src.Mint, 5}); got != want {
		t.Errorf("moved %+v, want %+v", got, want)
	}
	if landed.Changes[wallets[1]] != 5 || landed.Memo != "m" {
		t.Errorf("landed %+v", landed)
	}
}
