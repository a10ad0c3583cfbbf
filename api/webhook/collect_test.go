package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/webhook"
)

// dataOf is the type of each kind's data.
var dataOf = map[webhook.Kind]reflect.Type{
	webhook.SeasonSealed: reflect.TypeFor[webhook.SeasonSealedData](), webhook.PayoutPaid: reflect.TypeFor[webhook.PayoutPaidData](),
	webhook.DeviceFlagged: reflect.TypeFor[webhook.DeviceFlaggedData](), webhook.WalletChanged: reflect.TypeFor[webhook.WalletChangedData](),
	webhook.AppealAnswered: reflect.TypeFor[webhook.AppealAnsweredData](), webhook.Test: reflect.TypeFor[webhook.TestData](),
}

// strict decodes what has the fields of the type, all of them and no others.
func strict(t *testing.T, text []byte, to any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(to); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	again, err := json.Marshal(to)
	var had, has map[string]any
	if err != nil || json.Unmarshal(text, &had) != nil || json.Unmarshal(again, &has) != nil || len(had) != len(has) {
		t.Errorf("%s has other fields than %s (%v)", text, again, err)
	}
}

func TestEachIsToldOfTheirOwnOnce(t *testing.T) {
	t.Parallel()
	x := open(t)
	all, money := x.make(ann, webhook.Kinds()...), x.make(ann, webhook.PayoutPaid)
	theirs := x.make(bob, webhook.DeviceFlagged, webhook.SeasonSealed, webhook.DeviceFlagged)
	if !slices.Equal(theirs.Events, []webhook.Kind{webhook.SeasonSealed, webhook.DeviceFlagged}) {
		t.Errorf("asked for: %v", theirs.Events)
	}
	gone := x.make(ann, webhook.Kinds()...)
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := webhook.Delete(ctx, tx, gone.ID, x.person)
		return err
	}))
	x.happen(time.Minute)
	if got := len(x.collect()); got != 5+1+2 {
		t.Errorf("%d messages, want 8", got)
	}
	if got := len(x.collect()); got != 0 {
		t.Errorf("%d messages are told again", got)
	}
	rows, err := x.Owner.Query(t.Context(), `SELECT webhook, supplier_id, kind, body FROM webhook_message ORDER BY number`)
	x.check(err)
	var id, supplier uuid.UUID
	var kind webhook.Kind
	var body []byte
	told := map[uuid.UUID][]string{}
	_, err = pgx.ForEachRow(rows, []any{&id, &supplier, &kind, &body}, func() error {
		told[id] = append(told[id], string(kind))
		var b webhook.Body
		strict(t, body, &b)
		strict(t, b.Data, reflect.New(dataOf[kind]).Interface())
		if b.Type != kind || time.Since(b.Timestamp) < time.Minute || strings.Contains(string(body), "secret reason") {
			t.Errorf("%s: %s", kind, body)
		}
		if another := map[uuid.UUID]string{ann: bob.String()[30:], bob: ann.String()[30:]}[supplier]; strings.Contains(string(body), another) {
			t.Errorf("%s: of another: %s", kind, body)
		}
		return nil
	})
	x.check(err)
	for _, list := range told {
		slices.Sort(list)
	}
	want := map[uuid.UUID][]string{
		all.ID:    {"appeal.answered", "device.flagged", "payout.paid", "season.sealed", "wallet.changed"},
		money.ID:  {"payout.paid"},
		theirs.ID: {"device.flagged", "season.sealed"},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

func TestWhatWasBeforeIsNotTold(t *testing.T) {
	t.Parallel()
	x := open(t)
	x.make(ann, webhook.Kinds()...)
	x.happen(2 * time.Hour) // it was made an hour ago
	if got := x.collect(); len(got) != 0 {
		t.Errorf("%d messages of what was before", len(got))
	}
}

// A row that is stamped before the last collection, and committed after it, is found.
func TestWhatIsCommittedLateIsTold(t *testing.T) {
	t.Parallel()
	x := open(t)
	x.make(ann, webhook.WalletChanged)
	ctx := t.Context()
	late, err := x.App.Begin(ctx)
	x.check(err)
	defer late.Rollback(context.WithoutCancel(ctx))
	const freeze = `INSERT INTO wallet_event (supplier_id, kind, reason, recorded_at) VALUES ($1, 'frozen', 'why', clock_timestamp())`
	_, err = late.Exec(ctx, freeze, ann)
	x.check(err)
	_, err = x.App.Exec(ctx, freeze, ann)
	x.check(err)
	if got := len(x.collect()); got != 1 {
		t.Errorf("%d messages of what is committed", got)
	}
	x.check(late.Commit(ctx))
	if got := len(x.collect()); got != 1 {
		t.Errorf("%d messages of what was committed late", got)
	}
	x.past(`UPDATE webhook_collected SET collected_to = collected_to + interval '2 days'`) // and looks no further back than a day
	_, err = x.App.Exec(ctx, freeze, ann)
	x.check(err)
	if got := len(x.collect()); got != 0 {
		t.Errorf("%d messages from further back", got)
	}
}

// More than a transaction takes, in order, while others collect at once.
func TestMuchIsToldInOrder(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.WalletChanged)
	x.past(`INSERT INTO wallet_event (supplier_id, kind, reason, recorded_at)
		SELECT $1, 'frozen', 'why', clock_timestamp() - i * interval '1 second' FROM generate_series(1, 1200) AS i`, ann)
	busy, err := x.App.Begin(t.Context())
	x.check(err)
	if free, err := webhook.LockCollecting(t.Context(), busy); !free || err != nil {
		t.Fatal(free, err)
	}
	if got := x.collect(); len(got) != 0 {
		t.Errorf("%d messages while another collects", len(got))
	}
	x.check(busy.Rollback(t.Context()))
	if got := x.collect(); len(got) != 1200 {
		t.Fatalf("%d messages of 1200", len(got))
	}
	if n := x.count(`SELECT count(*) FROM (SELECT occurred_at < lag(occurred_at) OVER (ORDER BY number) AS back FROM webhook_message WHERE webhook = $1) m WHERE back`, e.ID); n != 0 {
		t.Errorf("%d messages are out of order", n)
	}
}

