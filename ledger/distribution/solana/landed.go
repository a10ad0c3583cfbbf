package solana

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	bin "github.com/gagliardetto/binary"
	solanago "github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/rpc"
)

// Landed is a finalized transaction, decoded from its own bytes and from what the
// node recorded as it ran.
type Landed struct {
	Slot      uint64
	Time      time.Time     // of its block, UTC; zero: the node does not know
	Failed    string        // why it failed; "": it did not
	Memo      string        // several are joined by "; "; "": none
	Transfers []Moved       // what its instructions ask for; it happened unless Failed
	Changes   map[Key]int64 // of the balances of token accounts, base units; none that is 0
	Fee       uint64        // lamports, charged even if it failed
	Message   []byte        // as it landed
}

// Moved is a transfer of tokens by an instruction of a transaction itself, not by one
// that a program called from there; those show in Changes only.
type Moved struct {
	From, To Key // token accounts
	Owner    Key // of To; zero: unknown
	Mint     Key // zero: unknown
	Amount   uint64
}

// ErrUndecodable is a transaction that is not of a form we know.
var ErrUndecodable = errors.New("the transaction cannot be decoded")

// Transaction returns a finalized transaction, or nil if the node knows none of the
// signature. It decodes legacy and version 0 transactions; of others the error is
// ErrRefused or ErrUndecodable.
func (c *Client) Transaction(ctx context.Context, s Signature) (*Landed, error) {
	version := uint64(0)
	out, err := c.node.GetTransaction(ctx, s, &rpc.GetTransactionOpts{
		Encoding: solanago.EncodingBase64, Commitment: rpc.CommitmentFinalized, MaxSupportedTransactionVersion: &version,
	})
	if errors.Is(err, rpc.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("solana: transaction %s: %w", s, err)
	}
	landed, err := decodeLanded(s, out)
	if err != nil {
		return nil, fmt.Errorf("solana: transaction %s: %w", s, err)
	}
	return landed, nil
}

func decodeLanded(s Signature, out *rpc.GetTransactionResult) (*Landed, error) {
	if out.Meta == nil || out.Transaction == nil {
		return nil, fmt.Errorf("%w: the node kept no record of how it ran", ErrUndecodable)
	}
	message, m, err := messageOf(s, out.Transaction.GetBinary())
	if err != nil {
		return nil, err
	}
	// Looked-up accounts follow the message's own: the writable ones, then the others.
	keys := append(append(m.AccountKeys, out.Meta.LoadedAddresses.Writable...), out.Meta.LoadedAddresses.ReadOnly...)
	balances, err := balancesOf(keys, out.Meta)
	if err != nil {
		return nil, err
	}
	landed := &Landed{Slot: out.Slot, Fee: out.Meta.Fee, Message: message}
	landed.Failed, _ = reason(out.Meta.Err)
	if out.BlockTime != nil {
		landed.Time = out.BlockTime.Time().UTC()
	}
	if landed.Changes, err = changesOf(balances); err != nil {
		return nil, err
	}
	landed.Transfers, landed.Memo, err = decodeInstructions(keys, m.Instructions, balances)
	return landed, err
}

// messageOf returns the message of a transaction with the id, as bytes and decoded.
func messageOf(s Signature, transaction []byte) ([]byte, *solanago.Message, error) {
	if id, err := idOf(transaction); err != nil || id != s {
		return nil, nil, fmt.Errorf("%w: the node gave another", ErrUndecodable)
	}
	start := 1 + int(transaction[0])*len(Signature{})
	if len(transaction) <= start {
		return nil, nil, fmt.Errorf("%w: it has no message", ErrUndecodable)
	}
	message := transaction[start:]
	if message[0]&0x80 != 0 && message[0] != 0x80 {
		return nil, nil, fmt.Errorf("%w: version %d", ErrUndecodable, message[0]&0x7f)
	}
	m := &solanago.Message{}
	if err := m.UnmarshalWithDecoder(bin.NewBinDecoder(bytes.Clone(message))); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	return message, m, nil
}

// balance is a token account before and after a transaction; nil: it was not there.
type balance struct {
	mint, owner   Key
	before, after big.Int
}

func balancesOf(keys []Key, meta *rpc.TransactionMeta) (map[Key]balance, error) {
	balances := map[Key]balance{}
	for i, list := range [][]rpc.TokenBalance{meta.PreTokenBalances, meta.PostTokenBalances} {
		for _, t := range list {
			if int(t.AccountIndex) >= len(keys) || t.UiTokenAmount == nil {
				return nil, fmt.Errorf("%w: a balance of account %d of %d", ErrUndecodable, t.AccountIndex, len(keys))
			}
			b := balances[keys[t.AccountIndex]]
			b.mint = t.Mint
			if t.Owner != nil {
				b.owner = *t.Owner
			}
			if _, is := [...]*big.Int{&b.before, &b.after}[i].SetString(t.UiTokenAmount.Amount, 10); !is {
				return nil, fmt.Errorf("%w: a balance of %q", ErrUndecodable, t.UiTokenAmount.Amount)
			}
			balances[keys[t.AccountIndex]] = b
		}
	}
	return balances, nil
}

func changesOf(balances map[Key]balance) (map[Key]int64, error) {
	changes := map[Key]int64{}
	for key, b := range balances {
		change := new(big.Int).Sub(&b.after, &b.before)
		if !change.IsInt64() {
			return nil, fmt.Errorf("%w: the balance of %s changes by %s", ErrUndecodable, key, change)
		}
		if change.Sign() != 0 {
			changes[key] = change.Int64()
		}
	}
	return changes, nil
}
