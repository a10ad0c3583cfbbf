package snapshot

import "strconv"

// Digits is a whole number that JSON has as decimal digits in quotes: it may pass the
// 53 bits that some readers of JSON keep exactly.
type Digits int64

// MarshalText writes the digits.
func (d Digits) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(d), 10), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digits) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	*d = Digits(n)
	return err
}