func TestEndpointsThatAreRefused(t *testing.T) {
	t.Parallel()
	x := open(t)
	order := func(change func(o *webhook.Order)) webhook.Order {
		o := webhook.Order{Supplier: ann, URL: "https://hooks.example.org/", Events: []webhook.Kind{webhook.PayoutPaid}}
		change(&o)
		return o
	}
	for name, s := range map[string]struct {
		webhook.Order
		want error
	}{
		"an address inside":   {order(func(o *webhook.Order) { o.URL = "https://10.0.0.1/" }), webhook.ErrURL},
		"no event":            {order(func(o *webhook.Order) { o.Events = nil }), webhook.ErrText},
		"an event of no name": {order(func(o *webhook.Order) { o.Events = []webhook.Kind{"all"} }), webhook.ErrText},
		"a test":              {order(func(o *webhook.Order) { o.Events = []webhook.Kind{webhook.Test} }), webhook.ErrText},
		"too long":            {order(func(o *webhook.Order) { o.Description = strings.Repeat("x", 201) }), webhook.ErrText},
		"two lines":           {order(func(o *webhook.Order) { o.Description = "a\nb" }), webhook.ErrText},
		"no UTF-8":            {order(func(o *webhook.Order) { o.Description = "\xff" }), webhook.ErrText},
	} {
		if _, err := x.tryMake(s.Order); !isErr(err, s.want) {
			t.Errorf("%s: %v, want %v", name, err, s.want)
		}
	}
	for range webhook.EndpointsMax {
		x.make(ann, webhook.PayoutPaid)
	}
	if _, err := x.tryMake(order(func(*webhook.Order) {})); !isErr(err, webhook.ErrMany) {
		t.Errorf("one too many: %v", err)
	}
	x.make(bob, webhook.PayoutPaid) // another's do not count
	for name, act := range map[string]func(ctx context.Context, tx pgx.Tx, id uuid.UUID) error{
		"delete": func(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
			_, err := webhook.Delete(ctx, tx, id, x.person)
			return err
		},
		"rotate": func(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
			_, err := webhook.Rotate(ctx, tx, id, x.person)
			return err
		},
		"test": func(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
			_, err := webhook.Try(ctx, tx, id)
			return err
		},
	} {
		ended := x.make(uuid.UUID{1}, webhook.PayoutPaid)
		x.check(x.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := webhook.Delete(ctx, tx, ended.ID, x.person)
			return err
		}))
		for id, want := range map[uuid.UUID]error{ended.ID: webhook.ErrEnded, {9}: webhook.ErrUnknown} {
			if err := x.try(func(ctx context.Context, tx pgx.Tx) error { return act(ctx, tx, id) }); !isErr(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
	}
}

// Each supplier sees their own, and no persons; nobody sees anything by leaving out
// who they are.
func TestSuppliersSeeTheirOwn(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) error {
		message, err := webhook.Try(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		d, _, err := webhook.Pending(ctx, tx, message)
		if err != nil {
			return err
		}
		if _, err := x.sender.Record(ctx, tx, d, webhook.Result{Outcome: webhook.Unreachable}); err != nil {
			return err
		}
		_, err = webhook.Delete(ctx, tx, e.ID, x.person)
		return err
	}))
	as := func(who, query string) (n int, err error) {
		err = pgx.BeginFunc(t.Context(), x.Supplier, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SELECT set_config('uptally.supplier', $1, true)`, who); err != nil {
				return err
			}
			return tx.QueryRow(t.Context(), query).Scan(&n)
		})
		return n, err
	}
	for _, table := range []string{"webhook", "webhook_secret", "webhook_end", "webhook_message", "webhook_attempt"} {
		for who, want := range map[string]int{ann.String(): 1, bob.String(): 0} {
			if n, err := as(who, `SELECT count(supplier_id) FROM `+table); err != nil || n != want {
				t.Errorf("%s of %s: %d (%v), want %d", table, who, n, err, want)
			}
		}
		if n, err := as("", `SELECT count(supplier_id) FROM `+table); err == nil {
			t.Errorf("%s of nobody: %d", table, n)
		}
	}
	for _, column := range []string{"webhook.made_by", "webhook_secret.made_by", "webhook_end.ended_by", "webhook_message.source", "webhook_event.source", "webhook_collected.one"} {
		table, _, _ := strings.Cut(column, ".")
		if _, err := as(ann.String(), fmt.Sprintf(`SELECT count(%s) FROM %s`, column, table)); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", column, err)
		}
	}
}
