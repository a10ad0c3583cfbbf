package supplier

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// Line is a line of a revision or an estimate: a run of slots of a device that was the
// caller's. Its columns are those of `uptally snapshot lines`, without the supplier.
type Line struct {
	DeviceID         uuid.UUID  `json:"device_id" format:"uuid" doc:"The device."`
	SpanStart        time.Time  `json:"span_start" doc:"Start of its first slot."`
	SpanEnd          time.Time  `json:"span_end" doc:"End of its last slot."`
	Observed         int32      `json:"observed" doc:"Slots that were observed."`
	Up               int32      `json:"up" doc:"Of these, up."`
	Grace            int32      `json:"grace" doc:"Missed slots that are credited."`
	Credited         int32      `json:"credited" doc:"up + grace."`
	WeightMillionths int64      `json:"weight_millionths" doc:"GPU weight * count * connectivity weight, in millionths."`
	JobMinutes       int64      `json:"job_minutes" doc:"Minutes of paid compute."`
	Points           string     `json:"points" pattern:"^[0-9]+$" doc:"What it is paid by; 0 unless eligible."`
	Amount           wire.Money `json:"amount" doc:"What it gets."`
	Outcome          string     `json:"outcome" enum:"spoofed,not_genuine,unlisted_gpu,never_seen,below_min_continuous,below_min_uptime,eligible" doc:"What it came to: see /v1/reasons."`
	Notes            []string   `json:"notes" nullable:"false" doc:"What else there is to know of it: see /v1/reasons."`
}

// lineRow is a line as it is read.
type lineRow struct{ snapshot.Line }

func (l *lineRow) view() Line {
	v := Line{
		DeviceID: l.DeviceID, SpanStart: l.Span.From.Start(), SpanEnd: l.Span.To.Start(), Observed: l.Observed, Up: l.Up, Grace: l.Grace,
		Credited: l.Credited(), WeightMillionths: l.WeightMillionths, JobMinutes: l.JobMinutes, Points: digits(l.Points),
		Amount: wire.MoneyOf(ledger.Amount(l.Amount)), Outcome: l.Outcome.String(), Notes: []string{},
	}
	for _, note := range l.Notes.Reasons() {
		v.Notes = append(v.Notes, note.Code)
	}
	return v
}

// LineTable is a page of lines.
type LineTable struct {
	Result Result `json:"result" doc:"What the lines are of."`
	wire.Page[Line]
}

// Result names a sealed revision, or an estimate.
type Result struct {
	Season   string    `json:"season" doc:"The season."`
	Revision int       `json:"revision" doc:"The sealed revision; 0 of an estimate."`
	Estimate bool      `json:"estimate" doc:"Whether it is an estimate: nothing of it is owed."`
	AsOf     time.Time `json:"as_of" doc:"What was recorded by then counts."`
}

// Header names the columns of the lines as CSV.
func (LineTable) Header() []string {
	return []string{"device_id", "span_start", "span_end", "observed", "up", "grace", "credited", "weight_millionths", "job_minutes", "points",
		"amount", "outcome", "notes"}
}

// Rows yields the lines as CSV.
func (t LineTable) Rows(yield func([]string) bool) {
	for _, l := range t.Items {
		if !yield([]string{l.DeviceID.String(), instant(l.SpanStart), instant(l.SpanEnd), digits(l.Observed), digits(l.Up), digits(l.Grace),
			digits(l.Credited), digits(l.WeightMillionths), digits(l.JobMinutes), l.Points, l.Amount.Amount, l.Outcome, codes(l.Notes)}) {
			return
		}
	}
}

type linesIn struct {
	SeasonPath
	Which
	wire.Paging
	Outcome string `query:"outcome" enum:"spoofed,not_genuine,unlisted_gpu,never_seen,below_min_continuous,below_min_uptime,eligible" doc:"Only lines that came to this."`
}

