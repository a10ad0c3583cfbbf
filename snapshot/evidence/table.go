package evidence

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// check is the last column of every row: it tells which row is damaged.
type check [8]byte

// row is a row of one of the tables.
type row interface {
	appendTo(columns) columns
	checked() *check
}

// rowOf is a pointer to T that is a row.
type rowOf[T any] interface {
	*T
	row
}

// checkOf returns what the row's check should be, and the memory used for it.
func checkOf(r row, memory columns) (check, columns) {
	memory = r.appendTo(memory[:0])
	sum := sha256.Sum256(memory)
	return check(sum[:len(check{})]), memory
}

// firstDamaged returns the index of the first row whose check does not fit, or -1.
func firstDamaged[T any, P rowOf[T]](rows []T) int {
	var (
		memory columns
		should check
	)
	for i := range rows {
		if should, memory = checkOf(P(&rows[i]), memory); should != *P(&rows[i]).checked() {
			return i
		}
	}
	return -1
}

// ofKey is the key of what every table repeats of the manifest: its head.
const ofKey = "uptally.of"

// codec compresses pages. One frame is compressed by one goroutine, so that the same
// rows give the same bytes.
var codec = &zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}

// tableWriter writes a Parquet file with a row group a group of devices. Rows that
// were never written before endGroup make none.
type tableWriter[T any, P rowOf[T]] struct {
	parquet *parquet.GenericWriter[T]
	out     *parts
	memory  columns
	rows    int64 // of the group
	total   int64
}

func newTable[T any, P rowOf[T]](out io.Writer, head string) *tableWriter[T, P] {
	parts := newParts(out)
	return &tableWriter[T, P]{out: parts, parquet: parquet.NewGenericWriter[T](parts,
		parquet.Compression(codec),
		parquet.CreatedBy("uptally", "1", "evidence"), // no version of the program: the same rows give the same bytes
		parquet.KeyValueMetadata(ofKey, head),
		parquet.WriteBufferSize(0),                                                                       // what a group has written is out when it ends: see parts
		parquet.DataPageStatistics(false), parquet.SkipPageBounds("up"), parquet.SkipPageBounds("check"), // of bits they say nothing
	)}
}

// write sets the rows' checks and writes them.
func (t *tableWriter[T, P]) write(rows []T) error {
	for i := range rows {
		*P(&rows[i]).checked(), t.memory = checkOf(P(&rows[i]), t.memory)
	}
	_, err := t.parquet.Write(rows)
	t.rows += int64(len(rows))
	return err
}

// endGroup ends the group and returns how many rows it has.
func (t *tableWriter[T, P]) endGroup() (rows int64, err error) {
	rows, t.rows = t.rows, 0
	t.total += rows
	if rows > 0 {
		err = t.parquet.Flush()
	}
	t.out.cut()
	return rows, err
}

// close writes the footer, which is the last part.
func (t *tableWriter[T, P]) close() error {
	err := t.parquet.Close()
	t.out.cut()
	return err
}

// openTable opens a table for reading. Its columns must be those of T.
func openTable[T any](r io.ReaderAt, size int64) (file *parquet.File, err error) {
	defer unreadable(&err)
	if file, err = parquet.OpenFile(r, size, parquet.SkipBloomFilters(true)); err != nil {
		return nil, err
	}
	if rows := file.NumRows(); rows < 0 || rows > size/int64(len(check{})) { // checks cannot be compressed
		return nil, fmt.Errorf("it says that it has %d rows, and has %d bytes", rows, size)
	}
	if is, should := columnsOf(file.Schema()), columnsOf(parquet.SchemaOf(new(T))); is != should {
		return nil, fmt.Errorf("its columns are %s; and should be %s", is, should)
	}
	return file, nil
}

func columnsOf(s *parquet.Schema) string {
	var all []string
	for _, f := range s.Fields() {
		kind := ""
		if f.Optional() {
			kind = "optional "
		}
		all = append(all, f.Name()+" "+kind+f.Type().String())
	}
	return strings.Join(all, ", ")
}

// readRows reads count rows from the row first on. T may have some of the file's
// columns only.
func readRows[T any](file *parquet.File, first, count int64) (rows []T, err error) {
	defer unreadable(&err)
	if first < 0 || count < 0 || first+count > file.NumRows() {
		return nil, fmt.Errorf("rows %d to %d are asked for, and it has %d", first, first+count-1, file.NumRows())
	}
	rows = make([]T, count)
	read := int64(0)
	for _, group := range file.RowGroups() {
		if skip := min(first, group.NumRows()); skip == group.NumRows() || read == count {
			first -= skip
			continue
		}
		n, err := readGroup(group, first, rows[read:min(count, read+group.NumRows()-first)])
		if read, first = read+n, 0; err != nil {
			return nil, err
		}
	}
	if read != count {
		return nil, fmt.Errorf("%d rows are missing", count-read)
	}
	return rows, nil
}

// readGroup fills rows from the row first of the group on.
func readGroup[T any](group parquet.RowGroup, first int64, rows []T) (read int64, err error) {
	reader := parquet.NewGenericRowGroupReader[T](group)
	defer reader.Close() //nolint:errcheck // it was only read
	if first > 0 {
		if err := reader.SeekToRow(first); err != nil {
			return 0, err
		}
	}
	for int(read) < len(rows) {
		n, err := reader.Read(rows[read:])
		read += int64(n)
		if n == 0 && err != nil {
			return read, err
		}
	}
	return read, nil
}

// unreadable turns a panic over damaged bytes into an error.
func unreadable(err *error) {
	if damage := recover(); damage != nil {
		*err = fmt.Errorf("damaged: %v", damage)
	}
}
