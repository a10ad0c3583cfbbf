package snapshot_test

import (
	"cmp"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/holiman/uint256"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// aprilReal are the real devices of the story: with three virtual ones to each, the
// world has 20,000. UPTALLY_APRIL makes it larger.
const aprilReal = 5000

// aprilSeason is one season of the story in three worlds, device by device: what might
// have been, what was, and what grace makes of it.
type aprilSeason struct {
	season               snapshot.Season
	plain, windowed      *snapshot.Basis
	spared, bare, graced [][]snapshot.Line // by the world's index of the device
}

func aprilDevices(t *testing.T) int {
	text := os.Getenv("UPTALLY_APRIL")
	if text == "" {
		return aprilReal
	}
	devices, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("UPTALLY_APRIL=%q: give a number of real devices", text)
	}
	return devices
}

// TestApril tells the story at 20,000 devices: what each honest supplier lost by the
// outage, against a world without it, by quarter of the time that it took their
// devices to return, in both seasons, without grace and with it.
func TestApril(t *testing.T) {
	world, spared := newApril(t, false), newApril(t, true)
	seasons := []*aprilSeason{
		newAprilSeason(t, "ignition-s1", simulator.Season1Start, simulator.Season1End, world),
		newAprilSeason(t, "ignition-s2", simulator.Season2Start, simulator.Season2End, world),
	}
	playApril(t, seasons, world, spared)
	for _, s := range seasons {
		t.Run(s.season.Code, func(t *testing.T) {
			s.checkDevices(t, world)
			got := s.quarters(world)
			if os.Getenv("UPTALLY_APRIL") != "" {
				t.Log("\n" + got)
			} else if want := strings.TrimPrefix(aprilFigures[s.season.Code], "\n"); got != want {
				t.Errorf("losses by quarter of return\n%swant\n%s", got, want)
			}
		})
	}
}

// aprilFigures are the losses of honest suppliers whom the cut-over took a device, in
// hundred thousandths of what they would have had without it, by quarter of the time
// until all their devices were back; those with a device that never came back last.
var aprilFigures = map[string]string{
	"ignition-s1": `
back within 24h15m0s   111 suppliers: slots    280, with grace    -11; amounts   -127, with grace      4
back within 71h55m0s   112 suppliers: slots    351, with grace     -7; amounts    151, with grace    -17
back within 168h0m0s   112 suppliers: slots    363, with grace    -15; amounts     -8, with grace    -25
back within 840h0m0s   112 suppliers: slots    387, with grace    -12; amounts     19, with grace    -21
one never back          97 suppliers: slots    369, with grace     16; amounts     20, with grace      8
`,
	"ignition-s2": `
back within 24h15m0s   107 suppliers: slots      0, with grace      0; amounts  -9579, with grace  -4448
back within 73h0m0s    108 suppliers: slots      0, with grace      0; amounts  -9579, with grace  -4448
back within 174h50m0s   108 suppliers: slots    309, with grace   -344; amounts  -9247, with grace  -4618
back within 840h0m0s   108 suppliers: slots   7769, with grace   -339; amounts  -2002, with grace  -4683
one never back          97 suppliers: slots  10123, with grace   6005; amounts   2300, with grace   1829
`,
}

func newApril(t *testing.T, spared bool) *simulator.World {
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: aprilDevices(t), Seed: 2024, Spared: spared})
	if err != nil {
		t.Fatal(err)
	}
	return world
}

// aprilWindow reaches from the cut-over to the last return of an honest device.
func aprilWindow(world *simulator.World) snapshot.Window {
	last := simulator.CutOverAt
	for i := range world.Devices() {
		if d := world.Device(i); d.BackAt.After(last) {
			last = d.BackAt
		}
	}
	to := last.Truncate(time.Hour).Add(time.Hour)
	return snapshot.Window{
		From: simulator.CutOverAt, To: to, Cause: "migration of authentication", Lookback: snapshot.DefaultLookback,
		MinBefore: snapshot.DefaultMinBefore, Sustain: snapshot.DefaultSustain, ReconnectBy: simulator.End, Credit: snapshot.CreditFull,
	}
}

