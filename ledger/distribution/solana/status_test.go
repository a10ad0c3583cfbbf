package solana

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func statusesAnswer(slot int, values ...string) string {
	return fmt.Sprintf(`{"context":{"apiVersion":"3.0.8","slot":%d},"value":[%s]}`, slot, strings.Join(values, ","))
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	n := startNode(t, result(statusesAnswer(353000100,
		"null",
		`{"confirmationStatus":"finalized","confirmations":null,"err":null,"slot":352999000,"status":{"Ok":null}}`,
		`{"confirmationStatus":"confirmed","confirmations":3,"err":{"InstructionError":[3,{"Custom":1}]},"slot":353000099,"status":{"Err":{"InstructionError":[3,{"Custom":1}]}}}`,
	)))
	got, err := n.client(t).Statuses(t.Context(), make([]Signature, 3))
	want := []Status{{}, {true, true, "", 352999000}, {true, false, "instruction 3: Custom 1", 353000099}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("statuses %+v, %v, want %+v", got, err, want)
	}
	if options := string(n.asked()[0].Params[1]); options != `{"searchTransactionHistory":true}` {
		t.Errorf("asked with %s", options)
	}
}

func TestStatusesAreAskedInChunks(t *testing.T) {
	t.Parallel()
	nulls := func(count int) string {
		return statusesAnswer(9, strings.Split(strings.Repeat("null ", count)[:5*count-1], " ")...)
	}
	n := startNode(t, result(nulls(256)), result(nulls(256)), result(nulls(1)))
	got, err := n.client(t).Statuses(t.Context(), make([]Signature, 513))
	if err != nil || len(got) != 513 || len(n.asked()) != 3 {
		t.Errorf("%d statuses in %d calls, %v", len(got), len(n.asked()), err)
	}
	if got, err := n.client(t).Statuses(t.Context(), nil); err != nil || len(got) != 0 || len(n.asked()) != 3 {
		t.Errorf("no signatures: %v, %v", got, err)
	}
}

// TestNoStatusOfANodeThatIsBehind is about the mistake that pays twice: a height of
// one node that says "expired", and "unknown" of another that has not seen the block.
func TestNoStatusOfANodeThatIsBehind(t *testing.T) {
	t.Parallel()
	landed := `{"confirmationStatus":"finalized","confirmations":null,"err":null,"slot":352999990,"status":{"Ok":null}}`
	n := startNode(t, result(height),
		result(statusesAnswer(352999980, "null")), result(statusesAnswer(353000000, landed)))
	c := n.client(t)
	if _, err := c.Height(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := c.Statuses(t.Context(), make([]Signature, 1))
	if err != nil || !got[0].Finalized {
		t.Errorf("status %+v, %v, want finalized", got, err)
	}
	late := startNode(t, result(height), result(statusesAnswer(352999980, "null")))
	c = late.client(t)
	if _, err := c.Height(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Statuses(t.Context(), make([]Signature, 1)); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "behind 353000000") {
		t.Errorf("a node that stays behind: error %v, want ErrUnreachable", err)
	}
}

// A nonce that moved on is as good a proof as a height, and as dangerous beside the
// answer of a node that has not seen it move.
func TestNoStatusOfANodeThatIsBehindANonce(t *testing.T) {
	t.Parallel()
	n := startNode(t, result(`{"context":{"slot":353000000},"value":[null]}`), result(statusesAnswer(352999980, "null")))
	c := n.client(t)
	if _, err := c.Accounts(t.Context(), []Key{addressOf("nonce")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Statuses(t.Context(), make([]Signature, 1)); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "behind 353000000") {
		t.Errorf("error %v, want ErrUnreachable", err)
	}
}

func TestOddStatuses(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"too few": statusesAnswer(9), "too many": statusesAnswer(9, "null", "null"), "no list": `{"context":{"slot":9},"value":null}`, "null": "null",
	} {
		n := startNode(t, result(answer))
		if got, err := n.client(t).Statuses(t.Context(), make([]Signature, 1)); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v, %v, want ErrUnreachable", name, got, err)
		}
	}
}

