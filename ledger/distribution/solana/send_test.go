package solana

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
)

func signedExample(t testing.TB) (transaction []byte, id Signature) {
	t.Helper()
	ready := mustReady(t, mustBatch(t, sourceOf("owner"), Key{}, transfersOf(2, false)), recent, 1)
	transaction, id, err := Sign(ready, keyOf("owner"))
	if err != nil {
		t.Fatal(err)
	}
	return transaction, id
}

func TestSendTellsRefusedFromUncertain(t *testing.T) {
	t.Parallel()
	transaction, id := signedExample(t)
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"taken", result(`"` + id.String() + `"`), nil},
		{"malformed", rpcError(-32602, "invalid transaction: io error"), ErrRefused},
		{"wrongly signed", rpcError(-32003, "Transaction signature verification failure"), ErrRefused},
		{"preflight", rpcError(-32002, "Transaction simulation failed: Blockhash not found"), ErrRefused},
		{"an internal error", rpcError(-32603, "Internal error"), ErrUncertain},
		{"a provider's own", rpcError(-32000, "upstream timed out"), ErrUncertain},
		{"429", status(429, "Retry-After", "1"), ErrUncertain},
		{"500", status(500), ErrUncertain},
		{"403", status(403), ErrUncertain},
		{"a redirect", status(308, "Location", "/elsewhere"), ErrUncertain},
		{"garbage", body("ok"), ErrUncertain},
		{"null", result("null"), ErrUncertain},
		{"half an answer", cut, ErrUncertain},
		{"no answer", hangUp, ErrUncertain},
		{"another's id", result(`"` + Signature{1}.String() + `"`), ErrUncertain},
	} {
		n := startNode(t, test.answer)
		err := n.client(t).Send(t.Context(), transaction)
		for _, kind := range []error{ErrUncertain, ErrRefused} { // never both
			if errors.Is(err, kind) != errors.Is(test.want, kind) || (err == nil) != (test.want == nil) {
				t.Errorf("%s: error %v, want %v", test.name, err, test.want)
			}
		}
		if len(n.asked()) != 1 {
			t.Errorf("%s: sent %d times", test.name, len(n.asked()))
		}
	}
}

func TestSendAsksForNothingBeyondSending(t *testing.T) {
	t.Parallel()
	transaction, id := signedExample(t)
	n := startNode(t, result(`"`+id.String()+`"`))
	if err := n.client(t).Send(t.Context(), transaction); err != nil {
		t.Fatal(err)
	}
	asked := n.asked()[0]
	var options map[string]any
	if err := json.Unmarshal(asked.Params[1], &options); err != nil {
		t.Fatal(err)
	}
	if asked.Method != "sendTransaction" || fmt.Sprint(options) != "map[encoding:base64 maxRetries:0 skipPreflight:true]" {
		t.Errorf("asked %s with %v", asked.Method, options)
	}
	var sent string
	_ = json.Unmarshal(asked.Params[0], &sent)
	if sent != base64.StdEncoding.EncodeToString(transaction) {
		t.Errorf("sent %s", sent)
	}
}

func TestSendSendsNoUnsignedTransaction(t *testing.T) {
	t.Parallel()
	n := startNode(t, result("null"))
	unsigned, err := Unsigned(mustReady(t, mustBatch(t, sourceOf("owner"), Key{}, transfersOf(2, false)), recent, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.client(t).Send(t.Context(), unsigned); !errors.Is(err, ErrSignature) || len(n.asked()) != 0 {
		t.Errorf("error %v after %d calls, want ErrSignature after none", err, len(n.asked()))
	}
	if err := n.client(t).Send(t.Context(), []byte{1}); !errors.Is(err, ErrMessage) || len(n.asked()) != 0 {
		t.Errorf("error %v after %d calls, want ErrMessage after none", err, len(n.asked()))
	}
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	signed, _ := signedExample(t)
	b := mustBatch(t, sourceOf("owner"), Key{}, transfersOf(2, false))
	prepared, _ := Unsigned(b.Message)
	unsigned, _ := Unsigned(mustReady(t, b, recent, 0))
	for _, test := range []struct {
		name, answer string
		transaction  []byte
		options      string
		want         Simulation
	}{
		{"it would succeed", `{"err":null,"logs":[],"unitsConsumed":42}`, signed, "sigVerify:true", Simulation{"", -1, 42}},
		{"an unsigned one", `{"err":null}`, unsigned, "", Simulation{"", -1, 0}},
		{
			"a prepared one", `{"err":{"InstructionError":[2,{"Custom":17}]},"unitsConsumed":9}`, prepared,
			"replaceRecentBlockhash:true", Simulation{"instruction 2: Custom 17", 2, 9},
		},
		{"an expired one", `{"err":"BlockhashNotFound","logs":null}`, signed, "sigVerify:true", Simulation{"BlockhashNotFound", -1, 0}},
	} {
		n := startNode(t, result(`{"context":{"slot":1},"value":`+test.answer+`}`))
		got, err := n.client(t).Simulate(t.Context(), test.transaction)
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", test.name, got, err, test.want)
		}
		var options map[string]any
		_ = json.Unmarshal(n.asked()[0].Params[1], &options)
		want := "map[commitment:processed encoding:base64]"
		if test.options != "" {
			want = "map[commitment:processed encoding:base64 " + test.options + "]"
		}
		if fmt.Sprint(options) != want {
			t.Errorf("%s: asked with %v, want %s", test.name, options, want)
		}
	}
	n := startNode(t, result(`{"value":null}`))
	if _, err := n.client(t).Simulate(t.Context(), signed); !errors.Is(err, ErrUnreachable) {
		t.Errorf("no value: error %v, want ErrUnreachable", err)
	}
	for _, bad := range [][]byte{nil, {0}, {1, 2}, signed[:80]} {
		if _, err := n.client(t).Simulate(t.Context(), bad); !errors.Is(err, ErrMessage) {
			t.Errorf("%x: error %v, want ErrMessage", bad, err)
		}
	}
}
