package evidence

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// load reads what is common to all devices into the basis, and reports whether lines
// can be recomputed from it.
func (v *verifier) load() bool {
	b := &snapshot.Basis{AsOf: v.manifest.Of.AsOf.Time, Released: map[int64]bool{}}
	v.basis = b
	for _, part := range []struct {
		name string
		read func(content []byte) error
	}{
		{seasonMember, v.readSeason}, {rulesetMember, v.readRuleset}, {windowsMember, v.readWindows},
		{holdsMember, v.readHolds}, {releasedMember, v.readReleased}, {importsMember, v.readImports},
	} {
		content, err := v.bundle.content(part.name)
		if err == nil {
			err = part.read(content)
		}
		if err != nil {
			v.differs(StageFacts, "%s: %v", part.name, err)
			return false
		}
	}
	if err := v.readCorrection(); err != nil {
		v.differs(StageFacts, "%s: %v", manifestMember, err)
		return false
	}
	return v.readCoverage()
}

func (v *verifier) readSeason(content []byte) error {
	d, err := decode[seasonDocument](content)
	if err != nil {
		return err
	}
	if v.basis.Season, err = d.season(); err != nil {
		return err
	}
	if d.Code != v.manifest.Of.Season {
		return fmt.Errorf("code is %q, and %s says %q", d.Code, manifestMember, v.manifest.Of.Season)
	}
	return nil
}

func (v *verifier) readRuleset(content []byte) (err error) {
	v.basis.Rules, err = snapshot.LoadRuleset(content)
	return err
}

func (v *verifier) readWindows(content []byte) error {
	all, err := decode[[]windowDocument](content)
	if err != nil {
		return err
	}
	for i := range all {
		w, err := all[i].window()
		if err != nil {
			return fmt.Errorf("window %d: %w", i+1, err)
		}
		if i > 0 && w.From.Before(v.basis.Windows[i-1].To) {
			return fmt.Errorf("window %d: it begins before the one before it ends", i+1)
		}
		v.basis.Windows = append(v.basis.Windows, w)
	}
	return nil
}

func (v *verifier) readHolds(content []byte) error {
	all, err := decode[[]intervalDocument](content)
	if err != nil {
		return err
	}
	for i := range all {
		h, err := all[i].hold()
		if err != nil {
			return fmt.Errorf("hold %d: %w", i+1, err)
		}
		v.basis.Holds = append(v.basis.Holds, h)
	}
	return nil
}

func (v *verifier) readReleased(content []byte) error {
	all, err := decode[[]int64](content)
	if err != nil {
		return err
	}
	for i, seq := range all {
		if i > 0 && seq <= all[i-1] {
			return fmt.Errorf("change %d stands after %d", seq, all[i-1])
		}
		v.basis.Released[seq] = true
	}
	return nil
}

// readImports looks that provenance is told as it was: nothing is computed from it.
func (v *verifier) readImports(content []byte) error {
	if _, err := decode[[]importDocument](content); err != nil {
		return err
	}
	if is, should := digestOf(bytes.NewReader(content), 0, int64(len(content))), v.manifest.Of.Imports; is != should {
		return fmt.Errorf("its SHA-256 is %s, and by what every table repeats of %s it should be %s", is, manifestMember, should)
	}
	return nil
}

func (v *verifier) readCorrection() error {
	c, of := v.manifest.Correction, v.manifest.Of
	if c == nil {
		if of.Corrects != "" {
			return fmt.Errorf("of.corrects is %q, and correction is missing", of.Corrects)
		}
		return nil
	}
	season, revision, err := snapshot.ParseName(of.Corrects)
	if err != nil || season != of.Season || revision < 1 || revision >= of.Revision {
		return fmt.Errorf("of.corrects is %q: it names no earlier revision of %s", of.Corrects, of.Season)
	}
	points, ok := numberOf(c.Points)
	if !ok {
		return fmt.Errorf("correction.points is %q: it is no number", c.Points)
	}
	digest, err := hex.DecodeString(c.Digest)
	if err != nil || hex.EncodeToString(digest) != c.Digest {
		return fmt.Errorf("correction.digest is %q: it is not in hex", c.Digest)
	}
	if drawn, came := v.basis.Season.Pool+int64(c.Drawn), int64(c.Allocated)+int64(c.Residual); drawn != came {
		return fmt.Errorf("correction: pool + drawn is %d, and allocated + residual %d", drawn, came)
	}
	v.basis.Corrects = &snapshot.Correction{Points: points, Sealed: snapshot.Snapshot{Season: season, Revision: revision, Digest: digest}}
	return nil
}

// readCoverage reads the table of coverage and finds the observed slots.
func (v *verifier) readCoverage() bool {
	rows, ok := readTable[coverageRow](v, coverageTable)
	if !ok {
		return false
	}
	v.coverage = rows
	if sum := sumCoverage(rows); sum != v.manifest.Coverage {
		v.differs(StageTotals, "%s: coverage is %+v; and should be %+v", manifestMember, v.manifest.Coverage, sum)
	}
	span := v.basis.Span()
	for i := range rows {
		r := &rows[i]
		hour := hourOf(r.Hour)
		var wrong string
		switch {
		case micros(hour.Start()) != r.Hour:
			wrong = "it is no whole hour"
		case i > 0 && hour != hourOf(rows[i-1].Hour)+1:
			wrong = "it does not follow the hour before"
		case slotsWithin(hour, span) == 0:
			wrong = "no line follows from it"
		case uint32(r.Observed) > math.MaxUint16 || uptime.HourSlots(r.Observed)&^slotsWithin(hour, span) != 0:
			wrong = fmt.Sprintf("observed %012b has slots that no line follows from", r.Observed)
		case r.Reopened < 0:
			wrong = "reopened is below 0"
		}
		if wrong != "" {
			v.differs(StageFacts, "%s: %s", describe(coverageTable, r), wrong)
			return false
		}
	}
	v.basis.Observed = snapshot.ObservedWithin(coverageOf(rows), span)
	return true
}

// readTable reads a table whole, whose rows are all of one group.
func readTable[T any, P rowOf[T]](v *verifier, name string) ([]T, bool) {
	content := v.bundle.members[name]
	file, err := openTable[T](content, content.Size())
	if err != nil {
		v.differs(StageRows, "%s: it cannot be read: %v", name, err)
		return nil, false
	}
	if difference := v.describes(name, file); difference != "" {
		v.differs(StageMembers, "%s", difference)
		return nil, false
	}
	rows, err := readRows[T](file, 0, file.NumRows())
	if err != nil {
		v.differs(StageRows, "%s: it cannot be read: %v", name, err)
		return nil, false
	}
	if i := firstDamaged[T, P](rows); i >= 0 {
		v.differs(StageRows, "%s: its check does not fit", describe(name, P(&rows[i])))
		return nil, false
	}
	return rows, true
}

// describes holds what a table says of itself against the manifest, and returns how
// they differ, or "".
func (v *verifier) describes(name string, file *parquet.File) string {
	m := v.manifest
	if is := m.Members[slices.Index(memberNames, name)].Rows; is != file.NumRows() {
		return fmt.Sprintf("%s: members %s, rows is %d; and should be %d", manifestMember, name, is, file.NumRows())
	}
	if of, _ := file.Lookup(ofKey); of != encodeHead(m.Of) {
		return fmt.Sprintf("%s: of is %s, and %s is of %s", manifestMember, encodeHead(m.Of), name, of)
	}
	return ""
}