func newAprilSeason(t *testing.T, code string, first, end time.Time, world *simulator.World) *aprilSeason {
	s := &aprilSeason{season: snapshot.Season{Code: code, FirstDay: first, LastDay: end.AddDate(0, 0, -1), Pool: 1_000_000_000_000_000}}
	s.plain, s.windowed = aprilBasis(t, s.season, nil), aprilBasis(t, s.season, []snapshot.Window{aprilWindow(world)})
	for _, lines := range []*[][]snapshot.Line{&s.spared, &s.bare, &s.graced} {
		*lines = make([][]snapshot.Line, world.Devices())
	}
	return s
}

// playApril scores every device, the attack's changes held, and divides the pools.
func playApril(t *testing.T, seasons []*aprilSeason, world, spared *simulator.World) {
	facts := aprilFacts(world)
	var workers sync.WaitGroup
	const parts = 2
	for part := range parts {
		workers.Go(func() {
			for i := part; i < world.Devices(); i += parts {
				was := aprilUp(world, i)
				might := was
				if !world.Device(i).LostAt.IsZero() {
					might = aprilUp(spared, i)
				}
				for _, s := range seasons {
					s.spared[i] = aprilScore(t, s.plain, facts[i], might)
					s.bare[i] = aprilScore(t, s.plain, facts[i], was)
					s.graced[i] = aprilScore(t, s.windowed, facts[i], was)
				}
			}
		})
	}
	workers.Wait()
	for _, s := range seasons {
		for _, devices := range [][][]snapshot.Line{s.spared, s.bare, s.graced} {
			total := new(uint256.Int)
			for _, lines := range devices {
				snapshot.AddPoints(total, lines)
			}
			for _, lines := range devices {
				snapshot.Allocate(s.season.Pool, total, lines)
			}
		}
	}
}

func aprilScore(t *testing.T, b *snapshot.Basis, d snapshot.Device, up uptime.Timeline) []snapshot.Line {
	d.Up = up
	lines, err := b.Score(&d)
	if err != nil {
		t.Error(err)
	}
	return lines
}

