package audit

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// limited is the i-th call of one actor that was over the limit.
func limited(i int) Entry {
	e := call(i)
	e.Method, e.Status, e.Kind, e.BodySHA256 = http.MethodGet, 429, "rate-limited", nil
	return e
}

// counts returns for how many calls each refusal on record stands, in their order.
func (b *bundle) counts() (counts []int64) {
	b.t.Helper()
	rows, err := b.Owner.Query(b.t.Context(), `SELECT calls FROM audit_entry ORDER BY number`)
	if err != nil {
		b.t.Fatal(err)
	}
	if counts, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		b.t.Fatal(err)
	}
	return counts
}

// A flood is its first call, at once, and one entry a tick. The clock is the test's: two
// ticks in a row mean that the first has been worked.
func TestAFloodIsCounted(t *testing.T) {
	t.Parallel()
	b, ticks := setup(t), make(chan time.Time)
	w := newWriter(b.App, nil, queueMax, ticks)
	tick := func() { ticks <- time.Time{} }
	flood := func(from, to int) {
		for i := from; i < to; i++ {
			e := limited(i)
			e.Address = fmt.Sprintf("10.0.%d.1", i%100) // hopping makes it no less one actor's
			w.Refused(t.Context(), e)
		}
	}
	flood(0, 1)
	b.until(`SELECT count(*) = 1 FROM audit_entry WHERE calls = 1 AND request_id = 'r0'`)
	flood(1, 1000)
	tick()
	b.until(`SELECT count(*) = 1 FROM audit_entry WHERE calls = 999 AND request_id = 'r1' AND address = '10.0.1.1'`)
	flood(1000, 1003)
	tick() // which writes them
	tick() // which finds nothing, and forgets
	flood(2000, 2002)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(b.counts()); got != "[1 999 3 1 1]" {
		t.Errorf("entries stand for %s calls", got)
	}
	if w.Counted() != 999+3+1 {
		t.Errorf("%d were counted", w.Counted())
	}
	b.whole(5)
}

func TestWhatIsCountedWithWhat(t *testing.T) {
	t.Parallel()
	anonymous := func(status int, kind, address string) Entry {
		return Entry{Method: "GET", Status: status, Kind: kind, Address: address}
	}
	ada, bob := limited(1), limited(2)
	bob.Actor = "https://issuer.example bob"
	elsewhere := limited(3)
	elsewhere.Address, elsewhere.Target = "198.51.100.1", "/v1/other"
	failed := limited(4)
	failed.Status, failed.Kind = 503, "timed-out"
	for _, c := range []struct {
		name       string
		one, other Entry
		together   bool
	}{
		{"one actor, wherever they call from", ada, elsewhere, true},
		{"two actors at one address", ada, bob, false},
		{"an actor and nobody", ada, anonymous(429, "rate-limited", ada.Address), false},
		{"one address", anonymous(429, "rate-limited", "192.0.2.1"), anonymous(429, "rate-limited", "192.0.2.1"), true},
		{"two addresses", anonymous(429, "rate-limited", "192.0.2.1"), anonymous(429, "rate-limited", "192.0.2.2"), false},
		{"an IPv6 network", anonymous(429, "rate-limited", "2001:db8::1"), anonymous(429, "rate-limited", "2001:db8::ffff"), true},
		{"two of them", anonymous(429, "rate-limited", "2001:db8::1"), anonymous(429, "rate-limited", "2001:db8:0:1::1"), false},
		{"no address", anonymous(429, "rate-limited", ""), anonymous(429, "rate-limited", "home"), true},
		{"failures", failed, failed, true},
		{"a failure of another kind", failed, Entry{Actor: failed.Actor, Status: 503, Kind: "issuer-unreachable"}, false},
		{"a failure and a refusal", failed, ada, false},
		{"what was refused by rights", refusal(1), refusal(1), false},
		{"what is not there", anonymous(404, "not-found", "192.0.2.1"), anonymous(404, "not-found", "192.0.2.1"), false},
		{"what was halted", anonymous(503, KindHalted, "192.0.2.1"), anonymous(503, KindHalted, "192.0.2.1"), false},
	} {
		var f folds
		if f.take(c.one) {
			t.Errorf("%s: the first was counted", c.name)
		}
		if got := f.take(c.other); got != c.together {
			t.Errorf("%s: counted together %v, want %v", c.name, got, c.together)
		}
		if due := f.due(); (len(due) == 1) != c.together {
			t.Errorf("%s: %+v is due", c.name, due)
		}
	}
}

// However many callers there are, a bounded number is counted; the others are on record
// one by one, and nobody's call is lost.
func TestWhatIsCountedIsBounded(t *testing.T) {
	t.Parallel()
	var f folds
	one := func(i int) Entry {
		return Entry{Status: 429, Address: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}
	}
	for range 2 {
		for i := range foldsMax + 10 {
			if f.take(one(i)) && i >= foldsMax {
				t.Fatalf("the %dth caller found a place", i)
			}
		}
	}
	if due := f.due(); len(due) != foldsMax || len(f.byKey) != foldsMax || f.counted() != foldsMax {
		t.Errorf("%d are due, of %d callers; %d were counted", len(due), len(f.byKey), f.counted())
	}
	if due := f.due(); len(due) != 0 || len(f.byKey) != 0 {
		t.Errorf("%d are due again, %d are kept", len(due), len(f.byKey))
	}
}

