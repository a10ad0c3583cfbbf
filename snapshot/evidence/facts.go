package evidence

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
)

// What a snapshot was computed from, as rows and documents, and back.

// micros is an instant as tables have it; the database has no finer ones.
func micros(t time.Time) int64 { return t.UnixMicro() }

func instantOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func seasonOf(s snapshot.Season) seasonDocument {
	return seasonDocument{s.Code, moment{s.FirstDay}, moment{s.LastDay}, ledger.Amount(s.Pool)}
}

func (d *seasonDocument) season() (snapshot.Season, error) {
	s := snapshot.Season{Code: d.Code, FirstDay: d.FirstDay.UTC(), LastDay: d.LastDay.UTC(), Pool: int64(d.Pool)}
	return s, s.Validate()
}

func windowsOf(windows []snapshot.Window) []windowDocument {
	documents := make([]windowDocument, len(windows))
	for i, w := range windows {
		documents[i] = windowDocument{
			moment{w.From}, moment{w.To}, w.Cause, w.Lookback, w.MinBefore, w.Sustain, moment{w.ReconnectBy}, w.Credit, w.Cap, w.RequireGenuine,
		}
	}
	return documents
}

func (d *windowDocument) window() (snapshot.Window, error) {
	w := snapshot.Window{
		From: d.From.Time, To: d.To.Time, Cause: d.Cause, Lookback: d.Lookback, MinBefore: d.MinBefore, Sustain: d.Sustain,
		ReconnectBy: d.ReconnectBy.Time, Credit: d.Credit, Cap: d.Cap, RequireGenuine: d.RequireGenuine,
	}
	return w, w.Validate()
}

func holdsOf(holds []snapshot.Hold) []intervalDocument {
	documents := make([]intervalDocument, len(holds))
	for i, h := range holds {
		documents[i] = intervalDocument{moment{h.From}, moment{h.To}}
	}
	return documents
}

func (d *intervalDocument) hold() (snapshot.Hold, error) {
	h := snapshot.Hold{From: d.From.Time, To: d.To.Time}
	return h, h.Validate()
}

// importsOf returns the archives that were approved by the moment and cover slots of
// the span, in the order of their proposals.
func importsOf(archives []archive.Record, span uptime.Span, asOf time.Time) []importDocument {
	documents := []importDocument{}
	for _, a := range archives {
		d := importDocument{Source: a.Source, ManifestSHA256: hex.EncodeToString(a.ManifestSHA256[:]), Files: a.Files}
		meets := false
		for _, s := range a.Spans {
			d.Complete = append(d.Complete, intervalDocument{moment{s.From.Start()}, moment{s.To.Start()}})
			meets = meets || !s.Intersect(span).Empty()
		}
		if meets && a.ApprovedAt != nil && !a.ApprovedAt.After(asOf) {
			documents = append(documents, d)
		}
	}
	return documents
}

// slotsWithin returns the slots of the hour that lie in the span.
func slotsWithin(hour uptime.Hour, span uptime.Span) (slots uptime.HourSlots) {
	for i := range uptime.SlotsPerHour {
		if span.Contains(hour.First() + uptime.Slot(i)) {
			slots |= 1 << i
		}
	}
	return slots
}

// coverageRows are the hours from the first to the last on record, of which only
// what lies in the span is told; an hour in between that nobody asked for is open,
// and nothing of it observed.
func coverageRows(hours []uptime.Coverage, span uptime.Span) []coverageRow {
	var rows []coverageRow
	for _, h := range hours {
		for len(rows) > 0 && hourOf(rows[len(rows)-1].Hour)+1 < h.Hour {
			rows = append(rows, coverageRow{Hour: micros((hourOf(rows[len(rows)-1].Hour) + 1).Start())})
		}
		rows = append(rows, coverageRow{
			Hour: micros(h.Hour.Start()), Observed: int32(h.Observed & slotsWithin(h.Hour, span)),
			Closed: h.ClosedAt != nil, Reopened: int32(h.Reopened),
		})
	}
	return rows
}

func hourOf(micros int64) uptime.Hour { return uptime.HourOf(instantOf(micros)) }

// coverageOf returns the rows as hours, as far as lines follow from them.
func coverageOf(rows []coverageRow) []uptime.Coverage {
	hours := make([]uptime.Coverage, len(rows))
	for i, r := range rows {
		hours[i] = uptime.Coverage{Hour: hourOf(r.Hour), Observed: uptime.HourSlots(r.Observed), Reopened: int(r.Reopened)}
	}
	return hours
}

func sumCoverage(rows []coverageRow) (sum coverage) {
	for _, r := range rows {
		sum.Hours++
		sum.Reopened += int64(r.Reopened)
		if r.Closed {
			sum.Closed++
		}
	}
	return sum
}

// addDevice appends the facts of a device.
func (g *groupTableRows) addDevice(d *snapshot.Device) {
	number := int32(d.Number)
	for i, c := range d.Changes {
		if i == 0 { // the registration
			g.devices = append(g.devices, deviceRow{
				Device: number, DeviceID: d.ID, Seq: c.Seq, RegisteredAt: micros(d.RegisteredAt), SupplierID: *c.SupplierID,
				GPUModel: *c.GPUModel, GPUCount: *c.GPUCount, Connectivity: *c.Connectivity,
			})
			continue
		}
		g.changes = append(g.changes, changeRow{
			Device: number, Seq: c.Seq, ChangedAt: micros(c.ChangedAt), Channel: string(c.Channel), SupplierID: c.SupplierID,
			GPUModel: c.GPUModel, GPUCount: c.GPUCount, Connectivity: c.Connectivity,
		})
	}
	for _, v := range d.Verdicts {
		g.verdicts = append(g.verdicts, verdictRow{
			Device: number, ByHand: v.ByHand, Seq: v.Seq, Kind: string(v.Kind), EffectiveAt: micros(v.EffectiveAt), DecidedAt: micros(v.DecidedAt),
		})
	}
	for _, m := range d.JobMinutes {
		g.minutes = append(g.minutes, minutesRow{Device: number, Day: dayOf(m.Day), Minutes: m.Minutes})
	}
}

