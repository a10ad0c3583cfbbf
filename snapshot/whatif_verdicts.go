package snapshot

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// ErrVerdicts is wrapped by every error of ParseVerdicts.
var ErrVerdicts = errors.New("list of verdicts refused")

// verdictColumns is the beginning of the first row of verdicts as CSV; what comes
// after these columns is not looked at.
var verdictColumns = [...]string{"device_id", "verdict", "effective_at"}

// ParseVerdicts reads a what-if list of verdicts: CSV whose first columns are
// device_id,verdict,effective_at, under such a header, or a JSON array of objects with
// these keys. Other columns and keys are not looked at. The error names every bad
// row, by its line in CSV and by its place, from 1, in JSON.
func ParseVerdicts(file []byte) ([]uptime.Verdict, error) {
	parse := parseVerdictsCSV
	if bytes.HasPrefix(bytes.TrimSpace(file), []byte("[")) {
		parse = parseVerdictsJSON
	}
	verdicts, err := parse(file)
	if err != nil {
		return nil, fmt.Errorf("%w:\n%w", ErrVerdicts, err)
	}
	return verdicts, nil
}

func parseVerdictsCSV(file []byte) (verdicts []uptime.Verdict, err error) {
	rows := csv.NewReader(bytes.NewReader(file))
	rows.FieldsPerRecord = -1
	var problems []error
	for header := true; ; header = false {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return verdicts, errors.Join(problems...)
		}
		if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		switch {
		case len(row) < len(verdictColumns):
			problems = append(problems, fmt.Errorf("line %d: %d columns: write device_id,verdict,effective_at", line, len(row)))
		case header && [3]string(row[:3]) == verdictColumns:
		case header:
			problems = append(problems, fmt.Errorf("line %d: no header: begin with device_id,verdict,effective_at", line))
		default:
			v, err := parseVerdict(row[0], row[1], row[2])
			if err != nil {
				problems = append(problems, fmt.Errorf("line %d: %w", line, err))
			}
			verdicts = append(verdicts, v)
		}
	}
}

func parseVerdictsJSON(file []byte) (verdicts []uptime.Verdict, err error) {
	var rows []struct {
		DeviceID    string `json:"device_id"`
		Verdict     string `json:"verdict"`
		EffectiveAt string `json:"effective_at"`
	}
	if err := json.Unmarshal(file, &rows); err != nil {
		return nil, err
	}
	var problems []error
	for i, row := range rows {
		v, err := parseVerdict(row.DeviceID, row.Verdict, row.EffectiveAt)
		if err != nil {
			problems = append(problems, fmt.Errorf("row %d: %w", i+1, err))
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, errors.Join(problems...)
}

func parseVerdict(device, kind, effective string) (v uptime.Verdict, err error) {
	if v.DeviceID, err = uuid.Parse(device); err != nil {
		return v, fmt.Errorf("device_id %q: write a device's id", device)
	}
	if v.Kind = uptime.VerdictKind(kind); v.Kind != uptime.Spoofed && v.Kind != uptime.Genuine {
		return v, fmt.Errorf("verdict %q: write %q or %q", kind, uptime.Spoofed, uptime.Genuine)
	}
	if v.EffectiveAt, err = time.Parse(time.RFC3339, effective); err != nil {
		return v, fmt.Errorf("effective_at %q: write an instant such as 2024-04-23T06:00:00Z", effective)
	}
	return v, nil
}