func (r rooms) lines(ctx context.Context, reader wire.Reader, me auth.Caller, in *linesIn) (*table[LineTable], error) {
	asked := linesAsked{which: in.Which, season: in.Season, limit: in.Limit}
	if in.Outcome != "" {
		outcome, err := snapshot.ParseOutcome(in.Outcome)
		if err != nil {
			return nil, invalid("query.outcome", "no such outcome")
		}
		asked.outcome = int16(outcome)
	}
	read, err := readLines(ctx, reader, me, asked, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := LineTable{Result: read.result, Page: wire.Page[Line]{Items: []Line{}, NextCursor: read.next}}
	for i := range read.lines {
		body.Items = append(body.Items, read.lines[i].view())
	}
	return &table[LineTable]{body.NextCursor, body}, nil
}

// linesAsked is which of the caller's lines are asked for.
type linesAsked struct {
	which   Which
	season  string
	outcome int16 // 0: any
	less    bool  // only those that earned nothing, or less than they might
	limit   int

	afterDevice, afterSlot int64 // the last line of the page before
}

// linesRead is a page of them.
type linesRead struct {
	result   Result
	sealedAt *time.Time
	lines    []lineRow
	verdicts []verdictRow // the last on each line's device, as of the result
	next     string
}

// readLines reads a page of the caller's lines in one round trip; wire.NotFound, if there
// is no such result.
func readLines(ctx context.Context, reader wire.Reader, me auth.Caller, asked linesAsked, cursor string) (*linesRead, error) {
	if err := asked.which.check(); err != nil {
		return nil, err
	}
	if err := asked.after(cursor); err != nil {
		return nil, err
	}
	read := &linesRead{result: Result{Season: asked.season, Estimate: asked.which.Estimate}}
	found := false
	ask := &pgx.Batch{}
	if asked.which.Estimate {
		queueEstimate(ask, asked.season, read, &found)
		queueEstimateLines(ask, asked, read)
	} else {
		queueRevision(ask, asked.season, asked.which.Revision, read, &found)
		queueLines(ask, asked, read)
	}
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	if !found {
		return nil, wire.NotFound
	}
	read.result.AsOf = read.result.AsOf.UTC()
	read.page(me, asked.limit)
	return read, nil
}

// after takes the cursor apart. It names the revision, so that pages go on in the one in
// which they began, whatever is sealed meanwhile.
func (a *linesAsked) after(cursor string) error {
	a.afterDevice = -1
	parts, err := wire.ParseCursor(cursor, 3)
	if err != nil || parts == nil {
		return err
	}
	revision, errRevision := parseInteger(parts[0])
	device, errDevice := parseInteger(parts[1])
	slot, errSlot := parseInteger(parts[2])
	if errRevision != nil || errDevice != nil || errSlot != nil || revision < 0 || revision > math.MaxInt32 ||
		a.which.Estimate != (revision == 0) || a.which.Revision != 0 && a.which.Revision != int(revision) {
		return wire.BadCursor
	}
	a.which.Revision, a.afterDevice, a.afterSlot = int(revision), device, slot
	return nil
}

// page cuts what was read down to the page and to what is the caller's.
func (r *linesRead) page(me auth.Caller, limit int) {
	if len(r.lines) > limit {
		last := &r.lines[limit-1]
		r.next = wire.Cursor(strconv.Itoa(r.result.Revision), digits(int64(last.Device)), digits(int64(last.Span.From)))
		r.lines, r.verdicts = r.lines[:limit], r.verdicts[:limit]
	}
	kept := 0
	for i := range r.lines {
		if wire.Mine(me, r.lines[i].SupplierID) {
			r.lines[kept], r.verdicts[kept] = r.lines[i], r.verdicts[i]
			kept++
		}
	}
	r.lines, r.verdicts = r.lines[:kept], r.verdicts[:kept]
}

func slotSpan(from, to int64) uptime.Span {
	return uptime.Span{From: uptime.Slot(from), To: uptime.Slot(to)}
}
