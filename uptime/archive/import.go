package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// What keeps an archive from being merged, beside ErrFaulty.
var (
	ErrUnknown         = errors.New("no such archive")
	ErrChanged         = errors.New("the folder is not the archive that was proposed")
	ErrSelfApproval    = errors.New("whoever proposes an archive cannot approve it; ask another person")
	ErrAlreadyApproved = errors.New("archive is merged already")
)

// Record is an archive that was proposed, and what became of it.
type Record struct {
	ID             int64
	Source         string
	ManifestSHA256 [32]byte
	Spans          []uptime.Span // declared complete, in order
	Files          int64
	Heartbeats     int64 // of all files
	OutOfWindow    int64 // of them, those of no complete span
	ProposedBy     int64
	ProposedAt     time.Time
	ApprovedBy     *int64 // nil while proposed only
	ApprovedAt     *time.Time
	Accepted       int64 // of the heartbeats within, once merged
	Unknown        int64 // of ids that no registration named
	Late           int64 // of hours that were closed by then
}

// Preview is what an archive would come to if it were merged now.
type Preview struct {
	Unknown int64 // heartbeats within of ids that no registration names
	Hours   int   // that the complete spans touch
	Closed  int   // of them: what the archive holds of these will be late
}

// Propose reads and checks all of the folder, merges nothing, and records that the
// person proposes it.
func Propose(ctx context.Context, tx pgx.Tx, dir string, person int64, now time.Time) (Record, Preview, error) {
	var preview Preview
	f, err := openFolder(dir, nil, now)
	if err != nil {
		return Record{}, preview, err
	}
	defer f.close()
	swept, err := f.sweep(ctx, tx, 0, now, func(p *uptime.Pass) error {
		preview.Unknown += p.Unknown
		return nil
	})
	if err != nil {
		return Record{}, preview, err
	}
	hours := map[uptime.Hour]bool{} // true: closed; two spans may share one
	for _, span := range f.Complete {
		first, end := span.Hours()
		for h := first; h < end; h++ {
			hours[h] = false
		}
		coverage, err := uptime.CoverageOf(ctx, tx, span)
		if err != nil {
			return Record{}, preview, err
		}
		for _, c := range coverage {
			hours[c.Hour] = c.ClosedAt != nil
		}
	}
	for _, closed := range hours {
		preview.Hours++
		if closed {
			preview.Closed++
		}
	}
	stamp, err := uptime.StampFacts(ctx, tx)
	if err != nil {
		return Record{}, preview, err
	}
	r := Record{
		Source: f.Source, ManifestSHA256: f.sha256, Spans: f.Complete, Files: int64(len(f.Files)),
		Heartbeats: swept.heartbeats, OutOfWindow: swept.outside, ProposedBy: person, ProposedAt: stamp,
	}
	if r.ID, err = insertArchive(ctx, tx, r); err != nil {
		return Record{}, preview, err
	}
	return r, preview, insertSpans(ctx, tx, r.ID, r.Spans)
}

// Approve reads and checks all of the folder again, as another person than who
// proposed it, and merges it. Its manifest must be the one that was proposed, to the
// byte. On any error the transaction is to be rolled back: then nothing is merged.
func Approve(ctx context.Context, tx pgx.Tx, dir string, id, person int64, now time.Time) (Record, error) {
	r, err := approvable(ctx, tx, id, person)
	if err != nil {
		return Record{}, fmt.Errorf("archive %d: %w", id, err)
	}
	f, err := openFolder(dir, &r.ManifestSHA256, now)
	if err != nil {
		return Record{}, fmt.Errorf("archive %d: %w", id, err)
	}
	defer f.close()
	locked := false
	if _, err := f.sweep(ctx, tx, id, now, func(p *uptime.Pass) error {
		if !locked {
			locked = true
			if err := lockSpans(ctx, tx, f.Complete); err != nil {
				return err
			}
		}
		_, err := uptime.Merge(ctx, tx, p)
		return err
	}); err != nil {
		return Record{}, fmt.Errorf("archive %d: %w", id, err)
	}
	stamp, err := uptime.StampFacts(ctx, tx)
	if err != nil {
		return Record{}, err
	}
	if err := insertApproval(ctx, tx, id, person, stamp); err != nil {
		return Record{}, fmt.Errorf("archive %d: %w", id, err)
	}
	return byID(ctx, tx, id)
}

// List returns every archive that was proposed, in order.
func List(ctx context.Context, tx pgx.Tx) ([]Record, error) { return selectArchives(ctx, tx, nil) }

func byID(ctx context.Context, tx pgx.Tx, id int64) (Record, error) {
	found, err := selectArchives(ctx, tx, &id)
	if err == nil && len(found) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Record{}, err
	}
	return found[0], nil
}

// approvable returns the archive if the person may approve it. Two who approve it at
// once wait for each other here.
func approvable(ctx context.Context, tx pgx.Tx, id, person int64) (Record, error) {
	if err := lockArchive(ctx, tx, id); err != nil {
		return Record{}, err
	}
	r, err := byID(ctx, tx, id)
	switch {
	case err != nil:
		return r, err
	case r.ApprovedBy != nil:
		return r, ErrAlreadyApproved
	case r.ProposedBy == person:
		return r, ErrSelfApproval
	}
	return r, nil
}

// sweep reads every page of the folder into passes, which it hands on.
func (f *folder) sweep(ctx context.Context, tx pgx.Tx, archive int64, now time.Time, hand func(*uptime.Pass) error) (*sweep, error) {
	var devices uptime.Registry
	if err := devices.Refresh(ctx, tx); err != nil {
		return nil, err
	}
	s := newSweep(f.Manifest, &devices, archive, now, hand)
	if err := f.eachPage(ctx, s.add); err != nil {
		return nil, err
	}
	return s, s.end()
}

// lockSpans requests the spans and locks their hours, all of them before anything is
// merged: a sweep may come back to an earlier hour, and others lock in hour order.
func lockSpans(ctx context.Context, tx pgx.Tx, spans []uptime.Span) error {
	for _, span := range spans {
		if err := uptime.RequestSpan(ctx, tx, span); err != nil {
			return err
		}
	}
	for _, span := range spans {
		if _, err := uptime.LockHours(ctx, tx, span); err != nil {
			return err
		}
	}
	return nil
}
