package evidence

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
)

// ErrMoved says that what is on record no longer gives the lines of a snapshot, so
// that no evidence can be made of it.
var ErrMoved = errors.New("what the snapshot stood on has changed")

// readme is README.md of every bundle.
//
//go:embed bundle.md
var readme []byte

// Summary is what a bundle holds.
type Summary struct {
	Bytes    int64  // of the bundle
	Digest   []byte // of the snapshot, recomputed while writing
	Groups   int
	Devices  int64
	Chunks   int64 // hours of shards with a bit
	Lines    int64
	Estimate bool
}

// Write writes the evidence of a snapshot that has lines, whatever became of it. It
// recomputes them on the way: ErrMoved says that bits, coverage or facts on record
// no longer give its lines and its digest, and what was written then is no bundle.
// The caller's transaction sees one state of the database throughout (repeatable
// read). A group of devices is in memory at a time, and one read ahead; tables other
// than the chunks pass through files in the folder for temporary ones. progress is
// told how many groups are written; it may be nil.
func Write(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot, out io.Writer, progress func(done, groups int)) (Summary, error) {
	w := &writer{s: s, progress: progress, out: newParts(out)}
	if err := w.write(ctx, tx); err != nil {
		return Summary{}, fmt.Errorf("evidence of %s: %w", s.Name(), err)
	}
	return Summary{
		Bytes: w.out.bytes, Digest: s.Digest, Groups: len(w.manifest.Groups), Devices: w.manifest.Devices,
		Chunks: w.tables.chunks.total, Lines: s.Lines, Estimate: s.Estimate,
	}, nil
}

// writer is the writing of one bundle.
type writer struct {
	s         snapshot.Snapshot
	progress  func(done, groups int)
	out       *parts
	zip       *container
	basis     *snapshot.Basis
	hours     []uptime.Coverage
	toml      []byte
	imports   []byte // imports.json
	reckoning *snapshot.Reckoning
	manifest  manifest
	tables    *groupTablesWriter
}

func (w *writer) write(ctx context.Context, tx pgx.Tx) (err error) {
	if err := w.load(ctx, tx); err != nil {
		return err
	}
	w.zip = newContainer(w.out)
	if err := w.documents(); err != nil {
		return err
	}
	if err := w.groups(ctx, tx); err != nil {
		return err
	}
	if digest := w.reckoning.Digest(); string(digest) != string(w.s.Digest) {
		return fmt.Errorf("%w: its digest would be %x, and is %x: look at its rules, windows, holds and coverage", ErrMoved, digest, w.s.Digest)
	}
	if _, err := w.zip.add(manifestMember, encode(&w.manifest)); err != nil {
		return err
	}
	return w.zip.close()
}

// load reads what is common to all devices.
func (w *writer) load(ctx context.Context, tx pgx.Tx) (err error) {
	if len(w.s.Digest) == 0 {
		return fmt.Errorf("%w: it is %s and has no lines: take the season again", snapshot.ErrConflict, w.s.State)
	}
	if w.basis, err = snapshot.BasisOf(ctx, tx, w.s); err != nil {
		return err
	}
	season, err := snapshot.SeasonByCode(ctx, tx, w.s.Season)
	if err != nil {
		return err
	}
	if w.toml, err = snapshot.RulesetFile(ctx, tx, season); err != nil {
		return err
	}
	if w.hours, err = uptime.CoverageOf(ctx, tx, w.basis.Span()); err != nil {
		return err
	}
	archives, err := archive.List(ctx, tx)
	if err != nil {
		return err
	}
	w.imports = encode(importsOf(archives, w.basis.Span(), w.s.AsOf))
	points, err := uint256.FromDecimal(w.s.Points)
	if err != nil {
		return err
	}
	w.reckoning = w.basis.Reckon(points)
	if now := w.basis.Observed.Count(w.basis.Season.Span()); now != int(w.s.ObservedSlots) {
		return fmt.Errorf("%w: %d slots of the season were observed, now it is %d: take the season again", ErrMoved, w.s.ObservedSlots, now)
	}
	w.manifest = w.describe()
	return nil
}

// describe returns the manifest as far as it is known beforehand.
func (w *writer) describe() manifest {
	s := w.s
	m := manifest{
		Format: Format,
		Of: head{
			Season: s.Season, Revision: s.Revision, State: s.State, Estimate: s.Estimate, AsOf: moment{s.AsOf},
			Imports: digestOf(bytes.NewReader(w.imports), 0, int64(len(w.imports))),
		},
		Digest: hex.EncodeToString(s.Digest), Pool: ledger.Amount(w.basis.Season.Pool), Points: s.Points,
		Allocated: ledger.Amount(s.Allocated), Residual: ledger.Amount(s.Residual), Drawn: ledger.Amount(s.Drawn),
		Lines: s.Lines, Suppliers: s.Suppliers, ObservedSlots: s.ObservedSlots, SeasonSlots: s.SeasonSlots,
	}
	if c := w.basis.Corrects; c != nil {
		m.Of.Corrects = c.Sealed.Name()
		m.Correction = &correction{
			Points: c.Points.Dec(), Digest: hex.EncodeToString(c.Sealed.Digest), Allocated: ledger.Amount(c.Sealed.Allocated),
			Residual: ledger.Amount(c.Sealed.Residual), Drawn: ledger.Amount(c.Sealed.Drawn),
		}
	}
	return m
}

