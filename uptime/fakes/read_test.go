package fakes_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/fakes"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// store puts a town into a database, with what was not observed painted up, and
// returns what each device is as it should be read.
func (w *town) store(t *testing.T, db *pgtest.DB) []fakes.Device {
	t.Helper()
	exec := func(statement string, arguments ...any) {
		t.Helper()
		if _, err := db.Owner.Exec(t.Context(), statement, arguments...); err != nil {
			t.Fatal(err)
		}
	}
	read(t, db, func(ctx context.Context, tx pgx.Tx) error { return uptime.RequestSpan(ctx, tx, span) })
	devices := make([]fakes.Device, len(w.up))
	shards := make(map[int32]map[uptime.Hour]*uptime.Chunk)
	for i, up := range w.up {
		n := uptime.DeviceNumber(i)
		devices[i] = fakes.Device{Number: n, ID: w.ids[i], Supplier: uuid.UUID{15: byte(i % 7)}, RegisteredAt: span.From.Start().AddDate(0, 0, -i%30)}
		exec(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
			VALUES ($1, $2, $1 + 1, $3, 'registration', $4, 'NVIDIA T4', 1, 'high', '2024-01-01')`, n, w.ids[i], devices[i].RegisteredAt, devices[i].Supplier)
		if shards[n.Shard()] == nil {
			shards[n.Shard()] = map[uptime.Hour]*uptime.Chunk{}
		}
		for k := span.From; k < span.To; k++ {
			if up.Has(k) || !w.observed.Has(k) {
				chunk := shards[n.Shard()][k.Hour()]
				if chunk == nil {
					chunk = new(uptime.Chunk)
					shards[n.Shard()][k.Hour()] = chunk
				}
				chunk.Set(k.InHour(), n.Lane())
			}
		}
	}
	for shard, hours := range shards {
		for hour, chunk := range hours {
			bytes, err := chunk.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			exec(`INSERT INTO uptime_chunk VALUES ($1, $2, $3)`, shard, hour.Start(), pgtype.Bits{Bytes: bytes, Len: uptime.ChunkBits, Valid: true})
		}
	}
	exec(`UPDATE uptime_coverage SET observed = ~B'000000000000'`)
	for k := span.From; k < span.To; k++ {
		if !w.observed.Has(k) {
			exec(`UPDATE uptime_coverage SET observed = set_bit(observed, $2, 0) WHERE hour = $1`, k.Hour().Start(), k.InHour())
		}
	}
	return devices
}

// read runs f in a transaction of the application's.
func read(t *testing.T, db *pgtest.DB, f func(ctx context.Context, tx pgx.Tx) error) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func TestReadIsFindOfWhatIsStored(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	w := newTown(9, 300)
	w.farm(40, 1, 0)
	w.farm(30, 4, 0)
	remove(w.observed, uptime.Span{From: span.To - 700, To: span.To - 650})
	devices := w.store(t, db)
	const spoofed, cleared = 310, 320
	for _, v := range []struct {
		device   int
		seq      int
		kind     string
		recorded string
	}{
		{spoofed, 1, "spoofed", "2024-06-01"}, {cleared, 2, "spoofed", "2024-06-01"}, {cleared, 3, "genuine", "2024-06-02"},
	} {
		if _, err := db.Owner.Exec(t.Context(), `INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
			VALUES ($1, false, $2, $3, '2024-05-01', '2024-05-01', '', '', $4::timestamptz)`, v.device, v.seq, v.kind, v.recorded); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		asOf    time.Time
		spoofed []int
	}{
		{endOfTime, []int{spoofed}},
		{day(6, 1).Add(time.Hour), []int{spoofed, cleared}},
		{day(5, 1), nil},
	} {
		fleet := fakes.NewFleet(w.observed)
		for i, d := range devices {
			d.Spoofed = slices.Contains(c.spoofed, i)
			fleet.Add(d, w.up[i])
		}
		want := fakes.Find(fleet)
		var got fakes.Findings
		read(t, db, func(ctx context.Context, tx pgx.Tx) (err error) {
			got, err = fakes.Read(ctx, tx, span, c.asOf)
			return err
		})
		for i := range got.Suspects {
			got.Suspects[i].Device.RegisteredAt = got.Suspects[i].Device.RegisteredAt.UTC()
		}
		if len(want.Suspects) != 70 || !reflect.DeepEqual(got, want) {
			t.Errorf("as of %s: %d suspects are read, %d were to be found, of 70", c.asOf, len(got.Suspects), len(want.Suspects))
		}
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, c := range []struct {
		slots int
		want  error
	}{
		{uptime.SlotsPerDay - 1, fakes.ErrSpan},
		{92*uptime.SlotsPerDay + 1, fakes.ErrSpan},
		{uptime.SlotsPerDay, fakes.ErrUnobserved},
	} {
		err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error {
			_, err := fakes.Read(t.Context(), tx, uptime.Span{From: span.From, To: span.From + uptime.Slot(c.slots)}, endOfTime)
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%d slots: %v, not %v", c.slots, err, c.want)
		}
	}
}
