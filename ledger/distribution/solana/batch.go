package solana

import "errors"

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

// ErrTooLarge is a batch beyond what one transaction can carry.
var ErrTooLarge = errors.New("too large for one transaction")

// NewBatch builds the message that pays the transfers.
func NewBatch(src Source, id string, nonce Key, transfers []Transfer) (Batch, error) {
	return Batch{}, errors.ErrUnsupported
}

// Pack divides the transfers into batches 1, 2, …
func Pack(src Source, id func(n int) string, nonces []Key, transfers []Transfer) ([]Batch, error) {
	return nil, errors.ErrUnsupported
}

// TransferAt returns the index in Transfers of the transfer that an instruction of
// the message belongs to, or -1 if it belongs to none.
func (b Batch) TransferAt(instruction int) int { return -1 }
