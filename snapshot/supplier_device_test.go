package snapshot

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// The database keeps for suppliers who owned which slots, and the last facts of each
// run. It must be what the fold of this package says, whatever was recorded in which
// order: a projection that is off shows one supplier's bits to another.
func TestTheProjectionOfOwnersIsTheFold(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	person := pgtest.Person(t, db.Owner, "ada")
	tx, err := db.App.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	rapid.Check(t, func(t *rapid.T) {
		trial, err := tx.Begin(context.Background()) // a savepoint
		if err != nil {
			t.Fatal(err)
		}
		defer trial.Rollback(context.Background())
		w := projected{t: t, tx: trial, person: person, basis: Basis{Released: map[int64]bool{}}}
		w.register()
		for range rapid.IntRange(0, 10).Draw(t, "acts") {
			w.act()
		}
		w.compare()
	})
}

// projected is a small world in the database, and the same for the fold in Go.
type projected struct {
	t       *rapid.T
	tx      pgx.Tx
	person  int64
	basis   Basis
	seq     int64
	devices [][]uptime.Change // by number
	changes []uptime.Change
}

func (w *projected) exec(statement string, arguments ...any) {
	if _, err := w.tx.Exec(context.Background(), statement, arguments...); err != nil {
		w.t.Fatalf("%s: %v", statement, err)
	}
}

// instant draws moments that often share a slot, and its start.
func (w *projected) instant(label string) time.Time {
	slots := rapid.IntRange(0, 8).Draw(w.t, label+" slot")
	within := rapid.SampledFrom([]time.Duration{0, time.Microsecond, time.Minute, uptime.SlotLength - time.Microsecond}).Draw(w.t, label)
	return time.Date(2024, 4, 25, 8, 0, 0, 0, time.UTC).Add(time.Duration(slots)*uptime.SlotLength + within)
}

func (w *projected) supplier() uuid.UUID {
	return uuid.UUID{15: byte(rapid.IntRange(1, 3).Draw(w.t, "supplier"))}
}

