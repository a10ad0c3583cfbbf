package migrations_test

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/pgtest"
)

//go:embed testdata/worlds.sql
var worldsSQL string

// The suppliers of the two worlds, and what marks every row of theirs.
var (
	first, second = uuid.MustParse("11111111-0000-0000-0000-111111111111"), uuid.MustParse("22222222-0000-0000-0000-222222222222")
	marks         = map[uuid.UUID]string{first: "1111", second: "2222"}
)

// inWorlds returns a database with both worlds, and what each visible table shows in
// each row, as one text.
func inWorlds(t *testing.T) (db *pgtest.DB, tables map[string]string) {
	t.Helper()
	db = pgtest.New(t)
	if _, err := db.Owner.Exec(t.Context(), worldsSQL); err != nil {
		t.Fatal(err)
	}
	columns, err := os.ReadFile(supplierColumnsFile)
	if err != nil {
		t.Fatal(err)
	}
	tables = map[string]string{}
	for line := range strings.Lines(string(columns)) {
		table, shown, _ := strings.Cut(strings.TrimSpace(line), ": ")
		tables[table] = fmt.Sprintf("SELECT row(%s)::text FROM %s", strings.Join(strings.Fields(shown), ", "), table)
	}
	return db, tables
}

// as runs the query as a supplier, as the API does: the setting and the query in one
// batch, which is one transaction.
func as(ctx context.Context, pool *pgxpool.Pool, supplier uuid.UUID, query string) (texts []string, err error) {
	b := &pgx.Batch{}
	b.Queue(`SELECT set_config('uptally.supplier', $1, true)`, supplier.String())
	b.Queue(query).Query(func(rows pgx.Rows) error {
		texts, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return texts, pool.SendBatch(ctx, b).Close()
}

func TestEachSupplierSeesTheirOwnRows(t *testing.T) {
	t.Parallel()
	db, tables := inWorlds(t)
	for table, query := range tables {
		for me, mark := range marks {
			texts, err := as(t.Context(), db.Supplier, me, query)
			if err != nil || len(texts) == 0 {
				t.Errorf("%s shows %s %d rows, error %v", table, me, len(texts), err)
			}
			for _, text := range texts {
				if slices.Contains(publicTables, table) || table == "ledger_journal" && strings.HasPrefix(text, "(2,seal,") {
					continue // everybody's, and what both have a transfer of
				}
				if !strings.Contains(text, mark) && !strings.Contains(text, "("+mark[:1]+",") || strings.Contains(text, other(mark)) {
					t.Errorf("%s shows %s: %s", table, me, text)
				}
			}
			if stranger, err := as(t.Context(), db.Supplier, uuid.New(), query); err != nil || len(stranger) > 0 && !slices.Contains(publicTables, table) {
				t.Errorf("%s shows a stranger %q, error %v", table, stranger, err)
			}
		}
	}
}

func other(mark string) string {
	if mark == "1111" {
		return "2222"
	}
	return "1111"
}

func TestWhatIsNotSealedApprovedOrAHoldIsNotShown(t *testing.T) {
	t.Parallel()
	db, _ := inWorlds(t)
	for query, want := range map[string]string{
		`SELECT revision::text || state FROM snapshot`:            "1sealed",
		`SELECT snapshot_id::text FROM snapshot_line`:             "1",
		`SELECT cause FROM grace_window`:                          "approved",
		`SELECT coalesce(hold_id, 0)::text FROM metadata_release`: "1",
	} {
		if got, err := as(t.Context(), db.Supplier, first, query); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, error %v, want %q", query, got, err, want)
		}
	}
}

// One connection serves thousands of suppliers in turn; some calls are cut off, some
// panic. What the one before asked for is never seen by the next.
func TestNothingOutlivesACallOnAPoolOfOne(t *testing.T) {
	t.Parallel()
	db, tables := inWorlds(t)
	config, err := pgxpool.ParseConfig(db.SupplierURL)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	dice := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		me := []uuid.UUID{first, second, uuid.New()}[dice.IntN(3)]
		table := []string{"wallet", "supplier_device", "snapshot_line", "ledger_transfer"}[dice.IntN(4)]
		var texts []string
		switch dice.IntN(6) {
		case 0:
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			texts, _ = as(ctx, pool, me, tables[table])
			cancel()
		case 1:
			func() {
				defer func() { _ = recover() }()
				_ = inTransaction(t.Context(), pool, me, tables[table], func(found []string) { texts = found; panic("as asked") })
			}()
		case 2:
			if err := inTransaction(t.Context(), pool, me, tables[table], func(found []string) { texts = found }); err != nil {
				t.Fatal(err)
			}
		case 3: // nobody asks
			var refusal *pgconn.PgError
			if _, err := pool.Exec(t.Context(), `SELECT id FROM wallet`); !errors.As(err, &refusal) || refusal.Code != undefinedObject && refusal.Code != invalidText {
				t.Fatalf("after a call, without a supplier: %v", err)
			}
		default:
			if texts, err = as(t.Context(), pool, me, tables[table]); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range texts {
			if mark, known := marks[me]; !known || !strings.Contains(text, mark) && table != "snapshot_line" && table != "ledger_transfer" || strings.Contains(text, other(mark)) {
				t.Fatalf("%s shows %s: %s", table, me, text)
			}
		}
	}
}

func inTransaction(ctx context.Context, pool *pgxpool.Pool, me uuid.UUID, query string, f func([]string)) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('uptally.supplier', $1, true)`, me.String()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, query)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		f(found)
		return err
	})
}

// Text that tries to be more than a parameter stays one; and a second statement in
// one is refused by the protocol.
func TestInjectedTextIsNotRun(t *testing.T) {
	t.Parallel()
	db, _ := inWorlds(t)
	for _, text := range []string{
		`x' OR true --`, `'; SET ROLE uptally_app; --`, `x'); SELECT set_config('uptally.supplier', '` + second.String() + `', true); --`,
	} {
		b := &pgx.Batch{}
		b.Queue(`SELECT set_config('uptally.supplier', $1, true)`, first.String())
		var found []string
		b.Queue(`SELECT address FROM wallet WHERE address = $1`, text).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		if err := db.Supplier.SendBatch(t.Context(), b).Close(); err != nil || len(found) > 0 {
			t.Errorf("%q found %q, error %v", text, found, err)
		}
		if _, err := as(t.Context(), db.Supplier, uuid.Nil, `SELECT address FROM wallet; SELECT set_config('uptally.supplier', '`+second.String()+`', true)`); err == nil {
			t.Error("two statements were run in one message")
		}
	}
	for _, statement := range []string{`SET ROLE uptally_app`, `SET SESSION AUTHORIZATION uptally`, `SET ROLE uptally`} {
		if _, err := as(t.Context(), db.Supplier, first, statement); err == nil {
			t.Errorf("%s was let through", statement)
		}
	}
	for _, statement := range []string{`RESET ROLE`, `RESET ALL`, `RESET SESSION AUTHORIZATION`} {
		b := &pgx.Batch{}
		b.Queue(`SELECT set_config('uptally.supplier', $1, true)`, first.String())
		b.Queue(statement)
		var found []string
		b.Queue(`SELECT address FROM wallet`).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		err := db.Supplier.SendBatch(t.Context(), b).Close()
		if err == nil && (len(found) != 1 || !strings.HasPrefix(found[0], "1111")) {
			t.Errorf("after %s: %q", statement, found)
		}
	}
}
