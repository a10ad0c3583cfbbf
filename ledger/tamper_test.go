package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// tampers is how many random changes are tried, UPTALLY_TAMPERS or a few dozen.
func tampers(t *testing.T) int {
	t.Helper()
	text := os.Getenv("UPTALLY_TAMPERS")
	if text == "" {
		return 90
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("UPTALLY_TAMPERS=%s", text)
	}
	return n
}

// TestVerifyNamesEveryTamper lets a superuser, who has taken every constraint away,
// change one row at a time, or exchange two: any column, to anything that its type
// holds. Verify names the first bad entry every time.
func TestVerifyNamesEveryTamper(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 25))
	b := lived(t, random)
	b.unconstrain()
	if report := b.verify(); !report.OK() {
		t.Fatalf("before any tamper: %v", report.Faults)
	}
	done, transfers, exact := 0, 0, 0
	for n := tampers(t); done < n; {
		b.asForger(t, func(tx pgx.Tx) {
			tamper := draw(t, tx, random)
			if !tamper.apply(t, tx) {
				return // it changed nothing
			}
			done++
			report, err := Verify(t.Context(), tx)
			if err != nil {
				t.Errorf("after %s: %v", tamper, err)
				return
			}
			if report.OK() || !strings.HasPrefix(report.Faults[0].String(), tamper.blames) {
				t.Errorf("after %s\ngot  %v\nwant %s", tamper, report.Faults, tamper.blames)
			}
			if tamper.transfer != 0 {
				transfers++
			}
			if tamper.transfer != 0 && !report.OK() && report.Faults[0].Transfer == tamper.transfer {
				exact++
			}
		})
	}
	t.Logf("%d tampers, each named by its first bad entry; of %d with one transfer, %d by its number", done, transfers, exact)
}

// lived is a ledger of some years: seasons funded and sealed, corrected up and down,
// paid, returned, set off.
func lived(t *testing.T, random *rand.Rand) *bundle {
	b := setup(t)
	pay := func(act Act, key string, from, to func(i int) Account, some int) {
		entry := Entry{Act: act, Key: key, Actor: b.actor, Reason: "of " + key}
		for i := range 6 {
			held := b.held(from(i))
			if held > 0 && random.IntN(4) < some {
				entry.Transfers = append(entry.Transfers, Transfer{from(i), to(i), held})
			}
		}
		b.post(entry)
	}
	earned := func(i int) Account { return SupplierEarned(supplier(i)) }
	transit := func(i int) Account { return SupplierTransit(supplier(i)) }
	paid := func(i int) Account { return SupplierPaid(supplier(i)) }
	for s := range 4 {
		season := fmt.Sprintf("s%d", s+1)
		b.post(b.fund("fund "+season, season, 10_000))
		reserve := b.fund("reserve "+season, season, 5000)
		reserve.Transfers[0].Credit = SeasonReserve(season)
		b.post(reserve)
		amounts := make([]Amount, 6)
		for i := range amounts {
			amounts[i] = 1 + Amount(random.IntN(1000))
		}
		b.post(b.seal(season, amounts...))
		pay(ActPrepare, "prepare "+season, earned, transit, 3)
		pay(ActSettle, "settle "+season, transit, paid, 2)
		pay(ActReturn, "return "+season, transit, earned, 4)
		correction := b.seal(season)
		correction.Act, correction.Key, correction.Revision = ActCorrect, season+"/r2", 2
		for i := range 3 {
			correction.Transfers = append(correction.Transfers,
				Transfer{SeasonReserve(season), earned(i), 1 + Amount(random.IntN(50))},
				Transfer{SupplierOwing(supplier(i + 3)), SeasonReserve(season), 1})
		}
		for i := range 3 { // what they owe was lent by the reserve
			correction.Transfers = append(correction.Transfers, Transfer{SeasonReserve(season), SupplierOwing(supplier(i + 3)), 2})
		}
		b.post(correction)
	}
	b.post(b.fund("the last", "s9", 9))
	return b
}

func (b *bundle) held(account Account) (held Amount) {
	b.t.Helper()
	b.read(func(tx pgx.Tx) (err error) {
		held, err = Held(context.Background(), tx, account)
		return err
	})
	return held
}

