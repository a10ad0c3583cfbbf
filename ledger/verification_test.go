package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestVerificationsGoOnRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.read(func(tx pgx.Tx) error {
		if _, err := LastVerification(context.Background(), tx); !errors.Is(err, ErrNeverVerified) {
			t.Errorf("before any: %v", err)
		}
		return nil
	})
	record := func(report Report) (v Verification) {
		t.Helper()
		b.read(func(tx pgx.Tx) (err error) {
			if err := Record(context.Background(), tx, report); err != nil {
				return err
			}
			v, err = LastVerification(context.Background(), tx)
			return err
		})
		return v
	}
	if v := record(b.verify()); v.Head != (Head{}) || v.Faults != 0 || v.First == nil || v.At.IsZero() {
		t.Errorf("of an empty ledger: %+v", v)
	}
	b.post(b.fund("f1", "s1", 1000))
	head := b.post(b.seal("s1", 600)).Head()
	if v := record(b.verify()); v.Head != head || v.Journals != 2 || v.Transfers != 2 || v.Accounts != 3 || v.Faults != 0 {
		t.Errorf("got %+v", v)
	}
	report := b.verify()
	for i := range 150 {
		report.Add(Fault{Journal: int64(150 - i), What: "it is odd"})
	}
	if v := record(report); v.Faults != 150 || len(v.First) != 100 || v.First[0] != "journal 1: it is odd" {
		t.Errorf("of many faults: %d, %d in words, %q first", v.Faults, len(v.First), v.First[0])
	}
}

// Without a head that is kept, nothing in a chain tells that its end was cut off with
// all that it moved.
func TestTheEndCutOffIsFoundByTheHeadOnRecord(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*bundle{"recorded": setup(t), "not recorded": setup(t)} {
		b.post(b.fund("f1", "s1", 1000))
		b.post(b.seal("s1", 600))
		b.post(b.seal("s2")) // moves nothing
		if name == "recorded" {
			b.read(func(tx pgx.Tx) error {
				report, err := Verify(context.Background(), tx)
				if err != nil {
					return err
				}
				return Record(context.Background(), tx, report)
			})
		}
		b.asForger(t, func(tx pgx.Tx) {
			forge(t, tx, `DELETE FROM ledger_journal WHERE number = 3`)
			report, err := Verify(t.Context(), tx)
			if err != nil {
				t.Fatal(err)
			}
			found := len(report.Faults) == 1 && report.Faults[0].Journal == 3 && strings.Contains(report.Faults[0].What, "it is gone")
			if found != (name == "recorded") || report.OK() == found {
				t.Errorf("%s: %v", name, report.Faults)
			}
		})
	}
}

func TestVerifyNamesTheTransfer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	b.post(b.seal("s1", 100, 200, 300))
	for statements, want := range map[string]int64{
		`UPDATE ledger_transfer SET amount = 201 WHERE journal = 2 AND number = 2`:                          2,
		`DELETE FROM ledger_transfer WHERE journal = 2 AND number = 3`:                                      3,
		`UPDATE ledger_transfer SET number = 9 WHERE journal = 2 AND number = 1`:                            1,
		`UPDATE ledger_transfer SET debit = credit, credit = debit WHERE journal = 2 AND number = 3`:        3,
		`UPDATE ledger_journal SET count = 2 WHERE number = 2`:                                              0,
		`UPDATE ledger_account SET balance = 5 WHERE supplier_id IS NOT NULL`:                               0,
		`DELETE FROM ledger_transfer WHERE journal = 2; UPDATE ledger_journal SET actor = 9 WHERE key='f1'`: 0,
	} {
		b.asForger(t, func(tx pgx.Tx) {
			forge(t, tx, statements)
			report, err := Verify(t.Context(), tx)
			if err != nil || report.OK() {
				t.Fatalf("%s: %v, %v", statements, report, err)
			}
			fault := report.Faults[0]
			if fault.Transfer != want || want != 0 && !strings.Contains(fault.What, fmt.Sprint("it is transfer ", want)) {
				t.Errorf("%s: transfer %d, want %d: %s", statements, fault.Transfer, want, fault)
			}
		})
	}
}