// documents writes the members that are not of devices.
func (w *writer) documents() error {
	b := w.basis
	for _, d := range []struct {
		name    string
		content []byte
	}{
		{readmeMember, readme},
		{seasonMember, encode(seasonOf(b.Season))},
		{rulesetMember, w.toml},
		{windowsMember, encode(windowsOf(b.Windows))},
		{holdsMember, encode(holdsOf(b.Holds))},
		{releasedMember, encode(append([]int64{}, slices.Sorted(maps.Keys(b.Released))...))},
		{importsMember, w.imports},
	} {
		entry, err := w.zip.add(d.name, d.content)
		if err != nil {
			return err
		}
		w.manifest.Members = append(w.manifest.Members, entry)
	}
	return w.coverage()
}

func (w *writer) coverage() error {
	out, err := w.zip.create(coverageTable)
	if err != nil {
		return err
	}
	rows := coverageRows(w.hours, w.basis.Span())
	t := newTable[coverageRow](out, encodeHead(w.manifest.Of))
	if err := t.write(rows); err != nil {
		return err
	}
	if _, err := t.endGroup(); err != nil {
		return err
	}
	err = t.close()
	w.manifest.Coverage = sumCoverage(rows)
	w.manifest.Members = append(w.manifest.Members, t.out.member(coverageTable, t.total))
	return err
}

// loaded is a group as read from the database.
type loaded struct {
	*snapshot.Group
	recorded *snapshot.Recorded
}

// groups writes the tables of the devices, one group after the other, the next one
// being read meanwhile.
func (w *writer) groups(ctx context.Context, tx pgx.Tx) (err error) {
	count, err := snapshot.Groups(ctx, tx, w.s.AsOf)
	if err != nil {
		return err
	}
	chunks, err := w.zip.create(chunksTable)
	if err != nil {
		return err
	}
	if w.tables, err = newGroupTables(chunks, encodeHead(w.manifest.Of)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.tables.discard()) }()
	next := make(chan loaded)
	work, working := errgroup.WithContext(ctx) // a query that is cancelled would take the caller's connection with it
	work.Go(func() error {
		defer close(next)
		return read(ctx, tx, w.basis, w.s, count, next, working.Done())
	})
	work.Go(func() error {
		for l := range next {
			if err := w.group(l); err != nil {
				return fmt.Errorf("group %d: %w", l.Number, err)
			}
			if w.progress != nil {
				w.progress(l.Number+1, count)
			}
		}
		return nil
	})
	if err := work.Wait(); err != nil {
		return err
	}
	entries, err := w.tables.finish(w.zip)
	w.manifest.Members = append(w.manifest.Members, entries...)
	return err
}

// read reads the groups in order, until stop is closed.
func read(ctx context.Context, tx pgx.Tx, b *snapshot.Basis, s snapshot.Snapshot, count int, next chan<- loaded, stop <-chan struct{}) error {
	for number := range count {
		group, err := snapshot.LoadGroup(ctx, tx, b, number)
		if err != nil {
			return err
		}
		recorded, err := snapshot.RecordedGroup(ctx, tx, s, number)
		if err != nil {
			return err
		}
		select {
		case next <- loaded{group, recorded}:
		case <-stop:
			return nil
		}
	}
	return nil
}

// group recomputes the group, holds it against what is on record, and writes it.
func (w *writer) group(l loaded) error {
	scored, err := l.Score(w.basis)
	if err != nil {
		return err
	}
	if string(scored.Inputs) != string(l.recorded.Inputs) {
		return fmt.Errorf("%w: bits or facts of its devices are others: was an hour reopened? Take the season again", ErrMoved)
	}
	before := w.reckoning.Allocated
	lines, digest, err := w.reckoning.Group(scored.Inputs, scored.Staged)
	if err != nil {
		return err
	}
	if string(digest) != string(l.recorded.Digest) {
		return fmt.Errorf("%w: its lines would come to digest %x, and are on record with %x", ErrMoved, digest, l.recorded.Digest)
	}
	if err := sameLines(lines, l.recorded.Lines); err != nil {
		return err
	}
	rows := &groupTableRows{lines: make([]lineRow, len(lines))}
	for i := range l.Devices {
		rows.addDevice(&l.Devices[i])
	}
	for i := range lines {
		rows.lines[i] = lineOf(&lines[i])
	}
	first := uptime.DeviceNumber(l.Number * snapshot.DevicesPerGroup)
	rows.addChunks(l.Bits, w.basis.Observed.Span(), first.Shard(), shardsOf(len(l.Devices)))
	w.manifest.Devices += int64(len(l.Devices))
	counts, err := w.tables.write(rows)
	w.manifest.Groups = append(w.manifest.Groups, group{
		Inputs: hex.EncodeToString(scored.Inputs), Digest: hex.EncodeToString(digest), Points: scored.Points.Dec(),
		Allocated: ledger.Amount(w.reckoning.Allocated - before), Rows: counts,
	})
	return err
}

// sameLines refuses lines on record that are not those that the digest is over.
func sameLines(should, recorded []snapshot.Line) error {
	for i := range min(len(should), len(recorded)) {
		is := recorded[i]
		is.DeviceID = should[i].DeviceID // their table has none
		if is != should[i] {
			row := lineOf(&should[i])
			return fmt.Errorf("%w: %s: its line on record is %+v, and the digest is over %+v", ErrMoved, row.where(), is, should[i])
		}
	}
	if len(should) != len(recorded) {
		return fmt.Errorf("%w: %d lines are on record, and the digest is over %d", ErrMoved, len(recorded), len(should))
	}
	return nil
}
