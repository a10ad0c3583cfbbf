package supplier

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/uptime"
)

func (r rooms) registerDevices() {
	wire.Own(r.service, get("list-devices", "/v1/devices", "List my devices",
		"Devices of which you own or owned a slot, by the facts of the last run of slots that was yours. Also as CSV."), r.devices)
	wire.Own(r.service, get("get-device", "/v1/devices/{device}", "Show a device",
		"Its facts, the spans in which it was yours, and its last verdict with what to do."), r.device)
	wire.Own(r.service, get("get-device-timeline", "/v1/devices/{device}/timeline", "Show a device's timeline",
		"Its slots of five minutes over at most 92 days, as bits and as spans, with coverage, grace and exclusion."), r.timeline)
	wire.Own(r.service, get("get-device-explanation", "/v1/devices/{device}/explanation", "Explain a device's season",
		"Each step from its slots to its amounts in a sealed revision or the estimate, with the numbers that decided it."), r.explanation)
	wire.Own(r.service, get("list-device-earnings", "/v1/devices/{device}/earnings", "List a device's earnings by day",
		"What each day contributed to the amounts of the device's lines; the days of a line sum to its amount exactly."), r.days)
}

// Device is a device while it was the caller's.
type Device struct {
	DeviceID     uuid.UUID  `json:"device_id" format:"uuid" doc:"The device."`
	RegisteredAt time.Time  `json:"registered_at" doc:"When it was registered."`
	Owned        bool       `json:"owned" doc:"Whether it is yours now."`
	OwnedFrom    time.Time  `json:"owned_from" doc:"Since when it is yours, or was for the last time."`
	OwnedTo      *time.Time `json:"owned_to" nullable:"true" doc:"Until when it was yours, exclusive; null while it is."`
	GPUModel     string     `json:"gpu_model" doc:"Its model, as it reports it." example:"NVIDIA H100"`
	GPUCount     int32      `json:"gpu_count" doc:"GPUs in it."`
	Connectivity string     `json:"connectivity" doc:"Its class of connectivity." example:"high"`
	Name         *string    `json:"name" nullable:"true" doc:"Its name, as somebody typed it: for display only."`
	Status       *string    `json:"status" nullable:"true" doc:"Its status, as its worker reports it: for display only."`
	Verdict      *Verdict   `json:"verdict,omitempty" doc:"Its last verdict; absent if there is none."`
}

// deviceRow is a device as it is read.
type deviceRow struct {
	supplier uuid.UUID
	device   Device
	from     int64
	to       *int64
	verdict  verdictRow
	key      string // what it is sorted by
}

func (d *deviceRow) view() Device {
	v := d.device
	v.RegisteredAt = v.RegisteredAt.UTC()
	v.OwnedFrom, v.Owned, v.Verdict = uptime.Slot(d.from).Start(), d.to == nil, d.verdict.view()
	if d.to != nil {
		v.OwnedTo = new(uptime.Slot(*d.to).Start())
	}
	return v
}

type devicesIn struct {
	wire.Paging
	Owned        string `query:"owned" enum:"now,past,all" default:"now" doc:"Devices that are yours, that no longer are, or both."`
	GPUModel     string `query:"gpu_model" maxLength:"200" doc:"Only this model, exactly." example:"NVIDIA H100"`
	Status       string `query:"status" maxLength:"200" doc:"Only this status, exactly." example:"up"`
	Connectivity string `query:"connectivity" maxLength:"200" doc:"Only this class, exactly." example:"high"`
	Verdict      string `query:"verdict" enum:"spoofed,genuine,none" doc:"Only devices whose last verdict is this, or that have none."`
	Name         string `query:"name" maxLength:"200" doc:"Only devices whose name begins so." example:"rack-7"`
	Sort         string `query:"sort" enum:"device_id,registered_at,-registered_at,name" default:"device_id" doc:"What they are sorted by; - is descending."`
}

// DeviceTable is a page of devices.
type DeviceTable struct{ wire.Page[Device] }

