package solana

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata anew")

// exampleFile is a file of two batches, one of which creates accounts.
func exampleFile(t testing.TB) (Source, []Batch, []byte) {
	t.Helper()
	src := sourceOf("payer", "a", "b")
	transfers := append(transfersOf(2, false), Transfer{"d12-3", wallets[2], 1<<64 - 1, true})
	batches, err := Pack(src, batchID, []Key{addressOf("nonce 1"), addressOf("nonce 2")}, transfers)
	if err != nil {
		t.Fatal(err)
	}
	text, err := EncodeNDJSON(src, batches)
	if err != nil {
		t.Fatal(err)
	}
	return src, batches, text
}

// TestTheFileIsTheSameForEver compares with bytes that an earlier version wrote: what
// was approved then must be read, and built, the same now.
func TestTheFileIsTheSameForEver(t *testing.T) {
	t.Parallel()
	_, _, text := exampleFile(t)
	path := filepath.Join("testdata", "transactions.ndjson")
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Errorf("wrote\n%s\nwant\n%s", text, want)
	}
}

func TestDecodeGivesWhatWasEncoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := drawSource(t)
		batches, err := Pack(src, batchID, drawNonces(t), drawTransfers(t))
		if err != nil {
			t.Fatal(err)
		}
		text, err := EncodeNDJSON(src, batches)
		if len(batches) == 0 {
			if !errors.Is(err, ErrFile) {
				t.Fatalf("no batch: error %v, want ErrFile", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		gotSource, got, err := DecodeNDJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(gotSource, src) || !reflect.DeepEqual(got, batches) {
			t.Fatalf("decoded %v %v, want %v %v", gotSource, got, src, batches)
		}
		bent := bytes.Clone(text)
		bent[rapid.IntRange(0, len(text)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		checkBent(t, src, batches, bent)
	})
}

// checkBent decodes a file with a bit turned, which must be refused.
func checkBent(t *rapid.T, src Source, batches []Batch, bent []byte) {
	gotSource, got, err := DecodeNDJSON(bent)
	if !errors.Is(err, ErrFile) {
		t.Fatalf("a turned bit is not seen: error %v, decoded %v %v, want %v %v", err, gotSource, got, src, batches)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	_, _, text := exampleFile(t)
	lines := strings.SplitAfter(string(text), "\n")
	replace := func(old, with string) string { return strings.Replace(string(text), old, with, 1) }
	for name, bent := range map[string]string{
		"nothing":             "",
		"no source":           regexp.MustCompile(`"source":\{[^}]*\},`).ReplaceAllString(string(text), ""),
		"another source":      lines[0] + strings.Replace(lines[1], `"decimals":8`, `"decimals":9`, 1),
		"an unknown format":   replace("transactions/1", "transactions/2"),
		"an unfinished line":  strings.TrimSuffix(string(text), "\n"),
		"a line twice":        string(text) + lines[1],
		"a blank line":        string(text) + "\n",
		"another amount":      replace(`"100000000"`, `"100000001"`),
		"an amount as number": replace(`"100000000"`, `100000000`),
		"another wallet":      replace(wallets[0].String(), wallets[5].String()),
		"another memo":        replace("d12-b000001 ", "d12-b000009 "),
		"another nonce":       replace(addressOf("nonce 1").String(), addressOf("nonce 3").String()),
		"no nonce":            replace(`"nonce":"`+addressOf("nonce 1").String()+`",`, ""),
		"another limit":       replace(`"compute_units":`, `"compute_units":1`),
		"another fee payer":   replace(addressOf("payer").String(), addressOf("owner 2").String()),
		"an unknown field":    replace(`{"format"`, `{"note":"x","format"`),
		"a blank":             replace(`{"format":`, `{"format": `),
		"CRLF":                strings.ReplaceAll(string(text), "\n", "\r\n"),
		"decimals of 9":       replace(`"decimals":8`, `"decimals":9`),
	} {
		if _, _, err := DecodeNDJSON([]byte(bent)); !errors.Is(err, ErrFile) {
			t.Errorf("%s: error %v, want ErrFile", name, err)
		}
	}
}

// TestAFileIsOfOneSource joins lines that are each as they should be.
func TestAFileIsOfOneSource(t *testing.T) {
	t.Parallel()
	one, _ := NewBatch(sourceOf("owner"), "d1-b1", Key{}, transfersOf(1, false))
	other := sourceOf("payer", "a", "b")
	two, _ := NewBatch(other, "d1-b2", Key{}, []Transfer{{"d1-9", wallets[7], 5, false}})
	first, err := EncodeNDJSON(sourceOf("owner"), []Batch{one})
	if err != nil {
		t.Fatal(err)
	}
	second, err := EncodeNDJSON(other, []Batch{two})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := DecodeNDJSON(append(first, second...)); !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), "line 2: source") {
		t.Errorf("error %v, want ErrFile of line 2", err)
	}
}

func TestEncodeRefusesAPayoutTwice(t *testing.T) {
	t.Parallel()
	src := sourceOf("owner")
	one, _ := NewBatch(src, "d1-b1", Key{}, transfersOf(2, false))
	two, _ := NewBatch(src, "d1-b2", Key{}, transfersOf(1, false))
	for _, batches := range [][]Batch{{one, two}, {one, one}} {
		if _, err := EncodeNDJSON(src, batches); !errors.Is(err, ErrFile) {
			t.Errorf("error %v, want ErrFile", err)
		}
	}
}

// TestWhatPeopleReadInALine fixes the names of the fields.
func TestWhatPeopleReadInALine(t *testing.T) {
	t.Parallel()
	_, batches, text := exampleFile(t)
	lines := bytes.Split(text, []byte("\n"))
	var line map[string]any
	if json.Unmarshal(lines[1], &line) != nil {
		t.Fatal("no JSON")
	}
	if source := line["source"].(map[string]any); line["format"] != "uptally-transactions/1" || source["fee_payer"] != addressOf("payer").String() {
		t.Errorf("line %v", line)
	}
	paid := line["transfers"].([]any)[0].(map[string]any)
	account, _ := AssociatedAccount(wallets[2], addressOf("mint"))
	if line["batch"] != "d12-b000002" || line["memo"] != batches[1].Memo || paid["amount"] != "18446744073709551615" ||
		paid["account"] != account.String() || paid["create"] != true || line["payouts"].([]any)[0] != "d12-3" {
		t.Errorf("line %v", line)
	}
}

// FuzzDecodeNDJSON feeds texts that nobody wrote: what is accepted is encoded the
// same again.
func FuzzDecodeNDJSON(f *testing.F) {
	_, _, text := exampleFile(f)
	f.Add(text)
	f.Add([]byte(`{"format":"uptally-transactions/1"}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		src, batches, err := DecodeNDJSON(text)
		if err != nil {
			if !errors.Is(err, ErrFile) {
				t.Errorf("error %v, want ErrFile", err)
			}
			return
		}
		if again, err := EncodeNDJSON(src, batches); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q was read, and is written as %q, %v", text, again, err)
		}
	})
}
