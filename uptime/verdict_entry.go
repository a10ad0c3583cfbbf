package uptime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What keeps a verdict from being recorded by hand.
var (
	ErrUnknownDevice = errors.New("unknown device")
	ErrVerdictEntry  = errors.New("not a verdict that can be recorded")
)

// VerdictRecord is a verdict with who entered it.
type VerdictRecord struct {
	Verdict
	PersonID *int64 // nil: the network decided
}

// Verdicts returns the last verdicts, at most limit, of one device if it is named,
// in the order that counts.
func Verdicts(ctx context.Context, tx pgx.Tx, device *uuid.UUID, limit int) ([]VerdictRecord, error) {
	return selectVerdicts(ctx, tx, device, limit)
}

// VerdictPlace is the place of a verdict in the order that counts.
type VerdictPlace struct {
	DecidedAt time.Time
	ByHand    bool // after the feed's of the same instant
	Seq       int64
}

// Place returns the verdict's place.
func (v Verdict) Place() VerdictPlace { return VerdictPlace{v.DecidedAt, v.ByHand, v.Seq} }

// VerdictsBefore returns the verdicts in front of the place, of all if it is nil, the
// last first, at most limit, of one device if it is named.
func VerdictsBefore(ctx context.Context, tx pgx.Tx, device *uuid.UUID, before *VerdictPlace, limit int) ([]VerdictRecord, error) {
	if before == nil {
		return selectVerdictsBefore(ctx, tx, device, nil, VerdictPlace{}, limit)
	}
	return selectVerdictsBefore(ctx, tx, device, &before.DecidedAt, *before, limit)
}

// VerdictEntry is a verdict as a person enters it. Recorded, it is decided at that
// moment, and stands from then on over every earlier one; a correction is another.
type VerdictEntry struct {
	DeviceID    uuid.UUID
	Kind        VerdictKind
	EffectiveAt time.Time // from when it holds; microseconds are kept
	Reason      string    // why, in words: one line, not empty
	Evidence    string    // what shows it, such as the name of a run: one line, not empty
}

// Validate returns ErrVerdictEntry, wrapped in every field at fault and its remedy.
func (e VerdictEntry) Validate() error {
	var errs []error
	for _, m := range e.mistakes() {
		errs = append(errs, fmt.Errorf("%w: %s: %q: %s", ErrVerdictEntry, m.Field, m.Value, m.Remedy))
	}
	return errors.Join(errs...)
}

// mistakes returns the fields at fault, without a line.
func (e VerdictEntry) mistakes() (bad []BadVerdict) {
	if e.Kind != Spoofed && e.Kind != Genuine {
		bad = append(bad, BadVerdict{Field: "verdict", Value: string(e.Kind), Remedy: "write spoofed or genuine"})
	}
	if e.EffectiveAt.IsZero() {
		bad = append(bad, BadVerdict{Field: "effective_at", Remedy: "say from when the verdict holds: " + instantForm})
	}
	for _, f := range []struct{ name, text, missing string }{
		{"reason", e.Reason, "say why"},
		{"evidence", e.Evidence, "say what shows it, such as the name of the run"},
	} {
		switch {
		case strings.TrimSpace(f.text) == "":
			bad = append(bad, BadVerdict{Field: f.name, Value: f.text, Remedy: f.missing})
		case !utf8.ValidString(f.text) || strings.ContainsFunc(f.text, unicode.IsControl):
			bad = append(bad, BadVerdict{Field: f.name, Value: f.text, Remedy: "write one line of UTF-8, without control characters"})
		}
	}
	return bad
}

// stored returns the entry as the database keeps it.
func (e VerdictEntry) stored() VerdictEntry {
	e.EffectiveAt = e.EffectiveAt.UTC().Truncate(time.Microsecond)
	return e
}

