package snapshot

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/uptime"
)

// SupplierEffect is what a supplier gets for some devices, without and with some
// changes of them being believed.
type SupplierEffect struct {
	SupplierID    uuid.UUID     `json:"supplier_id"`
	LinesWithout  int           `json:"lines_without"`
	LinesWith     int           `json:"lines_with"`
	AmountWithout ledger.Amount `json:"amount_without"`
	AmountWith    ledger.Amount `json:"amount_with"`
	Gains         ledger.Amount `json:"gains"` // with - without; negative: loses
}

// ReviewEffects is what believing held changes would do to a season, at the rate of
// one of its revisions. What a season's first snapshot would make of it may differ
// by what other outcomes do to the rate; once one is sealed the rate is fixed.
type ReviewEffects struct {
	Season   string           `json:"season"`
	Revision int              `json:"revision"` // whose rate it is
	Rate     ExplainedRate    `json:"rate"`
	Together []SupplierEffect `json:"together"` // believing every listed change that is not believed yet
}

// Effects sets the Effect of each change, what believing it alone does with all
// others as they stand, and returns what believing all of them does. The rate is
// that of the season's last revision with lines by the moment; ErrNotFound, if there
// is none. The devices are scored group by group.
func Effects(ctx context.Context, tx pgx.Tx, season string, held []HeldChange, asOf time.Time) (*ReviewEffects, error) {
	revision, err := LastWithLines(ctx, tx, season, asOf)
	if err != nil {
		return nil, err
	}
	b, err := LoadBasis(ctx, tx, season, Next, asOf)
	if err != nil {
		return nil, err
	}
	rate, err := rateOf(b, revision)
	if err != nil {
		return nil, err
	}
	w := newBelieving(b, rate)
	for len(held) > 0 && err == nil {
		number := int(held[0].Device) / DevicesPerGroup
		n := slices.IndexFunc(held, func(h HeldChange) bool { return int(h.Device)/DevicesPerGroup != number })
		if n < 0 {
			n = len(held)
		}
		err = w.group(ctx, tx, number, held[:n])
		held = held[n:]
	}
	return &ReviewEffects{
		Season: season, Revision: revision.Revision, Rate: ExplainedRate{ledger.Amount(rate.Pool), rate.Points.Dec(), b.Corrects != nil},
		Together: w.together.effects(),
	}, err
}

// believing scores devices as if changes were believed. Its basis is a copy, for what
// is released changes between two scorings.
type believing struct {
	basis    Basis
	released map[int64]bool // in truth
	scorer   *Scorer
	rate     Rate
	together effectSum
}

func newBelieving(b *Basis, rate Rate) *believing {
	w := &believing{basis: *b, released: b.Released, rate: rate, together: effectSum{}}
	w.basis.Released = maps.Clone(b.Released)
	w.scorer = w.basis.NewScorer()
	return w
}

// group sets the effects of the changes of one group's devices, in order of device.
func (w *believing) group(ctx context.Context, tx pgx.Tx, number int, held []HeldChange) error {
	g, err := LoadGroup(ctx, tx, &w.basis, number)
	if err != nil {
		return err
	}
	return g.Each(&w.basis, nil, func(d *Device) error {
		n := 0
		for n < len(held) && held[n].Device == d.Number {
			n++
		}
		own := held[:n]
		held = held[n:]
		return w.device(d, own)
	})
}

// device sets the effects of the changes of one device.
func (w *believing) device(d *Device, held []HeldChange) error {
	var open []int64
	for i := range held {
		h := &held[i]
		if h.State != HeldReleased {
			open = append(open, h.Seq)
		}
		effect := effectSum{}
		if err := w.compare(without(d, h.Seq), d, []int64{h.Seq}, effect); err != nil {
			return err
		}
		h.Effect = effect.effects()
	}
	if len(open) == 0 {
		return nil
	}
	return w.compare(d, d, open, w.together)
}

// without returns the device as if the change had never come.
func without(d *Device, seq int64) *Device {
	other := *d
	other.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(c uptime.Change) bool { return c.Seq == seq })
	return &other
}

// compare adds to the sum what the device gets as before, and what it gets as after
// with the changes believed.
func (w *believing) compare(before, after *Device, believed []int64, sum effectSum) error {
	lines, err := w.score(before, nil)
	if err != nil {
		return err
	}
	for i := range lines {
		e := sum.of(lines[i].SupplierID)
		e.LinesWithout++
		e.AmountWithout += ledger.Amount(lines[i].Amount)
	}
	if lines, err = w.score(after, believed); err != nil {
		return err
	}
	for i := range lines {
		e := sum.of(lines[i].SupplierID)
		e.LinesWith++
		e.AmountWith += ledger.Amount(lines[i].Amount)
	}
	return nil
}

// score returns the device's lines with amounts, with the changes believed too.
func (w *believing) score(d *Device, believed []int64) ([]Line, error) {
	for _, seq := range believed {
		w.basis.Released[seq] = true
	}
	lines, err := w.scorer.Score(d, nil)
	for _, seq := range believed {
		w.basis.Released[seq] = w.released[seq]
	}
	if err == nil {
		_, err = w.rate.Allocate(lines)
	}
	return lines, err
}

// effectSum adds up effects by supplier.
type effectSum map[uuid.UUID]*SupplierEffect

func (s effectSum) of(supplier uuid.UUID) *SupplierEffect {
	if s[supplier] == nil {
		s[supplier] = &SupplierEffect{SupplierID: supplier}
	}
	return s[supplier]
}

// effects returns those that something changes for, by supplier.
func (s effectSum) effects() []SupplierEffect {
	effects := []SupplierEffect{}
	for _, e := range s {
		e.Gains = e.AmountWith - e.AmountWithout
		if e.Gains != 0 || e.LinesWith != e.LinesWithout {
			effects = append(effects, *e)
		}
	}
	slices.SortFunc(effects, func(a, b SupplierEffect) int { return bytes.Compare(a.SupplierID[:], b.SupplierID[:]) })
	return effects
}
