package migrations_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
)

// The timeline's world: one device from the last hours of a day on, over two partitions,
// which is sold often in these hours and once more on the last day; and others in the
// lanes beside it.
const (
	worldDevice = 1024 + 77
	worldHours  = 4 + 3*24
)

var (
	worldStart = time.Date(2024, 4, 28, 20, 0, 0, 0, time.UTC)
	firstHour  = worldStart.Unix() / 3600
)

// timelineWorld is what the database holds, slot by slot.
type timelineWorld struct {
	up, observed [worldHours * 12]bool
	owner        [worldHours * 12]uuid.UUID
}

// A device goes from one supplier to another and back, also within an hour. Each is
// shown the slots that were theirs, and no bit of the other's, whichever days are cut.
func TestTimelinesShowOwnedSlotsAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	dice := rand.New(rand.NewPCG(7, 7))
	w := makeTimelineWorld(t, db, dice)
	ways := map[string]int{}
	check := func(from, to int) {
		for _, me := range []uuid.UUID{first, second} {
			got := readTimeline(t, db, me, from, to)
			ways[got.way]++
			for k, set := range got.up { // of slots that were not asked for, too
				if set && w.owner[k] != me {
					t.Fatalf("slots %d to %d for %s, by %s: a bit of slot %d is shown, which is another's", from, to, me, got.way, k)
				}
			}
			for k := from / 12 * 12; k < (to+11)/12*12; k++ {
				mine := w.owner[min(k, len(w.owner)-1)] == me
				wasUp, wasObserved := mine && k < len(w.up) && w.up[k], mine && k < len(w.up) && w.observed[k]
				if got.owned[k] != mine || got.up[k] != wasUp || got.observed[k] != wasObserved {
					t.Fatalf("slots %d to %d for %s, by %s: slot %d is owned %t, up %t, observed %t; in the world owned %t, up %t, observed %t",
						from, to, me, got.way, k, got.owned[k], got.up[k], got.observed[k], mine, wasUp, wasObserved)
				}
			}
		}
	}
	for _, cut := range []int{-1, 2, 0, 1} { // none; the last day; with a hole; all
		if cut >= 0 {
			w.cut(t, db, cut)
		}
		for range 100 {
			from := dice.IntN(worldHours*12 + 12)
			check(from, from+1+dice.IntN([]int{40, 700}[dice.IntN(2)]))
		}
	}
	for _, way := range []string{"days", "hours", "days and hours", "masked hours"} {
		if ways[way] < 10 {
			t.Errorf("hardly any bits came by %s: %v", way, ways)
		}
	}
	stranger, err := as(t.Context(), db.Supplier, uuid.New(), `SELECT supplier_timeline('`+deviceID(worldDevice).String()+`', 476116, 476117)::text`)
	if err != nil || len(stranger) > 0 {
		t.Errorf("a stranger is shown %q, error %v", stranger, err)
	}
}

func TestTimelinesHaveBounds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, span := range []string{`-1, 3`, `476166, 476166`, `476167, 476166`, `476166, 476166 + 92 * 24 + 2`} {
		refused(t, db.Supplier, "22023", asSomebody+`SELECT supplier_timeline(gen_random_uuid(), `+span+`)`)
	}
	if _, err := as(t.Context(), db.Supplier, first, `SELECT supplier_timeline(gen_random_uuid(), 476166, 476166 + 92 * 24 + 1)::text`); err != nil {
		t.Error(err)
	}
}

func deviceID(number int) (id uuid.UUID) {
	binary.BigEndian.PutUint32(id[12:], uint32(number))
	return id
}

