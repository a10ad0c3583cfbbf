package main

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"github.com/google/uuid"
)

// tuples writes rows in the binary format of Postgres's COPY: of each row the
// number of its fields, then of each field its length and its bytes (PostgreSQL,
// "COPY", section "Binary Format"). It is several times as fast as a row of
// values: ten million devices are loaded with it.
type tuples struct {
	out io.Writer
	buf []byte
	err error
}

// blockBytes is how much is written at a time.
const blockBytes = 1 << 18

func newTuples(out io.Writer) *tuples {
	return &tuples{out: out, buf: append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)}
}

// row begins a row of so many fields.
func (t *tuples) row(fields int) {
	if len(t.buf) >= blockBytes {
		t.flush()
	}
	t.buf = binary.BigEndian.AppendUint16(t.buf, uint16(fields))
}

func (t *tuples) int4(v int32) {
	t.buf = binary.BigEndian.AppendUint32(append(t.buf, 0, 0, 0, 4), uint32(v))
}

func (t *tuples) int8(v int64) {
	t.buf = binary.BigEndian.AppendUint64(append(t.buf, 0, 0, 0, 8), uint64(v))
}

func (t *tuples) truth(v bool) {
	t.buf = append(t.buf, 0, 0, 0, 1, map[bool]byte{true: 1}[v])
}

func (t *tuples) id(v uuid.UUID) { t.buf = append(append(t.buf, 0, 0, 0, 16), v[:]...) }

func (t *tuples) text(v string) {
	t.buf = append(binary.BigEndian.AppendUint32(t.buf, uint32(len(v))), v...)
}

func (t *tuples) null() { t.buf = append(t.buf, 0xff, 0xff, 0xff, 0xff) }

// postgresEpoch is what dates and timestamps are counted from.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (t *tuples) timestamp(v time.Time) { t.int8(v.Sub(postgresEpoch).Microseconds()) }

func (t *tuples) date(v time.Time) { t.int4(int32(v.Sub(postgresEpoch) / (24 * time.Hour))) }

// bits writes a bit string of whole bytes.
func (t *tuples) bits(bytes int, appendTo func([]byte) ([]byte, error)) {
	t.buf = binary.BigEndian.AppendUint32(t.buf, uint32(4+bytes))
	t.buf = binary.BigEndian.AppendUint32(t.buf, uint32(8*bytes))
	if t.err == nil {
		t.buf, t.err = appendTo(t.buf)
	}
}

func (t *tuples) flush() {
	if t.err == nil {
		_, t.err = t.out.Write(t.buf)
	}
	t.buf = t.buf[:0]
}

// end completes the stream and returns the first error of all that was written.
func (t *tuples) end() error {
	t.buf = append(t.buf, 0xff, 0xff)
	t.flush()
	return t.err
}

// copyTuples runs a COPY statement over what write makes, as it makes it.
func copyTuples(copyFrom func(io.Reader) error, write func(*tuples)) error {
	reader, writer := io.Pipe()
	go func() {
		t := newTuples(writer)
		write(t)
		writer.CloseWithError(t.end())
	}()
	err := copyFrom(reader)
	reader.CloseWithError(context.Canceled) // ends the writer if the statement failed
	return err
}