// secondsPerDay are those of UTC, which has no others.
const secondsPerDay = 24 * 60 * 60

// dayOf is a day as tables have it: days since 1970.
func dayOf(midnight time.Time) int32 { return int32(midnight.Unix() / secondsPerDay) }

func midnightOf(day int32) time.Time { return time.Unix(int64(day)*secondsPerDay, 0).UTC() }

// groupTableRows are the rows of a group of devices, one table each.
type groupTableRows struct {
	chunks   []chunkRow
	devices  []deviceRow
	changes  []changeRow
	verdicts []verdictRow
	minutes  []minutesRow
	lines    []lineRow
}

// group returns the group of devices that the rows describe. They stand as their
// tables have them: see consistent.
func (g *groupTableRows) group(b *snapshot.Basis, number int) (*snapshot.Group, error) {
	devices := make([]snapshot.Device, len(g.devices))
	for i := range g.devices {
		r := &g.devices[i]
		at := instantOf(r.RegisteredAt)
		devices[i] = snapshot.Device{Number: uptime.DeviceNumber(r.Device), ID: r.DeviceID, RegisteredAt: at, Changes: []uptime.Change{{
			Seq: r.Seq, DeviceID: r.DeviceID, ChangedAt: at, Channel: uptime.ChannelRegistration,
			SupplierID: &r.SupplierID, GPUModel: &r.GPUModel, GPUCount: &r.GPUCount, Connectivity: &r.Connectivity,
		}}}
	}
	first := int32(number * snapshot.DevicesPerGroup)
	for i := range g.changes {
		r := &g.changes[i]
		d := &devices[r.Device-first]
		d.Changes = append(d.Changes, uptime.Change{
			Seq: r.Seq, DeviceID: d.ID, ChangedAt: instantOf(r.ChangedAt), Channel: uptime.Channel(r.Channel),
			SupplierID: r.SupplierID, GPUModel: r.GPUModel, GPUCount: r.GPUCount, Connectivity: r.Connectivity,
		})
	}
	for _, r := range g.verdicts {
		d := &devices[r.Device-first]
		d.Verdicts = append(d.Verdicts, uptime.Verdict{
			Seq: r.Seq, DeviceID: d.ID, Kind: uptime.VerdictKind(r.Kind), ByHand: r.ByHand,
			EffectiveAt: instantOf(r.EffectiveAt), DecidedAt: instantOf(r.DecidedAt),
		})
	}
	for _, r := range g.minutes {
		d := &devices[r.Device-first]
		d.JobMinutes = append(d.JobMinutes, uptime.JobMinutes{DeviceID: d.ID, Day: midnightOf(r.Day), Minutes: r.Minutes})
	}
	block := uptime.NewBlock(b.Observed.Span(), uptime.DeviceNumber(first).Shard(), shardsOf(len(devices)))
	for i := range g.chunks {
		if err := block.Put(g.chunks[i].Shard, hourOf(g.chunks[i].Hour), g.chunks[i].Up[:]); err != nil {
			return nil, err
		}
	}
	return &snapshot.Group{Number: number, Devices: devices, Bits: block}, nil
}

// shardsOf returns how many shards so many devices fill.
func shardsOf(devices int) int32 {
	return int32((devices + uptime.LanesPerShard - 1) / uptime.LanesPerShard)
}

// addChunks appends the chunks of the block that hold a bit.
func (g *groupTableRows) addChunks(block *uptime.Block, span uptime.Span, first, shards int32) {
	from, to := span.Hours()
	g.chunks = make([]chunkRow, 0, int(shards)*int(to-from))
	for shard := first; shard < first+shards; shard++ {
		for hour := from; hour < to; hour++ {
			if up := block.Chunk(shard, hour); up != (chunkRow{}.Up) {
				g.chunks = append(g.chunks, chunkRow{Shard: shard, Hour: micros(hour.Start()), Up: up})
			}
		}
	}
}

// lineOf returns the line as a row.
func lineOf(l *snapshot.Line) lineRow {
	return lineRow{
		Device: int32(l.Device), DeviceID: l.DeviceID, SupplierID: l.SupplierID,
		SpanStart: micros(l.Span.From.Start()), SpanEnd: micros(l.Span.To.Start()),
		Observed: l.Observed, Up: l.Up, Grace: l.Grace, Credited: l.Credited(), LongestRun: l.LongestRun,
		WeightMillionths: l.WeightMillionths, JobMinutes: l.JobMinutes, Points: l.Points, Amount: l.Amount,
		Outcome: l.Outcome.String(), Notes: l.Notes.String(),
	}
}

// where tells people which device and span the line is of.
func (r *lineRow) where() string {
	return fmt.Sprintf("device %s, span from %s", r.DeviceID, instantOf(r.SpanStart).Format(time.RFC3339))
}