func aprilBasis(t *testing.T, season snapshot.Season, windows []snapshot.Window) *snapshot.Basis {
	b := &snapshot.Basis{
		Season: season, AsOf: simulator.End.AddDate(0, 1, 0), Windows: windows, Observed: uptime.NewTimeline(aprilSpan),
		Holds: []snapshot.Hold{{From: simulator.AttackAt, To: simulator.AttackEnd}},
	}
	b.Observed.AddSpan(aprilSpan)
	for _, shipped := range snapshot.Embedded() {
		if shipped.Name == season.Code {
			var err error
			if b.Rules, err = snapshot.LoadRuleset(shipped.TOML); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b
}

// aprilSpan is all that the world tells of.
var aprilSpan = uptime.SpanOf(simulator.Start, simulator.End)

// aprilFacts are what the network tells of each device, but its bits.
func aprilFacts(world *simulator.World) []snapshot.Device {
	devices, index := make([]snapshot.Device, world.Devices()), map[uuid.UUID]int{}
	for i := range devices {
		d := world.Device(i)
		devices[i] = snapshot.Device{Number: uptime.DeviceNumber(i), ID: d.ID, RegisteredAt: d.RegisteredAt}
		index[d.ID] = i
	}
	for c := range world.Changes() {
		d := &devices[index[c.DeviceID]]
		d.Changes = append(d.Changes, c)
	}
	for v := range world.Verdicts() {
		d := &devices[index[v.DeviceID]]
		d.Verdicts = append(d.Verdicts, v)
	}
	return devices
}

func aprilUp(world *simulator.World, device int) uptime.Timeline {
	up := uptime.NewTimeline(aprilSpan)
	for k := aprilSpan.From; k < aprilSpan.To; k++ {
		if world.Up(device, k) {
			up.Add(k)
		}
	}
	return up
}

// total adds up a device's lines.
func total(lines []snapshot.Line) (credited, grace, amount int64) {
	for _, l := range lines {
		credited, grace, amount = credited+int64(l.Credited()), grace+int64(l.Grace), amount+l.Amount
	}
	return credited, grace, amount
}

// checkDevices: no honest device that proved itself loses a slot to the outage, no
// spoofed device gains one, and no one loses by another's window.
func (s *aprilSeason) checkDevices(t *testing.T, world *simulator.World) {
	proved := 0
	for i := range s.bare {
		truth := world.Device(i)
		before, _, _ := total(s.spared[i])
		bare, _, _ := total(s.bare[i])
		after, grace, _ := total(s.graced[i])
		refused := slices.ContainsFunc(s.graced[i], func(l snapshot.Line) bool {
			return l.Notes&(snapshot.NoteGraceInactiveBefore|snapshot.NoteGraceNotBack|snapshot.NoteGracePending) != 0
		})
		spoofed := slices.ContainsFunc(s.graced[i], func(l snapshot.Line) bool { return l.Outcome == snapshot.OutcomeSpoofed })
		switch {
		case spoofed && grace > 0:
			t.Errorf("device %s is spoofed and gains %d slots", truth.ID, grace)
		case truth.Kind != simulator.Honest || refused || truth.LostAt.IsZero() || spoofed:
		case after < before:
			t.Errorf("device %s proved itself and has %d slots, %d without the outage", truth.ID, after, before)
		default:
			proved++
		}
		if after < bare {
			t.Errorf("device %s has %d slots with grace and %d without", truth.ID, after, bare)
		}
	}
	if proved < len(s.bare)/8 {
		t.Errorf("only %d devices proved themselves", proved)
	}
}

// aprilSupplier is an honest supplier with a device that was cut off, with figures
// without the outage, with it, and with grace.
type aprilSupplier struct {
	delay          time.Duration // until all their devices were back
	gone           bool          // one of them never was
	slots, amounts [3]int64
}

func (s *aprilSeason) suppliers(world *simulator.World) (back, gone []*aprilSupplier) {
	byID := map[uuid.UUID]*aprilSupplier{}
	for i := range s.bare {
		truth := world.Device(i)
		if truth.Kind != simulator.Honest {
			continue
		}
		of := byID[truth.Facts.SupplierID]
		if of == nil {
			of = &aprilSupplier{}
			byID[truth.Facts.SupplierID] = of
		}
		if !truth.LostAt.IsZero() {
			of.gone = of.gone || truth.BackAt.IsZero()
			of.delay = max(of.delay, truth.BackAt.Sub(truth.LostAt))
		}
		for w, lines := range [][]snapshot.Line{s.spared[i], s.bare[i], s.graced[i]} {
			credited, _, amount := total(lines)
			of.slots[w] += credited
			of.amounts[w] += amount
		}
	}
	for _, of := range byID {
		switch {
		case of.amounts[0] == 0:
		case of.gone:
			gone = append(gone, of)
		case of.delay > 0:
			back = append(back, of)
		}
	}
	slices.SortFunc(back, func(a, b *aprilSupplier) int {
		return cmp.Or(cmp.Compare(a.delay, b.delay), cmp.Compare(a.slots[0], b.slots[0]), cmp.Compare(a.amounts[0], b.amounts[0]))
	})
	return back, gone
}

// quarters writes the losses of the suppliers.
func (s *aprilSeason) quarters(world *simulator.World) string {
	var text strings.Builder
	row := func(title string, of []*aprilSupplier) {
		var slots, amounts [3]int64
		for _, supplier := range of {
			for w := range 3 {
				slots[w] += supplier.slots[w]
				amounts[w] += supplier.amounts[w]
			}
		}
		fmt.Fprintf(&text, "%-20s %5d suppliers: slots %6d, with grace %6d; amounts %6d, with grace %6d\n", title, len(of),
			loss(slots[0], slots[1]), loss(slots[0], slots[2]), loss(amounts[0], amounts[1]), loss(amounts[0], amounts[2]))
	}
	back, gone := s.suppliers(world)
	for q := range 4 {
		part := back[len(back)*q/4 : len(back)*(q+1)/4]
		row(fmt.Sprintf("back within %s", part[len(part)-1].delay), part)
	}
	row("one never back", gone)
	return text.String()
}

// loss is what is missing, in hundred thousandths of the whole, rounded towards 0.
func loss(whole, left int64) int64 {
	lost := new(big.Int).Mul(big.NewInt(whole-left), big.NewInt(100_000))
	return lost.Quo(lost, big.NewInt(max(whole, 1))).Int64()
}
