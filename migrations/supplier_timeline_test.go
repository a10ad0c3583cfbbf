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

// The timeline's world: one device in the last hours of a month and the first of the
// next, which lie in two partitions, and others in the lanes beside it.
const (
	worldDevice = 1024 + 77
	worldHours  = 8
)

var (
	worldStart = time.Date(2024, 4, 30, 20, 0, 0, 0, time.UTC)
	firstHour  = worldStart.Unix() / 3600
)

// timelineWorld is what the database holds, slot by slot.
type timelineWorld struct {
	up, observed [worldHours * 12]bool
	owner        [worldHours * 12]uuid.UUID
}

// A device goes from one supplier to another and back, also within an hour. Each is
// shown the slots that were theirs, and no bit of the other's.
func TestTimelinesShowOwnedSlotsAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	dice := rand.New(rand.NewPCG(7, 7))
	w := makeTimelineWorld(t, db, dice)
	id := deviceID(worldDevice)
	paths := map[bool]int{} // by whether all was theirs, and there
	for range 200 {
		from := dice.IntN(worldHours*12 + 12)
		to := from + 1 + dice.IntN(40)
		for _, me := range []uuid.UUID{first, second} {
			up, observed, owned, whole := readTimeline(t, db, me, id, from, to)
			paths[whole]++
			for i := range up {
				k := from/12*12 + i
				mine := w.owner[min(k, len(w.owner)-1)] == me
				wasUp, wasObserved := mine && k < len(w.up) && w.up[k], mine && k < len(w.up) && w.observed[k]
				if owned[i] != mine || up[i] != wasUp || observed[i] != wasObserved {
					t.Fatalf("slots %d to %d for %s: slot %d is owned %t, up %t, observed %t; in the world owned %t, up %t, observed %t",
						from, to, me, k, owned[i], up[i], observed[i], mine, wasUp, wasObserved)
				}
			}
		}
	}
	if paths[true] == 0 || paths[false] == 0 {
		t.Errorf("only one way to the bits was gone: %v", paths)
	}
	stranger, err := as(t.Context(), db.Supplier, uuid.New(), `SELECT supplier_timeline('`+id.String()+`', 476166, 476167)::text`)
	if err != nil || len(stranger) > 0 {
		t.Errorf("a stranger is shown %q, error %v", stranger, err)
	}
}

func TestTimelinesHaveBounds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, span := range []string{`476166, 476166`, `476167, 476166`, `476166, 476166 + 92 * 24 + 2`} {
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
		} else if k > 12 && dice.IntN(4) == 0 {
			owner = []uuid.UUID{first, second}[dice.IntN(2)]
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

// fillHour stores a chunk and the coverage of an hour, unless it has none.
func (w *timelineWorld) fillHour(exec func(string, ...any), dice *rand.Rand, hour int, at time.Time) {
	chunk, coverage := make([]byte, 12288), make([]byte, 12)
	for i := range chunk {
		chunk[i] = '0' + byte(dice.IntN(2))
	}
	for s := range coverage {
		coverage[s] = '0' + byte(dice.IntN(2))
		w.up[hour*12+s] = hour != 3 && chunk[s*1024+worldDevice%1024] == '1'
		w.observed[hour*12+s] = hour != 4 && coverage[s] == '1'
	}
	if hour != 3 {
		exec(`INSERT INTO uptime_chunk (shard, hour, up) VALUES ($1, $2, $3::text::bit(12288))`, worldDevice/1024, at, string(chunk))
	}
	if hour != 4 {
		exec(`INSERT INTO uptime_coverage (hour, observed) VALUES ($1, $2::text::bit(12))`, at, string(coverage))
	}
}

// readTimeline returns the bits of whole hours, from that of slot from of the world, and
// whether the function says that all of them are theirs.
func readTimeline(t *testing.T, db *pgtest.DB, me, device uuid.UUID, from, to int) (up, observed, owned []bool, whole bool) {
	t.Helper()
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('uptally.supplier', $1, true)`, me.String())
	b.Queue(`SELECT device, up, observed, coalesce(owned, array_fill(4095, ARRAY[cardinality(up)])), owned IS NULL FROM supplier_timeline($1, $2, $3)`, device, firstHour+int64(from/12), firstHour+int64((to-1)/12+1)).
		QueryRow(func(row pgx.Row) error {
			var number int32
			var bits [3][]int32
			if err := row.Scan(&number, &bits[0], &bits[1], &bits[2], &whole); err != nil {
				return err
			}
			if number != worldDevice {
				t.Errorf("device %d, want %d", number, worldDevice)
			}
			up, observed, owned = slotsOf(bits[0]), slotsOf(bits[1]), slotsOf(bits[2])
			return nil
		})
	if err := db.Supplier.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
	if want := ((to-1)/12 + 1 - from/12) * 12; len(up) != want || len(observed) != want || len(owned) != want {
		t.Fatalf("slots %d to %d: %d, %d and %d bits, want %d", from, to, len(up), len(observed), len(owned), want)
	}
	return up, observed, owned, whole
}

// slotsOf reads a number an hour.
func slotsOf(hours []int32) (slots []bool) {
	for _, hour := range hours {
		for s := range 12 {
			slots = append(slots, hour&(2048>>s) != 0)
		}
	}
	return slots
}