// unconstrain takes away every constraint of the ledger's tables, and what makes
// columns of others.
func (b *bundle) unconstrain() {
	b.t.Helper()
	_, err := b.Owner.Exec(b.t.Context(), `
		DO $$
		DECLARE c record;
		BEGIN
			FOR c IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
				WHERE conrelid IN ('ledger_journal'::regclass, 'ledger_transfer'::regclass, 'ledger_account'::regclass)
				ORDER BY contype = 'f' DESC LOOP
				EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', c.of, c.conname);
			END LOOP;
			FOR c IN SELECT attrelid::regclass AS of, attname FROM pg_attribute
				WHERE attrelid IN ('ledger_journal'::regclass, 'ledger_transfer'::regclass, 'ledger_account'::regclass)
				AND attnum > 0 AND attnotnull AND attidentity = '' LOOP
				EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', c.of, c.attname);
			END LOOP;
			ALTER TABLE ledger_account ALTER COLUMN path DROP EXPRESSION;
			ALTER TABLE ledger_account ALTER COLUMN id DROP IDENTITY;
			ALTER TABLE ledger_account ALTER COLUMN id DROP NOT NULL;
			ALTER TABLE ledger_journal ALTER COLUMN previous_number DROP EXPRESSION;
		END $$`)
	if err != nil {
		b.t.Fatal(err)
	}
}

// tamper is one change, and what must be named after it.
type tamper struct {
	statement string
	rows      int64 // that it changes
	blames    string
	transfer  int64 // the number of the transfer that it changes, 0: none
}

func (c tamper) String() string { return c.statement }

// apply makes the change, and reports whether it was one.
func (c tamper) apply(t *testing.T, tx pgx.Tx) bool {
	t.Helper()
	tag, err := tx.Exec(t.Context(), c.statement)
	if err != nil {
		t.Fatalf("%s: %v", c.statement, err)
	}
	return tag.RowsAffected() == c.rows
}

// spot is a random row of one of the tables.
type spot struct {
	ctid    string
	journal int64  // that it is of; of an account, the first that names it
	number  int64  // of a transfer
	path    string // of an account
}

