package uptime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
)

// SlotSummary is what the service counts in one slot.
type SlotSummary struct {
	Slot       Slot
	Devices    int64 // distinct devices heard, 0 to 2^31-1
	Heartbeats int64 // 0 to 2^40
}

// fetchLog reads a page of an append-only log and checks that it leads on.
func fetchLog[T any](ctx context.Context, f *Feed, a *ask, array string, row func(*scanner) T, seq func(T) int64) (rows []T, next string, err error) {
	err = f.fetch(ctx, a, new([]byte), func(body []byte) error {
		var following optional[string]
		if rows, following, err = decodeRows(body, array, rows, row); err != nil {
			return err
		}
		for i := 1; i < len(rows); i++ {
			if seq(rows[i]) <= seq(rows[i-1]) {
				return fmt.Errorf("%s[%d]: seq %d does not rise above %d", array, i, seq(rows[i]), seq(rows[i-1]))
			}
		}
		next = following.value
		return checkNextOfLog(a.cursor, following, len(rows))
	})
	if err != nil {
		return nil, "", err
	}
	return rows, next, nil
}

// checkNextOfLog refuses a cursor that would read a log again or from its
// beginning, or that the database could not keep.
func checkNextOfLog(asked string, next optional[string], rows int) error {
	switch {
	case !next.present:
		return errors.New("no next_cursor, which a log always has")
	case next.value == "" && (asked != "" || rows > 0):
		return errors.New("next_cursor is empty: the log would begin again")
	case next.value == asked && rows > 0:
		return errors.New("next_cursor is the cursor that was asked for, yet there are rows: the log would never end")
	case strings.Contains(next.value, "\x00"):
		return errors.New("next_cursor holds the character U+0000")
	}
	return nil
}

// change reads a row of the log of changes.
func (s *scanner) change() Change {
	var (
		seq      optional[int64]
		device   optional[uuid.UUID]
		at       optional[time.Time]
		channel  optional[string]
		supplier optional[uuid.UUID]
		gpuCount optional[int32]

		gpuModel, connectivity, name, status optional[string]
	)
	for more := s.enter('{', '}'); more; more = s.more('}') {
		switch string(s.key()) {
		case "seq":
			seq = s.integer(1, math.MaxInt64)
		case "device_id":
			device = s.id()
		case "changed_at":
			at = s.instant()
		case "channel":
			channel = s.verbatim()
		case "supplier_id":
			supplier = s.id()
		case "gpu_model":
			gpuModel = s.words()
		case "gpu_count":
			gpuCount = s.count(1)
		case "connectivity":
			connectivity = s.words()
		case "device_name":
			name = s.words()
		case "status":
			status = s.words()
		default:
			s.skip()
		}
	}
	s.require(seq.present, "seq")
	s.require(device.present, "device_id")
	s.require(at.present, "changed_at")
	c := Change{
		Seq: seq.value, DeviceID: device.value, ChangedAt: at.value, Channel: Channel(channel.value),
		SupplierID: supplier.pointer(), GPUModel: gpuModel.pointer(), GPUCount: gpuCount.pointer(),
		Connectivity: connectivity.pointer(), DeviceName: name.pointer(), Status: status.pointer(),
	}
	s.checkChannel(c)
	return c
}

func (s *scanner) checkChannel(c Change) {
	switch c.Channel {
	case ChannelUser, ChannelWorkerAPI:
	case ChannelRegistration:
		s.require(c.SupplierID != nil, "supplier_id, which a registration has")
		s.require(c.GPUModel != nil, "gpu_model, which a registration has")
		s.require(c.GPUCount != nil, "gpu_count, which a registration has")
		s.require(c.Connectivity != nil, "connectivity, which a registration has")
	default:
		s.fail("want the channel registration, user or worker-api")
	}
}

// verdict reads a row of the log of verdicts.
func (s *scanner) verdict() Verdict {
	var (
		seq                    optional[int64]
		device                 optional[uuid.UUID]
		kind, reason, evidence optional[string]
		effectiveAt, decidedAt optional[time.Time]
	)
	for more := s.enter('{', '}'); more; more = s.more('}') {
		switch string(s.key()) {
		case "seq":
			seq = s.integer(1, math.MaxInt64)
		case "device_id":
			device = s.id()
		case "verdict":
			kind = s.verbatim()
		case "effective_at":
			effectiveAt = s.instant()
		case "decided_at":
			decidedAt = s.instant()
		case "reason":
			reason = s.words()
		case "evidence":
			evidence = s.words()
		default:
			s.skip()
		}
	}
	s.require(seq.present, "seq")
	s.require(device.present, "device_id")
	s.require(effectiveAt.present, "effective_at")
	s.require(decidedAt.present, "decided_at")
	if k := VerdictKind(kind.value); k != Spoofed && k != Genuine {
		s.fail("want the verdict spoofed or genuine")
	}
	return Verdict{
		Seq: seq.value, DeviceID: device.value, Kind: VerdictKind(kind.value), EffectiveAt: effectiveAt.value,
		DecidedAt: decidedAt.value, Reason: reason.value, Evidence: evidence.value,
	}
}

// jobMinutes reads a row of the job minutes of a day, given as its midnight UTC.
func (s *scanner) jobMinutes(day time.Time) JobMinutes {
	var (
		device  optional[uuid.UUID]
		minutes optional[int32]
	)
	for more := s.enter('{', '}'); more; more = s.more('}') {
		switch string(s.key()) {
		case "device_id":
			device = s.id()
		case "minutes":
			minutes = s.count(0)
		default:
			s.skip()
		}
	}
	s.require(device.present, "device_id")
	s.require(minutes.present, "minutes")
	return JobMinutes{DeviceID: device.value, Day: day, Minutes: minutes.value}
}

// What a slot of a summary may count, so that sums of any span are exact: more is no
// number of devices.
const (
	summaryDevicesMax    = math.MaxInt32
	summaryHeartbeatsMax = 1 << 40
)

// slotSummary reads a row of the summary.
func (s *scanner) slotSummary() SlotSummary {
	var (
		start               optional[time.Time]
		devices, heartbeats optional[int64]
	)
	for more := s.enter('{', '}'); more; more = s.more('}') {
		switch string(s.key()) {
		case "slot":
			start = s.instant()
		case "devices":
			devices = s.integer(0, summaryDevicesMax)
		case "heartbeats":
			heartbeats = s.integer(0, summaryHeartbeatsMax)
		default:
			s.skip()
		}
	}
	s.require(start.present, "slot")
	s.require(devices.present, "devices")
	s.require(heartbeats.present, "heartbeats")
	slot := SlotOf(start.value)
	if !slot.Start().Equal(start.value) {
		s.fail("want the start of a slot, a multiple of five minutes")
	}
	return SlotSummary{Slot: slot, Devices: devices.value, Heartbeats: heartbeats.value}
}

// checkSlotsOnce refuses a summary that counts a slot twice.
func checkSlotsOnce(slots []SlotSummary) error {
	seen := make(map[Slot]bool, len(slots))
	for i, s := range slots {
		if seen[s.Slot] {
			return fmt.Errorf("slots[%d]: %s comes twice", i, s.Slot.Start().Format(time.RFC3339))
		}
		seen[s.Slot] = true
	}
	return nil
}
