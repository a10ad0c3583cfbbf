package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// edit is a change to a ledger behind its back. In its statements, $n is a random
// journal with at least three transfers, $m another one, $k a random one of its
// transfers, and $a the account that transfer k of journal n credits.
type edit struct {
	name       string
	statements string
	blames     string // the first fault must begin with this
	says       string // and have this in it
}

var edits = []edit{
	{"the act", `UPDATE ledger_journal SET act = 'settle', revision = NULL, payout_minimum = NULL WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the key", `UPDATE ledger_journal SET key = key || '!' WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the actor", `UPDATE ledger_journal SET actor = actor + 1 WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the reason", `UPDATE ledger_journal SET reason = reason || '!' WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the season", `UPDATE ledger_journal SET season = 'other' WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the revision", `UPDATE ledger_journal SET revision = revision + 1 WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the subject", `UPDATE ledger_journal SET subject_digest = digest WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the payout minimum", `UPDATE ledger_journal SET payout_minimum = payout_minimum + 1 WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the count", `UPDATE ledger_journal SET count = count - 1 WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the total", `UPDATE ledger_journal SET total = total + 1 WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the time", `UPDATE ledger_journal SET posted_at = posted_at + interval '1 microsecond' WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the transfers' digest", `UPDATE ledger_journal SET transfers_digest = digest WHERE number = $n`, "journal $n:", "one of them was changed"},
	{"the previous digest", `UPDATE ledger_journal SET previous_digest = digest WHERE number = $n`, "journal $n:", "it follows digest"},
	{"the digest", `UPDATE ledger_journal SET digest = transfers_digest WHERE number = $n`, "journal $n:", "one of them was changed"},

	{"a journal removed", `DELETE FROM ledger_journal WHERE number = $n`, "journal $n:", "it is missing"},
	{"a journal removed with its transfers", `DELETE FROM ledger_journal WHERE number = $n; DELETE FROM ledger_transfer WHERE journal = $n`, "journal $n:", "it is missing"},
	{"the last journal removed", `DELETE FROM ledger_journal WHERE number = (SELECT max(number) FROM ledger_journal)`, "journal $last:", "it is not on record, but has 1 transfers"},
	{"the last journal removed with its transfers", `DELETE FROM ledger_transfer WHERE journal = (SELECT max(number) FROM ledger_journal);
		DELETE FROM ledger_journal WHERE number = (SELECT max(number) FROM ledger_journal)`, "account season/s9/pool:", "its balance is 9"},
	{"a journal renumbered", `UPDATE ledger_journal SET number = 999 WHERE number = $n; UPDATE ledger_transfer SET journal = 999 WHERE journal = $n`, "journal $n:", "it is missing"},
	{"two journals in the other order", `
		UPDATE ledger_journal SET number = 999 WHERE number = $n; UPDATE ledger_transfer SET journal = 999 WHERE journal = $n;
		UPDATE ledger_journal SET number = $n WHERE number = $m; UPDATE ledger_transfer SET journal = $n WHERE journal = $m;
		UPDATE ledger_journal SET number = $m WHERE number = 999; UPDATE ledger_transfer SET journal = $m WHERE journal = 999`,
		"journal $min:", "it follows digest"},

	{"an amount", `UPDATE ledger_transfer SET amount = amount + 1 WHERE journal = $n AND number = $k`, "journal $n:", "its transfers sum to"},
	{"an amount past 63 bits", `UPDATE ledger_transfer SET amount = 9223372036854775807 WHERE journal = $n`, "journal $n:", "its transfers sum to"},
	{"an amount moved to another", `UPDATE ledger_transfer SET amount = amount + CASE number WHEN 1 THEN 1 ELSE -1 END WHERE journal = $n AND number < 3`, "journal $n:", "one was changed or moved"},
	{"a creditor", `UPDATE ledger_transfer SET credit = debit, debit = credit WHERE journal = $n AND number = $k`, "journal $n:", "one was changed or moved"},
	{"two creditors exchanged", `UPDATE ledger_transfer t SET credit = o.credit FROM ledger_transfer o
		WHERE t.journal = $n AND o.journal = $n AND t.number < 3 AND o.number = 3 - t.number`, "journal $n:", "one was changed or moved"},
	{"a transfer removed", `DELETE FROM ledger_transfer WHERE journal = $n AND number = $k`, "journal $n:", "but says"},
	{"a transfer added", `INSERT INTO ledger_transfer SELECT journal, 1000, debit, credit, amount FROM ledger_transfer WHERE journal = $n AND number = $k`, "journal $n:", "but says"},
	{"a transfer of another journal", `UPDATE ledger_transfer SET journal = $m, number = 1000 WHERE journal = $n AND number = $k`, "journal $min:", "but says"},
	{"a transfer renumbered", `UPDATE ledger_transfer SET number = 1000 WHERE journal = $n AND number = $k`, "journal $n:", "not numbered"},
	{"two transfers in the other order", `
		UPDATE ledger_transfer SET number = 1000 WHERE journal = $n AND number = 1; UPDATE ledger_transfer SET number = 1 WHERE journal = $n AND number = 2;
		UPDATE ledger_transfer SET number = 2 WHERE journal = $n AND number = 1000`, "journal $n:", "one was changed or moved"},
	{"a transfer of no journal", `INSERT INTO ledger_transfer SELECT 999, 1, debit, credit, amount FROM ledger_transfer WHERE journal = $n AND number = $k`, "journal 999:", "it is not on record"},

	{"a balance", `UPDATE ledger_account SET balance = balance + 1 WHERE id = $a`, "account $path:", "its balance is"},
	{"an account given to another", `UPDATE ledger_account SET supplier_id = gen_random_uuid() WHERE id = $a`, "journal $first:", "or an account was"},
	{"an account made another kind", `UPDATE ledger_account SET kind = 'owing' WHERE id = $a`, "journal $first:", "or an account was"},
	{"an account removed", `DELETE FROM ledger_account WHERE id = $a`, "journal $first:", "names an account that does not exist"},
	{"an account renumbered", `UPDATE ledger_account SET id = DEFAULT WHERE id = $a`, "journal $first:", "names an account that does not exist"},
}

// tamperable is a ledger of seals with several transfers each, and a small last
// journal.
func tamperable(t *testing.T, random *rand.Rand) *bundle {
	b := setup(t)
	for s := range 5 {
		season := fmt.Sprintf("s%d", s+1)
		amounts := make([]Amount, 3+random.IntN(4))
		for i := range amounts {
			amounts[i] = 1 + Amount(random.IntN(1000))
		}
		b.post(b.fund("fund "+season, season, 10_000))
		b.post(b.seal(season, amounts...))
	}
	b.post(b.fund("the last", "s9", 9))
	return b
}

// fill puts random values in the place of the names in the edit.
func (e edit) fill(t *testing.T, tx pgx.Tx, random *rand.Rand) edit {
	t.Helper()
	n := 2 * (1 + random.IntN(5))
	m := 2 * (1 + (n/2+random.IntN(4))%5)
	var k, account, first int64
	var path string
	err := tx.QueryRow(t.Context(), `
		WITH one AS (SELECT number, credit FROM ledger_transfer WHERE journal = $1 ORDER BY number OFFSET $2 % (SELECT count(*) - 1 FROM ledger_transfer WHERE journal = $1) LIMIT 1)
		SELECT one.number, a.id, a.path, (SELECT min(journal) FROM ledger_transfer WHERE credit = a.id)
		FROM one JOIN ledger_account a ON a.id = one.credit`, n, random.IntN(100)).Scan(&k, &account, &path, &first)
	if err != nil {
		t.Fatal(err)
	}
	values := strings.NewReplacer("$min", fmt.Sprint(min(n, m)), "$path", path, "$first", fmt.Sprint(first), "$last", "11",
		"$n", fmt.Sprint(n), "$m", fmt.Sprint(m), "$k", fmt.Sprint(k), "$a", fmt.Sprint(account))
	e.statements, e.blames = values.Replace(e.statements), values.Replace(e.blames)
	return e
}

func TestVerifyNamesEveryEdit(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2024, 425))
	b := tamperable(t, random)
	if report := b.verify(); !report.OK() {
		t.Fatalf("the ledger has faults before any edit: %v", report.Faults)
	}
	for round := range 3 {
		for _, e := range edits {
			t.Run(fmt.Sprintf("%s/%d", e.name, round), func(t *testing.T) {
				b.asForger(t, func(tx pgx.Tx) {
					e := e.fill(t, tx, random)
					forge(t, tx, e.statements)
					report, err := Verify(t.Context(), tx)
					if err != nil {
						t.Fatal(err)
					}
					if report.OK() || !strings.HasPrefix(report.Faults[0].String(), e.blames) || !strings.Contains(report.Faults[0].String(), e.says) {
						t.Errorf("after %s\ngot  %v\nwant %s … %s", e.statements, report.Faults, e.blames, e.says)
					}
				})
			})
		}
	}
}