func makeTimelineWorld(t *testing.T, db *pgtest.DB, dice *rand.Rand) (w timelineWorld) {
	t.Helper()
	exec := func(statement string, arguments ...any) {
		if _, err := db.App.Exec(t.Context(), statement, arguments...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	exec(`SELECT uptime_make_partitions('2024-04-01Z', '2024-06-01Z')`)
	for i, number := range []int{worldDevice, worldDevice - 1, worldDevice + 1} {
		exec(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
			VALUES ($1, $2, $3, $4, 'registration', $5, 'H100', 1, 'high', now())`, number, deviceID(number), i, worldStart.Add(time.Hour), first)
	}
	owner, seq := uuid.UUID{}, int64(10)
	for k := range w.owner {
		if k == 12 {
			owner = first
		} else if k > 12 && k < 4*12 && dice.IntN(4) == 0 || k == 62*12+5 { // often, then once more
			last := owner
			for owner = []uuid.UUID{first, second}[dice.IntN(2)]; k > 4*12 && owner == last; { // at last to another
				owner = []uuid.UUID{first, second}[dice.IntN(2)]
			}
			exec(`INSERT INTO device_change (device, seq, changed_at, channel, supplier_id, recorded_at) VALUES ($1, $2, $3, 'user', $4, now())`,
				worldDevice, seq, worldStart.Add(time.Duration(k)*5*time.Minute-time.Duration(dice.IntN(2))*time.Minute), owner)
			seq++
		}
		w.owner[k] = owner
	}
	for hour := range worldHours {
		at := worldStart.Add(time.Duration(hour) * time.Hour)
		w.fillHour(exec, dice, hour, at)
	}
	return w
}

// fillHour stores a chunk and the coverage of an hour, unless it has none. Of the hours of
// days that are cut, only chunks are missing.
func (w *timelineWorld) fillHour(exec func(string, ...any), dice *rand.Rand, hour int, at time.Time) {
	chunk, coverage := make([]byte, 12288), make([]byte, 12)
	for i := range chunk {
		chunk[i] = '0' + byte(dice.IntN(2))
	}
	for s := range coverage {
		coverage[s] = '0' + byte(dice.IntN(2))
		w.up[hour*12+s] = !unheard[hour] && chunk[s*1024+worldDevice%1024] == '1'
		w.observed[hour*12+s] = hour != 2 && coverage[s] == '1'
	}
	if !unheard[hour] {
		exec(`INSERT INTO uptime_chunk (shard, hour, up) VALUES ($1, $2, $3::text::bit(12288))`, worldDevice/1024, at, string(chunk))
	}
	if hour != 2 {
		exec(`INSERT INTO uptime_coverage (hour, observed) VALUES ($1, $2::text::bit(12))`, at, string(coverage))
	}
}

// unheard are the hours without a chunk.
var unheard = map[int]bool{1: true, 9: true, 30: true}

// cut stores a day's strip, with another device's bits on both sides of the device's.
func (w *timelineWorld) cut(t *testing.T, db *pgtest.DB, day int) {
	t.Helper()
	begins := (4 + day*24) * 12
	observed, up := make([]byte, 36), make([]byte, 32*36)
	for i := range up {
		up[i] = 0xA5
	}
	mine := up[worldDevice%32*36:][:36]
	clear(mine)
	for k := range 288 {
		if w.up[begins+k] {
			mine[k/8] |= 0x80 >> (k % 8)
		}
		if w.observed[begins+k] {
			observed[k/8] |= 0x80 >> (k % 8)
		}
	}
	if _, err := db.App.Exec(t.Context(), `INSERT INTO uptime_strip (strip, day, observed, up) VALUES ($1, $2::date, $3, $4)`,
		worldDevice/32, worldStart.Add(4*time.Hour).AddDate(0, 0, day), observed, up); err != nil {
		t.Fatal(err)
	}
}

// shown is what the function answers, by slots of the world.
type shown struct {
	up, observed, owned map[int]bool
	way                 string
}

// readTimeline returns the bits of the whole hours that hold the slots.
func readTimeline(t *testing.T, db *pgtest.DB, me uuid.UUID, from, to int) shown {
	t.Helper()
	fromHour, toHour := from/12, (to-1)/12+1
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('uptally.supplier', $1, true)`, me.String())
	var days [][]byte
	var up, observed, owned []int32
	b.Queue(`SELECT device, days, up, observed, owned FROM supplier_timeline($1, $2, $3)`, deviceID(worldDevice), firstHour+int64(fromHour), firstHour+int64(toHour)).
		QueryRow(func(row pgx.Row) error {
			var number int32
			if err := row.Scan(&number, &days, &up, &observed, &owned); err != nil {
				return err
			}
			if number != worldDevice {
				t.Errorf("device %d, want %d", number, worldDevice)
			}
			return nil
		})
	if err := db.Supplier.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
	got := shown{up: slotsOf(up, fromHour), observed: slotsOf(observed, fromHour), owned: slotsOf(owned, fromHour)}
	midnight := (fromHour+20)/24*24*12 - 20*12 // of the day that the first hour lies in
	for i, day := range days {
		if len(day) != 72 {
			t.Fatalf("a day of %d bytes", len(day))
		}
		for k := range 288 {
			got.up[midnight+i*288+k] = day[k/8]&(0x80>>(k%8)) != 0
			got.observed[midnight+i*288+k] = day[36+k/8]&(0x80>>(k%8)) != 0
		}
	}
	switch {
	case owned != nil:
		got.way = "masked hours"
		if len(owned) != toHour-fromHour || days != nil {
			t.Fatalf("slots %d to %d: %d hours are owned, %d days are shown", from, to, len(owned), len(days))
		}
		return got
	case len(days) == 0:
		got.way = "hours"
	case up == nil:
		got.way = "days"
	default:
		got.way = "days and hours"
	}
	for k := fromHour * 12; k < toHour*12; k++ {
		got.owned[k] = true
	}
	return got
}

// slotsOf reads numbers of hours: their place, and 12 bits.
func slotsOf(hours []int32, from int) map[int]bool {
	slots := map[int]bool{}
	for _, hour := range hours {
		for s := range 12 {
			slots[(from+int(hour>>12))*12+s] = hour&(2048>>s) != 0
		}
	}
	return slots
}
