package simulator

import "github.com/uptally/uptally/uptime"

// life is what is kept of an honest device: when it was there at all. Empty spans
// stand for what did not happen to it.
type life struct {
	active     ticks  // from its first slot until it retires
	away       ticks  // its one long absence
	cut        ticks  // from the cut-over until its owner has restarted it
	registered moment // when it registered
}

// fate is what becomes of an honest device over the seasons.
type fate uint8

const (
	keeps     fate = iota // had a new token in time: the cut-over does not touch it
	neverBack             // is never restarted after the cut-over
	neverSeen             // registers and never sends a heartbeat
	newcomer              // registers after the cut-over
	retires               // leaves some day
	absent                // has one long absence
	plain
)

// fates are the shares of each, per mille, in order; they make 1000.
var fates = [...]int32{keeps: 20, neverBack: 40, neverSeen: 20, newcomer: 30, retires: 60, absent: 150, plain: 680}

func (w *World) fateOf(honest int) fate {
	if w.script.standing {
		return keeps
	}
	rank := perMille(w.key(traitFate).quantile(honest, w.config.Devices))
	for f, share := range fates {
		if rank -= share; rank < 0 {
			return fate(f)
		}
	}
	panic("simulator: the fates' shares do not make 1000")
}

const (
	registeredBeforeStart = 400                     // per mille of the devices
	settlingTicks         = 24                      // to the first heartbeat, at most
	absenceShortest       = 3 * uptime.SlotsPerDay  // ticks
	absenceLongest        = 40 * uptime.SlotsPerDay // ticks
	never                 = tick(1 << 30)           // after every tick of the world
	cutOverTicks          = 3                       // within which devices lose the API
	returnSoonest         = 6                       // ticks
	returnLatest          = 35 * uptime.SlotsPerDay // ticks
	newcomersFrom         = 6 * secondsPerDay       // after the cut-over
	newcomersSpan         = 21 * secondsPerDay      //
	registrationsEnd      = 5 * secondsPerDay       // before the cut-over
	secondsBefore         = daysBefore * secondsPerDay
)

func (w *World) lifeOf(honest int) life {
	f := w.fateOf(honest)
	registered := w.registeredAt(honest, f)
	draw := w.key(traitSpan).at(uint64(honest))
	first := max(firstTick, registered.tick()+1+tick(part(draw, 0, settlingTicks)))
	l := life{registered: registered, active: ticks{first, endTick}}
	rest := int32(endTick - first)
	switch f {
	case neverSeen:
		l.active.until = first
	case retires:
		l.active.until = first + 1 + tick(part(draw, 16, rest))
	case absent:
		from := first + tick(part(draw, 16, rest))
		l.away = ticks{from, from + absenceShortest + tick(part(draw, 32, absenceLongest-absenceShortest))}
	}
	if f != keeps && first < cutOverTick && !w.config.Spared {
		l.cut = w.cutOf(honest, f)
	}
	return l
}

// registeredAt draws when a device registers: two in five before Start, then
// ever fewer until shortly before the cut-over, and the newcomers after it.
func (w *World) registeredAt(honest int, f fate) moment {
	quantile := w.key(traitRegistered).quantile(honest, w.config.Devices)
	rank := perMille(quantile)
	switch {
	case f == newcomer:
		return momentAtOrAfter(CutOverAt) + newcomersFrom + moment(spread(quantile, newcomersSpan))
	case w.script.standing:
		return moment(spread(quantile, secondsBefore))
	case rank < registeredBeforeStart:
		return moment(spread(quantile, secondsBefore*1000/registeredBeforeStart))
	}
	fraction := uint32((uint64(quantile) - registeredBeforeStart<<32/1000) * 1000 / (1000 - registeredBeforeStart))
	early := uint32(uint64(fraction) * uint64(fraction) >> 32)
	span := int32(momentAtOrAfter(CutOverAt) - registrationsEnd - secondsBefore)
	return secondsBefore + moment(spread(early, span))
}

// cutOf draws when a device loses the API at the cut-over and when it is back.
func (w *World) cutOf(honest int, f fate) ticks {
	draw := w.key(traitReturn).at(uint64(honest))
	from := cutOverTick + tick(part(draw, 0, cutOverTicks))
	if f == neverBack {
		return ticks{from, never}
	}
	return ticks{from, from + w.returnDelay(honest)}
}

// returnDelay draws how long an owner takes to restart a device: lognormal-like,
// half within 36 hours, 1 in 20 within 4 hours, 19 in 20 within a fortnight. The
// logarithm, in 1/65536 of a power of two, is a sum of four uniform draws, nearly
// normal; the power of two between whole exponents is taken on the chord.
func (w *World) returnDelay(honest int) tick {
	const median, width = 573_440, 221_500 // log2(432 ticks), and the width of one draw
	draw := w.key(traitReturn).child(1).at(uint64(honest))
	logarithm := median - 2*width
	for shift := uint(0); shift < 64; shift += 16 {
		logarithm += int(uint64(uint16(draw>>shift)) * width >> 16)
	}
	delay := int32(returnSoonest)
	if logarithm > 0 {
		delay = int32(uint64(1<<16+logarithm&0xffff) << (logarithm >> 16) >> 16)
	}
	return tick(min(max(delay, returnSoonest), returnLatest))
}

// there reports whether the device is connected at all in the tick.
func (l *life) there(t tick) bool {
	return l.active.contains(t) && !l.away.contains(t) && !l.cut.contains(t)
}

// habit is how a device is out from day to day: on some days once, for a while.
type habit struct {
	days              int32 // per mille of the days with an outage
	shortest, longest int32 // ticks, at most a day
}

// honestHabits are the honest devices' habits; one in eight ranks each, so most
// are good, some poor, and the last is on only for the night.
var honestHabits = [8]habit{
	{80, 1, 4}, {80, 1, 4}, {100, 1, 6}, {100, 1, 6}, {150, 1, 12},
	{400, 1, 24}, {400, 2, 36}, {1000, 12, 120},
}

// nightly is the habit of the few who mine only while they sleep.
var nightly = habit{1000, 170, 230}

const nightlyPerMille = 40

// habitOf returns the habit of the honest device with the stream of heartbeats:
// the stream's key is a draw of its own.
func (w *World) habitOf(own key) *habit {
	draw := uint64(own)
	if part(draw, 0, 1000) < nightlyPerMille && !w.script.standing {
		return &nightly
	}
	return &honestHabits[draw>>61]
}

// out reports whether the day's draw has the device out in a tick of the day.
func (h *habit) out(draw uint64, inDay int32) bool {
	if part(draw, 0, 1000) >= h.days {
		return false
	}
	length := h.shortest + part(draw, 16, h.longest-h.shortest+1)
	start := part(draw, 32, uptime.SlotsPerDay-length+1)
	return start <= inDay && inDay < start+length
}
