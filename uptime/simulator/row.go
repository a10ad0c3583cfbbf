package simulator

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// rowText is a heartbeat row, to be copied and patched: a row costs a copy of 81
// bytes, the digits of an id and five digits of the time.
const (
	rowText     = `{"device_id":"00000000-0000-0000-0000-000000000000","at":"2006-01-02T15:04:05Z"},`
	rowIDAt     = len(`{"device_id":"`)
	rowTimeAt   = rowIDAt + len(`00000000-0000-0000-0000-000000000000","at":"`)
	rowMinuteAt = rowTimeAt + len(`2006-01-02T15:0`)
)

// rows appends heartbeat rows to a page, each with a comma after it.
type rows struct {
	page     []byte
	template [len(rowText)]byte
	tick     tick
	minute   moment // of the hour, at which the tick starts: its last digit is 0 or 5
}

func newRows(page []byte) rows {
	r := rows{page: page, tick: -1}
	copy(r.template[:], rowText)
	return r
}

func (r *rows) append(ids identities, h heartbeat) {
	if t := h.at.tick(); t != r.tick {
		r.tick, r.minute = t, t.start()/60%10
		t.start().time().AppendFormat(r.template[:rowTimeAt], time.RFC3339)
	}
	n := len(r.page)
	r.page = append(r.page, r.template[:]...)
	row := r.page[n : n+len(rowText)]
	high, low := ids.words(uint32(h.device))
	putUUID(row[rowIDAt:rowIDAt+36], high, low)
	second := uint32(h.at - r.tick.start())
	row[rowMinuteAt] = '0' + byte(uint32(r.minute)+second/60)
	second %= 60
	row[rowMinuteAt+2], row[rowMinuteAt+3] = '0'+byte(second/10), '0'+byte(second%10)
}

// putUUID writes the digits 8-4-4-4-12, and the dashes.
func putUUID(text []byte, high, low uint64) {
	_ = text[35]
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	binary.BigEndian.PutUint64(text, hexDigits(uint32(high>>32)))
	middle, last := hexDigits(uint32(high)), hexDigits(uint32(low>>32))
	binary.BigEndian.PutUint32(text[9:], uint32(middle>>32))
	binary.BigEndian.PutUint32(text[14:], uint32(middle))
	binary.BigEndian.PutUint32(text[19:], uint32(last>>32))
	binary.BigEndian.PutUint32(text[24:], uint32(last))
	binary.BigEndian.PutUint64(text[28:], hexDigits(uint32(low)))
}

// hexDigits returns the eight lower-case digits of v, all worked out at once in
// the bytes of a word: the nibbles are spread out, and those above 9 raised to
// the letters.
func hexDigits(v uint32) uint64 {
	const ones = 0x0101010101010101
	x := uint64(v)
	x = (x<<16 | x&0xffff) & 0x0000ffff0000ffff
	x = (x<<8 | x) & 0x00ff00ff00ff00ff
	x = (x<<4 | x) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 6*ones) >> 4 & ones
	return x + '0'*ones + letters*('a'-'9'-1)
}

// appendChange appends a row of the change log: the fields that changed.
func appendChange(page []byte, c uptime.Change) []byte {
	page = appendHead(page, c.Seq, c.DeviceID)
	page = appendTime(page, `,"changed_at":"`, c.ChangedAt)
	page = appendText(page, `,"channel":`, string(c.Channel))
	if c.SupplierID != nil {
		page = append(page, `,"supplier_id":"`...)
		page = append(appendUUID(page, *c.SupplierID), '"')
	}
	if c.GPUModel != nil {
		page = appendText(page, `,"gpu_model":`, *c.GPUModel)
	}
	if c.GPUCount != nil {
		page = append(page, `,"gpu_count":`...)
		page = strconv.AppendInt(page, int64(*c.GPUCount), 10)
	}
	if c.Connectivity != nil {
		page = appendText(page, `,"connectivity":`, *c.Connectivity)
	}
	if c.DeviceName != nil {
		page = appendText(page, `,"device_name":`, *c.DeviceName)
	}
	if c.Status != nil {
		page = appendText(page, `,"status":`, *c.Status)
	}
	return append(page, "},"...)
}

// appendVerdict appends a row of the verdict log.
func appendVerdict(page []byte, v uptime.Verdict) []byte {
	page = appendHead(page, v.Seq, v.DeviceID)
	page = appendText(page, `,"verdict":`, string(v.Kind))
	page = appendTime(page, `,"effective_at":"`, v.EffectiveAt)
	page = appendTime(page, `,"decided_at":"`, v.DecidedAt)
	page = appendText(page, `,"reason":`, v.Reason)
	page = appendText(page, `,"evidence":`, v.Evidence)
	return append(page, "},"...)
}

func appendHead(page []byte, seq int64, device uuid.UUID) []byte {
	page = append(page, `{"seq":`...)
	page = strconv.AppendInt(page, seq, 10)
	page = append(page, `,"device_id":"`...)
	return append(appendUUID(page, device), '"')
}

func appendUUID(page []byte, id uuid.UUID) []byte {
	var text [36]byte
	putUUID(text[:], binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:]))
	return append(page, text[:]...)
}

func appendTime(page []byte, name string, t time.Time) []byte {
	return append(t.AppendFormat(append(page, name...), time.RFC3339), '"')
}

// appendText appends a JSON string. The world's texts hold no control character,
// so only two need escaping.
func appendText(page []byte, name, text string) []byte {
	page = append(append(page, name...), '"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			page = append(page, '\\')
		}
		page = append(page, text[i])
	}
	return append(page, '"')
}
