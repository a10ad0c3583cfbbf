package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AlertKind says what surged.
type AlertKind string

// The kinds of alerts. A network is an IPv4 /24 or an IPv6 /64.
const (
	Refusals          AlertKind = "refusals"            // of all calls together; what failed on our side is none
	RefusalsOfAddress AlertKind = "refusals_of_address" // from one address
	RefusalsOfNetwork AlertKind = "refusals_of_network" // from one network
	WritesOfActor     AlertKind = "writes_of_actor"     // that succeeded, of one actor
	ProbingOfActor    AlertKind = "probing_of_actor"    // distinct targets and bodies that one actor was told are not there
	ProbingOfAddress  AlertKind = "probing_of_address"  // likewise, from one address
	ProbingOfNetwork  AlertKind = "probing_of_network"  // likewise, from one network
)

// Thresholds are from when on something is a surge: a count within Span. 0 turns an
// alert off.
type Thresholds struct {
	Span              time.Duration // that is looked at, up to now by the database's clock
	CoolDown          time.Duration // for which an alert about the same is not repeated
	Refusals          int
	RefusalsOfAddress int
	RefusalsOfNetwork int
	WritesOfActor     int
	Probes            int // distinct targets and bodies answered 404, of an actor, an address or a network
}

// DefaultThresholds are well above what people and machines do who mean well, and
// well below what a minute of an attack does.
var DefaultThresholds = Thresholds{
	Span: 5 * time.Minute, CoolDown: 15 * time.Minute,
	Refusals: 2000, RefusalsOfAddress: 200, RefusalsOfNetwork: 500, WritesOfActor: 300, Probes: 40,
}

// Alert is a surge on record.
type Alert struct {
	ID        int64
	Kind      AlertKind
	Subject   string // the actor, address or network; "" for Refusals
	Count     int64  // what was counted, at least Threshold
	Threshold int64
	Span      time.Duration
	First     int64     // number of the first entry that was counted
	Last      int64     // of the last
	At        time.Time // by the database's clock, UTC
	Delivered time.Time // when the hook took it; zero: not yet
}

// String says in a line what surged.
func (a Alert) String() string {
	whose := a.Subject
	if whose == "" {
		whose = "all callers"
	}
	return fmt.Sprintf("%s %s: %d within %s, from %d on is a surge; entries %d to %d", a.Kind, whose, a.Count, a.Span, a.Threshold, a.First, a.Last)
}

// Watch looks for surges in the last entries of the log, puts on record those that
// are not on record within the cool-down, and returns them. Of one kind at most 50,
// the greatest, are put on record at a time. Of several that watch at once, each
// surge is one's to find.
func Watch(ctx context.Context, tx pgx.Tx, t Thresholds) ([]Alert, error) {
	if t.Span <= 0 || t.CoolDown < 0 {
		return nil, fmt.Errorf("audit: watch: span %s, cool-down %s: give a span above 0 and no cool-down below", t.Span, t.CoolDown)
	}
	err := lockAlerts(ctx, tx)
	var alerts []Alert
	if err == nil {
		alerts, err = insertAlerts(ctx, tx, t)
	}
	if err != nil {
		return nil, fmt.Errorf("audit: watch: %w", err)
	}
	return alerts, nil
}
