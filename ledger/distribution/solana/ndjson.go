package solana

import "errors"

// EncodeNDJSON writes transactions.ndjson.
func EncodeNDJSON(src Source, batches []Batch) ([]byte, error) { return nil, errors.ErrUnsupported }

// DecodeNDJSON reads what EncodeNDJSON wrote, and nothing else.
func DecodeNDJSON(text []byte) (Source, []Batch, error) {
	return Source{}, nil, errors.ErrUnsupported
}
