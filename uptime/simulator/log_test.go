package simulator

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// story is what the logs say of a world, by kind of event.
type story struct {
	registered           map[uuid.UUID]uptime.Facts
	sold, corrected      int
	attacked, stolen     int
	workerChanges        int
	spoofed, genuine     map[Kind]int // by last verdict
	wronged              int          // honest devices spoofed at first
	spoofedInWave        int
	models, connectivity map[string]int
}

func tell(t *testing.T, w *World) story {
	t.Helper()
	s := story{registered: map[uuid.UUID]uptime.Facts{}, spoofed: map[Kind]int{}, genuine: map[Kind]int{},
		models: map[string]int{}, connectivity: map[string]int{}}
	seq, last := int64(0), time.Time{}
	for c := range w.Changes() {
		if c.Seq <= seq || c.ChangedAt.Before(last) {
			t.Fatalf("change %d of %s follows %d of %s", c.Seq, c.ChangedAt, seq, last)
		}
		seq, last = c.Seq, c.ChangedAt
		s.addChange(t, w, c)
	}
	verdicts, seq, last := map[uuid.UUID]uptime.VerdictKind{}, int64(0), time.Time{}
	for v := range w.Verdicts() {
		before := v.DecidedAt.Sub(v.EffectiveAt)
		if v.Seq <= seq || v.DecidedAt.Before(last) || before <= 0 || before > 4*time.Hour {
			t.Fatalf("verdict %+v follows %d of %s", v, seq, last)
		}
		seq, last = v.Seq, v.DecidedAt
		s.addVerdict(t, w, v, verdicts)
	}
	for id, kind := range verdicts {
		truth, _ := w.Truth(id)
		if kind == uptime.Spoofed {
			s.spoofed[truth.Kind]++
		} else {
			s.genuine[truth.Kind]++
		}
	}
	return s
}

func (s *story) addChange(t *testing.T, w *World, c uptime.Change) {
	t.Helper()
	truth, ok := w.Truth(c.DeviceID)
	facts, known := s.registered[c.DeviceID]
	if !ok || known == (c.Channel == uptime.ChannelRegistration) {
		t.Fatalf("change %d of %s: known to the truth %t, registered before %t", c.Seq, c.DeviceID, ok, known)
	}
	next := facts.Apply(c)
	if known && next == facts && c.DeviceName == nil {
		t.Fatalf("change %d changes nothing", c.Seq)
	}
	switch c.Channel {
	case uptime.ChannelRegistration:
		if next != truth.Facts || !c.ChangedAt.Equal(truth.RegisteredAt) {
			t.Fatalf("registered with %+v, in truth %+v", next, truth)
		}
		s.models[next.GPUModel]++
		s.connectivity[next.Connectivity]++
	case uptime.ChannelUser:
		if c.SupplierID == nil {
			s.corrected++
			break
		}
		s.sold++
		if !c.ChangedAt.Equal(truth.SoldAt) || w.Owner(truth.Index, uptime.SlotAtOrAfter(c.ChangedAt)) != *c.SupplierID ||
			w.Owner(truth.Index, uptime.SlotAtOrAfter(c.ChangedAt)-1) != truth.Facts.SupplierID {
			t.Fatalf("sold at %s, in truth %+v", c.ChangedAt, truth)
		}
	case uptime.ChannelWorkerAPI:
		s.addWorkerChange(t, w, c, truth)
	}
	s.registered[c.DeviceID] = next
}

func (s *story) addWorkerChange(t *testing.T, w *World, c uptime.Change, truth Device) {
	t.Helper()
	if c.ChangedAt.Before(AttackAt) || !c.ChangedAt.Before(AttackEnd) {
		if c.ChangedAt.Format(time.DateOnly) == "2024-04-25" || c.SupplierID != nil || *c.Status != "up" {
			t.Fatalf("a worker-api change beside the attack: %+v", c)
		}
		s.workerChanges++
		return
	}
	if truth.Kind != Honest || !truth.AttackedAt.Equal(c.ChangedAt) || *c.Status != "down" || *c.DeviceName == "" {
		t.Fatalf("an attack that is none: %+v on %+v", c, truth)
	}
	s.attacked++
	if c.SupplierID != nil {
		s.stolen++
		if number, ok := w.supplierIDs.number(*c.SupplierID); !ok || w.supplierKind(int(number)) != AttackerSupplier {
			t.Fatalf("stolen by %s, no attacker", *c.SupplierID)
		}
	}
}

