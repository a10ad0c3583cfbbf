package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
)

// Of a season's slots, at least coverageLeast in coverageOf must be observed.
const (
	coverageLeast = 999
	coverageOf    = 1000
)

// guardCoverage: 1000 * observed >= 999 * |S|.
func guardCoverage(_ context.Context, _ pgx.Tx, g guarded) ([]Guard, error) {
	season := g.basis.Season.Span()
	observed := g.basis.Observed.Count(season)
	met := coverageOf*observed >= coverageLeast*season.Len()
	return []Guard{{
		Code: "coverage", Verdict: verdict(met), Figure: fmt.Sprintf("%d of %d slots observed", observed, season.Len()),
		Threshold: fmt.Sprintf("%d of %d", coverageLeast, coverageOf),
		Remedy: unless(met, fmt.Sprintf("read what is missing: `uptally pull --from %s --to %s`; or import it: `uptally pull import DIR`",
			season.From.Start().Format(time.RFC3339), season.To.Start().Format(time.RFC3339))),
	}}, nil
}

// guardHours: what was read is closed, was not opened since, and is all that there is:
// hours before the season that nobody needed may have been read since.
func guardHours(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	open, reopenings, err := closings(ctx, tx, g.basis)
	if err != nil {
		return nil, err
	}
	same, err := g.stands(ctx, tx)
	if err != nil {
		return nil, err
	}
	guard := Guard{Code: "hours_closed", Verdict: GuardPassed, Figure: "all closed", Threshold: "every hour that it stands on is closed", Firm: true}
	need := neededSlots(g.basis)
	switch {
	case open:
		guard.Verdict, guard.Figure = GuardFailed, "some are open"
		guard.Remedy = fmt.Sprintf("read them until they close, a day after their end: `uptally pull --from %s --to %s`; "+
			"or give them up: `uptally pull give-up --from … --to … --reason …`; then take it again", need.From.Start().Format(time.RFC3339), need.To.Start().Format(time.RFC3339))
	case g.snapshot != nil && (g.snapshot.Estimate || reopenings != g.snapshot.Reopenings):
		guard.Verdict, guard.Figure, guard.Remedy = GuardFailed, "some were open when it was taken, or since", g.again()
	case !same:
		guard.Verdict, guard.Figure, guard.Remedy = GuardFailed, "more was read since it was taken", g.again()
	}
	return []Guard{guard}, nil
}

// stands reports whether the revision's digest follows from its basis as it reads
// now, coverage included. Before it has a digest there is nothing to fall.
func (g guarded) stands(ctx context.Context, tx pgx.Tx) (bool, error) {
	if g.snapshot == nil || g.snapshot.Digest == nil {
		return true, nil
	}
	digest, err := restate(ctx, tx, g.basis, *g.snapshot)
	return bytes.Equal(digest, g.snapshot.Digest), err
}

// guardLogs: the logs of changes and verdicts are read past the last slot that
// counts, the job minutes of each day after it ended.
func guardLogs(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	need := neededSlots(g.basis).To.Start()
	read, err := g.logsRead(ctx, tx)
	if err != nil {
		return nil, err
	}
	unread, err := selectUnreadDays(ctx, tx, g.basis.Season, g.basis.AsOf)
	if err != nil {
		return nil, err
	}
	guard := Guard{Code: "logs_read", Threshold: "changes, verdicts and job minutes read through " + need.Format(time.RFC3339)}
	met := read != nil && !read.Before(need) && unread == 0
	guard.Verdict, guard.Figure = verdict(met), "changes and verdicts never read"
	if read != nil {
		guard.Figure = fmt.Sprintf("changes and verdicts read to %s, job minutes of %d days not read after the day ended",
			read.UTC().Format(time.RFC3339), unread)
	}
	guard.Remedy = unless(met, fmt.Sprintf("read them: `uptally pull --from %s --to %s`; then take it again",
		g.basis.Season.Span().From.Start().Format(time.RFC3339), need.Format(time.RFC3339)))
	return []Guard{guard}, nil
}

