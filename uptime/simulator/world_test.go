package simulator

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/uuid"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/uptime"
)

// newWorld makes an april-2024.
func newWorld(t testing.TB, devices int, seed uint64) *World {
	t.Helper()
	w, err := New(Config{Scenario: April2024, Devices: devices, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestNewRefusesWhatItCannotMake(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Scenario: "april-2025", Devices: 10}, `scenario "april-2025" is unknown: choose "april-2024" or "steady"`},
		{Config{Scenario: April2024, Devices: 0}, "0 devices: choose 1 to 600000"},
		{Config{Scenario: Steady, Devices: -1}, "-1 devices"},
		{Config{Scenario: April2024, Devices: MaxDevices + 1}, "600001 devices"},
	} {
		if _, err := New(c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%+v): %v, want %q", c.config, err, c.want)
		}
	}
}

func TestTinyWorldsAreWhole(t *testing.T) {
	for devices := 1; devices <= 20; devices++ {
		for seed := range uint64(5) {
			w := newWorld(t, devices, seed)
			for range w.Changes() {
			}
			for range w.Verdicts() {
			}
			w.Population(uptime.SlotOf(AttackAt))
		}
	}
}

// The digest of a world is pinned: the same seed makes the same bytes on every
// machine. It changes only with the story, and then everybody's figures do.
func TestSameSeedSameBytes(t *testing.T) {
	const want = "dec1486934a83cbe3e387ceae9d4d4cf87145d1347c5ef667ddbed5b7ccd50c8"
	if got := worldDigest(t, newWorld(t, 60, 7)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if worldDigest(t, newWorld(t, 60, 8)) == worldDigest(t, newWorld(t, 60, 7)) {
		t.Error("another seed makes the same world")
	}
}

func worldDigest(t *testing.T, w *World) string {
	digest := sha256.New()
	for _, path := range []string{
		"/v1/devices/changes", "/v1/verdicts", "/v1/job-minutes?day=2024-03-03",
		"/v1/heartbeats?from=2024-04-25T08:00:00Z&to=2024-04-25T11:00:00Z",
		"/v1/heartbeats/summary?from=2023-11-04T00:00:00Z&to=2023-11-05T00:00:00Z",
	} {
		reply := httptest.NewRecorder()
		w.Handler(Options{}).ServeHTTP(reply, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		digest.Write(reply.Body.Bytes())
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// population is that of the slot of a time like 04-25 09:05.
func population(t *testing.T, w *World, at string) (honest, virtual int) {
	t.Helper()
	instant, err := time.Parse("2006-01-02 15:04", "2024-"+at)
	if err != nil {
		t.Fatal(err)
	}
	return w.Population(uptime.SlotOf(instant))
}

func TestPopulationTellsTheStory(t *testing.T) {
	for _, devices := range []int{100, 250, 5000} {
		for seed := range uint64(4) {
			w := newWorld(t, devices, seed)
			before, virtual := population(t, w, "04-25 09:00")
			check := func(at string, permilleMin, permilleMax int) {
				t.Helper()
				honest, _ := population(t, w, at)
				if permille := 1000 * honest / before; permille < permilleMin || permille > permilleMax {
					t.Errorf("%d devices, seed %d, %s: %d of %d honest, want %d to %d per mille",
						devices, seed, at, honest, before, permilleMin, permilleMax)
				}
			}
			if before < devices*7/10 || virtual < devices*3*95/100 {
				t.Errorf("%d devices, seed %d: %d + %d before the cut-over", devices, seed, before, virtual)
			}
			check("01-15 12:00", 650, 950)
			check("04-25 09:30", 10, 40)
			check("04-26 12:00", 200, 600)
			check("05-01 00:00", 750, 950)
			check("05-20 12:00", 850, 1150)
			if _, early := population(t, w, "04-15 23:00"); early != 0 {
				t.Errorf("%d virtual devices before the farms came", early)
			}
			if _, late := population(t, w, "04-25 09:30"); late < 1 || late > 1+devices*3*survivorsPerMille/1000 {
				t.Errorf("%d of %d virtual devices survive the cut-over", late, virtual)
			}
		}
	}
}

func TestSteadyIsSteady(t *testing.T) {
	w, err := New(Config{Scenario: Steady, Devices: 2000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.verdicts) != 0 || w.Devices() != 2000 {
		t.Errorf("%d verdicts, %d devices", len(w.verdicts), w.Devices())
	}
	for _, at := range []time.Time{Start.Add(time.Hour), CutOverAt.Add(time.Hour), End.Add(-time.Hour)} {
		if honest, _ := w.Population(uptime.SlotOf(at)); honest < 1900 {
			t.Errorf("%d of 2000 up at %s", honest, at)
		}
	}
	for c := range w.Changes() {
		if c.Channel == uptime.ChannelRegistration && !c.ChangedAt.Before(Start) {
			t.Fatalf("registered %s, want before the first slot", c.ChangedAt)
		}
	}
}

func TestHeartbeatsStayWithinTheWorld(t *testing.T) {
	w := newWorld(t, 300, 3)
	for _, c := range []struct {
		slot uptime.Slot
		some bool
	}{
		{uptime.SlotOf(Start) - 1, false},
		{uptime.SlotOf(Start) + 30, true},
		{uptime.SlotOf(End) - 1, true},
		{uptime.SlotOf(End), false},
		{1 << 60, false},
		{-1 << 60, false},
	} {
		if honest, _ := w.Population(c.slot); honest > 0 != c.some {
			t.Errorf("slot %d: %d up", c.slot, honest)
		}
	}
}

func TestNobodyBeatsBeforeRegistering(t *testing.T) {
	w := newWorld(t, 2000, 9)
	for device := range w.Devices() {
		active := w.activeOf(device)
		if active.from < active.until && active.from.start() < w.registered(device) {
			t.Fatalf("device %d registers at %s and is active from %s",
				device, w.registered(device).time(), active.from.start().time())
		}
	}
}

func TestCohortsSwitchTogether(t *testing.T) {
	w := newWorld(t, 1000, 2)
	for v := 1; v < w.virtuals; v++ {
		if v/w.together != (v-1)/w.together || w.survives(v) != w.survives(v-1) {
			continue
		}
		if w.virtualActive(v) != w.virtualActive(v-1) {
			t.Fatalf("virtual devices %d and %d of one cohort switch apart", v-1, v)
		}
	}
}

func TestReturnsAreLognormalLike(t *testing.T) {
	w := newWorld(t, 20_000, 1)
	count := map[time.Duration]int{}
	limits := []time.Duration{4 * time.Hour, 36 * time.Hour, 14 * 24 * time.Hour}
	back := 0
	for device := range w.lives {
		d := w.Device(device)
		if d.LostAt.IsZero() || d.BackAt.IsZero() {
			continue
		}
		back++
		for _, limit := range limits {
			if d.BackAt.Sub(d.LostAt) <= limit {
				count[limit]++
			}
		}
	}
	for i, want := range []int{50, 500, 950} {
		if got := 1000 * count[limits[i]] / back; got < want-20 || got > want+20 {
			t.Errorf("%d per mille are back within %s, want about %d", got, limits[i], want)
		}
	}
}

func TestFleetsAreHeavyTailed(t *testing.T) {
	w := newWorld(t, 20_000, 1)
	single, hundreds, devices := 0, 0, 0
	for s, first := range w.fleets {
		end := uint32(len(w.lives))
		if s+1 < len(w.fleets) {
			end = w.fleets[s+1]
		}
		size := int(end - first)
		devices += size
		if size == 1 {
			single++
		}
		if size >= 100 {
			hundreds++
		}
		if size > largestFleet {
			t.Errorf("supplier %d has %d devices", s, size)
		}
	}
	if devices != len(w.lives) || single < len(w.fleets)/3 || hundreds < 10 {
		t.Errorf("%d suppliers: %d with one device, %d with hundreds, %d devices", len(w.fleets), single, hundreds, devices)
	}
}

// A world is bounded by its devices: the bytes of everything that New keeps.
func TestWorldIsCompact(t *testing.T) {
	w := newWorld(t, 20_000, 1)
	if size := unsafe.Sizeof(life{}); size != 28 {
		t.Errorf("a life has %d bytes", size)
	}
	kept := len(w.lives)*int(unsafe.Sizeof(life{})) + len(w.cohorts)*int(unsafe.Sizeof(cohort{})) +
		cap(w.changes)*8 + cap(w.verdicts)*8 + cap(w.blocks)*8 + cap(w.fleets)*4
	if perDevice := kept / w.Devices(); perDevice > 30 {
		t.Errorf("%d bytes a device, want at most 30", perDevice)
	}
}

func TestWalletsAreSolanaAddresses(t *testing.T) {
	w, seen := newWorld(t, 100, 1), map[string]bool{}
	for supplier := range w.Suppliers() {
		wallet := w.Wallet(supplier.ID)
		raw, err := base58.Decode(wallet)
		if err != nil || len(raw) != ed25519.PublicKeySize || seen[wallet] {
			t.Errorf("wallet %s of %s: %v, %d bytes, seen %t", wallet, supplier.ID, err, len(raw), seen[wallet])
		}
		seen[wallet] = true
	}
	supplier := uuid.MustParse("6ba7b810-9dad-41d1-80b4-00c04fd430c8")
	if w.Wallet(supplier) != newWorld(t, 1, 1).Wallet(supplier) || w.Wallet(supplier) == newWorld(t, 1, 2).Wallet(supplier) {
		t.Error("a wallet must follow from the seed and the supplier alone")
	}
}