func seenAnswer(slots ...int) string {
	var seen []string
	for _, slot := range slots {
		seen = append(seen, fmt.Sprintf(
			`{"blockTime":1763700000,"confirmationStatus":"finalized","err":null,"memo":"[6] d1-b%02d","signature":"%s","slot":%d}`,
			slot%100, Signature{byte(slot), byte(slot >> 8), 1}, slot))
	}
	return "[" + strings.Join(seen, ",") + "]"
}

func TestHistoryGoesBackPageByPage(t *testing.T) {
	t.Parallel()
	var newest []int
	for slot := 5000; slot > 4000; slot-- {
		newest = append(newest, slot)
	}
	n := startNode(t, result(height), result(seenAnswer(newest...)), result(seenAnswer(4000, 3999, 10)))
	c := n.client(t)
	if _, err := c.Height(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := c.History(t.Context(), addressOf("account"), 3999)
	if err != nil || len(got) != 1002 || got[0].Slot != 5000 || got[1001].Slot != 3999 || got[0].Memo != "d1-b00" {
		t.Fatalf("%d transactions, %v", len(got), err)
	}
	var options map[string]any
	_ = json.Unmarshal(n.asked()[2].Params[1], &options)
	if options["before"] != got[999].Signature.String() || options["commitment"] != "finalized" || fmt.Sprint(options["minContextSlot"]) != "3.53e+08" {
		t.Errorf("asked with %v", options)
	}
}

func TestHistoryEnds(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{"[]": 0, seenAnswer(9, 8): 2, "null": 0} {
		n := startNode(t, result(answer))
		if got, err := n.client(t).History(t.Context(), addressOf("account"), 0); err != nil || len(got) != want || len(n.asked()) != 1 {
			t.Errorf("%s: %v, %v, want %d", answer, got, err, want)
		}
	}
	n := startNode(t, result("[null]"))
	if _, err := n.client(t).History(t.Context(), addressOf("account"), 0); !errors.Is(err, ErrUnreachable) {
		t.Errorf("null: error %v, want ErrUnreachable", err)
	}
}

func TestMemosAreReadWithoutTheirLengths(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[5] d1-b3":                         "d1-b3",
		"[28] d1-b3 abcdefghijklmnopqrstuv": "d1-b3 abcdefghijklmnopqrstuv",
		"[2] ab; [1] c":                     "ab; c",
		"[7] a; [1] ":                       "a; [1] ",
		"[2] é":                             "é",
		"d1-b3":                             "d1-b3",
		"":                                  "",
		"[9] short":                         "[9] short",
		"[1] ab":                            "[1] ab",
		"[-1] a":                            "[-1] a",
		"[0] ":                              "",
	} {
		if got := plainMemo(text); got != want {
			t.Errorf("%q: memo %q, want %q", text, got, want)
		}
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`null`:                                   "  -1",
		`"BlockhashNotFound"`:                    "BlockhashNotFound  -1",
		`{"InstructionError":[3,{"Custom":17}]}`: "instruction 3: Custom 17  3",
		`{"InstructionError":[0,"InvalidAccountData"]}`:    "instruction 0: InvalidAccountData  0",
		`{"InstructionError":[0,{"BorshIoError":"x"}]}`:    `instruction 0: {"BorshIoError":"x"}  0`,
		`{"InsufficientFundsForRent":{"account_index":3}}`: `{"InsufficientFundsForRent":{"account_index":3}}  -1`,
		`{"InstructionError":[]}`:                          `{"InstructionError":[]}  -1`,
		`{"InstructionError":["x","y"]}`:                   `{"InstructionError":["x","y"]}  -1`,
		`7`:                                                "7  -1",
		`{}`:                                               "{}  -1",
	} {
		var failed any
		if err := decodeResult(json.RawMessage(text), &failed); err != nil {
			t.Fatal(err)
		}
		got, at := reason(failed)
		if fmt.Sprintf("%s  %d", got, at) != want {
			t.Errorf("%s: %q at %d, want %q", text, got, at, want)
		}
	}
}