func (s *story) addVerdict(t *testing.T, w *World, v uptime.Verdict, last map[uuid.UUID]uptime.VerdictKind) {
	t.Helper()
	truth, ok := w.Truth(v.DeviceID)
	if !ok || v.DecidedAt.Before(VerdictsFrom) || last[v.DeviceID] == uptime.Genuine {
		t.Fatalf("verdict %+v after %q on %+v", v, last[v.DeviceID], truth)
	}
	if v.Kind == uptime.Spoofed && truth.Kind == Honest {
		s.wronged++
	}
	if v.Kind == uptime.Spoofed && truth.Kind == Virtual && v.DecidedAt.Before(WaveEnd) {
		s.spoofedInWave++
	}
	if v.Kind == uptime.Genuine && truth.Kind == Honest && !w.lives[truth.Index].there(tickOf(v.DecidedAt)) {
		t.Fatalf("device %d passed a proof of work while it was not there, at %s", truth.Index, v.DecidedAt)
	}
	last[v.DeviceID] = v.Kind
}

func TestLogsTellTheStory(t *testing.T) {
	for _, devices := range []int{100, 250, 3000} {
		for seed := range uint64(4) {
			w := newWorld(t, devices, seed)
			s := tell(t, w)
			within := func(name string, got, permilleMin, permilleMax, of int) {
				t.Helper()
				if got < 1 || 1000*got < permilleMin*of || 1000*got > permilleMax*of {
					t.Errorf("%d devices, seed %d: %s: %d of %d, want %d to %d per mille",
						devices, seed, name, got, of, permilleMin, permilleMax)
				}
			}
			if len(s.registered) != 4*devices {
				t.Errorf("%d of %d devices registered", len(s.registered), 4*devices)
			}
			within("sold", s.sold, 10, 33, devices)
			within("corrected", s.corrected, 80, 120, devices)
			within("attacked", s.attacked, 250, 310, devices)
			within("stolen", s.stolen, 400, 900, s.attacked)
			within("worker changes", s.workerChanges, 20, 53, devices)
			within("virtual spoofed in the wave", s.spoofedInWave, 945, 955, 3*devices)
			within("virtual spoofed", s.spoofed[Virtual], 975, 985, 3*devices)
			within("honest wronged", s.wronged, 10, 40, devices)
			within("honest genuine", s.genuine[Honest], 650, 900, devices)
			if s.spoofed[Honest] != 0 || s.genuine[Virtual] != 0 {
				t.Errorf("seed %d: in the end %d honest spoofed, %d virtual genuine", seed, s.spoofed[Honest], s.genuine[Virtual])
			}
			for _, h := range catalogue {
				within(h.model, s.models[h.model], 10, 1000, 4*devices)
			}
			for _, c := range connectivities {
				within(c, s.connectivity[c], 30, 900, 4*devices)
			}
		}
	}
}

func TestEveryFateIsThereInASmallWorld(t *testing.T) {
	for seed := range uint64(20) {
		w, fates := newWorld(t, 100, seed), map[fate]int{}
		for device := range w.lives {
			fates[w.fateOf(device)]++
		}
		if len(fates) != int(plain)+1 || fates[keeps] != 2 || fates[neverBack] != 4 {
			t.Errorf("seed %d: fates %v", seed, fates)
		}
	}
}

func TestSuppliersOwnEverything(t *testing.T) {
	w := newWorld(t, 150, 4)
	suppliers, kinds := map[uuid.UUID]SupplierKind{}, map[SupplierKind]int{}
	for s := range w.Suppliers() {
		suppliers[s.ID] = s.Kind
		kinds[s.Kind]++
	}
	if kinds[FarmSupplier] != farms || kinds[AttackerSupplier] != attackers || kinds[HonestSupplier] < 10 {
		t.Errorf("kinds of supplier: %v", kinds)
	}
	for device := range w.Devices() {
		want := HonestSupplier
		if w.Device(device).Kind == Virtual {
			want = FarmSupplier
		}
		for _, at := range []time.Time{Season1Start, Season2End} {
			if owner := w.Owner(device, uptime.SlotOf(at)); suppliers[owner] != want {
				t.Fatalf("device %d belongs to %s, %q, want %q", device, owner, suppliers[owner], want)
			}
		}
	}
}

func TestTruthKnowsNoStrays(t *testing.T) {
	w := newWorld(t, 10, 1)
	for _, id := range []uuid.UUID{w.deviceID(w.Devices()), uuid.Max, w.supplierID(0)} {
		if d, ok := w.Truth(id); ok {
			t.Errorf("%s is %+v", id, d)
		}
	}
}

func TestJobMinutesFitTheUptime(t *testing.T) {
	w := newWorld(t, 400, 6)
	some := 0
	for day := tickOf(Start.AddDate(0, 2, 0)); day < endTick; day += 7 * uptime.SlotsPerDay {
		for device := range w.Devices() {
			minutes := w.jobMinutes(device, day)
			if minutes == 0 {
				continue
			}
			some++
			up := int32(0)
			for at := range tick(uptime.SlotsPerDay) {
				if w.Up(device, (day + at).slot()) {
					up++
				}
			}
			if minutes < 0 || minutes > 5*up || w.Device(device).Kind == Virtual {
				t.Fatalf("device %d has %d minutes in %d slots", device, minutes, up)
			}
		}
	}
	if some < 400 {
		t.Errorf("only %d devices and days with jobs", some)
	}
}
