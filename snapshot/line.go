package snapshot

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// Line is a device's result for a maximal run of slots with one owner; its key is
// (Device, Span.From). The lines of a device partition its slots of the season.
type Line struct {
	Device     uptime.DeviceNumber
	DeviceID   uuid.UUID
	SupplierID uuid.UUID
	Span       uptime.Span
	// Slots that count: those that a verdict excludes are in none of them.
	Observed   int32
	Up         int32
	Grace      int32 // credited although not up
	LongestRun int32 // up or granted grace in a row, skipping what was not observed

	WeightMillionths int64
	JobMinutes       int64
	Points           int64 // 0 unless eligible
	Amount           int64 // base units, set by Allocate
	Outcome          Outcome
	Notes            Notes
}

// Credited returns the slots that are paid for, up or by grace.
func (l Line) Credited() int32 { return l.Up + l.Grace }

// Validate reports the first inequality between the line's figures that does not
// hold. Anyone can check a line against them.
func (l Line) Validate() error {
	wrong := func(rule string) error {
		return fmt.Errorf("line %s from %s: %s does not hold: %+v", l.DeviceID, instant(l.Span.From.Start()), rule, l)
	}
	switch {
	case l.Span.Empty():
		return wrong("first slot < end of span")
	case l.Up < 0 || l.Grace < 0 || l.LongestRun < 0 || l.JobMinutes < 0 || l.WeightMillionths < 0 || l.Points < 0 || l.Amount < 0:
		return wrong("every figure >= 0")
	case int64(l.Observed) > int64(l.Span.Len()):
		return wrong("observed <= slots of the span")
	case int64(l.Up)+int64(l.Grace) > int64(l.Observed):
		return wrong("up + grace <= observed")
	case l.LongestRun > l.Observed:
		return wrong("longest run <= observed")
	case !l.Outcome.Valid() || !l.Notes.Valid():
		return wrong("outcome and notes are known")
	case l.Outcome != OutcomeEligible && l.Points != 0:
		return wrong("points only if eligible")
	case l.Points == 0 && l.Amount != 0:
		return wrong("amount only with points")
	case l.Grace > 0 != l.Notes.Has(NoteGraceApplied):
		return wrong("grace_applied if and only if grace > 0")
	}
	return nil
}

// CSVHeader is the first row of lines as CSV, with its line feed.
const CSVHeader = "device_id,supplier_id,span_start,span_end,observed,up,grace,credited," +
	"weight_millionths,job_minutes,points,amount,outcome,notes\n"

// AppendCSV appends the line as a row under CSVHeader, with its line feed. Times
// are RFC 3339 in UTC, span_end is exclusive, notes are joined by ";" in their
// order; no field needs quotes.
func AppendCSV(dst []byte, l Line) []byte {
	dst = append(append(dst, l.DeviceID.String()...), ',')
	dst = append(append(dst, l.SupplierID.String()...), ',')
	dst = append(l.Span.From.Start().AppendFormat(dst, time.RFC3339), ',')
	dst = append(l.Span.To.Start().AppendFormat(dst, time.RFC3339), ',')
	for _, figure := range [...]int64{
		int64(l.Observed), int64(l.Up), int64(l.Grace), int64(l.Credited()),
		l.WeightMillionths, l.JobMinutes, l.Points, l.Amount,
	} {
		dst = append(strconv.AppendInt(dst, figure, 10), ',')
	}
	dst = append(append(dst, l.Outcome.String()...), ',')
	return append(l.Notes.append(dst), '\n')
}
