package simulator

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

const benchDevices = 100_000

// BenchmarkPage makes pages of 10,000 heartbeats, in the days of the farms.
func BenchmarkPage(b *testing.B) {
	s := &service{world: newWorld(b, benchDevices, 1), faults: newFaultPlan(Faults{})}
	v := s.viewOf(CutOverAt.AddDate(0, 0, -5), CutOverAt.AddDate(0, 0, -1))
	buffer, p := make([]byte, 0, pageBytes), place{}
	b.SetBytes(int64(limitMax * len(rowText)))
	for b.Loop() {
		_, p, _ = s.heartbeatRows(buffer, v, p, limitMax, oddities{})
	}
	b.ReportMetric(float64(limitMax*b.N)/b.Elapsed().Seconds(), "heartbeats/s")
}

// BenchmarkServe reads an hour of a steady world over loopback and throws it away.
func BenchmarkServe(b *testing.B) {
	w, err := New(Config{Scenario: Steady, Devices: benchDevices, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	base, _, err := Serve(b.Context(), "127.0.0.1:0", w.Handler(Options{}))
	if err != nil {
		b.Fatal(err)
	}
	rows := 0
	for b.Loop() {
		rows += readHour(b, base)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "heartbeats/s")
}

func readHour(b *testing.B, base string) (rows int) {
	query := window(Season2Start, Season2Start.Add(time.Hour))
	var buffer bytes.Buffer
	for {
		reply, err := http.Get(base + heartbeatsPath + "?" + query.Encode())
		if err != nil {
			b.Fatal(err)
		}
		buffer.Reset()
		_, err = buffer.ReadFrom(reply.Body)
		_ = reply.Body.Close()
		if err != nil {
			b.Fatal(err)
		}
		page := buffer.Bytes()
		rows += len(page) / len(rowText)
		const tail = `"next_cursor":"`
		end := len(page) - len(`"}`)
		if end < 22+len(tail) || string(page[end-22-len(tail):end-22]) != tail {
			return rows
		}
		query.Set("cursor", string(page[end-22:end]))
	}
}

func BenchmarkNew(b *testing.B) {
	for _, devices := range []int{250, benchDevices} {
		b.Run(fmt.Sprint(devices), func(b *testing.B) {
			for b.Loop() {
				newWorld(b, devices, 1)
			}
		})
	}
}

func BenchmarkUp(b *testing.B) {
	w, slot, device := newWorld(b, benchDevices, 1), uptime.SlotOf(Season2Start), 0
	for b.Loop() {
		w.Up(device, slot)
		if device++; device == w.Devices() {
			device = 0
		}
	}
}