// logsRead returns to when the logs of changes and verdicts had been read when the
// revision was taken, or are by now if there is none.
func (g guarded) logsRead(ctx context.Context, tx pgx.Tx) (*time.Time, error) {
	if g.snapshot != nil {
		return g.snapshot.LogsRead, nil
	}
	logs, err := uptime.Logs(ctx, tx)
	if err != nil {
		return nil, err
	}
	var least *time.Time
	for i, log := range logs {
		if log.ReadToEnd == nil {
			return nil, nil
		}
		if i == 0 || log.ReadToEnd.Before(*least) {
			least = log.ReadToEnd
		}
	}
	return least, nil
}

// guardIncidents: every collapse that meets the season or the day after it, and every
// surge of untrusted changes before its end, is resolved for this season: one guard
// each, or one that says that there is none.
func guardIncidents(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	concerns, err := incident.Concerning(ctx, tx, g.season(), g.basis.Season.Span(), g.basis.AsOf)
	if err != nil {
		return nil, err
	}
	if len(concerns) == 0 {
		return []Guard{{Code: "incidents", Verdict: GuardPassed, Figure: "none", Threshold: "each resolved"}}, nil
	}
	lines := make([]Guard, len(concerns))
	for i, c := range concerns {
		lines[i] = Guard{
			Code: incidentCode(c.Incident), Verdict: verdict(!c.Open()), Figure: incidentFigure(c),
			Threshold: "a grace window of the season, or dismissed", Remedy: c.Remedy,
		}
		if c.Kind == incident.KindSurge {
			lines[i].Threshold = "held, or dismissed"
		}
	}
	return lines, nil
}

// incidentCode names an incident's guard. One that is not on record yet has no
// number: a seal puts it there.
func incidentCode(i incident.Incident) string {
	name := "incident"
	if i.Kind == incident.KindSurge {
		name = "surge"
	}
	if i.ID == 0 {
		return name + " of " + i.Opened.Start().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s %d", name, i.ID)
}

// incidentFigure says what happened, and who decided what on it.
func incidentFigure(c incident.Concern) string {
	opened := c.Opened.Start().Format(time.RFC3339)
	var figure string
	if c.Kind == incident.KindSurge {
		figure = fmt.Sprintf("%d devices changed through the untrusted channel from %s", c.Surge.Devices, opened)
	} else {
		figure = fmt.Sprintf("%d of %d devices left from %s", c.Collapse.Lowest, c.Collapse.Baseline, opened)
	}
	switch {
	case c.Dismissal != nil:
		return figure + "; dismissed: " + c.Dismissal.Reason
	case len(c.Windows) > 0:
		return figure + fmt.Sprintf("; grace window %d", c.Windows[0])
	case len(c.Holds) > 0:
		return figure + fmt.Sprintf("; hold %d", c.Holds[0])
	}
	return figure + "; nobody has decided"
}

// guardIngest: what was read of the season is what the service itself counts. Where it
// was never compared, or the service counts less, that is a warning: there is nothing
// that we lack.
func guardIngest(ctx context.Context, tx pgx.Tx, g guarded) ([]Guard, error) {
	state, err := reconcile.StateOf(ctx, tx, g.basis.Season.Span())
	if err != nil {
		return nil, err
	}
	guard := Guard{Code: "ingest_reconciled", Verdict: GuardPassed, Figure: state.String(), Threshold: "no slot of ours is short"}
	switch {
	case state.Short() > 0:
		guard.Verdict = GuardFailed
	case state.NotCompared+state.TheirsShort > 0:
		guard.Verdict = GuardWarning
	}
	guard.Remedy = unless(guard.Verdict == GuardPassed, fmt.Sprintf("compare and mend: `uptally reconcile ingest --season %s`", g.season()))
	return []Guard{guard}, nil
}
