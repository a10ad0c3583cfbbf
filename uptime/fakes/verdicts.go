package fakes

import (
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"github.com/uptally/uptally/uptime"
)

// Reason is the reason of a verdict that a person makes of a suspect.
const Reason = "likely_fake"

// Evidence is what such a verdict rests on, in one line.
func (s Suspect) Evidence() string {
	return fmt.Sprintf("cohort %d: %d devices, %d switches in common of %d, up to %d slots without a gap, %d per mille of the slots alike",
		s.Cohort, s.Devices, s.Shared, max(s.Own, s.Leading), s.Run, s.Identical)
}

// WriteVerdicts writes the suspects as the table that verdicts are imported from,
// one a row in their order, without those that have a spoofed verdict already. It
// returns how many rows it wrote.
//
// A verdict takes effect with the device's registration: what is fake was never
// anything else.
//
//	device_id,verdict,effective_at,reason,evidence
//	5f0c…,spoofed,2024-04-18T10:00:00Z,likely_fake,"cohort 12: 431 devices, 57 switches in common of 57, up to 911 slots without a gap, 1000 per mille of the slots alike"
func WriteVerdicts(out io.Writer, suspects []Suspect) (rows int, err error) {
	table := csv.NewWriter(out)
	if err := table.Write([]string{"device_id", "verdict", "effective_at", "reason", "evidence"}); err != nil {
		return 0, err
	}
	for _, s := range suspects {
		if s.Device.Spoofed {
			continue
		}
		if err := table.Write([]string{
			s.Device.ID.String(), string(uptime.Spoofed), s.Device.RegisteredAt.UTC().Format(time.RFC3339Nano), Reason, s.Evidence(),
		}); err != nil {
			return rows, err
		}
		rows++
	}
	table.Flush()
	return rows, table.Error()
}
