package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/uptally/uptally/ledger"
)

// instant is a flag's moment: RFC 3339, or a day, which stands for its midnight
// UTC.
type instant struct{ time.Time }

// UnmarshalText reads the flag.
func (i *instant) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, string(text)); err == nil {
			i.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("%q is no instant: write 2024-04-25T08:05:00Z, or a day such as 2024-04-25", text)
}

// amount is a flag's sum of money: digits are base units, a number with the unit
// is that many IO. A point without the unit is refused: who forgets it is off by
// eight places.
type amount struct{ ledger.Amount }

// UnmarshalText reads the flag.
func (a *amount) UnmarshalText(text []byte) (err error) {
	if whole, ok := strings.CutSuffix(string(text), "IO"); ok {
		a.Amount, err = ledger.ParseDecimal(strings.ReplaceAll(strings.TrimSpace(whole), ",", ""))
		return err
	}
	a.Amount, err = ledger.ParseAmount(string(text))
	if err != nil {
		return fmt.Errorf("%w; or with the unit, such as 12.5IO", err)
	}
	return nil
}
