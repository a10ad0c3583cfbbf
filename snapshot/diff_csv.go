package snapshot

import (
	"strconv"
	"time"
)

// DiffCSVHeader is the first row of a difference as CSV, with its line feed.
const DiffCSVHeader = "device_id,span_start,cause,amount_before,amount_after,change," +
	"supplier_id_before,supplier_id_after,span_end_before,span_end_after,outcome_before,outcome_after," +
	"observed_before,observed_after,up_before,up_after,grace_before,grace_after,longest_run_before,longest_run_after," +
	"weight_millionths_before,weight_millionths_after,job_minutes_before,job_minutes_after,points_before,points_after," +
	"notes_before,notes_after\n"

// AppendCSV appends the line as rows under DiffCSVHeader, one a step, so that the
// changes of all rows add up to the whole difference, and those of one cause to its
// net. Where there is no line, its amount is 0 and its other fields are empty. Times
// and notes are as in the CSV of lines.
func (c *ChangedLine) AppendCSV(dst []byte) []byte {
	for i := range c.Steps {
		dst = append(append(dst, c.DeviceID.String()...), ',')
		dst = append(c.First.Start().AppendFormat(dst, time.RFC3339), ',')
		dst = c.Steps[i].appendCSV(dst)
	}
	return dst
}

func (s *Step) appendCSV(dst []byte) []byte {
	dst = append(append(dst, s.Cause.String()...), ',')
	for _, amount := range [...]int64{s.Before.Amount, s.After.Amount, s.Change()} {
		dst = append(strconv.AppendInt(dst, amount, 10), ',')
	}
	pair := func(field func(dst []byte, l *Line) []byte) {
		for _, l := range [...]*Line{&s.Before, &s.After} {
			if l.is() {
				dst = field(dst, l)
			}
			dst = append(dst, ',')
		}
	}
	number := func(of func(*Line) int64) {
		pair(func(dst []byte, l *Line) []byte { return strconv.AppendInt(dst, of(l), 10) })
	}
	pair(func(dst []byte, l *Line) []byte { return append(dst, l.SupplierID.String()...) })
	pair(func(dst []byte, l *Line) []byte { return l.Span.To.Start().AppendFormat(dst, time.RFC3339) })
	pair(func(dst []byte, l *Line) []byte { return append(dst, l.Outcome.String()...) })
	number(func(l *Line) int64 { return int64(l.Observed) })
	number(func(l *Line) int64 { return int64(l.Up) })
	number(func(l *Line) int64 { return int64(l.Grace) })
	number(func(l *Line) int64 { return int64(l.LongestRun) })
	number(func(l *Line) int64 { return l.WeightMillionths })
	number(func(l *Line) int64 { return l.JobMinutes })
	number(func(l *Line) int64 { return l.Points })
	pair(func(dst []byte, l *Line) []byte { return l.Notes.append(dst) })
	dst[len(dst)-1] = '\n'
	return dst
}
