package evidence

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/uptally/uptally/snapshot"
)

// locate tells as exactly as it can where a member differs that is not as the
// manifest says. Of a table only what its parts vouch for is relied on: the footer of
// a damaged file says anything.
func (v *verifier) locate(m *member, content *io.SectionReader) string {
	start, damaged := int64(0), -1
	var at int64
	for i, p := range m.Parts {
		if p.Bytes < 0 || p.Bytes > m.Bytes-start {
			return ""
		}
		if damaged < 0 && digestOf(content, start, p.Bytes) != p.SHA256 {
			damaged, at = i, start
		}
		start += p.Bytes
	}
	switch {
	case damaged < 0:
		return ""
	case damaged == len(m.Parts)-1:
		return fmt.Sprintf(": its footer, from byte %d on", at)
	case digestOf(content, m.Bytes-m.Parts[len(m.Parts)-1].Bytes, m.Parts[len(m.Parts)-1].Bytes) != m.Parts[len(m.Parts)-1].SHA256:
		return fmt.Sprintf(": bytes %d to %d, and its footer", at, at+m.Parts[damaged].Bytes-1)
	}
	return fmt.Sprintf(": %s, in bytes %d to %d%s", v.groupName(m.Name, damaged), at, at+m.Parts[damaged].Bytes-1, v.locateRow(m.Name, damaged, content))
}

// groupName is how people know a part of a table.
func (v *verifier) groupName(table string, number int) string {
	if table == coverageTable {
		return "its rows"
	}
	first := number * snapshot.DevicesPerGroup
	return fmt.Sprintf("group %d, devices %d to %d", number, first, first+snapshot.DevicesPerGroup-1)
}

// locateRow tells which row of the group is damaged, or which page if it cannot be
// read.
func (v *verifier) locateRow(table string, number int, content *io.SectionReader) string {
	if table == coverageTable {
		return rowDamage[coverageRow](table, content, 0, v.manifest.Coverage.Hours)
	}
	if number >= len(v.manifest.Groups) {
		return ""
	}
	first := int64(0)
	for i := range number {
		first += *v.manifest.Groups[i].Rows.of(table)
	}
	count := *v.manifest.Groups[number].Rows.of(table)
	switch table {
	case chunksTable:
		return rowDamage[chunkRow](table, content, first, count)
	case devicesTable:
		return rowDamage[deviceRow](table, content, first, count)
	case changesTable:
		return rowDamage[changeRow](table, content, first, count)
	case verdictsTable:
		return rowDamage[verdictRow](table, content, first, count)
	case minutesTable:
		return rowDamage[minutesRow](table, content, first, count)
	}
	return rowDamage[lineRow](table, content, first, count)
}

// rowDamage is locateRow for the rows [first, first+count) of a table whose footer is
// whole.
func rowDamage[T any, P rowOf[T]](table string, content *io.SectionReader, first, count int64) string {
	file, err := openTable[T](content, content.Size())
	if err != nil {
		return ": " + err.Error()
	}
	rows, err := readRows[T](file, first, count)
	if err == nil {
		if i := firstDamaged[T, P](rows); i >= 0 {
			return ": " + describe(table, P(&rows[i])) + ": its check does not fit"
		}
		return ": no row of it reads differently"
	}
	if page := damagedPage(table, file, first, count); page != "" {
		return ": " + page
	}
	return ": " + err.Error()
}

// damagedPage returns the first page of the rows that cannot be read, by its column
// and its rows.
func damagedPage(table string, file *parquet.File, first, count int64) string {
	before := int64(0)
	for _, g := range file.RowGroups() {
		if before += g.NumRows(); before <= first || before-g.NumRows() >= first+count {
			continue
		}
		for _, column := range g.ColumnChunks() {
			if from, to, err := damagedRows(column, g.NumRows()); err != nil {
				from, to = from+before-g.NumRows(), to+before-g.NumRows()
				name := file.Schema().Columns()[column.Column()][0]
				return fmt.Sprintf("column %s of rows %d to %d%s: %v", name, from, to-1, keys(table, file, from, to), err)
			}
		}
	}
	return ""
}

// damagedRows returns the rows, [from, to), of the first page that cannot be read.
func damagedRows(column parquet.ColumnChunk, rows int64) (from, to int64, err error) {
	defer unreadable(&err)
	pages := column.Pages()
	defer pages.Close() //nolint:errcheck // it was only read
	for n := 0; from < rows; n++ {
		to = rows
		if index, err := column.OffsetIndex(); err == nil && n+1 < index.NumPages() {
			to = index.FirstRowIndex(n + 1)
		}
		page, err := pages.ReadPage()
		if err != nil {
			return from, to, err
		}
		// What a page holds is decoded only when its values are asked for.
		values := make([]parquet.Value, page.NumValues())
		if _, err = page.Values().ReadValues(values); err != nil && !errors.Is(err, io.EOF) {
			return from, to, err
		}
		parquet.Release(page)
		from = to
	}
	return 0, 0, nil
}

// keys tells of what the rows [from, to) are, if that can still be read.
func keys(table string, file *parquet.File, from, to int64) string {
	switch table {
	case coverageTable:
		return ""
	case chunksTable:
		type key struct {
			Shard int32 `parquet:"shard"`
			Hour  int64 `parquet:"hour,timestamp(microsecond)"`
		}
		if rows, err := readRows[key](file, from, to-from); err == nil {
			a, b := rows[0], rows[len(rows)-1]
			return fmt.Sprintf(", shard %d, hour %s to shard %d, hour %s", a.Shard, instantOf(a.Hour).Format(time.RFC3339), b.Shard, instantOf(b.Hour).Format(time.RFC3339))
		}
		return ""
	}
	type key struct {
		Device int32 `parquet:"device"`
	}
	if rows, err := readRows[key](file, from, to-from); err == nil {
		return fmt.Sprintf(", devices %d to %d", rows[0].Device, rows[len(rows)-1].Device)
	}
	return ""
}

// describe tells people which row of a table it is.
func describe(table string, r any) string {
	at := func(micros int64) string { return instantOf(micros).Format(time.RFC3339Nano) }
	var which string
	switch r := r.(type) {
	case *chunkRow:
		which = fmt.Sprintf("shard %d, hour %s", r.Shard, at(r.Hour))
	case *coverageRow:
		which = "hour " + at(r.Hour)
	case *deviceRow:
		which = fmt.Sprintf("device %d, %s", r.Device, r.DeviceID)
	case *changeRow:
		which = fmt.Sprintf("device %d, change %d", r.Device, r.Seq)
	case *verdictRow:
		which = fmt.Sprintf("device %d, verdict %d", r.Device, r.Seq)
		if r.ByHand {
			which += " by hand"
		}
	case *minutesRow:
		which = fmt.Sprintf("device %d, day %s", r.Device, midnightOf(r.Day).Format(time.DateOnly))
	case *lineRow:
		which = r.where()
	}
	return strings.Join([]string{table, which}, ": ")
}
