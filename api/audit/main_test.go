package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bundle is a log of a test's own.
type bundle struct {
	*pgtest.DB
	t *testing.T
}

func setup(t *testing.T) *bundle {
	t.Helper()
	return &bundle{pgtest.New(t), t}
}

// do runs f as the application, in a transaction of its own.
func (b *bundle) do(f func(tx pgx.Tx) error) {
	b.t.Helper()
	if err := b.try(f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) try(f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(context.Background(), b.App, f)
}

func (b *bundle) append(entries ...Entry) {
	b.t.Helper()
	b.do(func(tx pgx.Tx) error { return Append(b.t.Context(), tx, entries...) })
}

func (b *bundle) verify(known ...Head) (report Report) {
	b.t.Helper()
	b.do(func(tx pgx.Tx) (err error) {
		report, err = Verify(b.t.Context(), tx, known...)
		return err
	})
	return report
}

// whole fails the test unless the log has so many entries, and no fault.
func (b *bundle) whole(entries int64) {
	b.t.Helper()
	if report := b.verify(); !report.OK() || report.Entries != entries || report.Head.Number != entries {
		b.t.Errorf("%d entries, the newest %d, fault %v; want %d and none", report.Entries, report.Head.Number, report.Fault, entries)
	}
}

var errForgery = errors.New("not to be kept")

// forged runs f as the owner with triggers and foreign keys off, and rolls back.
func (b *bundle) forged(t *testing.T, f func(tx pgx.Tx)) {
	t.Helper()
	err := pgx.BeginFunc(context.Background(), b.Owner, func(tx pgx.Tx) error {
		forge(t, tx, `SET LOCAL session_replication_role = replica`)
		f(tx)
		return errForgery
	})
	if !errors.Is(err, errForgery) {
		t.Error(err)
	}
}

// age lets the owner set the clock of a table's rows back.
func (b *bundle) age(table string, by time.Duration) {
	b.t.Helper()
	if err := pgx.BeginFunc(context.Background(), b.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(b.t.Context(), fmt.Sprintf(`SET LOCAL session_replication_role = replica;
			UPDATE %s SET recorded_at = recorded_at - interval '%d seconds'`, table, int(by.Seconds())))
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
}

func forge(t *testing.T, tx pgx.Tx, statements string) {
	t.Helper()
	for statement := range strings.SplitSeq(statements, ";") {
		if _, err := tx.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// until asks again and again until the query says true, or the test is over.
func (b *bundle) until(query string, args ...any) {
	b.t.Helper()
	for reached := false; !reached; {
		if err := b.Owner.QueryRow(b.t.Context(), query, args...).Scan(&reached); err != nil {
			b.t.Fatalf("%s: %v", query, err)
		}
	}
}

// refusedWith fails the test unless the database refuses the statement with the code.
func refusedWith(t *testing.T, pool *pgxpool.Pool, code, statement string, args ...any) {
	t.Helper()
	_, err := pool.Exec(t.Context(), statement, args...)
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("%s: got %v, want a refusal with code %s", statement, err, code)
	}
}

// call is an entry of an ordinary call, the i-th.
func call(i int) Entry {
	return Entry{
		At: time.Date(2026, 11, 21, 9, 0, 0, i*1000, time.UTC), RequestID: fmt.Sprint("r", i), Address: "192.0.2.7",
		Actor: "https://issuer.example ada", Person: 7, Operation: "freeze-wallet", Method: "POST", Target: "/v1/wallets", Status: 201,
		BodySHA256: []byte(strings.Repeat("b", 32)),
	}
}

func calls(n int) []Entry {
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = call(i)
	}
	return entries
}
