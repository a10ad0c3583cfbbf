package snapshot

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Now returns a moment as of which everything that has been recorded counts.
func Now(ctx context.Context, tx pgx.Tx) (time.Time, error) { return selectStamp(ctx, tx) }

// LastWithLines returns the season's latest revision that has lines, of those taken
// by the moment; ErrNotFound, if there is none.
func LastWithLines(ctx context.Context, tx pgx.Tx, season string, by time.Time) (Snapshot, error) {
	if _, err := SeasonByCode(ctx, tx, season); err != nil {
		return Snapshot{}, err
	}
	all, err := selectSnapshots(ctx, tx, season)
	if err != nil {
		return Snapshot{}, err
	}
	for _, s := range slices.Backward(all) {
		if s.Digest != nil && !s.AsOf.After(by) {
			return s, nil
		}
	}
	return Snapshot{}, fmt.Errorf("season %s: a revision with lines: %w; take one with: `uptally snapshot take %s`", season, ErrNotFound, season)
}

// ExplainDevice explains the device's lines in the revision. It reads that device's
// facts and bits alone, as of the revision's moment; where its hours have been
// reopened since, what the revision holds is in Stored.
func ExplainDevice(ctx context.Context, tx pgx.Tx, id uuid.UUID, s Snapshot) (*Explanation, error) {
	if s.Digest == nil {
		return nil, fmt.Errorf("snapshot %s: %w: it is %s and has no lines", s.Name(), ErrConflict, s.State)
	}
	b, err := BasisOf(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	rate, err := rateOf(b, s)
	if err != nil {
		return nil, err
	}
	e, number, err := explainDevice(ctx, tx, b, id, rate)
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", s.Name(), err)
	}
	e.Revision, e.State, e.Estimate = s.Revision, s.State, s.Estimate
	stored, err := selectDeviceLines(ctx, tx, s.ID, number)
	if err != nil {
		return nil, err
	}
	e.compare(stored)
	return e, nil
}

// EstimateDevice explains what the device would get if the season were taken now. For
// the sum of all points it scores every device, which takes seconds where there are
// hundreds of thousands; a season with a sealed revision has its rate already.
func EstimateDevice(ctx context.Context, tx pgx.Tx, id uuid.UUID, season string) (*Explanation, error) {
	now, err := selectStamp(ctx, tx)
	if err != nil {
		return nil, err
	}
	b, err := LoadBasis(ctx, tx, season, Next, now)
	if err != nil {
		return nil, err
	}
	points := new(uint256.Int)
	if b.Corrects == nil {
		if points, err = sumOf(ctx, tx, b); err != nil {
			return nil, err
		}
	}
	e, _, err := explainDevice(ctx, tx, b, id, b.Rate(points))
	if err != nil {
		return nil, fmt.Errorf("season %s: %w", season, err)
	}
	e.Estimate = true
	return e, nil
}

// rateOf returns the rate of a revision with lines.
func rateOf(b *Basis, s Snapshot) (Rate, error) {
	points, err := uint256.FromDecimal(s.Points)
	if err != nil {
		return Rate{}, fmt.Errorf("snapshot %s: points %s: %w", s.Name(), s.Points, err)
	}
	return b.Rate(points), nil
}

// sumOf returns Σ points over all devices.
func sumOf(ctx context.Context, tx pgx.Tx, b *Basis) (*uint256.Int, error) {
	sum := new(uint256.Int)
	groups, err := Groups(ctx, tx, b.AsOf)
	for number := 0; number < groups && err == nil; number++ {
		var (
			group  *Group
			scored *Scored
		)
		if group, err = LoadGroup(ctx, tx, b, number); err != nil {
			break
		}
		if scored, err = group.Score(b); err == nil {
			sum.Add(sum, scored.Points)
		}
	}
	return sum, err
}

// explainDevice loads and explains one device, with what was decided on its held
// changes.
func explainDevice(ctx context.Context, tx pgx.Tx, b *Basis, id uuid.UUID, rate Rate) (*Explanation, uptime.DeviceNumber, error) {
	d, err := loadDevice(ctx, tx, b, id)
	if err != nil {
		return nil, 0, err
	}
	e, err := Explain(b, d, rate)
	if err != nil {
		return nil, 0, err
	}
	r, err := loadReviewing(ctx, tx, nil, b.AsOf)
	if err != nil {
		return nil, 0, err
	}
	for _, h := range r.device(d.Number, d.Changes) {
		decided(e.Changes, &h)
	}
	return e, d.Number, nil
}

// loadDevice reads all that the log and the chunks say of one device, as of the
// basis; ErrNotFound, if it was not registered by then.
func loadDevice(ctx context.Context, tx pgx.Tx, b *Basis, id uuid.UUID) (*Device, error) {
	number, err := numberOf(ctx, tx, id, b.AsOf)
	if err != nil {
		return nil, err
	}
	one, err := loadDevices(ctx, tx, b, number, number+1)
	if err != nil {
		return nil, err
	}
	d := &one[0]
	if err := d.readLogs(ctx, tx, b.AsOf); err != nil {
		return nil, err
	}
	return d, d.look(ctx, tx, b)
}

// look reads in which observed slots of the basis the device was up.
func (d *Device) look(ctx context.Context, tx pgx.Tx, b *Basis) (err error) {
	d.Up, err = uptime.ReadTimeline(ctx, tx, d.Number, b.Observed.Span())
	for i, observed := range b.Observed.Words() {
		d.Up.Words()[i] &= observed // an hour that is still open may have moved on since its coverage was read
	}
	return err
}

// numberOf returns the device's number; ErrNotFound, if no registration of it was
// recorded by the moment.
func numberOf(ctx context.Context, tx pgx.Tx, id uuid.UUID, asOf time.Time) (uptime.DeviceNumber, error) {
	number, err := selectNumber(ctx, tx, id, asOf)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("device %s: %w: no registration of it was recorded by %s", id, ErrNotFound, instant(asOf))
	}
	return number, err
}

// readLogs reads the device's changes, in the order in which they are folded, and its
// verdicts, with what is for people only: names, statuses, the words of verdicts.
func (d *Device) readLogs(ctx context.Context, tx pgx.Tx, asOf time.Time) (err error) {
	d.Changes = nil
	err = eachLogOf(ctx, tx, d.Number, asOf, func(_ uptime.DeviceNumber, c uptime.Change) { d.Changes = append(d.Changes, c) })
	if err != nil {
		return err
	}
	d.Verdicts, err = selectVerdicts(ctx, tx, d.Number, asOf)
	return err
}

// decided adds to a change what the review says of it.
func decided(changes []ExplainedChange, h *HeldChange) {
	for i := range changes {
		if c := &changes[i]; c.Seq == h.Seq {
			c.Hold, c.Decision = &h.Hold, h.Decision
			if h.State == HeldReleased {
				c.Standing = Released
			}
		}
	}
}

// compare sets Stored, if the lines that the revision holds are other ones.
func (e *Explanation) compare(lines []Line) {
	var now, stored []LineFigures
	for i := range lines {
		stored = append(stored, FiguresOf(&lines[i]))
	}
	for i := range e.Lines {
		now = append(now, e.Lines[i].LineFigures)
	}
	if !reflect.DeepEqual(now, stored) {
		e.Stored = append([]LineFigures{}, stored...)
	}
}
