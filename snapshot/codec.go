package snapshot

import (
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// LineBytes is the length of an encoded line. Scored lines are staged, and lines are
// digested, in one encoding of fixed width, big-endian, in the order of the fields of Line:
//
//	device number 4 | device id 16 | supplier id 16 | first slot 8 | end slot 8 |
//	observed 4 | up 4 | grace 4 | longest run 4 | weight 8 | job minutes 8 |
//	points 8 | amount 8 | outcome 2 | notes 2
const LineBytes = 4 + 16 + 16 + 2*8 + 4*4 + 4*8 + 2*2

// AppendLine appends the line's encoding to dst.
func AppendLine(dst []byte, l *Line) []byte {
	be := binary.BigEndian
	dst = be.AppendUint32(dst, uint32(l.Device))
	dst = append(dst, l.DeviceID[:]...)
	dst = append(dst, l.SupplierID[:]...)
	dst = be.AppendUint64(dst, uint64(l.Span.From))
	dst = be.AppendUint64(dst, uint64(l.Span.To))
	for _, v := range []int32{l.Observed, l.Up, l.Grace, l.LongestRun} {
		dst = be.AppendUint32(dst, uint32(v))
	}
	for _, v := range []int64{l.WeightMillionths, l.JobMinutes, l.Points, l.Amount} {
		dst = be.AppendUint64(dst, uint64(v))
	}
	dst = be.AppendUint16(dst, uint16(l.Outcome))
	return be.AppendUint16(dst, uint16(l.Notes))
}

// DecodeLines appends the lines of src, their encodings one after the other, to
// dst. A length that is no multiple of a line's is an error.
func DecodeLines(dst []Line, src []byte) ([]Line, error) {
	if len(src)%LineBytes != 0 {
		return dst, fmt.Errorf("encoded lines: %d bytes are no multiple of %d; take the snapshot again", len(src), LineBytes)
	}
	for ; len(src) > 0; src = src[LineBytes:] {
		dst = append(dst, decodeLine(src))
	}
	return dst, nil
}

func decodeLine(src []byte) Line {
	be := binary.BigEndian
	u32 := func(at int) uint32 { return be.Uint32(src[at:]) }
	u64 := func(at int) int64 { return int64(be.Uint64(src[at:])) }
	return Line{
		Device:   uptime.DeviceNumber(u32(0)),
		DeviceID: uuid.UUID(src[4:20]), SupplierID: uuid.UUID(src[20:36]),
		Span:     uptime.Span{From: uptime.Slot(u64(36)), To: uptime.Slot(u64(44))},
		Observed: int32(u32(52)), Up: int32(u32(56)), Grace: int32(u32(60)), LongestRun: int32(u32(64)),
		WeightMillionths: u64(68), JobMinutes: u64(76), Points: u64(84), Amount: u64(92),
		Outcome: Outcome(be.Uint16(src[100:])), Notes: Notes(be.Uint16(src[102:])),
	}
}

// digester writes what a digest is taken over, field by field, so that no two
// different contents are written alike: numbers at fixed width, text and lists
// with their length before them.
type digester struct {
	hash.Hash
	buf []byte
}

func (d *digester) flush()              { d.Write(d.buf); d.buf = d.buf[:0] }
func (d *digester) number(v int64)      { d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(v)) }
func (d *digester) instant(t time.Time) { d.number(t.Unix()); d.number(int64(t.Nanosecond())) }
func (d *digester) text(s string)       { d.number(int64(len(s))); d.buf = append(d.buf, s...) }
func (d *digester) span(s uptime.Span)  { d.number(int64(s.From)); d.number(int64(s.To)) }
func (d *digester) truth(b bool) {
	var v int64 // no map: it is asked five times a change
	if b {
		v = 1
	}
	d.number(v)
}
func (d *digester) words(t uptime.Timeline) {
	for _, w := range t.Words() {
		d.number(int64(w))
	}
	d.flush()
}

// bits writes a shard's bits, all its devices' at once.
func (d *digester) bits(shard []byte) {
	d.flush()
	d.Write(shard)
}

// flushAt is how much is kept before it is written: a hash is quick on long runs.
const flushAt = 1 << 15

// device writes the facts that a device is scored from, but its bits.
func (d *digester) device(v *Device) {
	d.buf = append(d.buf, v.ID[:]...)
	d.instant(v.RegisteredAt)
	d.number(int64(len(v.Changes)))
	for _, c := range v.Changes {
		d.change(c)
	}
	d.number(int64(len(v.Verdicts)))
	for _, x := range v.Verdicts {
		d.number(x.Seq)
		d.truth(x.ByHand)
		d.text(string(x.Kind))
		d.instant(x.EffectiveAt)
		d.instant(x.DecidedAt)
	}
	d.number(int64(len(v.JobMinutes)))
	for _, m := range v.JobMinutes {
		d.number(m.Day.Unix())
		d.number(int64(m.Minutes))
	}
	if len(d.buf) >= flushAt {
		d.flush()
	}
}

func (d *digester) change(c uptime.Change) {
	d.number(c.Seq)
	d.instant(c.ChangedAt)
	d.text(string(c.Channel))
	d.truth(c.SupplierID != nil)
	if c.SupplierID != nil {
		d.buf = append(d.buf, c.SupplierID[:]...)
	}
	for _, s := range []*string{c.GPUModel, c.Connectivity} {
		d.truth(s != nil)
		if s != nil {
			d.text(*s)
		}
	}
	d.truth(c.GPUCount != nil)
	if c.GPUCount != nil {
		d.number(int64(*c.GPUCount))
	}
}

// basis writes what every device of the snapshot is scored by. Ids of windows and
// holds are left out: they differ from machine to machine.
func (d *digester) basis(b *Basis) {
	ruleset := b.Rules.SHA256()
	d.text(b.Season.Code)
	d.instant(b.Season.FirstDay)
	d.instant(b.Season.LastDay)
	d.number(b.Season.Pool)
	d.buf = append(d.buf, ruleset[:]...)
	d.number(int64(len(b.Windows)))
	for _, w := range b.Windows {
		d.window(w)
	}
	d.number(int64(len(b.Holds)))
	for _, h := range b.Holds {
		d.instant(h.From)
		d.instant(h.To)
	}
	d.number(int64(len(b.Released)))
	for _, seq := range slices.Sorted(maps.Keys(b.Released)) {
		d.number(seq)
	}
	d.span(b.Observed.Span())
	d.words(b.Observed)
	if b.Corrects != nil {
		d.text(b.Corrects.Points.Dec())
		d.buf = append(d.buf, b.Corrects.Sealed.Digest...)
	}
}

func (d *digester) window(w Window) {
	d.instant(w.From)
	d.instant(w.To)
	d.text(w.Cause)
	d.number(int64(w.Lookback))
	d.text(w.MinBefore.String())
	d.number(int64(w.Sustain))
	d.instant(w.ReconnectBy)
	d.text(string(w.Credit))
	d.truth(w.Cap != nil)
	if w.Cap != nil {
		d.number(int64(*w.Cap))
	}
	d.truth(w.RequireGenuine)
}
