package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// feed serves windows of one slot, in which the first so many devices of a fleet
// are all up, so that a pass of package uptime can be read of them. Of the first
// readings one row in 500 is missing, of the second half as many: they are
// committed late.
type feed struct {
	devices int
	reading atomic.Int32 // 1, 2 or 3; 0: all rows
}

const (
	pageRows  = 10_000
	lateOneIn = 500
)

// reader reads passes from a feed over loopback HTTP.
type reader struct {
	feed     *feed
	client   *uptime.Feed
	registry uptime.Registry
}

// serveFeed serves the first devices of the dataset until ctx is done.
func (d *dataset) serveFeed(ctx context.Context, devices int) (*reader, error) {
	r := &reader{feed: &feed{devices: devices}}
	url, _, err := simulator.Serve(ctx, "127.0.0.1:0", r.feed)
	if err != nil {
		return nil, err
	}
	if r.client, err = uptime.NewFeed(uptime.FeedConfig{URL: url, Token: "bench"}); err != nil {
		return nil, err
	}
	return r, d.begin(ctx, func(tx pgx.Tx) error { return r.registry.Refresh(ctx, tx) })
}

// pass reads the slot.
func (r *reader) pass(ctx context.Context, slot uptime.Slot, reading int32) (*uptime.Pass, error) {
	r.feed.reading.Store(reading)
	return uptime.ReadPass(ctx, r.client, &r.registry, uptime.Span{From: slot, To: slot + 1}, time.Now)
}

// ServeHTTP answers with the page after the cursor, which is a device's number.
func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse(time.RFC3339, r.FormValue("from"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	device, _ := strconv.Atoi(r.FormValue("cursor")) // none is 0
	_, _ = w.Write(f.page(device, from, f.reading.Load()))
}

// page returns the page that begins with the device.
func (f *feed) page(device int, slot time.Time, reading int32) []byte {
	page := append(make([]byte, 0, 1<<20), `{"heartbeats":[`...)
	for end := min(device+pageRows, f.devices); device < end; device++ {
		if f.comesLate(device, slot, reading) {
			continue
		}
		if page[len(page)-1] == '}' {
			page = append(page, ',')
		}
		page = appendHeartbeat(page, device, slot)
	}
	page = append(page, ']')
	if device < f.devices {
		page = fmt.Appendf(page, `,"next_cursor":"%d"`, device)
	}
	return append(page, '}')
}

// comesLate reports whether the row is committed after the reading.
func (f *feed) comesLate(device int, slot time.Time, reading int32) bool {
	d := draw(drawLate, uint64(slot.Unix())<<16^uint64(device))
	switch reading {
	case 1:
		return d%lateOneIn == 0
	case 2:
		return d%(2*lateOneIn) == 0
	}
	return false
}

// appendHeartbeat appends a row as the network writes it, at a second of the slot.
func appendHeartbeat(page []byte, device int, slot time.Time) []byte {
	id := idOf(device)
	page = append(page, `{"device_id":"`...)
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			page = append(page, '-')
		}
		page = hex.AppendEncode(page, part)
	}
	at := slot.Add(time.Duration(device%uptime.SlotSeconds) * time.Second)
	return append(at.AppendFormat(append(page, `","at":"`...), time.RFC3339), `"}`...)
}
