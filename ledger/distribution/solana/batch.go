package solana

import (
	"crypto/sha256"
	"errors"
	"fmt"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/mr-tron/base58"
)

// Transfer is one payee's part of a batch.
type Transfer struct {
	Payout string // such as "d1-17"
	Wallet Key    // its associated token account of the mint is paid
	Amount uint64 // base units
	Create bool   // create the wallet's token account first, if it is absent
}

// Batch is one transaction's instructions.
type Batch struct {
	ID           string // such as "d1-b3"
	Memo         string // the id and a hash of the transfers
	Nonce        Key    // the durable nonce account; zero: a recent blockhash
	ComputeUnits uint32 // the limit that the message sets
	Transfers    []Transfer
	Message      []byte // legacy message; its blockhash is zero, its compute unit price 0
}

// What one transaction carries at most. TransactionSize is the network's limit, and
// the two others are what fits it with a memo of 34 bytes if owner and fee payer
// are one key; more signers or a nonce leave room for fewer.
const (
	TransactionSize = 1232 // bytes, with signatures (PACKET_DATA_SIZE)
	TransfersMax    = 17
	CreatesMax      = 8
)

// Errors of batches.
var (
	ErrTooLarge = errors.New("too large for one transaction")
	ErrTransfer = errors.New("cannot be paid")
)

// NewBatch builds the message that pays the transfers, in their order. It is the
// same for the same arguments, byte for byte. The id and the payouts' are letters,
// digits, '.', '_' and '-', at most 32 of them, and no payout stands twice. The
// error is ErrSource, ErrTransfer, or ErrTooLarge beyond TransactionSize,
// TransfersMax or CreatesMax.
func NewBatch(src Source, id string, nonce Key, transfers []Transfer) (Batch, error) {
	err := src.Check()
	if err == nil {
		err = checkTransfers(transfers)
	}
	if err != nil {
		return Batch{}, fmt.Errorf("solana: batch %q: %w", id, err)
	}
	payees, err := payeesOf(src, transfers)
	if err != nil {
		return Batch{}, fmt.Errorf("solana: batch %q: %w", id, err)
	}
	return newBatch(src, id, nonce, payees)
}

// payee is a transfer and the token account that it pays.
type payee struct {
	Transfer

	account Key
	bump    uint8 // of the account's derivation, see computeUnits
}

// newBatch is NewBatch with what need not be checked twice checked already.
func newBatch(src Source, id string, nonce Key, payees []payee) (Batch, error) {
	b := Batch{ID: id, Nonce: nonce, ComputeUnits: computeUnits(src, payees)}
	for _, p := range payees {
		b.Transfers = append(b.Transfers, p.Transfer)
	}
	b.Memo = memo(src.Mint, id, b.Transfers)
	err := checkBatch(src, b, payees)
	if err == nil {
		b.Message, err = compile(src.FeePayer, instructions(src, b, payees))
	}
	if err == nil {
		err = checkSize(b)
	}
	if err != nil {
		return Batch{}, fmt.Errorf("solana: batch %q: %w", id, err)
	}
	return b, nil
}

// compile returns the legacy message of the instructions, with a blockhash of zeros.
func compile(feePayer Key, list []solanago.Instruction) ([]byte, error) {
	transaction, err := solanago.NewTransaction(list, Hash{}, solanago.TransactionPayer(feePayer))
	if err != nil {
		return nil, err
	}
	return transaction.Message.MarshalLegacy()
}

// memo is what names a batch on the chain: its id, and the first 16 bytes of a
// SHA-256 over what it pays, in base58. It has 34 bytes at most for ids up to 11.
func memo(mint Key, id string, transfers []Transfer) string {
	lines := sha256.New()
	for _, t := range transfers {
		fmt.Fprintf(lines, "%s %s %s %d\n", t.Payout, t.Wallet, mint, t.Amount)
	}
	return id + " " + base58.Encode(lines.Sum(nil)[:16])
}

// TransferAt returns the index in Transfers of the transfer that an instruction of
// the message belongs to, counted from 0, or -1 if it belongs to none: to the
// nonce, the compute budget or the memo.
func (b Batch) TransferAt(instruction int) int {
	next := 2 // after limit and price
	if !b.Nonce.IsZero() {
		next++
	}
	if instruction < next {
		return -1
	}
	for i, t := range b.Transfers {
		next++
		if t.Create {
			next++
		}
		if instruction < next {
			return i
		}
	}
	return -1
}

// transactionSize returns the bytes of the signed transaction of a message: the
// number of signatures, which is the message's first byte, these, and the message.
func transactionSize(message []byte) int {
	return 1 + len(Signature{})*int(message[0]) + len(message)
}
