package snapshot_test

// A forger of evidence bundles. It knows no more than a bundle's own README: how the
// file, the tables and the checks of rows are made.

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// unpacked is a bundle in its members.
type unpacked struct {
	t   *testing.T
	all []*bundleFile
}

type bundleFile struct {
	name    string
	content []byte
}

func unpack(t *testing.T, bundle []byte) *unpacked {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	u := &unpacked{t: t}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		u.all = append(u.all, &bundleFile{f.Name, content})
	}
	return u
}

// clone returns a bundle to be forged by itself.
func (u *unpacked) clone() *unpacked {
	c := &unpacked{t: u.t}
	for _, f := range u.all {
		c.all = append(c.all, &bundleFile{f.name, f.content})
	}
	return c
}

func (u *unpacked) file(name string) *bundleFile {
	return u.all[slices.IndexFunc(u.all, func(f *bundleFile) bool { return f.name == name })]
}

// pack makes the container and its digest.
func (u *unpacked) pack() []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	comment := "sha256:" + strings.Repeat("0", 64)
	err := w.SetComment(comment)
	for _, f := range u.all {
		var into io.Writer
		if err == nil {
			into, err = w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		}
		if err == nil {
			_, err = into.Write(f.content)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		u.t.Fatal(err)
	}
	before := out.Bytes()[:out.Len()-len(comment)]
	sum := sha256.Sum256(before)
	return append(before, "sha256:"+hex.EncodeToString(sum[:])...)
}

// replace replaces a member and what the manifest says of it.
func (u *unpacked) replace(name string, content []byte) {
	u.t.Helper()
	u.file(name).content = content
	manifest := u.file("manifest.json")
	entry := regexp.MustCompile(`(?s)\{\s+"name": "` + regexp.QuoteMeta(name) + `",.*?"parts": (null|\[.*?\])\n`)
	hash := func(part []byte) string { sum := sha256.Sum256(part); return hex.EncodeToString(sum[:]) }
	forged := entry.ReplaceAllFunc(manifest.content, func(old []byte) []byte {
		bytesAndHash := regexp.MustCompile(`"bytes": \d+,\s+"sha256": "[0-9a-f]{64}"`)
		parts, seen := len(bytesAndHash.FindAll(old, -1))-1, -1
		return bytesAndHash.ReplaceAllFunc(old, func(pair []byte) []byte {
			seen++
			of := content // the member as a whole, and its last part
			if seen > 0 && seen < parts {
				of = nil
			}
			pair = regexp.MustCompile(`\d+,`).ReplaceAll(pair, fmt.Appendf(nil, "%d,", len(of)))
			return regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAll(pair, []byte(hash(of)))
		})
	})
	if bytes.Equal(forged, manifest.content) {
		u.t.Fatalf("the manifest says nothing of %s", name)
	}
	manifest.content = forged
}

// parquetRow is a row with the columns that its table has.
type parquetRow struct {
	schema *parquet.Schema
	values parquet.Row
}

func (r parquetRow) String() string {
	var text strings.Builder
	for i, column := range r.schema.Columns() {
		fmt.Fprintf(&text, "%s %s, ", column[0], r.show(i))
	}
	return text.String()
}

func (r parquetRow) show(i int) string {
	v := r.values[i]
	if v.Kind() == parquet.FixedLenByteArray && len(v.ByteArray()) == 16 {
		return uuid.UUID(v.ByteArray()).String()
	}
	if v.Kind() == parquet.FixedLenByteArray {
		return hex.EncodeToString(v.ByteArray())
	}
	return v.String()
}

func (r parquetRow) column(name string) int {
	return slices.IndexFunc(r.schema.Columns(), func(path []string) bool { return path[0] == name })
}

// text is a column's value as people read it.
func (r parquetRow) text(name string) string { return r.show(r.column(name)) }

// add adds to a column of whole numbers.
func (r parquetRow) add(name string, n int64) {
	i := r.column(name)
	r.set(i, parquet.ValueOf(r.values[i].Int64()+n))
}

// set sets a column, keeping what tells it from null.
func (r parquetRow) set(i int, v parquet.Value) {
	definition := 0
	if r.schema.Fields()[i].Optional() && !v.IsNull() {
		definition = 1
	}
	r.values[i] = v.Level(0, definition, i)
}

// check sets the row's check, by the README.
func (r parquetRow) check() {
	var row []byte
	last := len(r.values) - 1
	for i, v := range r.values[:last] {
		if r.schema.Fields()[i].Optional() {
			if v.IsNull() {
				row = append(row, 0)
				continue
			}
			row = append(row, 1)
		}
		switch v.Kind() {
		case parquet.Boolean:
			row = append(row, map[bool]byte{true: 1}[v.Boolean()])
		case parquet.Int32:
			row = binary.BigEndian.AppendUint32(row, uint32(v.Int32()))
		case parquet.Int64:
			row = binary.BigEndian.AppendUint64(row, uint64(v.Int64()))
		case parquet.FixedLenByteArray:
			row = append(row, v.ByteArray()...)
		default:
			row = append(binary.BigEndian.AppendUint32(row, uint32(len(v.ByteArray()))), v.ByteArray()...)
		}
	}
	sum := sha256.Sum256(row)
	r.set(last, parquet.FixedLenByteArrayValue(sum[:8]))
}

// read reads a table, whatever its columns are.
func (u *unpacked) read(name string) []parquetRow {
	u.t.Helper()
	content := u.file(name).content
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		u.t.Fatal(err)
	}
	var rows []parquetRow
	for _, group := range file.RowGroups() {
		reader := group.Rows()
		buffer := make([]parquet.Row, 64)
		for {
			n, err := reader.ReadRows(buffer)
			for _, r := range buffer[:n] {
				rows = append(rows, parquetRow{file.Schema(), r.Clone()})
			}
			if n == 0 || err != nil {
				break
			}
		}
		if err := reader.Close(); err != nil {
			u.t.Fatal(err)
		}
	}
	if int64(len(rows)) != file.NumRows() {
		u.t.Fatalf("%s: %d rows read of %d", name, len(rows), file.NumRows())
	}
	return rows
}

// write writes a table anew, as one row group, and fixes all that the manifest says of
// it but the number of its rows.
func (u *unpacked) write(name string, rows []parquetRow) {
	u.t.Helper()
	content := u.file(name).content
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		u.t.Fatal(err)
	}
	of, _ := file.Lookup("uptally.of")
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, file.Schema(), parquet.Compression(&zstd.Codec{}), parquet.KeyValueMetadata("uptally.of", of))
	for _, r := range rows {
		if _, err := w.WriteRows([]parquet.Row{r.values}); err != nil {
			u.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		u.t.Fatal(err)
	}
	u.replace(name, out.Bytes())
}

// forge changes rows of a table as someone would who fixes the checks and the hashes.
func (u *unpacked) forge(name string, change func(rows []parquetRow)) {
	u.t.Helper()
	rows := u.read(name)
	change(rows)
	for _, r := range rows {
		r.check()
	}
	u.write(name, rows)
}
