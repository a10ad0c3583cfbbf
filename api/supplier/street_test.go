package supplier_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// A street is a place of a few devices whose slots and owners a test writes down one by
// one: days of May that were read whole, devices of their first owner from April on, and
// up in every slot but those that are taken from them.
type street struct {
	*place
	devices []resident
}

// resident is a device of a street.
type resident struct {
	down  []uptime.Span
	sales []sale
}

// sale passes a device on.
type sale struct {
	at time.Time
	to uuid.UUID
}

var (
	seller, buyer = uuid.MustParse("00005000-0000-4000-8000-00000000000a"), uuid.MustParse("00005001-0000-4000-8000-00000000000b")
	streetSpan    = uptime.SpanOf(may(1, 0), may(6, 0))
)

const streetRules = `name = "street"
version = 1
[eligibility]
min_uptime = "0.1"
min_continuous = 0
require_genuine = false
exclude = "season"
[weights.gpu]
default = "1"
[weights.connectivity]
default = "1"
[jobs]
permille = 0
[payout]
minimum = 0
`

func may(day, hour int) time.Time { return time.Date(2024, 5, day, hour, 0, 0, 0, time.UTC) }

// mayAt is a minute of such an hour.
func mayAt(day, hour, minute int) time.Time {
	return may(day, hour).Add(time.Duration(minute) * time.Minute)
}

// streetDevice is the id of the device with the number.
func streetDevice(number int) uuid.UUID {
	return uuid.UUID{0: 0xd0, 6: 0x40, 8: 0x80, 15: byte(number)}
}

// streetSeason is a season of one day of May, or several.
func streetSeason(code string, first, last int) snapshot.Season {
	return snapshot.Season{Code: code, FirstDay: may(first, 0), LastDay: may(last, 0), Pool: 1_000_000_007}
}

// streetWindow is a window that looks back two hours, and credits every slot.
func streetWindow(from, to, reconnectBy time.Time) snapshot.Window {
	return snapshot.Window{From: from, To: to, Cause: "outage", Lookback: 24, MinBefore: snapshot.DefaultMinBefore,
		Sustain: snapshot.DefaultSustain, ReconnectBy: reconnectBy, Credit: snapshot.CreditFull}
}

// build writes the street down.
func build(t testing.TB, devices ...resident) *street {
	t.Helper()
	db := pgtest.New(t)
	s := &street{&place{t: t, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace")}, devices}
	s.Server = apitest.On(t, db, at(may(6, 12)))
	seq := len(devices)
	for number, d := range devices {
		s.owner(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
			VALUES ($1, $2, $3, $4, 'registration', $5, 'gpu', 1, 'good', fact_stamp())`, number, streetDevice(number), number+1, april(1, 0), seller)
		for _, sold := range d.sales {
			seq++
			s.owner(`INSERT INTO device_change (device, seq, changed_at, channel, supplier_id, recorded_at)
				VALUES ($1, $2, $3, 'user', $4, fact_stamp())`, number, seq, sold.at, sold.to)
		}
	}
	s.owner(`SELECT uptime_make_partitions($1, $2)`, streetSpan.From.Start(), streetSpan.To.Start())
	s.owner(`INSERT INTO uptime_coverage (hour, observed, final, closed_at)
		SELECT hour, ~ B'000000000000', ~ B'000000000000', now() FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', '1 hour') AS hour`,
		streetSpan.From.Start(), streetSpan.To.Start())
	from, to := streetSpan.Hours()
	for hour := from; hour < to; hour++ {
		s.owner(`INSERT INTO uptime_chunk (shard, hour, up) VALUES (0, $1, $2::text::bit(12288))`, hour.Start(), s.chunk(hour))
	}
	return s
}

// chunk is what was up in the hour, a digit a slot and lane.
func (s *street) chunk(hour uptime.Hour) string {
	const lanes = 1024
	text := make([]byte, uptime.SlotsPerHour*lanes)
	for i := range text {
		slot, lane := hour.First()+uptime.Slot(i/lanes), i%lanes
		up := lane < len(s.devices) && !slices.ContainsFunc(s.devices[lane].down, func(d uptime.Span) bool { return d.Contains(slot) })
		text[i] = digit(up)[0]
	}
	return string(text)
}

// open creates a season with its windows, approved, and returns their ids.
func (s *street) open(season snapshot.Season, windows ...snapshot.Window) (ids []int64) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := snapshot.CreateSeason(ctx, tx, season, []byte(streetRules), s.ada); err != nil {
			return err
		}
		for _, account := range []ledger.Account{ledger.SeasonPool(season.Code), ledger.SeasonReserve(season.Code)} {
			if _, err := ledger.Fund(ctx, tx, account, ledger.Amount(season.Pool), s.ada, "funds", "fund "+account.Path()); err != nil {
				return err
			}
		}
		for _, w := range windows {
			id, err := snapshot.ProposeWindow(ctx, tx, season.Code, w, s.ada)
			if err != nil {
				return err
			}
			if err := snapshot.ApproveWindow(ctx, tx, id, s.grace); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
}
