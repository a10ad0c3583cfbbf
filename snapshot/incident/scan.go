package incident

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
)

// Findings are the incidents that a scan found.
type Findings struct {
	Scan       int64
	AsOf       time.Time // verdicts, devices and changes recorded by then count
	RecordedAt time.Time
	Incidents  []Incident // in the order in which they opened
	New        []Incident // those of them that no scan had found before; only from Scan

	standing standing
}

// standing is what a scan stands on beside the facts recorded by its moment. Two
// scans as of one moment that stand on the same find the same.
type standing struct {
	lastPull int64 // number of the last merged pass
	pulls    int64 // merged passes: one may have been merged after a later one
	observed int64 // slots
	lastEnd  int64 // number of the last end that a person set
}

// Scan looks for incidents as of the moment and records what it finds. If the
// newest scan as of that very moment stands on the same, it writes nothing and
// returns that one's findings.
func Scan(ctx context.Context, tx pgx.Tx, asOf time.Time) (Findings, error) {
	asOf = asOf.Truncate(time.Microsecond) // as the database keeps it
	now, err := selectStanding(ctx, tx)
	if err != nil {
		return Findings{}, err
	}
	if f, err := recorded(ctx, tx, asOf, now); err != nil || f != nil {
		return deref(f), err
	}
	return Look(ctx, tx, asOf)
}

// Look is Scan that takes no scan on record at its word: it looks itself, and
// records what it finds unless the newest scan as of the moment found just that.
// So it is what a snapshot is taken and sealed by.
func Look(ctx context.Context, tx pgx.Tx, asOf time.Time) (Findings, error) {
	asOf = asOf.Truncate(time.Microsecond)
	now, err := selectStanding(ctx, tx)
	if err != nil {
		return Findings{}, err
	}
	found, err := Found(ctx, tx, asOf)
	if err != nil {
		return Findings{}, err
	}
	if err := lockScans(ctx, tx); err != nil {
		return Findings{}, err
	}
	if err := number(ctx, tx, found); err != nil {
		return Findings{}, err // another may have recorded them meanwhile
	}
	f, err := recorded(ctx, tx, asOf, now)
	if err != nil || f != nil && reflect.DeepEqual(f.Incidents, found) {
		return deref(f), err
	}
	return record(ctx, tx, Findings{AsOf: asOf, Incidents: found, standing: now})
}

// recorded returns the findings of the newest scan as of the moment, if there is
// one and it stands on what is given.
func recorded(ctx context.Context, tx pgx.Tx, asOf time.Time, now standing) (*Findings, error) {
	f, err := selectScan(ctx, tx, &asOf)
	if err != nil || f == nil || f.standing != now {
		return nil, err
	}
	f.Incidents, err = selectReadings(ctx, tx, f.Scan)
	return f, err
}

// record writes a scan with its readings; incidents that were never found before
// get a number.
func record(ctx context.Context, tx pgx.Tx, f Findings) (Findings, error) {
	var err error
	if f.Scan, f.RecordedAt, err = insertScan(ctx, tx, f); err != nil {
		return f, err
	}
	if err := number(ctx, tx, f.Incidents); err != nil {
		return f, err
	}
	for i := range f.Incidents {
		found := &f.Incidents[i]
		if found.ID == 0 {
			if found.ID, err = insertIncident(ctx, tx, found.Kind, found.Opened); err != nil {
				return f, err
			}
			f.New = append(f.New, *found)
		}
		if err := insertReading(ctx, tx, f.Scan, *found); err != nil {
			return f, err
		}
	}
	return f, nil
}

// Latest returns what the scan of the latest moment found; ErrNotFound if there
// was none. Current tells whether it still stands on all that is recorded.
func Latest(ctx context.Context, tx pgx.Tx) (f Findings, current bool, err error) {
	latest, err := selectScan(ctx, tx, nil)
	if err != nil {
		return f, false, err
	}
	if latest == nil {
		return f, false, fmt.Errorf("scan of incidents: %w; make one with: `uptally incident list`", ErrNotFound)
	}
	if latest.Incidents, err = selectReadings(ctx, tx, latest.Scan); err != nil {
		return f, false, err
	}
	now, err := selectStanding(ctx, tx)
	if err != nil {
		return f, false, err
	}
	more, err := selectFactsAfter(ctx, tx, latest.AsOf)
	return *latest, now == latest.standing && !more, err
}

// At returns the incidents as of the moment and writes nothing: those of a scan
// that stands on what is recorded, or else as they are found now.
func At(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Incident, error) {
	asOf = asOf.Truncate(time.Microsecond)
	now, err := selectStanding(ctx, tx)
	if err != nil {
		return nil, err
	}
	if f, err := recorded(ctx, tx, asOf, now); err != nil || f != nil {
		return deref(f).Incidents, err
	}
	return Found(ctx, tx, asOf)
}

// ByID returns an incident as the newest scan that found it did; ErrNotFound if
// none did.
func ByID(ctx context.Context, tx pgx.Tx, id int64) (Incident, error) {
	return selectReading(ctx, tx, id)
}

func deref(f *Findings) Findings {
	if f == nil {
		return Findings{}
	}
	return *f
}
