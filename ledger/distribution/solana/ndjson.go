package solana

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Format is the version of transactions.ndjson.
const Format = "uptally-transactions/1"

// ErrFile is a file that is not as EncodeNDJSON writes it.
var ErrFile = errors.New("not a file of transactions")

// batchLine is a batch on a line, which says by itself what pays whom. Payouts and
// the token accounts follow from the transfers, and so does the message: they stand
// there for people and their tools.
type batchLine struct {
	Format       string         `json:"format"`
	Source       Source         `json:"source"`
	Batch        string         `json:"batch"`
	Memo         string         `json:"memo"`
	Nonce        Key            `json:"nonce,omitzero"`
	ComputeUnits uint32         `json:"compute_units"`
	Payouts      []string       `json:"payouts"`
	Transfers    []transferLine `json:"transfers"`
	Message      []byte         `json:"message"`
}

type transferLine struct {
	Payout  string `json:"payout"`
	Wallet  Key    `json:"wallet"`
	Account Key    `json:"account"`
	Amount  uint64 `json:"amount,string"` // JSON readers keep 53 bits of a number
	Create  bool   `json:"create"`
}

// EncodeNDJSON writes transactions.ndjson: a line a batch, in their order. The batches
// are those of NewBatch or Pack for the source. The error is ErrFile if there is none,
// or if a batch or a payout stands there twice.
func EncodeNDJSON(src Source, batches []Batch) (text []byte, err error) {
	if len(batches) == 0 {
		return nil, fmt.Errorf("solana: encode: %w: no batch", ErrFile)
	}
	once := once{}
	for _, b := range batches {
		err := once.add(b)
		if err == nil {
			text, err = appendBatch(text, src, b)
		}
		if err != nil {
			return nil, fmt.Errorf("solana: encode: batch %q: %w", b.ID, err)
		}
	}
	return text, nil
}

func appendBatch(text []byte, src Source, b Batch) ([]byte, error) {
	line := batchLine{Format: Format, Source: src, Batch: b.ID, Memo: b.Memo, Nonce: b.Nonce, ComputeUnits: b.ComputeUnits, Message: b.Message}
	for _, t := range b.Transfers {
		account, err := AssociatedAccount(t.Wallet, src.Mint)
		if err != nil {
			return nil, err
		}
		line.Payouts = append(line.Payouts, t.Payout)
		line.Transfers = append(line.Transfers, transferLine{t.Payout, t.Wallet, account, t.Amount, t.Create})
	}
	encoded, err := encodeLine(line)
	return append(text, encoded...), err
}

func encodeLine(line any) ([]byte, error) {
	text, err := json.Marshal(line)
	return append(text, '\n'), err
}

// DecodeNDJSON reads what EncodeNDJSON wrote, and nothing else: each batch is built
// again from its transfers and must give the very bytes of its line, and all are of
// one source. The error is ErrFile, and names the line.
func DecodeNDJSON(text []byte) (src Source, batches []Batch, err error) {
	once := once{}
	for number := 1; len(text) > 0 || number == 1; number++ {
		var line []byte
		line, text = cutLine(text)
		from, b, err := decodeBatch(line)
		if err == nil {
			err = once.add(b)
		}
		if number == 1 {
			src = from
		}
		if err == nil && !from.Equal(src) {
			err = errors.New("source: another than that of the first line: restore the file, and pay nothing from it")
		}
		if err != nil {
			return Source{}, nil, fmt.Errorf("solana: %w: line %d: %w", ErrFile, number, err)
		}
		batches = append(batches, b)
	}
	return src, batches, nil
}

// cutLine cuts the text after its first line feed, if it has any.
func cutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n') + 1
	if end == 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}

func decodeBatch(text []byte) (Source, Batch, error) {
	var line batchLine
	if err := json.Unmarshal(text, &line); err != nil {
		return Source{}, Batch{}, fmt.Errorf("no batch: %w", err)
	}
	if line.Format != Format {
		return Source{}, Batch{}, fmt.Errorf("format: %q, not %q: read it with the version that wrote it", line.Format, Format)
	}
	transfers := make([]Transfer, len(line.Transfers))
	for i, t := range line.Transfers {
		transfers[i] = Transfer{t.Payout, t.Wallet, t.Amount, t.Create}
	}
	b, err := NewBatch(line.Source, line.Batch, line.Nonce, transfers)
	if err != nil {
		return Source{}, Batch{}, err
	}
	again, err := appendBatch(nil, line.Source, b)
	return line.Source, b, unchanged(text, again, err)
}

// unchanged refuses a line that is not what it is encoded as again.
func unchanged(text, again []byte, err error) error {
	if err == nil && !bytes.Equal(text, again) {
		return errors.New("not what its own fields give: restore the file, and pay nothing from it")
	}
	return err
}

// once is the batches and payouts of a file, each of which it may name once.
type once map[string]bool

func (o once) add(b Batch) error {
	ids := []string{"batch " + b.ID}
	for _, t := range b.Transfers {
		ids = append(ids, "payout "+t.Payout)
	}
	for _, id := range ids {
		if o[id] {
			return fmt.Errorf("%w: %s stands there twice", ErrFile, id)
		}
		o[id] = true
	}
	return nil
}
