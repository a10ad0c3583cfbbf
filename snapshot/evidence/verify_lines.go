package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/holiman/uint256"

	"github.com/uptally/uptally/snapshot"
)

// sums adds up the groups in order, recomputed ones and believed ones.
type sums struct {
	v         *verifier
	reckoning *snapshot.Reckoning
	points    *uint256.Int
	suppliers map[uuid.UUID]struct{}
	theirs    map[int32]bool // devices whose lines are compared; nil: all
	broken    bool           // a group could not be recomputed: no sum means anything

	groups                        int // recomputed
	chunks, devices, facts, lines int64
}

// believe takes in the groups [from, to) as the manifest has them.
func (s *sums) believe(from, to int) {
	for i := from; i < to; i++ {
		g := &s.v.manifest.Groups[i]
		digest, err := hex.DecodeString(g.Digest)
		points, ok := numberOf(g.Points)
		if err != nil || !ok || len(digest) != sha256.Size {
			s.v.differs(StageGroups, "%s: groups[%d]: digest %q or points %q cannot be read", manifestMember, i, g.Digest, g.Points)
			s.broken = true
			continue
		}
		s.reckoning.Known(digest, g.Rows.Lines, int64(g.Allocated))
		s.points.Add(s.points, points)
		s.devices += g.Rows.Devices
	}
}

// add takes in a group that was recomputed, and compares it.
func (s *sums) add(c *checkedGroup) {
	r := &c.rows
	s.groups++
	s.chunks += s.v.manifest.Groups[c.number].Rows.Chunks
	s.devices += int64(len(r.devices))
	s.facts += int64(len(r.devices) + len(r.changes) + len(r.verdicts) + len(r.minutes))
	if c.difference != "" {
		s.v.differs(c.stage, "%s", c.difference)
		s.broken = true
		return
	}
	before := s.reckoning.Allocated
	lines, digest, err := s.reckoning.Group(c.scored.Inputs, c.scored.Staged)
	if err != nil {
		s.v.differs(StageLines, "%s: %s: %v", linesTable, s.v.groupName(linesTable, c.number), err)
		s.broken = true
		return
	}
	s.points.Add(s.points, c.scored.Points)
	s.compareLines(r.lines, lines)
	g := &s.v.manifest.Groups[c.number]
	for _, d := range []struct{ field, is, should string }{
		{"inputs", g.Inputs, hex.EncodeToString(c.scored.Inputs)},
		{"points", g.Points, c.scored.Points.Dec()},
		{"allocated", g.Allocated.String(), strconv.FormatInt(s.reckoning.Allocated-before, 10)},
		{"digest", g.Digest, hex.EncodeToString(digest)},
	} {
		if d.is != d.should {
			s.v.differs(StageGroups, "%s: groups[%d], %s: %s is %s; and is %s when recomputed from its bits and facts",
				manifestMember, c.number, s.v.groupName(linesTable, c.number), d.field, d.is, d.should)
		}
	}
}

// compareLines holds the lines of the table against recomputed ones.
func (s *sums) compareLines(rows []lineRow, lines []snapshot.Line) {
	i := 0
	for j := range lines {
		should := lineOf(&lines[j])
		s.suppliers[should.SupplierID] = struct{}{}
		s.count(&lines[j])
		for ; i < len(rows) && compareLines(&rows[i], &should) < 0; i++ {
			s.lineDiffers(&rows[i], "no such line follows from the facts")
		}
		if i == len(rows) || compareLines(&rows[i], &should) != 0 {
			s.lineDiffers(&should, "the line is missing")
			continue
		}
		should.Check = rows[i].Check
		if rows[i] != should {
			s.lineDiffers(&should, firstColumn(&rows[i], &should))
		}
		i++
	}
	for ; i < len(rows); i++ {
		s.lineDiffers(&rows[i], "no such line follows from the facts")
	}
}

// count adds a recomputed line to what is compared.
func (s *sums) count(l *snapshot.Line) {
	if s.theirs == nil || s.theirs[int32(l.Device)] {
		s.lines++
	}
	if theirs := s.v.report.Supplier; theirs != nil && l.SupplierID == theirs.ID {
		theirs.Lines++
		theirs.Amount += l.Amount
	}
}

func (s *sums) lineDiffers(r *lineRow, how string) {
	if s.theirs == nil || s.theirs[r.Device] {
		s.v.differs(StageLines, "%s: %s", describe(linesTable, r), how)
	}
}

// firstColumn names the first column in which two lines differ, and their values.
func firstColumn(is, should *lineRow) string {
	a, b := reflect.ValueOf(is).Elem(), reflect.ValueOf(should).Elem()
	for i := range a.NumField() {
		if a.Field(i).Interface() == b.Field(i).Interface() {
			continue
		}
		name, options, _ := strings.Cut(a.Type().Field(i).Tag.Get("parquet"), ",")
		show := func(v any) any {
			if micros, ok := v.(int64); ok && strings.HasPrefix(options, "timestamp") {
				return instantOf(micros).Format(time.RFC3339Nano)
			}
			return v
		}
		return fmt.Sprintf("%s is %v; and should be %v", name, show(a.Field(i).Interface()), show(b.Field(i).Interface()))
	}
	return "it differs"
}
