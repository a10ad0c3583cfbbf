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
	if page := damagedPage(file, first, count); page != "" {
		return ": " + page
	}
	return ": " + err.Error()
}

// damagedPage returns the first page of the rows that cannot be read, by its column
// and its rows.
func damagedPage(file *parquet.File, first, count int64) (found string) {
	before := int64(0)
	for _, g := range file.RowGroups() {
		if before += g.NumRows(); before <= first || before-g.NumRows() >= first+count {
			continue
		}
		for _, column := range g.ColumnChunks() {
			if page := damagedPageOf(column, before-g.NumRows(), g.NumRows()); page != "" {
				return fmt.Sprintf("column %s, %s", file.Schema().Columns()[column.Column()][0], page)
			}
		}
	}
	return ""
}

func damagedPageOf(column parquet.ColumnChunk, before, rows int64) (found string) {
	row := int64(0)
	var err error
	func() {
		defer unreadable(&err)
		pages := column.Pages()
		defer pages.Close()
		for row < rows && err == nil {
			var page parquet.Page
			if page, err = pages.ReadPage(); err == nil {
				// What a page holds is decoded only when its values are asked for.
				values := make([]parquet.Value, page.NumValues())
				if _, err = page.Values().ReadValues(values); errors.Is(err, io.EOF) {
					err = nil
				}
				row += page.NumRows()
				parquet.Release(page)
			}
		}
	}()
	if err == nil || errors.Is(err, io.EOF) {
		return ""
	}
	return fmt.Sprintf("from row %d on: %v", before+row, err)
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
