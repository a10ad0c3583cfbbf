package uptime

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
)

// fullPage is a page of 10,000 heartbeats of one window, as the service sends it.
func fullPage() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2024, 4, 25, 8, 5, 0, 0, time.UTC)
	page := []byte(`{"heartbeats":[`)
	for i := range 10_000 {
		if i > 0 {
			page = append(page, ',')
		}
		var device uuid.UUID
		for b := range device {
			device[b] = byte(random.Uint32())
		}
		at := from.Add(time.Duration(random.IntN(SlotSeconds)) * time.Second)
		page = fmt.Appendf(page, `{"device_id":"%s","at":"%s"}`, device, at.Format(time.RFC3339))
	}
	return append(page, `],"next_cursor":"eyJhZnRlciI6MTAwMDB9"}`...)
}

// BenchmarkDecodeHeartbeatPage compares the page decoder with encoding/json, which
// reads the same page into structs without checking anything but the types.
func BenchmarkDecodeHeartbeatPage(b *testing.B) {
	body := fullPage()
	b.Run("ours", func(b *testing.B) {
		var page HeartbeatPage
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if err := page.Decode(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		var page struct {
			Heartbeats []struct {
				DeviceID uuid.UUID `json:"device_id"`
				At       time.Time `json:"at"`
			} `json:"heartbeats"`
			NextCursor string `json:"next_cursor"`
		}
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(body, &page); err != nil {
				b.Fatal(err)
			}
		}
	})
}
