package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func (b *bundle) watch(t Thresholds) (alerts []Alert) {
	b.t.Helper()
	b.do(func(tx pgx.Tx) (err error) {
		alerts, err = Watch(b.t.Context(), tx, t)
		return err
	})
	return alerts
}

// many makes n entries by f, which is given each entry and its number from 0 on.
func many(n int, f func(e *Entry, i int)) []Entry {
	entries := calls(n)
	for i := range entries {
		f(&entries[i], i)
	}
	return entries
}

func short(alerts []Alert) (lines []string) {
	for _, a := range alerts {
		lines = append(lines, fmt.Sprintf("%s %s %d", a.Kind, a.Subject, a.Count))
	}
	return lines
}

// Each threshold is 10, and every other alert is off.
func TestSurges(t *testing.T) {
	t.Parallel()
	refused := func(e *Entry, _ int) { e.Status = 403 }
	notThere := func(e *Entry, i int) { e.Method, e.Status, e.Target = "GET", 404, fmt.Sprint("/v1/devices/", i) }
	for _, c := range []struct {
		name    string
		only    func(t *Thresholds) *int
		entries []Entry // one fewer is none yet
		want    string
	}{
		{"refusals", func(t *Thresholds) *int { return &t.Refusals },
			many(10, func(e *Entry, i int) { e.Status, e.Actor, e.Address = 400+i, "", fmt.Sprintf("10.0.%d.1", i) }), "refusals  10"},
		{"refusals without an address", func(t *Thresholds) *int { return &t.Refusals },
			many(10, func(e *Entry, i int) { refused(e, i); e.Address = "" }), "refusals  10"},
		{"refusals of an address", func(t *Thresholds) *int { return &t.RefusalsOfAddress },
			many(10, func(e *Entry, i int) { refused(e, i); e.Actor = fmt.Sprint(i) }), "refusals_of_address 192.0.2.7 10"},
		{"refusals of a network", func(t *Thresholds) *int { return &t.RefusalsOfNetwork },
			many(10, func(e *Entry, i int) { refused(e, i); e.Address = fmt.Sprint("192.0.2.", i) }), "refusals_of_network 192.0.2.0/24 10"},
		{"refusals of an IPv6 network", func(t *Thresholds) *int { return &t.RefusalsOfNetwork },
			many(10, func(e *Entry, i int) { refused(e, i); e.Address = fmt.Sprintf("2001:db8:1:2:%x::1", i) }), "refusals_of_network 2001:db8:1:2::/64 10"},
		{"writes of an actor who hops", func(t *Thresholds) *int { return &t.WritesOfActor },
			many(10, func(e *Entry, i int) { e.Address = fmt.Sprintf("10.%d.0.1", i) }), "writes_of_actor https://issuer.example ada 10"},
		{"probing of an actor who hops", func(t *Thresholds) *int { return &t.Probes },
			many(10, func(e *Entry, i int) { notThere(e, i); e.Address = fmt.Sprintf("10.%d.0.1", i) }), "probing_of_actor https://issuer.example ada 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			thresholds := Thresholds{Span: time.Hour, CoolDown: time.Hour}
			*c.only(&thresholds) = 10
			b.append(c.entries[:9]...)
			if alerts := b.watch(thresholds); len(alerts) > 0 {
				t.Errorf("below the threshold: %v", alerts)
			}
			b.append(c.entries[9])
			alerts := b.watch(thresholds)
			if got := short(alerts); !slices.Equal(got, []string{c.want}) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			if a := alerts[0]; a.First != 1 || a.Last != 10 || a.Threshold != 10 || a.Span != time.Hour || a.At.IsZero() || a.ID != 1 {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestProbingIsOfDistinctTargets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	thresholds := Thresholds{Span: time.Hour, CoolDown: time.Hour, Probes: 3}
	probe := func(target, address string) Entry {
		return Entry{At: call(0).At, Method: "GET", Target: target, Status: 404, Address: address}
	}
	for range 5 {
		b.append(probe("/a", "10.0.0.1"), probe("/b", "10.0.0.1"), probe("/c", "10.0.0.2"))
	}
	if got := short(b.watch(thresholds)); !slices.Equal(got, []string{"probing_of_network 10.0.0.0/24 3"}) {
		t.Errorf("three targets of one network, two of one address: %q", got)
	}
	b.append(probe("/d", "10.0.0.1"))
	if got := short(b.watch(thresholds)); !slices.Equal(got, []string{"probing_of_address 10.0.0.1 3"}) {
		t.Errorf("three targets of one address: %q", got)
	}
}

// What acts ask for may stand in their bodies. An entry without one asks for no more.
func TestProbingIsOfDistinctBodies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	thresholds := Thresholds{Span: time.Hour, CoolDown: time.Hour, Probes: 4}
	probe := func(target, body string) Entry {
		e := Entry{At: call(0).At, Method: "POST", Target: target, Status: 404, Address: "10.0.0.1", Actor: "ada"}
		if body != "" {
			e.BodySHA256 = []byte(strings.Repeat(body, 32))
		}
		return e
	}
	for range 5 {
		b.append(probe("/a", "1"), probe("/a", ""), probe("/a", "2"), probe("/b", ""))
	}
	if got := short(b.watch(thresholds)); len(got) > 0 {
		t.Errorf("two bodies of one target, and another target: %q", got)
	}
	b.append(probe("/b", "1"))
	if got := short(b.watch(thresholds)); len(got) > 0 {
		t.Errorf("the other target with one body: %q", got)
	}
	b.append(probe("/a", "3"))
	if got := short(b.watch(thresholds)); !slices.Equal(got, []string{"probing_of_actor ada 4", "probing_of_address 10.0.0.1 4", "probing_of_network 10.0.0.0/24 4"}) {
		t.Errorf("three bodies, and another target: %q", got)
	}
}

func TestWhatIsNoSurge(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := Thresholds{Span: time.Hour, CoolDown: time.Hour, Refusals: 1, RefusalsOfAddress: 1, RefusalsOfNetwork: 1, WritesOfActor: 1, Probes: 1}
	read, anonymous := call(1), call(2)
	read.Method = "GET"
	anonymous.Actor = ""
	b.append(read, anonymous)
	if alerts := b.watch(one); len(alerts) > 0 {
		t.Errorf("a read, and a write of nobody: %v", alerts)
	}
	b.append(many(50, func(e *Entry, _ int) { e.Status = 404 })...)
	if alerts := b.watch(Thresholds{Span: time.Hour}); len(alerts) > 0 {
		t.Errorf("with every alert off: %v", alerts)
	}
	b.age("audit_entry", 2*time.Hour)
	if alerts := b.watch(one); len(alerts) > 0 {
		t.Errorf("long ago: %v", alerts)
	}
	if err := b.try(func(tx pgx.Tx) error { _, err := Watch(t.Context(), tx, Thresholds{}); return err }); err == nil {
		t.Error("no span")
	}
}

func TestASurgeIsOneAlertPerCoolDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	thresholds := Thresholds{Span: time.Hour, CoolDown: 10 * time.Minute, Refusals: 2, RefusalsOfAddress: 2}
	b.append(refusal(1), refusal(2))
	if n := len(b.watch(thresholds)); n != 2 {
		t.Fatalf("%d alerts, want 2", n)
	}
	b.append(refusal(3))
	if alerts := b.watch(thresholds); len(alerts) > 0 {
		t.Errorf("still the same: %v", alerts)
	}
	other := refusal(4)
	other.Address = "192.0.2.8"
	b.append(other, other)
	if got := short(b.watch(thresholds)); !slices.Equal(got, []string{"refusals_of_address 192.0.2.8 2"}) {
		t.Errorf("from elsewhere: %q", got)
	}
	b.age("audit_alert", 10*time.Minute+time.Second)
	if n := len(b.watch(thresholds)); n != 3 {
		t.Errorf("after the cool-down: %d alerts, want 3", n)
	}
	var all []Alert
	b.do(func(tx pgx.Tx) (err error) {
		all, err = Alerts(t.Context(), tx, 6, 4)
		return err
	})
	if len(all) != 4 || all[0].ID != 5 || all[3].ID != 2 || !all[0].Delivered.IsZero() ||
		!strings.HasPrefix(all[3].String(), "refusals_of_address 192.0.2.7: 2 within 1h0m0s, from 2 on is a surge; entries 1 to 2") {
		t.Errorf("got %v", all)
	}
}

// However many addresses there are, one look puts a bounded number on record.
func TestAlertsOfAKindAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.append(many(80, func(e *Entry, i int) { e.Status, e.Address = 403, fmt.Sprintf("10.0.%d.1", i) })...)
	if n := len(b.watch(Thresholds{Span: time.Hour, CoolDown: time.Hour, RefusalsOfAddress: 1})); n != alertsMax {
		t.Errorf("%d alerts, want %d", n, alertsMax)
	}
}

func TestAlertsAreDeliveredOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.append(refusal(1))
	b.watch(Thresholds{Span: time.Minute, CoolDown: time.Hour, Refusals: 1, RefusalsOfAddress: 1})
	deliver := func(post func(context.Context, []byte) error) (n int, err error) {
		err = b.try(func(tx pgx.Tx) (err error) {
			n, err = Deliver(t.Context(), tx, post)
			return err
		})
		return n, err
	}
	away := errors.New("away")
	if n, err := deliver(func(context.Context, []byte) error { return away }); n != 0 || !errors.Is(err, away) {
		t.Errorf("refused: %d, %v", n, err)
	}
	var bodies []string
	take := func(_ context.Context, body []byte) error {
		bodies = append(bodies, string(body))
		if n, err := deliver(func(context.Context, []byte) error { return away }); n != 0 || err != nil {
			t.Errorf("another at the same time: %d, %v", n, err)
		}
		return nil
	}
	for _, want := range []int{2, 0} {
		if n, err := deliver(take); n != want || err != nil {
			t.Errorf("got %d, %v, want %d", n, err, want)
		}
	}
	var got struct {
		Format string
		Alerts []map[string]any
	}
	if err := json.Unmarshal([]byte(bodies[0]), &got); err != nil || len(bodies) != 1 || got.Format != "uptally-alerts/1" || len(got.Alerts) != 2 {
		t.Fatalf("%v: %q", err, bodies)
	}
	if a := got.Alerts[1]; a["kind"] != "refusals_of_address" || a["subject"] != "192.0.2.7" || a["count"] != 1.0 || a["seconds"] != 60.0 || a["first_entry"] != 1.0 {
		t.Errorf("got %v", a)
	}
	b.do(func(tx pgx.Tx) error {
		alerts, err := Alerts(t.Context(), tx, 0, 1)
		if len(alerts) != 1 || alerts[0].Delivered.IsZero() {
			t.Errorf("got %v", alerts)
		}
		return err
	})
}

// Of two who look at once, one finds the surge.
func TestTwoWhoWatchAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	thresholds := Thresholds{Span: time.Hour, CoolDown: time.Hour, Refusals: 1}
	b.append(refusal(1))
	second := make(chan error, 1)
	b.do(func(tx pgx.Tx) error {
		alerts, err := Watch(t.Context(), tx, thresholds)
		if len(alerts) != 1 {
			t.Errorf("the first: %v", alerts)
		}
		go func() {
			second <- b.try(func(tx pgx.Tx) error {
				alerts, err := Watch(context.Background(), tx, thresholds)
				if len(alerts) > 0 {
					t.Errorf("the second: %v", alerts)
				}
				return err
			})
		}()
		b.until(writerWaits) // for the lock that we hold
		return err
	})
	if err := <-second; err != nil {
		t.Fatal(err)
	}
}
