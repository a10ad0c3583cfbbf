package evidence

import (
	"cmp"
	"fmt"
	"math"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// What a row is told that stands where it should not.
const (
	notOfGroup = ": it is of no device of the group that it stands in"
	outOfOrder = ": it stands out of order"
)

// consistent returns the first thing that makes no sense among the rows of a group,
// or "": they stand in their order, each is of a device of the group, and the devices
// are dense.
func (g *groupTableRows) consistent(b *snapshot.Basis, number int, last bool) string {
	first := int32(number * snapshot.DevicesPerGroup)
	if len(g.devices) > snapshot.DevicesPerGroup || !last && len(g.devices) < snapshot.DevicesPerGroup {
		return fmt.Sprintf("%s: groups[%d] has %d devices; all but the last have %d, which has no more", manifestMember, number, len(g.devices), snapshot.DevicesPerGroup)
	}
	for i := range g.devices {
		if r := &g.devices[i]; r.Device != first+int32(i) {
			return fmt.Sprintf("%s: it stands where device %d should", describe(devicesTable, r), first+int32(i))
		} else if r.GPUCount < 1 {
			return fmt.Sprintf("%s: gpu_count is %d", describe(devicesTable, r), r.GPUCount)
		}
	}
	of := func(device int32) bool { return device >= first && device-first < int32(len(g.devices)) }
	for _, wrong := range []string{g.consistentChunks(b, number), g.consistentChanges(of), g.consistentVerdicts(of), g.consistentMinutes(b, of), g.consistentLines(of)} {
		if wrong != "" {
			return wrong
		}
	}
	return ""
}

// consistentChunks refuses bits of slots that were not observed, too: they could count
// nowhere.
func (g *groupTableRows) consistentChunks(b *snapshot.Basis, number int) string {
	from, to := b.Observed.Span().Hours()
	for i := range g.chunks {
		r := &g.chunks[i]
		hour := hourOf(r.Hour)
		var wrong string
		switch {
		case r.Shard < firstShard(number) || r.Shard-firstShard(number) >= shardsOf(len(g.devices)):
			wrong = fmt.Sprintf("its devices are not of group %d", number)
		case micros(hour.Start()) != r.Hour || hour < from || hour >= to:
			wrong = "no line follows from it"
		case i > 0 && cmp.Or(cmp.Compare(r.Shard, g.chunks[i-1].Shard), cmp.Compare(r.Hour, g.chunks[i-1].Hour)) <= 0:
			wrong = "it stands out of order"
		case r.Up == (chunkRow{}.Up):
			wrong = "it holds no bit"
		default:
			wrong = unobserved(b, hour, &r.Up)
		}
		if wrong != "" {
			return fmt.Sprintf("%s: %s", describe(chunksTable, r), wrong)
		}
	}
	return ""
}

// unobserved names the first slot with bits that was not observed, or returns "".
func unobserved(b *snapshot.Basis, hour uptime.Hour, up *[uptime.ChunkBytes]byte) string {
	const slotBytes = uptime.ChunkBytes / uptime.SlotsPerHour
	for i := range uptime.SlotsPerHour {
		if b.Observed.Has(hour.First() + uptime.Slot(i)) {
			continue
		}
		for _, bits := range up[i*slotBytes : (i+1)*slotBytes] {
			if bits != 0 {
				return fmt.Sprintf("slot %d has bits and was not observed", i)
			}
		}
	}
	return ""
}

func (g *groupTableRows) consistentChanges(of func(int32) bool) string {
	for i := range g.changes {
		r := &g.changes[i]
		switch {
		case !of(r.Device):
			return describe(changesTable, r) + notOfGroup
		case i > 0 && cmp.Or(cmp.Compare(r.Device, g.changes[i-1].Device), cmp.Compare(r.Seq, g.changes[i-1].Seq)) <= 0:
			return describe(changesTable, r) + outOfOrder
		case r.GPUCount != nil && *r.GPUCount < 1:
			return fmt.Sprintf("%s: gpu_count is %d", describe(changesTable, r), *r.GPUCount)
		}
	}
	return ""
}

func (g *groupTableRows) consistentVerdicts(of func(int32) bool) string {
	byHand := func(v *verdictRow) int {
		if v.ByHand {
			return 1
		}
		return 0
	}
	for i := range g.verdicts {
		r := &g.verdicts[i]
		if !of(r.Device) {
			return describe(verdictsTable, r) + notOfGroup
		}
		if kind := uptime.VerdictKind(r.Kind); kind != uptime.Spoofed && kind != uptime.Genuine {
			return fmt.Sprintf("%s: kind is %q", describe(verdictsTable, r), r.Kind)
		}
		if i == 0 {
			continue
		}
		before := &g.verdicts[i-1]
		if cmp.Or(cmp.Compare(r.Device, before.Device), cmp.Compare(byHand(r), byHand(before)), cmp.Compare(r.Seq, before.Seq)) <= 0 {
			return describe(verdictsTable, r) + outOfOrder
		}
	}
	return ""
}

func (g *groupTableRows) consistentMinutes(b *snapshot.Basis, of func(int32) bool) string {
	first, last := dayOf(b.Season.FirstDay), dayOf(b.Season.LastDay)
	for i := range g.minutes {
		r := &g.minutes[i]
		switch {
		case !of(r.Device):
			return describe(minutesTable, r) + notOfGroup
		case i > 0 && cmp.Or(cmp.Compare(r.Device, g.minutes[i-1].Device), cmp.Compare(r.Day, g.minutes[i-1].Day)) <= 0:
			return describe(minutesTable, r) + outOfOrder
		case r.Day < first || r.Day > last:
			return describe(minutesTable, r) + ": it is no day of the season"
		case r.Minutes < 0 || r.Minutes > math.MaxInt32/2:
			return fmt.Sprintf("%s: minutes is %d", describe(minutesTable, r), r.Minutes)
		}
	}
	return ""
}

// consistentLines looks at the lines' order alone: what is in them is recomputed.
func (g *groupTableRows) consistentLines(of func(int32) bool) string {
	for i := range g.lines {
		r := &g.lines[i]
		switch {
		case !of(r.Device):
			return describe(linesTable, r) + notOfGroup
		case i > 0 && compareLines(&g.lines[i-1], r) >= 0:
			return describe(linesTable, r) + outOfOrder
		}
	}
	return ""
}

// compareLines compares the keys of lines.
func compareLines(a, b *lineRow) int {
	return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.SpanStart, b.SpanStart))
}