func TestNoCallIsLostInCounting(t *testing.T) {
	t.Parallel()
	b, ticks := setup(t), make(chan time.Time)
	w := newWriter(b.App, nil, 64, ticks)
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 500 {
				e := limited(1000*g + i)
				e.Actor = fmt.Sprint("issuer ", g%3)
				w.Refused(t.Context(), e)
				if i%100 == 99 {
					ticks <- time.Time{}
				}
			}
		})
	}
	group.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	counts, sum := b.counts(), int64(0)
	for _, n := range counts {
		sum += n
	}
	if most := 3 * 2 * (8*5 + 1); sum != 8*500 || len(counts) > most { // a tick finds at most one of each actor, and a first since
		t.Errorf("%d entries stand for %d calls; want at most %d for 4000", len(counts), sum, most)
	}
	b.whole(int64(len(counts)))
}

func TestWhatWasCountedAndNeverWrittenIsTold(t *testing.T) {
	t.Parallel()
	b, log := setup(t), listen()
	letGo := b.hold()
	defer letGo()
	w := newWriter(b.App, slog.New(log), 10, nil)
	for i := range 50 {
		w.Refused(t.Context(), limited(i))
	}
	b.until(writerWaits)
	time.AfterFunc(0, w.giveUp) // as Close does once it has lost patience
	if err := w.Close(); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), ": 50,") {
		t.Errorf("got %v", err)
	}
	if n := log.count("a refusal is not on record: the database did not take them"); n != 2 || !strings.Contains(log.text[len(log.text)-1], "calls=49") {
		t.Errorf("told %d times: %q", n, log.text)
	}
}

func TestSurgesAreOfCallsNotOfEntries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ten := Thresholds{Span: time.Hour, CoolDown: time.Hour, Refusals: 10, RefusalsOfAddress: 10, RefusalsOfNetwork: 10, Probes: 10}
	many := func(status int, kind string, calls int64) Entry {
		e := limited(1)
		e.Status, e.Kind, e.Calls = status, kind, calls
		return e
	}
	b.append(many(429, "rate-limited", 9), many(503, "timed-out", 1000), many(500, "internal", 1000))
	if alerts := b.watch(ten); len(alerts) > 0 {
		t.Errorf("nine over the limit, and failures of ours: %v", alerts)
	}
	b.append(many(503, KindHalted, 1))
	alerts := b.watch(ten)
	if got := fmt.Sprint(short(alerts)); got != "[refusals  10 refusals_of_address 192.0.2.7 10 refusals_of_network 192.0.2.0/24 10]" {
		t.Fatalf("got %s", got)
	}
	if a := alerts[0]; a.First != 1 || a.Last != 4 {
		t.Errorf("entries %d to %d, want 1 to 4", a.First, a.Last)
	}
}

// What was written before there was a count has the digest that it had; a count that was
// changed is found, in either direction.
func TestTheCountIsPartOfTheChain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	several := limited(2)
	several.Calls = 7
	b.append(call(1), several, call(3))
	b.whole(3)
	b.until(`SELECT count(*) = 2 FROM audit_entry WHERE calls = 1 AND digest = sha256(previous_digest || convert_to(
		audit_field(number::text) || audit_field(extract(epoch FROM at)::text) || audit_field(extract(epoch FROM recorded_at)::text)
		|| audit_field(request_id) || audit_field(host(address)) || audit_field(actor) || audit_field(person::text)
		|| audit_field(supplier_id::text) || audit_field(operation) || audit_field(method) || audit_field(target)
		|| audit_field(status::text) || audit_field(kind) || audit_field(encode(body_sha256, 'hex')), 'UTF8'))`)
	for statements, blamed := range map[string]string{
		`UPDATE audit_entry SET calls = 1 WHERE number = 2`:                                                                      "entry 2: its columns give",
		`UPDATE audit_entry SET calls = 8 WHERE number = 2`:                                                                      "entry 2: its columns give",
		`ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_counted; UPDATE audit_entry SET calls = 2 WHERE number = 1`:         "entry 1: its columns give",
		`ALTER TABLE audit_entry ALTER calls DROP NOT NULL; UPDATE audit_entry SET calls = NULL WHERE number = 3`:                "entry 3: its columns give",
		`UPDATE audit_entry SET calls = 1, kind = kind || chr(10) || '1:7' WHERE number = 2`:                                     "entry 2: its columns give",
		`UPDATE audit_entry SET calls = 77 WHERE number = 2; UPDATE audit_entry e SET digest = audit_digest(e) WHERE number = 2`: "entry 3: it follows digest",
	} {
		b.forged(t, func(tx pgx.Tx) {
			forge(t, tx, statements)
			if report, err := Verify(t.Context(), tx); err != nil || !strings.HasPrefix(report.Fault.String(), blamed) {
				t.Errorf("%s: got %v, %v, want %s", statements, report.Fault, err, blamed)
			}
		})
	}
}

func TestOnlyFloodsAreCountedInTheTable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const check = "23514"
	const insert = `INSERT INTO audit_entry (at, request_id, actor, operation, method, target, status, kind, calls) VALUES (now(), '', '', '', '', '', $1, '', $2)`
	for _, status := range []int{200, 403, 404} {
		refusedWith(t, b.App, check, insert, status, 2)
	}
	refusedWith(t, b.App, check, insert, 429, 0)
	for _, status := range []int{429, 500, 503} {
		if _, err := b.App.Exec(t.Context(), insert, status, 2); err != nil {
			t.Error(err)
		}
	}
	b.whole(3)
}
