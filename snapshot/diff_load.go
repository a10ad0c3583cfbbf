package snapshot

import (
	"context"
	"errors"
	"fmt"

	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/uptime"
)

// passage is what two revisions of a season were computed from.
type passage struct {
	earlier, later Snapshot
	before, after  *Basis // with one Observed, over the spans of both
	groups         int
}

func loadPassage(ctx context.Context, tx pgx.Tx, earlier, later Snapshot) (*passage, error) {
	p := &passage{earlier: earlier, later: later}
	var err error
	if p.before, err = BasisOf(ctx, tx, earlier); err != nil {
		return nil, err
	}
	if p.after, err = BasisOf(ctx, tx, later); err != nil {
		return nil, err
	}
	one, other := p.before.Span(), p.after.Span()
	both := uptime.Span{From: min(one.From, other.From), To: max(one.To, other.To)}
	if p.before.Observed, err = observedOf(ctx, tx, both); err != nil {
		return nil, err
	}
	p.after.Observed = p.before.Observed
	p.groups, err = Groups(ctx, tx, later.AsOf)
	return p, err
}

// fixed reports whether a point is worth the same in both revisions: after a seal,
// or where the earlier one is, in points, the one that fixed the rate.
func (p *passage) fixed() bool {
	if p.before.Corrects != nil {
		return true
	}
	own, err := uint256.FromDecimal(p.earlier.Points)
	return err == nil && p.after.Corrects != nil && own.Eq(p.after.Corrects.Points)
}

// passageGroup is one group as the earlier revision has it, what was recorded since,
// and the lines of both.
type passageGroup struct {
	Group       // of all devices of the later revision; those not yet registered have no change
	since       map[uptime.DeviceNumber]*Device
	linesBefore []Line // by device and first slot
	linesAfter  []Line
}

// eachGroup visits the groups one after the other, and reads the next one meanwhile.
// When it returns, nothing uses the transaction any more.
func (p *passage) eachGroup(ctx context.Context, tx pgx.Tx, visit func(*passageGroup) error) (err error) {
	var (
		reading errgroup.Group
		read    = make(chan *passageGroup)
		stop    = make(chan struct{})
	)
	reading.Go(func() error {
		defer close(read)
		for number := range p.groups {
			g, err := p.load(ctx, tx, number)
			if err != nil {
				return fmt.Errorf("group %d: %w", number, err)
			}
			select {
			case read <- g:
			case <-stop:
				return nil
			}
		}
		return nil
	})
	for g := range read {
		if err = visit(g); err != nil {
			err = fmt.Errorf("group %d: %w", g.Number, err)
			break
		}
	}
	close(stop)
	return errors.Join(err, reading.Wait())
}

func (p *passage) load(ctx context.Context, tx pgx.Tx, number int) (*passageGroup, error) {
	first := uptime.DeviceNumber(number * DevicesPerGroup)
	end := first + DevicesPerGroup
	g := &passageGroup{Group: Group{Number: number}}
	var err error
	if g.Devices, err = loadDevices(ctx, tx, p.before, first, end); err != nil {
		return nil, err
	}
	if err := g.loadSince(ctx, tx, p, first, end); err != nil {
		return nil, err
	}
	firstShard, endShard := first.Shard(), (end-1).Shard()+1
	if g.linesBefore, err = selectShardLines(ctx, tx, p.earlier.ID, firstShard, endShard); err != nil {
		return nil, err
	}
	if g.linesAfter, err = selectShardLines(ctx, tx, p.later.ID, firstShard, endShard); err != nil {
		return nil, err
	}
	shards := int32(len(g.Devices)+uptime.LanesPerShard-1) / uptime.LanesPerShard
	g.Bits, err = uptime.ReadBlock(ctx, tx, p.before.Observed.Span(), firstShard, shards)
	return g, err
}

// loadSince reads what was recorded of the devices between the two revisions.
func (g *passageGroup) loadSince(ctx context.Context, tx pgx.Tx, p *passage, first, end uptime.DeviceNumber) error {
	at := recorded{After: p.earlier.AsOf, By: p.later.AsOf}
	registered, err := loadRegistrations(ctx, tx, first, end, at)
	if err != nil {
		return err
	}
	g.since = make(map[uptime.DeviceNumber]*Device, len(registered))
	for i := range registered {
		d := &registered[i]
		g.since[d.Number] = d
		g.Devices = append(g.Devices, Device{Number: d.Number, ID: d.ID, RegisteredAt: d.RegisteredAt})
	}
	return loadFacts(ctx, tx, p.after.Season, first, end, at, func(number uptime.DeviceNumber) *Device {
		if g.since[number] == nil {
			g.since[number] = &Device{Number: number}
		}
		return g.since[number]
	})
}

// each visits every device with its bits, what was recorded of it since, or nil,
// and its lines in both revisions.
func (g *passageGroup) each(b *Basis, visit func(d, since *Device, before, after []Line) error) error {
	before, after := g.linesBefore, g.linesAfter
	return g.Each(b, nil, func(d *Device) error {
		var own, later []Line
		own, before = linesOf(before, d)
		later, after = linesOf(after, d)
		return visit(d, g.since[d.Number], own, later)
	})
}

// linesOf returns the lines of the device, which begin the lines, with its id, and
// the rest.
func linesOf(lines []Line, d *Device) (own, rest []Line) {
	n := 0
	for n < len(lines) && lines[n].Device == d.Number {
		lines[n].DeviceID = d.ID
		n++
	}
	return lines[:n], lines[n:]
}