func TestVerifyFindsARewrittenChainByAKnownHead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	known := b.post(b.seal("s1", 600)).Head()
	b.asForger(t, func(tx pgx.Tx) {
		// The second journal and its digest are rewritten, consistently.
		journals, err := wellFormedJournals(t.Context(), tx)
		if err != nil {
			t.Fatal(err)
		}
		forged := journals[1]
		forged.Reason = "another"
		forged.Digest = forged.digest()
		forge(t, tx, fmt.Sprintf(`UPDATE ledger_journal SET reason = '%s', digest = '\x%s' WHERE number = 2`, forged.Reason, forged.Digest))

		if report, err := Verify(t.Context(), tx); err != nil || !report.OK() {
			t.Fatalf("by itself the forged chain should hold: %v, %v", report.Faults, err)
		}
		report, err := Verify(t.Context(), tx, Head{}, known, Head{Number: 3, Digest: Digest{1}})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Faults) != 2 || report.Faults[0].Journal != 2 || report.Faults[1].Journal != 3 ||
			!strings.Contains(report.Faults[0].What, "is known as "+known.Digest.String()) || !strings.Contains(report.Faults[1].What, "it is gone") {
			t.Errorf("got %v", report.Faults)
		}
	})
}

var errForgery = errors.New("not to be kept")

// asForger runs f as the owner with triggers and foreign keys off, and rolls back.
func (b *bundle) asForger(t *testing.T, f func(tx pgx.Tx)) {
	t.Helper()
	err := within(context.Background(), b.Owner, func(tx pgx.Tx) error {
		forge(t, tx, `SET LOCAL session_replication_role = replica`)
		f(tx)
		return errForgery
	})
	if !errors.Is(err, errForgery) {
		t.Error(err)
	}
}

func forge(t *testing.T, tx pgx.Tx, statements string) {
	t.Helper()
	for statement := range strings.SplitSeq(statements, ";") {
		if tag, err := tx.Exec(t.Context(), statement); err != nil || tag.RowsAffected() == 0 && !strings.Contains(statement, "SET LOCAL") {
			t.Fatalf("%s: %d rows, %v", statement, tag.RowsAffected(), err)
		}
	}
}
