package solana

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gagliardetto/solana-go/rpc"
)

// ErrUncertain is a transaction that was sent, and may have been accepted or not.
var ErrUncertain = errors.New("no answer that tells: the transaction may have been accepted")

// Send hands a signed transaction to the node: once, without preflight, and without
// the node sending it again by itself. nil: the node took it, which does not say that
// it lands. ErrRefused: the node did not take it. ErrUncertain: it may have, and only
// the signature's status tells. ErrMessage, ErrSignature: it is no signed
// transaction, and was not sent.
func (c *Client) Send(ctx context.Context, transaction []byte) error {
	want, err := idOf(transaction)
	if err != nil {
		return fmt.Errorf("solana: send: %w", err)
	}
	never := uint(0)
	got, err := c.node.SendRawTransactionWithOpts(ctx, transaction, rpc.TransactionOpts{SkipPreflight: true, MaxRetries: &never})
	var failed *failure
	switch {
	case errors.As(err, &failed) && before[failed.code]:
		return fmt.Errorf("solana: send %s: %w", want, err)
	case failed != nil: // not wrapped: it may be an ErrRefused that says too little
		return fmt.Errorf("solana: send %s: %w: %s", want, ErrUncertain, failed.Error())
	case err != nil:
		return fmt.Errorf("solana: send %s: %w: %w", want, ErrUncertain, err)
	case got != want:
		return fmt.Errorf("solana: send %s: %w: the node speaks of %s", want, ErrUncertain, got)
	}
	return nil
}

// before are the codes of JSON-RPC errors that a node gives before it takes a
// transaction: it is malformed or wrongly signed, or the node sends nothing now.
var before = map[int]bool{
	-32700: true, // parse error
	-32600: true, // invalid request
	-32601: true, // no such method
	-32602: true, // invalid parameters
	-32002: true, // preflight failed
	-32003: true, // signature verification failed
	-32005: true, // the node is behind
	-32006: true, // preflight cannot check the signature
	-32013: true, // wrong number of signatures
	-32015: true, // unsupported version of transactions
}

// idOf returns the first signature of a transaction.
func idOf(transaction []byte) (Signature, error) {
	if len(transaction) <= 1+len(Signature{}) || transaction[0] == 0 {
		return Signature{}, fmt.Errorf("%w: no transaction: %d bytes", ErrMessage, len(transaction))
	}
	id := Signature(transaction[1 : 1+len(Signature{})])
	if id.IsZero() {
		return Signature{}, fmt.Errorf("%w: it is not signed", ErrSignature)
	}
	return id, nil
}

// Simulation is what a transaction would do.
type Simulation struct {
	Failed       string // why it would fail; "": it would succeed
	Instruction  int    // the instruction that would fail, from 0; -1: none
	ComputeUnits uint64 // consumed
}

// Simulate runs a transaction on the newest state that the node knows, without
// sending it. Signatures are verified unless they are zeros (see Unsigned). One
// that lacks its blockhash is run with the node's newest.
func (c *Client) Simulate(ctx context.Context, transaction []byte) (Simulation, error) {
	options, err := simulateOptions(transaction)
	if err != nil {
		return Simulation{}, fmt.Errorf("solana: simulate: %w", err)
	}
	var out simulateAnswer
	params := []any{base64.StdEncoding.EncodeToString(transaction), options}
	err = c.calls.call(ctx, "simulateTransaction", params, func(result json.RawMessage) error {
		out = simulateAnswer{}
		if err := decodeResult(result, &out); err != nil {
			return err
		}
		if out.Value == nil {
			return errors.New("a simulation without a value")
		}
		return nil
	})
	if err != nil {
		return Simulation{}, fmt.Errorf("solana: simulate: %w", err)
	}
	failed, instruction := reason(out.Value.Err)
	return Simulation{failed, instruction, out.Value.UnitsConsumed}, nil
}

// simulateAnswer is what is read of the answer of simulateTransaction. The library's
// own type would read the state of accounts as well.
type simulateAnswer struct {
	Value *struct {
		Err           any    `json:"err"`
		UnitsConsumed uint64 `json:"unitsConsumed"`
	} `json:"value"`
}

func simulateOptions(transaction []byte) (rpc.M, error) {
	signers := 0
	if len(transaction) > 0 {
		signers = int(transaction[0])
	}
	start := 1 + signers*len(Signature{})
	if signers == 0 || len(transaction) <= start {
		return nil, fmt.Errorf("%w: no transaction", ErrMessage)
	}
	m, err := parseLegacy(transaction[start:])
	if err != nil {
		return nil, err
	}
	options := rpc.M{"encoding": "base64", "commitment": rpc.CommitmentProcessed}
	switch {
	case m.RecentBlockhash.IsZero():
		options["replaceRecentBlockhash"] = true
	case !Signature(transaction[1:][:len(Signature{})]).IsZero():
		options["sigVerify"] = true
	}
	return options, nil
}
