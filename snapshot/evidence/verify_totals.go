package evidence

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/holiman/uint256"
)

// compare holds the sums against what the manifest says of the whole, and says what
// was gone through. points is what the manifest says.
func (s *sums) compare(points *uint256.Int) {
	v, m := s.v, s.v.manifest
	some := fmt.Sprintf("%d of %d groups", s.groups, len(m.Groups))
	v.checked(StageRows, "each row of %s: %d chunks, %d facts, and their lines", some, s.chunks, s.facts)
	v.checked(StageFacts, "season, rules, %d windows, %d holds, %d hours of coverage; %d devices", len(v.basis.Windows), len(v.basis.Holds), len(v.coverage), s.devices)
	v.checked(StageLines, "%d lines", s.lines)
	v.checked(StageGroups, "%s: of what went in, and with the lines", some)
	if s.theirs != nil {
		v.stage(StageLines).Checked += fmt.Sprintf(" of the supplier's devices; Σ points, %s, is taken from %s", m.Points, manifestMember)
		v.stage(StageGroups).Checked += "; the others are taken from " + manifestMember
	}
	if s.broken {
		return
	}
	v.checked(StageTotals, "pool, points, amounts, lines, coverage")
	s.compareTotals(points)
	v.report.Digest = hex.EncodeToString(s.reckoning.Digest())
	v.checked(StageDigest, "the snapshot's, over all of this")
	if m.Digest != v.report.Digest {
		v.differs(StageDigest, "%s: digest is %s; and is %s when recomputed%s", manifestMember, m.Digest, v.report.Digest, s.blame())
	}
	if approved := strings.ToLower(v.options.Digest); approved != "" {
		v.stage(StageDigest).Checked += ", and the one approved"
		if approved != v.report.Digest {
			v.differs(StageDigest, "what was approved is %s; the bundle comes to %s: it is of something else", approved, v.report.Digest)
		}
	}
}

func (s *sums) compareTotals(points *uint256.Int) {
	v, m, b := s.v, s.v.manifest, s.v.basis
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	season := b.Season.Span()
	for _, t := range []struct{ field, is, should string }{
		{"pool", m.Pool.String(), number(b.Season.Pool)},
		{"points", points.Dec(), s.points.Dec()},
		{"allocated", m.Allocated.String(), number(s.reckoning.Allocated)},
		{"lines", number(m.Lines), number(s.reckoning.Lines)},
		{"devices", number(m.Devices), number(s.devices)},
		{"observed_slots", number(int64(m.ObservedSlots)), number(int64(b.Observed.Count(season)))},
		{"season_slots", number(int64(m.SeasonSlots)), number(int64(season.Len()))},
	} {
		if t.is != t.should {
			v.differs(StageTotals, "%s: %s is %s; and should be %s", manifestMember, t.field, t.is, t.should)
		}
	}
	if s.theirs == nil && m.Suppliers != int64(len(s.suppliers)) {
		v.differs(StageTotals, "%s: suppliers is %d; and should be %d", manifestMember, m.Suppliers, len(s.suppliers))
	}
	if went, came := int64(m.Pool)+int64(m.Drawn), int64(m.Allocated)+int64(m.Residual); went != came || m.Correction == nil && m.Drawn != 0 {
		v.differs(StageTotals, "%s: pool %s + drawn %s is not allocated %s + residual %s", manifestMember, m.Pool, m.Drawn, m.Allocated, m.Residual)
	}
}

// blame says what is left to have changed if the digest of all differs, and no group
// and no total does.
func (s *sums) blame() string {
	if s.v.stage(StageGroups).Difference != "" || s.v.stage(StageTotals).Difference != "" {
		return ""
	}
	return fmt.Sprintf(": no group of devices and no total differs, so it is that, or what is common to all: %s, %s, %s, %s, %s, %s, or the revision that is corrected",
		seasonMember, rulesetMember, windowsMember, holdsMember, releasedMember, coverageTable)
}
