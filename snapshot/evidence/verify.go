package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/snapshot"
)

// What verifying a bundle may end with.
var (
	ErrNotBundle = errors.New("not an evidence bundle")
	ErrDiffers   = errors.New("the bundle does not hold")
)

// Options are what is verified of a bundle.
type Options struct {
	Supplier *uuid.UUID // only what this supplier's lines follow from; nil: all
	Digest   string     // in hex, the snapshot's digest as it was approved; "": none is given
	Progress func(done, groups int)
}

// The stages of verifying, in order. Each rests on those before it.
const (
	StageContainer = "container" // the file as a whole, and the digest at its end
	StageMembers   = "members"   // each member against the manifest
	StageRows      = "rows"      // each row against its check
	StageFacts     = "facts"     // facts that make sense together
	StageLines     = "lines"     // each line, recomputed
	StageGroups    = "groups"    // the digests of groups of devices
	StageTotals    = "totals"    // what the manifest says of the whole
	StageDigest    = "digest"    // the snapshot's digest
)

var stageNames = []string{StageContainer, StageMembers, StageRows, StageFacts, StageLines, StageGroups, StageTotals, StageDigest}

// Stage is one stage of verifying.
type Stage struct {
	Name       string `json:"name"`
	Reached    bool   `json:"reached"`
	Checked    string `json:"checked,omitempty"`    // what it went through
	Difference string `json:"difference,omitempty"` // the first that was found
}

// Report is what came of verifying a bundle.
type Report struct {
	Snapshot string         `json:"snapshot"` // such as ignition-s1/r2
	State    snapshot.State `json:"state"`    // when the bundle was written
	Estimate bool           `json:"estimate"`
	AsOf     time.Time      `json:"as_of"`
	Digest   string         `json:"digest"` // of the snapshot in hex, as recomputed; "" if it was not reached
	Supplier *Supplier      `json:"supplier,omitempty"`
	Stages   []Stage        `json:"stages"`
}

// Supplier is what was recomputed of one supplier.
type Supplier struct {
	ID      uuid.UUID `json:"supplier_id"`
	Devices int       `json:"devices"`       // that were or are theirs, or would be by a change
	Lines   int       `json:"lines"`         // theirs, recomputed
	Amount  int64     `json:"amount,string"` // Σ of them, in base units
}

// Err returns nil if everything fits, or else ErrDiffers with the first difference
// within the container, or of the container if there is none.
func (r *Report) Err() error {
	for i := range r.Stages {
		if s := r.Stages[(i+1)%len(r.Stages)]; s.Difference != "" { // the container, the first, comes last
			return fmt.Errorf("%w: %s: %s", ErrDiffers, s.Name, s.Difference)
		}
	}
	return nil
}

// verifier is the verifying of one bundle.
type verifier struct {
	options  Options
	report   *Report
	bundle   *bundle
	manifest *manifest
	basis    *snapshot.Basis
	coverage []coverageRow
}

// Verify recomputes a bundle from what is in it, with the code that took the
// snapshot and no database, and reports stage by stage what was gone through and the
// first difference of each. The error is ErrNotBundle, snapshot.ErrNotFound if the
// supplier has no device in it, or that of ctx; differences are in the report. It
// works on some groups of devices at a time, of about 100 MB each.
func Verify(ctx context.Context, r io.ReaderAt, size int64, o Options) (*Report, error) {
	v := &verifier{options: o, report: &Report{}}
	for _, name := range stageNames {
		v.report.Stages = append(v.report.Stages, Stage{Name: name})
	}
	if o.Digest != "" {
		if raw, err := hex.DecodeString(o.Digest); err != nil || len(raw) != sha256.Size {
			return nil, fmt.Errorf("digest %q: give the 64 hex digits that snapshot show prints", o.Digest)
		}
	}
	return v.report, v.verify(ctx, r, size)
}

func (v *verifier) verify(ctx context.Context, r io.ReaderAt, size int64) error {
	sound, err := v.open(r, size)
	if err != nil || !sound || !v.load() {
		return err
	}
	return v.recompute(ctx)
}

// stage returns the stage, which has been reached.
func (v *verifier) stage(name string) *Stage {
	for i := range v.report.Stages {
		if s := &v.report.Stages[i]; s.Name == name {
			s.Reached = true
			return s
		}
	}
	panic("no stage " + name)
}

// differs notes a difference; the first one of a stage stands.
func (v *verifier) differs(stage, format string, arguments ...any) {
	if s := v.stage(stage); s.Difference == "" {
		s.Difference = fmt.Sprintf(format, arguments...)
	}
}

// checked notes what a stage went through.
func (v *verifier) checked(stage, format string, arguments ...any) {
	v.stage(stage).Checked = fmt.Sprintf(format, arguments...)
}
