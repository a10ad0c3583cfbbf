package snapshot

import (
	"cmp"

	"github.com/uptally/uptally/uptime"
)

// lastVerdict returns the one verdict that counts, the last by (decided_at, by
// hand, seq), or nil. A verdict entered by hand comes after the feed's of the
// same instant.
func lastVerdict(verdicts []uptime.Verdict) *uptime.Verdict {
	var last *uptime.Verdict
	for i := range verdicts {
		if last == nil || compareVerdicts(&verdicts[i], last) > 0 {
			last = &verdicts[i]
		}
	}
	return last
}

func compareVerdicts(a, b *uptime.Verdict) int {
	byHand := func(v *uptime.Verdict) int {
		if v.ByHand {
			return 1
		}
		return 0
	}
	return cmp.Or(a.DecidedAt.Compare(b.DecidedAt), byHand(a)-byHand(b), cmp.Compare(a.Seq, b.Seq))
}

// isKind reports whether there is a verdict and it is of the kind.
func isKind(v *uptime.Verdict, kind uptime.VerdictKind) bool { return v != nil && v.Kind == kind }

// counted returns the slots of a line that count in its figures: all of them,
// unless the last verdict is spoofed and takes out those from its effective
// instant on. It may return no slot.
func (e Exclude) counted(line uptime.Span, last *uptime.Verdict) uptime.Span {
	if e == ExcludeFromVerdict && isKind(last, uptime.Spoofed) {
		line.To = max(line.From, min(line.To, uptime.SlotAtOrAfter(last.EffectiveAt)))
	}
	return line
}

// spoofed reports whether a line of which these slots count is excluded whole.
func (e Exclude) spoofed(counted uptime.Span, last *uptime.Verdict) bool {
	return isKind(last, uptime.Spoofed) && (e == ExcludeSeason || counted.Empty())
}

// Excluded returns which slots of a line's span a device's last verdict takes out; none
// unless that is spoofed.
func (e Exclude) Excluded(line uptime.Span, last *uptime.Verdict) uptime.Span {
	counted := e.counted(line, last)
	switch {
	case e.spoofed(counted, last):
		return line
	case counted != line:
		return uptime.Span{From: counted.To, To: line.To}
	}
	return uptime.Span{}
}
