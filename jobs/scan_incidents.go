package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/snapshot/incident"
)

// ScanIncidents looks for collapses of the population and surges of untrusted
// changes in everything that is on record, and raises an alert for what is new.
type ScanIncidents struct{}

// Kind names the job.
func (ScanIncidents) Kind() string { return "scan_incidents" }

// InsertOpts keeps it from standing in the queue twice.
func (ScanIncidents) InsertOpts() river.InsertOpts { return once(queueUpkeep) }

type scanIncidents struct {
	river.WorkerDefaults[ScanIncidents]
	c *Client
}

func (*scanIncidents) Timeout(*river.Job[ScanIncidents]) time.Duration { return 15 * time.Minute }

// Work scans as of now.
func (w *scanIncidents) Work(ctx context.Context, _ *river.Job[ScanIncidents]) error {
	var found incident.Findings
	if err := w.c.begin(ctx, func(tx pgx.Tx) error {
		now, err := incident.Now(ctx, tx)
		if err != nil {
			return err
		}
		found, err = incident.Scan(ctx, tx, now)
		return err
	}); err != nil {
		return err
	}
	w.c.alertOf(found.New)
	return nil
}

// alertOf raises an alert for each new incident. It comes after the commit of who
// found it, a scan or a take: an incident is new once.
func (c *Client) alertOf(news []incident.Incident) {
	for _, i := range news {
		c.log.Warn("incident found", alert(i)...)
	}
}

// alert is what is said of a new incident.
func alert(i incident.Incident) []any {
	said := []any{"id", i.ID, "kind", i.Kind, "opened", i.Opened.Start()}
	if c := i.Collapse; c != nil {
		said = append(said, "baseline", c.Baseline, "lowest", c.Lowest, "vanished", c.Vanished, "returned", c.Returned)
	}
	if s := i.Surge; s != nil {
		said = append(said, "until", i.End.Start(), "devices", s.Devices, "changes", s.Changes)
	}
	return append(said, "next", fmt.Sprintf("uptally incident show %d", i.ID))
}
