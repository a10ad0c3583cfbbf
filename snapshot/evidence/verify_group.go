package evidence

import (
	"context"
	"fmt"
	"runtime"

	"github.com/google/uuid"
	"github.com/holiman/uint256"
	"github.com/parquet-go/parquet-go"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// workersMax is how many groups are in memory at once at most.
const workersMax = 8

// tables are the opened tables of devices.
type tables struct{ chunks, devices, changes, verdicts, minutes, lines *parquet.File }

// rowRange is where a group's rows begin in each table; the manifest says how many
// there are.
type rowRange struct{ chunks, devices, changes, verdicts, minutes, lines int64 }

// checkedGroup is what one worker found out of a group.
type checkedGroup struct {
	number int
	rows   groupTableRows
	scored *snapshot.Scored
	// The first difference, and the stage that it is of.
	stage, difference string
}

func (c *checkedGroup) differs(stage, format string, arguments ...any) *checkedGroup {
	c.stage, c.difference = stage, fmt.Sprintf(format, arguments...)
	return c
}

// openTables opens the tables of devices, each of which must have as many rows as the
// groups have of it.
func (v *verifier) openTables() (t *tables, ok bool) {
	t = &tables{}
	ok = openOf[chunkRow](v, chunksTable, &t.chunks) && openOf[deviceRow](v, devicesTable, &t.devices) &&
		openOf[changeRow](v, changesTable, &t.changes) && openOf[verdictRow](v, verdictsTable, &t.verdicts) &&
		openOf[minutesRow](v, minutesTable, &t.minutes) && openOf[lineRow](v, linesTable, &t.lines)
	return t, ok
}

func openOf[T any](v *verifier, name string, into **parquet.File) bool {
	content := v.bundle.members[name]
	file, err := openTable[T](content, content.Size())
	if err != nil {
		v.differs(StageRows, "%s: it cannot be read: %v", name, err)
		return false
	}
	if difference := v.describes(name, file); difference != "" {
		v.differs(StageMembers, "%s", difference)
		return false
	}
	*into = file
	var sum int64
	for i := range v.manifest.Groups {
		count := *v.manifest.Groups[i].Rows.of(name)
		if count < 0 || count > file.NumRows()-sum {
			v.differs(StageMembers, "%s: groups[%d] has %d rows of %s, which has %d in all", manifestMember, i, count, name, file.NumRows())
			return false
		}
		sum += count
	}
	if sum != file.NumRows() {
		v.differs(StageMembers, "%s: groups have %d rows of %s, which has %d", manifestMember, sum, name, file.NumRows())
	}
	return sum == file.NumRows()
}

// eachGroup checks the chosen groups, some at once, and hands them on in order.
func (v *verifier) eachGroup(ctx context.Context, t *tables, chosen func(int) bool, visit func(*checkedGroup)) error {
	waiting := make(chan chan *checkedGroup, min(workersMax, runtime.GOMAXPROCS(0))-1)
	go func() {
		defer close(waiting)
		var at rowRange
		for number := range v.manifest.Groups {
			if chosen(number) && ctx.Err() == nil {
				result := make(chan *checkedGroup, 1)
				waiting <- result
				go func(at rowRange) { result <- v.checkGroup(t, number, at) }(at)
			}
			rows := &v.manifest.Groups[number].Rows
			at = rowRange{
				at.chunks + rows.Chunks, at.devices + rows.Devices, at.changes + rows.Changes,
				at.verdicts + rows.Verdicts, at.minutes + rows.JobMinutes, at.lines + rows.Lines,
			}
		}
	}()
	for result := range waiting {
		visit(<-result)
	}
	return ctx.Err()
}

// checkGroup reads a group's rows, checks them, and scores its devices.
func (v *verifier) checkGroup(t *tables, number int, at rowRange) (c *checkedGroup) {
	c = &checkedGroup{number: number}
	defer func() {
		if damage := recover(); damage != nil {
			c.differs(StageLines, "%s: %s cannot be computed: %v", linesTable, v.groupName(linesTable, number), damage)
		}
	}()
	counts := &v.manifest.Groups[number].Rows
	if !readChecked(c, chunksTable, t.chunks, at.chunks, counts.Chunks, &c.rows.chunks) ||
		!readChecked(c, devicesTable, t.devices, at.devices, counts.Devices, &c.rows.devices) ||
		!readChecked(c, changesTable, t.changes, at.changes, counts.Changes, &c.rows.changes) ||
		!readChecked(c, verdictsTable, t.verdicts, at.verdicts, counts.Verdicts, &c.rows.verdicts) ||
		!readChecked(c, minutesTable, t.minutes, at.minutes, counts.JobMinutes, &c.rows.minutes) ||
		!readChecked(c, linesTable, t.lines, at.lines, counts.Lines, &c.rows.lines) {
		return c
	}
	if wrong := c.rows.consistent(v.basis, number, number == len(v.manifest.Groups)-1); wrong != "" {
		return c.differs(StageFacts, "%s", wrong)
	}
	group, err := c.rows.group(v.basis, number)
	if err == nil {
		c.scored, err = group.Score(v.basis)
	}
	if err != nil {
		return c.differs(StageLines, "%s: %s: %v", linesTable, v.groupName(linesTable, number), err)
	}
	c.rows.chunks = nil // the most of it, and no longer needed
	return c
}

// readChecked reads rows and compares their checks.
func readChecked[T any, P rowOf[T]](c *checkedGroup, name string, file *parquet.File, first, count int64, into *[]T) bool {
	rows, err := readRows[T](file, first, count)
	if err != nil {
		c.differs(StageRows, "%s: rows from %d on cannot be read: %v", name, first, err)
		return false
	}
	if i := firstDamaged[T, P](rows); i >= 0 {
		c.differs(StageRows, "%s: its check does not fit", describe(name, P(&rows[i])))
		return false
	}
	*into = rows
	return true
}

// recompute verifies all that is of devices.
func (v *verifier) recompute(ctx context.Context) error {
	t, ok := v.openTables()
	if !ok {
		return nil
	}
	m := v.manifest
	points, ok := numberOf(m.Points)
	if !ok {
		v.differs(StageTotals, "%s: points is %q: it is no number", manifestMember, m.Points)
		return nil
	}
	chosen, theirs, err := v.choose(t)
	if err != nil {
		return err
	}
	sum := &sums{v: v, reckoning: v.basis.Reckon(points), points: new(uint256.Int), suppliers: map[uuid.UUID]struct{}{}, theirs: theirs}
	number := 0
	if err := v.eachGroup(ctx, t, func(n int) bool { return chosen == nil || chosen[n] }, func(c *checkedGroup) {
		sum.believe(number, c.number)
		number = c.number + 1
		sum.add(c)
		if v.options.Progress != nil {
			v.options.Progress(number, len(m.Groups))
		}
	}); err != nil {
		return err
	}
	sum.believe(number, len(m.Groups))
	sum.compare(points)
	return nil
}

// numberOf reads a number as bundles write it: in decimal digits, no more than needed.
func numberOf(text string) (*uint256.Int, bool) {
	n, err := uint256.FromDecimal(text)
	return n, err == nil && n.Dec() == text
}

// choose returns the groups that hold devices of the supplier asked for, and those
// devices; nil for all.
func (v *verifier) choose(t *tables) (groups map[int]bool, theirs map[int32]bool, err error) {
	if v.options.Supplier == nil {
		return nil, nil, nil
	}
	type owned struct {
		Device     int32     `parquet:"device"`
		SupplierID uuid.UUID `parquet:"supplier_id,uuid"`
	}
	type changed struct {
		Device     int32      `parquet:"device"`
		SupplierID *uuid.UUID `parquet:"supplier_id,optional"`
	}
	id := *v.options.Supplier
	groups, theirs = map[int]bool{}, map[int32]bool{}
	add := func(device int32) {
		theirs[device] = true
		groups[int(device)/snapshot.DevicesPerGroup] = true
	}
	for _, file := range []*parquet.File{t.devices, t.lines} {
		rows, err := readRows[owned](file, 0, file.NumRows())
		if err != nil {
			return nil, nil, fmt.Errorf("%w: the table of devices or that of lines cannot be read: %w", ErrDiffers, err)
		}
		for _, r := range rows {
			if r.SupplierID == id {
				add(r.Device)
			}
		}
	}
	rows, err := readRows[changed](t.changes, 0, t.changes.NumRows())
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s cannot be read: %w", ErrDiffers, changesTable, err)
	}
	for _, r := range rows {
		if r.SupplierID != nil && *r.SupplierID == id {
			add(r.Device)
		}
	}
	if len(theirs) == 0 {
		return nil, nil, fmt.Errorf("supplier %s: %w: no device in the bundle was theirs", id, snapshot.ErrNotFound)
	}
	v.report.Supplier = &Supplier{ID: id, Devices: len(theirs)}
	return groups, theirs, nil
}

// firstShard returns the first shard of the group.
func firstShard(number int) int32 {
	return uptime.DeviceNumber(number * snapshot.DevicesPerGroup).Shard()
}