// AddVerdicts records the person's verdicts, all of them or none, in their order:
// the last on a device is the one that counts. Those who add at one time do not
// wait for each other, and what each adds stands. It returns what was recorded. The
// error is ErrVerdictEntry for what is no verdict, and ErrUnknownDevice for a device
// that no registration names; it names every entry at fault.
func AddVerdicts(ctx context.Context, tx pgx.Tx, entries []VerdictEntry, person int64) ([]Verdict, error) {
	entries = slices.Clone(entries)
	numbers, err := selectNumbers(ctx, tx, idsOf(entries, func(e VerdictEntry) uuid.UUID { return e.DeviceID }))
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, e := range entries {
		err := e.Validate()
		if _, known := numbers[e.DeviceID]; !known {
			err = errors.Join(err, fmt.Errorf("%w: %s", ErrUnknownDevice, unregistered))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("verdict on device %s: %w", e.DeviceID, err))
		}
		entries[i] = e.stored()
	}
	if err := errors.Join(errs...); err != nil || len(entries) == 0 {
		return nil, err
	}
	stamp, err := stampFacts(ctx, tx)
	if err != nil {
		return nil, err
	}
	seqs, err := insertVerdicts(ctx, tx, entries, numbers, person, stamp)
	if err != nil {
		return nil, fmt.Errorf("recording %d verdicts: %w", len(entries), err)
	}
	added := make([]Verdict, len(entries))
	for i, e := range entries {
		added[i] = Verdict{
			Seq: seqs[i], DeviceID: e.DeviceID, Kind: e.Kind, EffectiveAt: e.EffectiveAt, DecidedAt: stamp.UTC(),
			ByHand: true, Reason: e.Reason, Evidence: e.Evidence,
		}
	}
	return added, nil
}

// unregistered is the remedy for a device that no registration names.
const unregistered = "no registration names it; read the log of changes with a pull, or correct the id"

// VerdictImport is what became of a file of verdicts.
type VerdictImport struct {
	Added     []Verdict    // in the order of the file
	Unchanged []VerdictRow // rows that say what the device's last verdict says, by hand: left out
}

// ImportVerdicts records every verdict of a file, or nothing. A row that equals the
// verdict that counts on its device, if that one was entered by hand, is left out, so
// that to import a file again changes nothing. If rows are bad, the error is a
// *BadVerdicts that names every one.
func ImportVerdicts(ctx context.Context, tx pgx.Tx, file string, content []byte, person int64) (VerdictImport, error) {
	rows, bad := readVerdictFile(file, content)
	if err := lockVerdictImports(ctx, tx); err != nil {
		return VerdictImport{}, err
	}
	ids := idsOf(rows, func(r VerdictRow) uuid.UUID { return r.DeviceID })
	numbers, err := selectNumbers(ctx, tx, ids)
	if err != nil {
		return VerdictImport{}, err
	}
	for _, r := range rows {
		if _, known := numbers[r.DeviceID]; !known {
			bad = append(bad, BadVerdict{r.Line, "device_id", r.DeviceID.String(), unregistered})
		}
	}
	if len(bad) > 0 {
		return VerdictImport{}, newBadVerdicts(file, bad)
	}
	last, err := selectLastVerdicts(ctx, tx, ids)
	if err != nil {
		return VerdictImport{}, err
	}
	var (
		outcome VerdictImport
		entries []VerdictEntry
	)
	for _, r := range rows {
		if v, some := last[r.DeviceID]; some && v.ByHand && v.says(r.VerdictEntry) {
			outcome.Unchanged = append(outcome.Unchanged, r)
		} else {
			entries = append(entries, r.VerdictEntry)
		}
	}
	outcome.Added, err = AddVerdicts(ctx, tx, entries, person)
	return outcome, err
}

// says reports whether the verdict is what the entry says.
func (v Verdict) says(e VerdictEntry) bool {
	return v.Kind == e.Kind && v.EffectiveAt.Equal(e.EffectiveAt) && v.Reason == e.Reason && v.Evidence == e.Evidence
}
