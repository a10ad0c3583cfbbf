package solana

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	bin "github.com/gagliardetto/binary"
	solanago "github.com/gagliardetto/solana-go"
)

// Errors of messages.
var (
	ErrMessage   = errors.New("not a message of a batch")
	ErrDifferent = errors.New("another message than was prepared")
)

// The instruction of the compute budget program that sets the price of a compute
// unit: its number, then micro-lamports, 8 bytes little-endian.
const (
	setPrice     = 3
	setPriceSize = 9
)

// Ready fills the blockhash, or the value of the nonce account, and the compute
// unit price into a prepared message, and changes nothing else. The error is
// ErrMessage if the message is none of NewBatch or has been filled in before.
func Ready(message []byte, blockhash Hash, microLamports uint64) ([]byte, error) {
	m, price, err := parse(message)
	if err != nil {
		return nil, fmt.Errorf("solana: %w", err)
	}
	if !m.RecentBlockhash.IsZero() || binary.LittleEndian.Uint64(price) != 0 {
		return nil, fmt.Errorf("solana: %w: filled in already: start from the prepared one", ErrMessage)
	}
	if blockhash.IsZero() {
		return nil, fmt.Errorf("solana: %w: blockhash: missing: give a recent one", ErrMessage)
	}
	return fill(m, price, blockhash, microLamports)
}

// Same returns nil if the messages are of NewBatch and differ in nothing but their
// blockhash and compute unit price; else ErrMessage or ErrDifferent.
func Same(prepared, ready []byte) error {
	want, err := blank(prepared)
	if err != nil {
		return fmt.Errorf("solana: prepared: %w", err)
	}
	found, err := blank(ready)
	if err != nil {
		return fmt.Errorf("solana: %w", err)
	}
	if !bytes.Equal(want, found) {
		return fmt.Errorf("solana: %w: more than blockhash and compute unit price differ: sign the message as it was handed out", ErrDifferent)
	}
	return nil
}

// blank returns the message with blockhash and price of zero.
func blank(message []byte) ([]byte, error) {
	m, price, err := parse(message)
	if err != nil {
		return nil, err
	}
	return fill(m, price, Hash{}, 0)
}

// fill sets the blockhash of m, and the price, which are bytes of an instruction of
// m. All else is encoded as it was, see parse.
func fill(m *solanago.Message, price []byte, blockhash Hash, microLamports uint64) ([]byte, error) {
	m.RecentBlockhash = blockhash
	binary.LittleEndian.PutUint64(price, microLamports)
	return m.MarshalLegacy()
}

// parse decodes a legacy message that sets a compute unit price once, and returns
// the bytes of that price in it. Encoding it again gives the same bytes.
func parse(message []byte) (*solanago.Message, []byte, error) {
	m, err := parseLegacy(message)
	if err != nil {
		return nil, nil, err
	}
	var prices [][]byte
	for _, in := range m.Instructions {
		if m.AccountKeys[in.ProgramIDIndex] == solanago.ComputeBudget && len(in.Data) == setPriceSize && in.Data[0] == setPrice {
			prices = append(prices, in.Data[1:])
		}
	}
	if len(prices) != 1 {
		return nil, nil, fmt.Errorf("%w: it sets %d compute unit prices, not one", ErrMessage, len(prices))
	}
	return m, prices[0], nil
}

func parseLegacy(message []byte) (*solanago.Message, error) {
	if len(message) == 0 || message[0]&0x80 != 0 {
		return nil, fmt.Errorf("%w: no legacy message", ErrMessage)
	}
	// The decoder hands out parts of what it reads; they are written to.
	decoder, m := bin.NewBinDecoder(bytes.Clone(message)), &solanago.Message{}
	if err := m.UnmarshalLegacy(decoder); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if err := checkIndexes(m); err != nil {
		return nil, err
	}
	// Lengths can be written in more than one way, and bytes may follow.
	if again, err := m.MarshalLegacy(); err != nil || !bytes.Equal(again, message) {
		return nil, fmt.Errorf("%w: not in its canonical form", ErrMessage)
	}
	return m, nil
}

// checkIndexes makes sure that what a message refers to is there.
func checkIndexes(m *solanago.Message) error {
	keys := len(m.AccountKeys)
	if signers := int(m.Header.NumRequiredSignatures); signers == 0 || signers > keys {
		return fmt.Errorf("%w: %d signers of %d accounts", ErrMessage, signers, keys)
	}
	for i, in := range m.Instructions {
		for _, index := range append([]uint16{in.ProgramIDIndex}, in.Accounts...) {
			if int(index) >= keys {
				return fmt.Errorf("%w: instruction %d speaks of account %d of %d", ErrMessage, i, index, keys)
			}
		}
	}
	return nil
}