func pick(t *testing.T, tx pgx.Tx, random *rand.Rand, table string) (s spot) {
	t.Helper()
	columns := map[string]string{
		"ledger_journal":  `number, 0, ''`,
		"ledger_transfer": `journal, number, ''`,
		"ledger_account":  `(SELECT min(journal) FROM ledger_transfer WHERE id IN (debit, credit)), 0, path`,
	}[table]
	err := tx.QueryRow(t.Context(), fmt.Sprintf(`
		SELECT ctid::text, %s FROM %s ORDER BY ctid OFFSET $1::bigint %% (SELECT count(*) FROM %[2]s) LIMIT 1`, columns, table), random.Int64N(1<<40)).
		Scan(&s.ctid, &s.journal, &s.number, &s.path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func draw(t *testing.T, tx pgx.Tx, random *rand.Rand) tamper {
	table := []string{"ledger_journal", "ledger_transfer", "ledger_account"}[random.IntN(3)]
	s := pick(t, tx, random, table)
	blames := fmt.Sprintf("journal %d:", s.journal)
	switch random.IntN(5) {
	case 0:
		return tamper{fmt.Sprintf(`DELETE FROM %s WHERE ctid = '%s'`, table, s.ctid), 1, blames, s.number}
	case 1:
		return drawExchange(t, tx, random, table, s)
	}
	column := drawColumn(t, tx, random, table)
	value := drawValue(t, tx, random, table, column.name, column.kind)
	if column.kind == "bigint" {
		value = evaluate(t, tx, table, s, value)
	}
	c := tamper{
		fmt.Sprintf(`UPDATE %[1]s SET %[2]s = %[3]s WHERE ctid = '%[4]s' AND %[2]s IS DISTINCT FROM (%[3]s)`, table, column.name, value, s.ctid),
		1, blames, s.number,
	}
	switch table + "." + column.name {
	case "ledger_account.balance", "ledger_account.kind", "ledger_account.season", "ledger_account.supplier_id":
		c.blames = "account " + s.path + ":" // by its path, which is a column as the others are
	case "ledger_journal.number", "ledger_transfer.journal":
		c.blames = fmt.Sprintf("journal %d:", firstOf(t, tx, s, value))
	case "ledger_account.id":
		c.blames = fmt.Sprintf("journal %d:", firstNaming(t, tx, s, value))
	}
	return c
}

// drawExchange lets a row change places with another of its table.
func drawExchange(t *testing.T, tx pgx.Tx, random *rand.Rand, table string, s spot) tamper {
	o := pick(t, tx, random, table)
	key := map[string]string{"ledger_journal": "number", "ledger_transfer": "journal, number", "ledger_account": "id"}[table]
	columns := strings.Split(key, ", ")
	var set, same []string
	for _, column := range columns {
		set = append(set, column+" = o."+column)
	}
	if table == "ledger_transfer" { // exchanging equals changes nothing
		same = []string{"(t.debit, t.credit, t.amount) <> (o.debit, o.credit, o.amount) AND"}
	}
	return tamper{
		fmt.Sprintf(`UPDATE %[1]s t SET %[2]s FROM %[1]s o WHERE %[3]s t.ctid IN ('%[4]s', '%[5]s') AND o.ctid IN ('%[4]s', '%[5]s') AND t.ctid <> o.ctid`,
			table, strings.Join(set, ", "), strings.Join(same, ""), s.ctid, o.ctid),
		2, fmt.Sprintf("journal %d:", min(s.journal, o.journal)), 0,
	}
}

type column struct{ name, kind string }

func drawColumn(t *testing.T, tx pgx.Tx, random *rand.Rand, table string) (c column) {
	t.Helper()
	err := tx.QueryRow(t.Context(), `
		SELECT attname, format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0
		ORDER BY attnum OFFSET $2::bigint % (SELECT count(*) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0) LIMIT 1`,
		table, random.Int64N(1<<40)).Scan(&c.name, &c.kind)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// drawValue returns a value of the type, as an expression: odd ones, none, and that of
// another row.
func drawValue(t *testing.T, tx pgx.Tx, random *rand.Rand, table, name, kind string) string {
	if random.IntN(3) == 0 {
		return fmt.Sprintf(`(SELECT %s FROM %s WHERE ctid = '%s')`, name, table, pick(t, tx, random, table).ctid)
	}
	oneOf := map[string][]string{
		"bigint":                   {name + " + 1", name + " - 1", "0", "-5", "9223372036854775807", "-9223372036854775808", "1000"},
		"integer":                  {name + " + 1", name + " - 1", "0", "-5", "2147483647", "-2147483648", "1000"},
		"text":                     {name + " || '!'", "''", "'fund'", "upper(" + name + ")", "'?'"},
		"uuid":                     {"gen_random_uuid()", "'00000000-0000-0000-0000-000000000000'"},
		"bytea":                    {"''", name + ` || '\x00'`, "substr(" + name + ", 1, 31)", `decode(repeat('00', 32), 'hex')`, "sha256(" + name + ")"},
		"timestamp with time zone": {"'infinity'", "'-infinity'", name + " + interval '1 microsecond'", "'4713-01-01 BC'"},
	}[kind]
	return append(oneOf, "NULL")[random.IntN(len(oneOf)+1)]
}

// evaluate computes the expression for the row.
func evaluate(t *testing.T, tx pgx.Tx, table string, s spot, value string) (literal string) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), fmt.Sprintf(
		`SELECT coalesce(quote_literal((%s)::bigint), 'NULL') || '::bigint' FROM %s WHERE ctid = '%s'`, value, table, s.ctid)).Scan(&literal); err != nil {
		t.Fatal(err)
	}
	return literal
}

// firstOf returns the lower of a journal's number and the one that the row is given,
// if that is a number of a journal on record.
func firstOf(t *testing.T, tx pgx.Tx, s spot, value string) int64 {
	return lower(t, tx, s, `SELECT number FROM ledger_journal WHERE number = `+value)
}

// firstNaming returns the first journal that names an account, or that names the id
// that the account is given.
func firstNaming(t *testing.T, tx pgx.Tx, s spot, value string) int64 {
	return lower(t, tx, s, `SELECT min(journal) FROM ledger_transfer WHERE `+value+` IN (debit, credit)`)
}

func lower(t *testing.T, tx pgx.Tx, s spot, other string) (first int64) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), `SELECT least($1::bigint, (`+other+`))`, s.journal).Scan(&first); err != nil {
		t.Fatal(err)
	}
	return first
}
