package uptime_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

func entry(device int, kind uptime.VerdictKind, evidence string) uptime.VerdictEntry {
	return uptime.VerdictEntry{
		DeviceID: deviceID(device), Kind: kind, EffectiveAt: time.Date(2024, 4, 23, 0, 0, 0, 0, time.UTC), Reason: "why", Evidence: evidence,
	}
}

// registered is a bench whose network has registered so many devices, and which
// knows them.
func registered(t *testing.T, devices int) *bench {
	t.Helper()
	b := setup(t)
	for i := range devices {
		b.register(i)
	}
	if err := uptime.SyncChanges(t.Context(), b.App, b.feed); err != nil {
		t.Fatal(err)
	}
	return b
}

// try runs f in a transaction of the application.
func (b *bench) try(f func(context.Context, pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, b.App, func(tx pgx.Tx) error { return f(ctx, tx) })
}

// onRecord returns the verdicts, in the order that counts, in short.
func (b *bench) onRecord(t *testing.T) (short []string) {
	t.Helper()
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		all, err := uptime.Verdicts(ctx, tx, nil, 1000)
		for _, v := range all {
			by := int64(0)
			if v.PersonID != nil {
				by = *v.PersonID
			}
			if v.ByHand != (by != 0) {
				t.Errorf("by hand %t, by person %d", v.ByHand, by)
			}
			short = append(short, fmt.Sprintf("%s %s %s by %d", v.DeviceID.String()[7:8], v.Kind, v.Evidence, by))
		}
		return err
	})
	return short
}

func TestAVerdictByHandStandsOverEarlierOnes(t *testing.T) {
	b := registered(t, 2)
	ada := pgtest.Person(t, b.Owner, "ada")
	b.verdict(0, "spoofed")
	if err := uptime.SyncVerdicts(t.Context(), b.App, b.feed); err != nil {
		t.Fatal(err)
	}
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		before, err := uptime.StampFacts(ctx, tx)
		if err != nil {
			return err
		}
		entries := []uptime.VerdictEntry{entry(0, uptime.Genuine, "run 1"), entry(0, uptime.Spoofed, "run 2"), entry(1, uptime.Spoofed, "run 3"), entry(0, uptime.Genuine, "run 4")}
		entries[0].EffectiveAt = time.Date(2024, 4, 23, 5, 0, 0, 1999, time.FixedZone("", 3600))
		added, err := uptime.AddVerdicts(ctx, tx, entries, ada)
		if err != nil {
			return err
		}
		for i, v := range added {
			if !v.ByHand || !v.DecidedAt.After(before) || i > 0 && v.Seq <= added[i-1].Seq || v.DeviceID != entries[i].DeviceID || v.Evidence != entries[i].Evidence {
				t.Errorf("verdict %d is %+v", i, v)
			}
		}
		if want := time.Date(2024, 4, 23, 4, 0, 0, 1000, time.UTC); !added[0].EffectiveAt.Equal(want) {
			t.Errorf("effective at %s, want %s", added[0].EffectiveAt, want)
		}
		return nil
	})
	want := []string{
		"0 spoofed pow-run 88121 by 0", fmt.Sprint("0 genuine run 1 by ", ada), fmt.Sprint("0 spoofed run 2 by ", ada),
		fmt.Sprint("1 spoofed run 3 by ", ada), fmt.Sprint("0 genuine run 4 by ", ada),
	}
	if got := b.onRecord(t); !slices.Equal(got, want) {
		t.Errorf("on record\n%q, want\n%q", got, want)
	}
}

func TestVerdictsAreAddedAllOrNone(t *testing.T) {
	b := registered(t, 1)
	ada := pgtest.Person(t, b.Owner, "ada")
	blank := entry(0, "fake", "\x00")
	blank.EffectiveAt, blank.Reason = time.Time{}, " "
	err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{entry(0, uptime.Spoofed, "run 1"), entry(7, uptime.Spoofed, "run 2"), blank}, ada)
		return err
	})
	if !errors.Is(err, uptime.ErrUnknownDevice) || !errors.Is(err, uptime.ErrVerdictEntry) {
		t.Errorf("error is %v", err)
	}
	for _, said := range []string{deviceID(7).String(), "spoofed or genuine", "effective_at", "reason", "evidence"} {
		if !strings.Contains(err.Error(), said) {
			t.Errorf("%q is not in %v", said, err)
		}
	}
	if got := b.onRecord(t); len(got) != 0 {
		t.Errorf("on record: %q", got)
	}
	for _, statement := range []string{
		`INSERT INTO verdict VALUES (0, true, 1, 'spoofed', now(), now(), 'why', '', 1, now())`,
		`INSERT INTO verdict VALUES (0, true, 1, 'spoofed', now(), now(), '', 'run', 1, now())`,
		`INSERT INTO verdict VALUES (0, true, 1, 'spoofed', now(), now(), 'why', 'run', NULL, now())`,
	} {
		refused(t, b.App, checkViolation, statement)
	}
}

