package simulator

import (
	"fmt"
	"iter"
	"slices"

	"github.com/uptally/uptally/uptime"
)

// The kinds of entry of the verdict log.
const (
	spoofedVerdict uint64 = iota
	genuineVerdict
)

const (
	spoofedInWave     = 950 // per mille of the virtual devices
	spoofedLater      = 30  // per mille; the rest is never found out
	laterSpan         = 21 * secondsPerDay
	genuinePerMille   = 900 // of the honest devices
	genuineSpan       = 32 * secondsPerDay
	wrongPerMille     = 40 // of the honest devices, spoofed in the wave and cleared
	clearedSoonest    = secondsPerDay
	clearedSpan       = 12 * secondsPerDay
	testedSpan        = 2 * secondsPerDay // after a device is back, or there
	effectiveSoonest  = 10 * 60           // seconds before the decision
	effectiveEarliest = 4 * secondsPerHour
)

var spoofedReasons = [...]string{"pow_hash_rate_mismatch", "pow_timeout", "pow_duplicate_fingerprint"}

func (w *World) indexVerdicts() []entry {
	if !w.script.verdicts {
		return nil
	}
	log := make([]entry, 0, w.Devices()+len(w.lives)/8)
	for v := range w.virtuals {
		if at := w.foundOut(v); at > 0 {
			log = append(log, newEntry(at, len(w.lives)+v, spoofedVerdict))
		}
	}
	for honest := range w.lives {
		wrongly, cleared := w.testedAt(honest)
		if wrongly > 0 {
			log = append(log, newEntry(wrongly, honest, spoofedVerdict))
		}
		if cleared > 0 {
			log = append(log, newEntry(cleared, honest, genuineVerdict))
		}
	}
	slices.Sort(log)
	return log
}

// foundOut returns when a virtual device is decided to be spoofed, or 0.
func (w *World) foundOut(v int) moment {
	stream := w.key(traitVerdict).child(1)
	draw := uint32(stream.child(1).at(uint64(v)))
	wave := momentAtOrAfter(WaveEnd)
	switch rank := perMille(stream.quantile(v, w.virtuals)); {
	case rank < spoofedInWave:
		from := momentAtOrAfter(VerdictsFrom)
		return from + moment(spread(draw, int32(wave-from)))
	case rank < spoofedInWave+spoofedLater:
		return wave + moment(spread(draw, laterSpan))
	}
	return 0
}

// testedAt returns when an honest device is wrongly decided to be spoofed and when
// it is decided to be genuine, each 0 if never. A device is wronged only if it is
// cleared afterwards.
func (w *World) testedAt(honest int) (wrongly, genuine moment) {
	draw := w.key(traitVerdict).at(uint64(honest))
	from := momentAtOrAfter(VerdictsFrom)
	if perMille(w.key(traitWrongVerdict).quantile(honest, len(w.lives))) < wrongPerMille {
		wrongly = from + moment(spread(uint32(draw), int32(momentAtOrAfter(WaveEnd)-from)))
		genuine = wrongly + clearedSoonest + moment(spread(uint32(draw>>32), clearedSpan))
	} else if perMille(w.key(traitVerdict).quantile(honest, len(w.lives))) < genuinePerMille {
		genuine = from + moment(spread(uint32(draw), genuineSpan))
	}
	if genuine = w.reachable(honest, genuine, draw); genuine == 0 {
		return 0, 0
	}
	return wrongly, genuine
}

// reachable moves a proof of work to when the device can do it: within two days
// after it first came or came back. It returns 0 if that never is.
func (w *World) reachable(honest int, at moment, draw uint64) moment {
	l := &w.lives[honest]
	delay := moment(part(draw, 8, testedSpan/4)) * 4
	// The cut stands on both sides: whoever is back from one gap may be in the other.
	for _, gap := range [...]ticks{{0, l.active.from}, l.cut, l.away, l.cut} {
		if at > 0 && gap.contains(at.tick()) {
			at = 0
			if gap.until < endTick {
				at = gap.until.start() + delay
			}
		}
	}
	if !l.active.contains(at.tick()) {
		return 0
	}
	return at
}

// Verdicts yields the verdict log from the first row to the last, as the API
// serves it. The rows are made as they are asked for.
func (w *World) Verdicts() iter.Seq[uptime.Verdict] {
	return func(yield func(uptime.Verdict) bool) {
		for n := range w.verdicts {
			if !yield(w.verdict(n)) {
				return
			}
		}
	}
}

// verdict makes the n-th row of the verdict log.
func (w *World) verdict(n int) uptime.Verdict {
	e := w.verdicts[n]
	draw := w.key(traitVerdict).child(2).at(uint64(e))
	before := effectiveSoonest + part(draw, 0, effectiveEarliest-effectiveSoonest)
	v := uptime.Verdict{
		Seq: sequence(n), DeviceID: w.deviceID(e.device()), Kind: uptime.Genuine,
		EffectiveAt: (e.at() - moment(before)).time(), DecidedAt: e.at().time(),
		Reason: "pow_passed", Evidence: fmt.Sprintf("pow-run %d", 80_000+n),
	}
	if e.kind() == spoofedVerdict {
		v.Kind, v.Reason = uptime.Spoofed, spoofedReasons[part(draw, 16, int32(len(spoofedReasons)))]
	}
	return v
}