func (w *projected) register() {
	for number := range rapid.IntRange(1, 3).Draw(w.t, "devices") {
		w.seq++
		owner, model, count, speed := w.supplier(), "H100", int32(1), "high"
		c := uptime.Change{
			Seq: w.seq, DeviceID: uuid.UUID{0: 1, 15: byte(number)}, ChangedAt: w.instant("registered"), Channel: uptime.ChannelRegistration,
			SupplierID: &owner, GPUModel: &model, GPUCount: &count, Connectivity: &speed,
		}
		w.devices = append(w.devices, []uptime.Change{c})
		w.exec(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())`,
			number, c.DeviceID, c.Seq, c.ChangedAt, string(c.Channel), owner, model, count, speed)
	}
}

func (w *projected) act() {
	switch rapid.IntRange(0, 5).Draw(w.t, "act") {
	case 0:
		h := Hold{From: w.instant("held from")}
		h.To = h.From.Add(time.Duration(rapid.IntRange(1, 60).Draw(w.t, "held minutes")) * time.Minute)
		err := w.tx.QueryRow(context.Background(), `INSERT INTO metadata_hold (held_from, held_to, reason, person_id, recorded_at)
			VALUES ($1, $2, 'attack', $3, fact_stamp()) RETURNING id`, h.From, h.To, w.person).Scan(&h.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		w.basis.Holds = append(w.basis.Holds, h)
	case 1:
		if n := len(w.basis.Holds); n > 0 {
			i := rapid.IntRange(0, n-1).Draw(w.t, "released hold")
			w.exec(`INSERT INTO metadata_release (hold_id, reason, person_id, recorded_at) VALUES ($1, 'own', $2, fact_stamp())`, w.basis.Holds[i].ID, w.person)
			w.basis.Holds = append(w.basis.Holds[:i:i], w.basis.Holds[i+1:]...)
		}
	case 2:
		var held []uptime.Change
		for _, c := range w.changes {
			if w.basis.held(&c) {
				held = append(held, c)
			}
		}
		if len(held) > 0 {
			c := rapid.SampledFrom(held).Draw(w.t, "released change")
			w.exec(`INSERT INTO metadata_release (change_seq, reason, person_id, recorded_at) VALUES ($1, 'own', $2, fact_stamp())`, c.Seq, w.person)
			w.basis.Released[c.Seq] = true
		}
	default:
		w.change()
	}
}

// change logs some changes, of which some come before the registration.
func (w *projected) change() {
	for range rapid.IntRange(1, 4).Draw(w.t, "changes") {
		w.seq++
		device := rapid.IntRange(0, len(w.devices)-1).Draw(w.t, "device")
		c := uptime.Change{Seq: w.seq, DeviceID: uuid.UUID{0: 1, 15: byte(device)}, ChangedAt: w.instant("changed").Add(-10 * time.Minute)}
		c.Channel = rapid.SampledFrom([]uptime.Channel{uptime.ChannelWorkerAPI, uptime.ChannelWorkerAPI, uptime.ChannelUser, uptime.ChannelRegistration}).Draw(w.t, "channel")
		text := func(label string) *string {
			if rapid.Bool().Draw(w.t, label+" named") {
				return new(fmt.Sprintf("%s %d", label, w.seq))
			}
			return nil
		}
		if rapid.Bool().Draw(w.t, "owner named") {
			c.SupplierID = new(w.supplier())
		}
		if rapid.Bool().Draw(w.t, "count named") {
			c.GPUCount = new(int32(w.seq))
		}
		c.GPUModel, c.Connectivity, c.DeviceName, c.Status = text("model"), text("connectivity"), text("name"), text("status")
		w.devices[device] = append(w.devices[device], c)
		w.changes = append(w.changes, c)
		w.exec(`INSERT INTO device_change (device, seq, changed_at, channel, supplier_id, gpu_model, gpu_count, connectivity, device_name, status, recorded_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())`,
			device, c.Seq, c.ChangedAt, string(c.Channel), c.SupplierID, c.GPUModel, c.GPUCount, c.Connectivity, c.DeviceName, c.Status)
	}
}

// ownedRun is a row of the projection.
type ownedRun struct {
	Device                     int32
	ID, Supplier               uuid.UUID
	From                       int64
	To                         *int64
	Registered                 time.Time
	Model                      string
	Count                      int32
	Connectivity, Name, Status string
}

func (w *projected) compare() {
	rows, err := w.tx.Query(context.Background(), `
		SELECT device, device_id, supplier_id, from_slot, to_slot, registered_at, gpu_model, gpu_count, connectivity,
			coalesce(device_name, ''), coalesce(status, '')
		FROM supplier_device ORDER BY device, from_slot`)
	if err != nil {
		w.t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ownedRun])
	if err != nil {
		w.t.Fatal(err)
	}
	var want []ownedRun
	for number, changes := range w.devices {
		want = append(want, w.fold(int32(number), changes)...)
	}
	if len(got) != len(want) {
		w.t.Fatalf("runs:\n got %+v\nwant %+v", got, want)
	}
	for i := range got {
		g, h := got[i], want[i]
		sameEnd := (g.To == nil) == (h.To == nil) && (g.To == nil || *g.To == *h.To)
		g.To, h.To, g.Registered, h.Registered = nil, nil, g.Registered.UTC(), h.Registered.UTC()
		if g != h || !sameEnd {
			w.t.Fatalf("run %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

// fold cuts the slots from the registration on by this package's rules.
func (w *projected) fold(number int32, changes []uptime.Change) (runs []ownedRun) {
	registration := changes[0]
	span := uptime.Span{From: uptime.SlotAtOrAfter(registration.ChangedAt), To: uptime.SlotAtOrAfter(registration.ChangedAt) + 10_000}
	believed, _ := w.basis.believed(span, changes, nil)
	spans, err := ownerSpans(span, believed, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range spans {
		run := ownedRun{
			Device: number, ID: registration.DeviceID, Supplier: s.Facts.SupplierID, From: int64(s.From), Registered: registration.ChangedAt,
			Model: s.Facts.GPUModel, Count: s.Facts.GPUCount, Connectivity: s.Facts.Connectivity,
		}
		if s.To != span.To {
			run.To = new(int64(s.To))
		}
		for _, c := range believed { // for display: whatever was named last by then
			if uptime.SlotAtOrAfter(c.ChangedAt) < s.To && c.DeviceName != nil {
				run.Name = *c.DeviceName
			}
			if uptime.SlotAtOrAfter(c.ChangedAt) < s.To && c.Status != nil {
				run.Status = *c.Status
			}
		}
		runs = append(runs, run)
	}
	return runs
}