// Header names the columns of the devices as CSV.
func (DeviceTable) Header() []string {
	return []string{"device_id", "registered_at", "owned", "owned_from", "owned_to", "gpu_model", "gpu_count", "connectivity", "name", "status",
		"verdict", "verdict_decided_at", "verdict_effective_at", "verdict_reason"}
}

// Rows yields the devices as CSV.
func (t DeviceTable) Rows(yield func([]string) bool) {
	for _, d := range t.Items {
		row := []string{d.DeviceID.String(), instant(d.RegisteredAt), strconv.FormatBool(d.Owned), instant(d.OwnedFrom), instantOr(d.OwnedTo),
			d.GPUModel, strconv.Itoa(int(d.GPUCount)), d.Connectivity, textOr(d.Name), textOr(d.Status), "", "", "", ""}
		if v := d.Verdict; v != nil {
			copy(row[10:], []string{string(v.Kind), instant(v.DecidedAt), instant(v.EffectiveAt), v.Reason})
		}
		if !yield(row) {
			return
		}
	}
}

func (r rooms) devices(ctx context.Context, reader wire.Reader, me auth.Caller, in *devicesIn) (*table[DeviceTable], error) {
	after, err := wire.ParseCursor(in.Cursor, 3)
	if err != nil {
		return nil, err
	}
	if after == nil {
		after = []string{in.Sort, "", ""}
	}
	if after[0] != in.Sort {
		return nil, wire.BadCursor // of another order
	}
	if _, err := uuid.Parse(after[2]); after[2] != "" && err != nil {
		return nil, wire.BadCursor
	}
	var found []deviceRow
	ask := &pgx.Batch{}
	queueDevices(ask, in, after[1], after[2], &found)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	more := len(found) > in.Limit
	page := wire.Page[Device]{Items: []Device{}}
	if more {
		found = found[:in.Limit]
		last := &found[in.Limit-1]
		page.NextCursor = wire.Cursor(in.Sort, last.key, last.device.DeviceID.String())
	}
	for _, row := range mine(me, found, func(d *deviceRow) uuid.UUID { return d.supplier }) {
		page.Items = append(page.Items, row.view())
	}
	return &table[DeviceTable]{page.NextCursor, DeviceTable{page}}, nil
}

// DeviceDetail is a device with the spans in which it was the caller's.
type DeviceDetail struct {
	Device
	Ownership []Ownership `json:"ownership" nullable:"false" doc:"The runs of slots in which it was yours, in order."`
}

// Ownership is a run of slots with one owner.
type Ownership struct {
	From time.Time  `json:"from" doc:"Start of the first slot."`
	To   *time.Time `json:"to" nullable:"true" doc:"End of the last slot; null: it is still yours."`
}

type deviceIn struct{ DevicePath }

type deviceOut struct{ Body DeviceDetail }

func (r rooms) device(ctx context.Context, reader wire.Reader, me auth.Caller, in *deviceIn) (*deviceOut, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	runs, err := ownership(ctx, reader, me, id)
	if err != nil {
		return nil, err
	}
	out := &deviceOut{DeviceDetail{Device: runs[len(runs)-1].view(), Ownership: []Ownership{}}}
	for i := range runs {
		v := runs[i].view()
		out.Body.Ownership = append(out.Body.Ownership, Ownership{v.OwnedFrom, v.OwnedTo})
	}
	return out, nil
}

// ownership reads the runs of slots in which the device was the caller's, in order: at
// least one, or wire.NotFound.
func ownership(ctx context.Context, reader wire.Reader, me auth.Caller, id uuid.UUID) ([]deviceRow, error) {
	var runs []deviceRow
	ask := &pgx.Batch{}
	queueDevice(ask, id, &runs)
	if err := reader.Ask(ctx, ask); err != nil {
		return nil, err
	}
	if runs = mine(me, runs, func(d *deviceRow) uuid.UUID { return d.supplier }); len(runs) == 0 {
		return nil, wire.NotFound
	}
	return runs, nil
}
