package evidence

import (
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// The rows of the tables. What the columns mean and in which units they are,
// README.md of the bundle says; which order rows stand in, the type.
//
// Each row ends in its check, the first 8 bytes of SHA-256 over its other columns in
// their order: integers and instants big-endian at their width, booleans one byte,
// ids and bits as they are, texts after their length in 4 bytes; of a column that
// may be null a byte before it, 0 for null and 1 for what follows.

// chunkRow is the bits of one shard and hour that counted, if any. In order of
// shard, then hour.
type chunkRow struct {
	Shard int32                   `parquet:"shard"`
	Hour  int64                   `parquet:"hour,timestamp(microsecond)"`
	Up    [uptime.ChunkBytes]byte `parquet:"up"`
	Check check                   `parquet:"check"`
}

// coverageRow is one hour of those that the lines may follow from; none is left out
// between the first and the last.
type coverageRow struct {
	Hour     int64 `parquet:"hour,timestamp(microsecond)"`
	Observed int32 `parquet:"observed"` // bit i is slot i of the hour
	Closed   bool  `parquet:"closed"`
	Reopened int32 `parquet:"reopened"`
	Check    check `parquet:"check"`
}

// deviceRow is a registration. In order of number, without a gap.
type deviceRow struct {
	Device       int32     `parquet:"device"`
	DeviceID     uuid.UUID `parquet:"device_id,uuid"`
	Seq          int64     `parquet:"seq"`
	RegisteredAt int64     `parquet:"registered_at,timestamp(microsecond)"`
	SupplierID   uuid.UUID `parquet:"supplier_id,uuid"`
	GPUModel     string    `parquet:"gpu_model,dict"`
	GPUCount     int32     `parquet:"gpu_count"`
	Connectivity string    `parquet:"connectivity,dict"`
	Check        check     `parquet:"check"`
}

// changeRow is a later change; a null column did not change. In order of device,
// then seq.
type changeRow struct {
	Device       int32      `parquet:"device"`
	Seq          int64      `parquet:"seq"`
	ChangedAt    int64      `parquet:"changed_at,timestamp(microsecond)"`
	Channel      string     `parquet:"channel,dict"`
	SupplierID   *uuid.UUID `parquet:"supplier_id,optional"`
	GPUModel     *string    `parquet:"gpu_model,dict,optional"`
	GPUCount     *int32     `parquet:"gpu_count,optional"`
	Connectivity *string    `parquet:"connectivity,dict,optional"`
	Check        check      `parquet:"check"`
}

// verdictRow is a verdict. In order of device, by_hand, seq.
type verdictRow struct {
	Device      int32  `parquet:"device"`
	ByHand      bool   `parquet:"by_hand"`
	Seq         int64  `parquet:"seq"`
	Kind        string `parquet:"kind,dict"`
	EffectiveAt int64  `parquet:"effective_at,timestamp(microsecond)"`
	DecidedAt   int64  `parquet:"decided_at,timestamp(microsecond)"`
	Check       check  `parquet:"check"`
}

// minutesRow is the job minutes of a device and day. In order of device, then day.
type minutesRow struct {
	Device  int32 `parquet:"device"`
	Day     int32 `parquet:"day,date"`
	Minutes int32 `parquet:"minutes"`
	Check   check `parquet:"check"`
}

// lineRow is a line of the result. In order of device, then span_start.
type lineRow struct {
	Device           int32     `parquet:"device"`
	DeviceID         uuid.UUID `parquet:"device_id,uuid"`
	SupplierID       uuid.UUID `parquet:"supplier_id,uuid"`
	SpanStart        int64     `parquet:"span_start,timestamp(microsecond)"`
	SpanEnd          int64     `parquet:"span_end,timestamp(microsecond)"`
	Observed         int32     `parquet:"observed"`
	Up               int32     `parquet:"up"`
	Grace            int32     `parquet:"grace"`
	Credited         int32     `parquet:"credited"`
	LongestRun       int32     `parquet:"longest_run"`
	WeightMillionths int64     `parquet:"weight_millionths"`
	JobMinutes       int64     `parquet:"job_minutes"`
	Points           int64     `parquet:"points"`
	Amount           int64     `parquet:"amount"`
	Outcome          string    `parquet:"outcome,dict"`
	Notes            string    `parquet:"notes,dict"`
	Check            check     `parquet:"check"`
}

func (r *chunkRow) checked() *check    { return &r.Check }
func (r *coverageRow) checked() *check { return &r.Check }
func (r *deviceRow) checked() *check   { return &r.Check }
func (r *changeRow) checked() *check   { return &r.Check }
func (r *verdictRow) checked() *check  { return &r.Check }
func (r *minutesRow) checked() *check  { return &r.Check }
func (r *lineRow) checked() *check     { return &r.Check }

func (r *chunkRow) appendTo(b columns) columns {
	return append(b.int4(r.Shard).int8(r.Hour), r.Up[:]...)
}

func (r *coverageRow) appendTo(b columns) columns {
	return b.int8(r.Hour).int4(r.Observed).truth(r.Closed).int4(r.Reopened)
}

func (r *deviceRow) appendTo(b columns) columns {
	b = b.int4(r.Device).id(r.DeviceID).int8(r.Seq).int8(r.RegisteredAt).id(r.SupplierID)
	return b.text(r.GPUModel).int4(r.GPUCount).text(r.Connectivity)
}

func (r *changeRow) appendTo(b columns) columns {
	b = b.int4(r.Device).int8(r.Seq).int8(r.ChangedAt).text(r.Channel)
	b = optional(b, r.SupplierID, columns.id)
	b = optional(b, r.GPUModel, columns.text)
	b = optional(b, r.GPUCount, columns.int4)
	return optional(b, r.Connectivity, columns.text)
}

func (r *verdictRow) appendTo(b columns) columns {
	return b.int4(r.Device).truth(r.ByHand).int8(r.Seq).text(r.Kind).int8(r.EffectiveAt).int8(r.DecidedAt)
}

func (r *minutesRow) appendTo(b columns) columns { return b.int4(r.Device).int4(r.Day).int4(r.Minutes) }

func (r *lineRow) appendTo(b columns) columns {
	b = b.int4(r.Device).id(r.DeviceID).id(r.SupplierID).int8(r.SpanStart).int8(r.SpanEnd)
	b = b.int4(r.Observed).int4(r.Up).int4(r.Grace).int4(r.Credited).int4(r.LongestRun)
	b = b.int8(r.WeightMillionths).int8(r.JobMinutes).int8(r.Points).int8(r.Amount)
	return b.text(r.Outcome).text(r.Notes)
}

// columns is a row's columns as its check is taken over them.
type columns []byte

func (b columns) int4(v int32) columns   { return binary.BigEndian.AppendUint32(b, uint32(v)) }
func (b columns) int8(v int64) columns   { return binary.BigEndian.AppendUint64(b, uint64(v)) }
func (b columns) id(v uuid.UUID) columns { return append(b, v[:]...) }
func (b columns) text(v string) columns  { return append(b.int4(int32(len(v))), v...) }

func (b columns) truth(v bool) columns {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func optional[V any](b columns, v *V, write func(columns, V) columns) columns {
	if v == nil {
		return append(b, 0)
	}
	return write(append(b, 1), *v)
}
