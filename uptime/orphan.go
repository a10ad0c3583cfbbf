package uptime

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// orphan is a log row that came before its device was registered.
type orphan struct {
	log      string
	deviceID uuid.UUID
	key      string
	body     []byte
}

func changeKey(c Change) (uuid.UUID, string)   { return c.DeviceID, strconv.FormatInt(c.Seq, 10) }
func verdictKey(v Verdict) (uuid.UUID, string) { return v.DeviceID, strconv.FormatInt(v.Seq, 10) }
func jobMinutesKey(m JobMinutes) (uuid.UUID, string) {
	return m.DeviceID, fmt.Sprintf("%s %d", m.Day.Format(time.DateOnly), m.Minutes)
}

// keepOrphans keeps rows of unregistered devices aside, each once.
func keepOrphans[Row any](ctx context.Context, tx pgx.Tx, log string, rows []Row, stamp time.Time,
	key func(Row) (uuid.UUID, string),
) error {
	if len(rows) == 0 {
		return nil
	}
	ids, keys, bodies := make([]uuid.UUID, len(rows)), make([]string, len(rows)), make([][]byte, len(rows))
	for i, r := range rows {
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		ids[i], keys[i] = key(r)
		bodies[i] = body
	}
	return insertOrphans(ctx, tx, log, ids, keys, bodies, stamp)
}

// adopt turns the orphans of newly registered devices into facts, recorded now.
func adopt(ctx context.Context, tx pgx.Tx, ids []uuid.UUID, numbers map[uuid.UUID]DeviceNumber, stamp time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	orphans, err := selectOrphans(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, o := range lastOfKey(orphans) {
		number := []DeviceNumber{numbers[o.deviceID]}
		switch o.log {
		case logChanges:
			err = adoptOne(o, func(c Change) error { return copyChanges(ctx, tx, number, []Change{c}, stamp) })
		case logVerdicts:
			err = adoptOne(o, func(v Verdict) error { return insertFedVerdicts(ctx, tx, number, []Verdict{v}, stamp) })
		case logJobMinutes:
			err = adoptOne(o, func(m JobMinutes) error {
				return recordMinutes(ctx, tx, m.Day, number, []JobMinutes{m}, stamp)
			})
		}
		if err != nil {
			return fmt.Errorf("orphan of device %s in the log of %s: %w", o.deviceID, o.log, err)
		}
	}
	return nil
}

// lastOfKey keeps, of job minutes of one device and day, the last that came.
func lastOfKey(orphans []orphan) []orphan {
	kept := orphans[:0:0]
	for i, o := range orphans {
		replaced := o.log == logJobMinutes && slices.ContainsFunc(orphans[i+1:], func(later orphan) bool {
			return later.log == o.log && later.deviceID == o.deviceID && later.day() == o.day()
		})
		if !replaced {
			kept = append(kept, o)
		}
	}
	return kept
}

// day returns the day that the key of an orphan of job minutes begins with.
func (o orphan) day() string { day, _, _ := strings.Cut(o.key, " "); return day }

func adoptOne[Row any](o orphan, record func(Row) error) error {
	var row Row
	if err := json.Unmarshal(o.body, &row); err != nil {
		return err
	}
	return record(row)
}