// Two persons on one device at once: neither waits for the other's end, and both
// verdicts stand.
func TestTwoPersonsOnOneDeviceAtOnce(t *testing.T) {
	b := registered(t, 1)
	ada, grace := pgtest.Person(t, b.Owner, "ada"), pgtest.Person(t, b.Owner, "grace")
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{entry(0, uptime.Spoofed, "run 1")}, ada); err != nil {
			return err
		}
		return b.try(func(ctx context.Context, tx pgx.Tx) error { //nolint:contextcheck // a transaction of its own, while the other's is not committed yet
			_, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{entry(0, uptime.Genuine, "run 2")}, grace)
			return err
		})
	})
	want := []string{fmt.Sprint("0 spoofed run 1 by ", ada), fmt.Sprint("0 genuine run 2 by ", grace)}
	if got := b.onRecord(t); !slices.Equal(got, want) {
		t.Errorf("on record\n%q, want\n%q", got, want)
	}
	const each = 20
	var group sync.WaitGroup
	errs := make(chan error, 2*each)
	for _, person := range []int64{ada, grace} {
		group.Go(func() {
			for range each {
				errs <- b.try(func(ctx context.Context, tx pgx.Tx) error {
					_, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{entry(0, uptime.Genuine, "run")}, person)
					return err
				})
			}
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := b.onRecord(t); len(got) != 2+2*each {
		t.Errorf("%d on record", len(got))
	}
}

func TestImportingVerdicts(t *testing.T) {
	b := registered(t, 4)
	ada, grace := pgtest.Person(t, b.Owner, "ada"), pgtest.Person(t, b.Owner, "grace")
	line := func(device int, kind, evidence string) string {
		return fmt.Sprintf("%s,%s,2024-04-23T00:00:00Z,why,%s\n", deviceID(device), kind, evidence)
	}
	load := func(content string, person int64) (outcome uptime.VerdictImport, err error) {
		err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			outcome, err = uptime.ImportVerdicts(ctx, tx, "v.csv", []byte(content), person)
			return err
		})
		return outcome, err
	}
	must := func(content string, person int64, added int, unchanged ...int) {
		t.Helper()
		outcome, err := load(content, person)
		if err != nil {
			t.Fatal(err)
		}
		var lines []int
		for _, r := range outcome.Unchanged {
			lines = append(lines, r.Line)
		}
		if len(outcome.Added) != added || !slices.Equal(lines, unchanged) {
			t.Errorf("%d added, lines %v unchanged; want %d and %v", len(outcome.Added), lines, added, unchanged)
		}
	}

	_, err := load(header+line(0, "spoofed", "run 1")+line(8, "spoofed", "run 1")+line(9, "fake", "run 1")+"x\n", ada)
	bad, ok := errors.AsType[*uptime.BadVerdicts](err)
	if !ok || len(bad.Rows) != 4 {
		t.Fatalf("error is %v", err)
	}
	for i, want := range []struct {
		line  int
		field string
	}{{3, "device_id"}, {4, "verdict"}, {4, "device_id"}, {5, "row"}} {
		if r := bad.Rows[i]; r.Line != want.line || r.Field != want.field {
			t.Errorf("mistake %d is %+v, want one of %s on line %d", i, r, want.field, want.line)
		}
	}
	if got := b.onRecord(t); len(got) != 0 {
		t.Fatalf("on record: %q", got)
	}

	file := header + line(0, "spoofed", "run 1") + line(1, "spoofed", "run 2") + line(2, "genuine", "run 3")
	must(file, ada, 3)
	must(file, grace, 0, 2, 3, 4)
	// A correction, and what the network has decided since, call for the file again.
	must(header+line(1, "genuine", "run 9"), grace, 1)
	b.verdict(2, "spoofed")
	b.do(func() { b.network.verdicts[0]["decided_at"] = "2999-01-01T00:00:00Z" })
	if err := uptime.SyncVerdicts(t.Context(), b.App, b.feed); err != nil {
		t.Fatal(err)
	}
	must(file+line(3, "spoofed", "run 4"), ada, 3, 2)

	// What the network says is not what a person says, to the letter though it be.
	b.verdict(3, "genuine")
	b.do(func() { b.network.verdicts[1]["decided_at"] = "2999-01-01T00:00:00Z" })
	if err := uptime.SyncVerdicts(t.Context(), b.App, b.feed); err != nil {
		t.Fatal(err)
	}
	must(header+deviceID(3).String()+",genuine,2024-04-23T06:00:00Z,pow_hash_rate_mismatch,pow-run 88121\n", ada, 1)
}

// Of two imports of one file at once, the later waits, and finds nothing to add.
func TestTwoImportsOfOneFileAreOne(t *testing.T) {
	b := registered(t, 2)
	ada := pgtest.Person(t, b.Owner, "ada")
	file := fmt.Sprintf("%s%s,spoofed,2024-04-23,why,run 1\n%s,genuine,2024-04-23,why,run 2\n", header, deviceID(0), deviceID(1))
	load := func(ctx context.Context, tx pgx.Tx) (uptime.VerdictImport, error) {
		return uptime.ImportVerdicts(ctx, tx, "v.csv", []byte(file), ada)
	}
	type result struct {
		uptime.VerdictImport
		error
	}
	second := make(chan result, 1)
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		if outcome, err := load(ctx, tx); err != nil || len(outcome.Added) != 2 {
			return fmt.Errorf("%d added: %w", len(outcome.Added), err)
		}
		go func() { //nolint:contextcheck // a transaction of its own
			var r result
			r.error = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
				r.VerdictImport, err = load(ctx, tx)
				return err
			})
			second <- r
		}()
		for waits := false; !waits && len(second) == 0; {
			err := b.Owner.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if r := <-second; r.error != nil || len(r.Added) != 0 || len(r.Unchanged) != 2 {
		t.Errorf("the second added %d: %v", len(r.Added), r.error)
	}
}

// refused runs a statement and fails the test unless the database refuses it with
// the code (PostgreSQL, Appendix A).
func refused(t *testing.T, pool *pgxpool.Pool, code, statement string, arguments ...any) {
	t.Helper()
	_, err := pool.Exec(context.Background(), statement, arguments...)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || refusal.Code != code {
		t.Errorf("%s\nended with %v, want it refused with %s", statement, err, code)
	}
}

const (
	checkViolation        = "23514"
	foreignKeyViolation   = "23503"
	integrityViolation    = "23000" // refuse_change, uptime_refuse_reopening
	insufficientPrivilege = "42501"
)
