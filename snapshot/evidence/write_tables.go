package evidence

import (
	"bufio"
	"errors"
	"io"
	"os"
)

// groupTablesWriter writes the tables that grow group by group: the chunks right
// into the bundle, the others each into a file, as a ZIP takes one member at a time.
type groupTablesWriter struct {
	chunks   *tableWriter[chunkRow, *chunkRow]
	devices  *tableWriter[deviceRow, *deviceRow]
	changes  *tableWriter[changeRow, *changeRow]
	verdicts *tableWriter[verdictRow, *verdictRow]
	minutes  *tableWriter[minutesRow, *minutesRow]
	lines    *tableWriter[lineRow, *lineRow]
	spilled  []*spill // devices … lines
}

func newGroupTables(chunks io.Writer, head string) (t *groupTablesWriter, err error) {
	t = &groupTablesWriter{chunks: newTable[chunkRow](chunks, head)}
	for range len(groupTables) - 1 {
		s, err := newSpill()
		if err != nil {
			return nil, errors.Join(err, t.discard())
		}
		t.spilled = append(t.spilled, s)
	}
	t.devices = newTable[deviceRow](t.spilled[0], head)
	t.changes = newTable[changeRow](t.spilled[1], head)
	t.verdicts = newTable[verdictRow](t.spilled[2], head)
	t.minutes = newTable[minutesRow](t.spilled[3], head)
	t.lines = newTable[lineRow](t.spilled[4], head)
	return t, nil
}

// write writes the rows of a group and returns how many there are of each table.
func (t *groupTablesWriter) write(r *groupTableRows) (counts groupRows, err error) {
	err = errors.Join(
		writeGroup(t.chunks, r.chunks, &counts.Chunks),
		writeGroup(t.devices, r.devices, &counts.Devices),
		writeGroup(t.changes, r.changes, &counts.Changes),
		writeGroup(t.verdicts, r.verdicts, &counts.Verdicts),
		writeGroup(t.minutes, r.minutes, &counts.JobMinutes),
		writeGroup(t.lines, r.lines, &counts.Lines))
	return counts, err
}

func writeGroup[T any, P rowOf[T]](t *tableWriter[T, P], rows []T, count *int64) (err error) {
	if err := t.write(rows); err != nil {
		return err
	}
	*count, err = t.endGroup()
	return err
}

// finish writes the footers and puts the files into the bundle. It returns the
// members' entries.
func (t *groupTablesWriter) finish(zip *container) ([]member, error) {
	if err := errors.Join(t.chunks.close(), t.devices.close(), t.changes.close(), t.verdicts.close(), t.minutes.close(), t.lines.close()); err != nil {
		return nil, err
	}
	outs := []*parts{t.chunks.out, t.devices.out, t.changes.out, t.verdicts.out, t.minutes.out, t.lines.out}
	rows := []int64{t.chunks.total, t.devices.total, t.changes.total, t.verdicts.total, t.minutes.total, t.lines.total}
	entries := make([]member, len(groupTables))
	for i, name := range groupTables {
		entries[i] = outs[i].member(name, rows[i])
		if i == 0 {
			continue
		}
		into, err := zip.create(name)
		if err != nil {
			return nil, err
		}
		if err := t.spilled[i-1].copyTo(into); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// discard removes the files.
func (t *groupTablesWriter) discard() (err error) {
	for _, s := range t.spilled {
		err = errors.Join(err, s.discard())
	}
	return err
}

// spill is a file for as long as it takes. Where a file can be open without a name it
// has none, so that nothing is left behind however this ends.
type spill struct {
	*bufio.Writer
	file *os.File
}

func newSpill() (*spill, error) {
	file, err := os.CreateTemp("", "uptally-evidence-")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // where that is refused, discard does it
	return &spill{bufio.NewWriterSize(file, 1<<16), file}, nil
}

func (s *spill) copyTo(out io.Writer) error {
	if err := s.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(out, s.file)
	return err
}

func (s *spill) discard() error {
	err := s.file.Close()
	if removed := os.Remove(s.file.Name()); !errors.Is(removed, os.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}
