package incident

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Kind is what happened.
type Kind string

// The kinds of incident.
const (
	KindCollapse Kind = "collapse" // of the genuine population
	KindSurge    Kind = "surge"    // of changes through the untrusted channel
)

// Incident is what was found, with its figures.
type Incident struct {
	ID       int64        // 0: found, and not on record yet
	Kind     Kind         //
	Opened   uptime.Slot  // its first slot
	End      *uptime.Slot // exclusive; nil while it lasts
	Collapse *Fall        // of a collapse, else nil
	Surge    *Surge       // of a surge, else nil
	Curve    Curve
}

// Fall is a collapse with what it took and how it came back.
type Fall struct {
	Collapse
	Loss
	HalfBack       *uptime.Slot // when half of what was missing at the lowest was back; nil while it is not
	NineTenthsBack *uptime.Slot // when nine tenths were
}

// Meets reports whether the incident has a slot in the span.
func (i Incident) Meets(span uptime.Span) bool {
	if i.End != nil {
		span.To = min(span.To, *i.End)
	}
	span.From = max(span.From, i.Opened)
	return !span.Empty()
}

// What a person may ask for in vain.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflict")
	ErrEnd      = errors.New("an incident cannot end there") // not after its opening, or in the future
)

// Now reads the database's clock: the moment as of which a person looks.
func Now(ctx context.Context, tx pgx.Tx) (time.Time, error) { return selectNow(ctx, tx) }
