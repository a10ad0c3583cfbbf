package distribution

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares the text with testdata/name.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, text, want)
	}
}

// changing matches what of a manifest is another in every ledger: when it was
// prepared, and the digest of the ledger's head.
var changing = regexp.MustCompile(`("prepared_at": "|"journal": 5,\s+"digest": ")[^"]+`)

func TestPrepareBuildsTheFiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seal("ignition-s1", 100, 123_456_789, 100, 99, 500)
	b.seal("ignition-s2", 50, 0, 100_000_000, 0, 0, 1)
	b.addWallets(3)
	d := b.prepare("k")

	golden(t, "payouts.csv", b.file(d.ID, PayoutsFile))
	golden(t, "payout_lines.csv", b.file(d.ID, PayoutLinesFile))
	golden(t, "manifest.json", changing.ReplaceAllString(b.file(d.ID, ManifestFile), "${1}…"))
	_, tables, _ := strings.Cut(b.file(d.ID, SumsFile), "\n") // the first line is the manifest's
	golden(t, "SHA256SUMS", tables)

	want := Distribution{ID: "d1", Key: "k", Reason: "pay", State: Prepared, Minimum: 100, Payees: 2, Total: 223_456_889,
		Rail: RailSolanaTokens, Carried: []CarriedTotal{{BelowMinimum, 2, 100}, {NoWallet, 1, 500}, {Reason: WalletOnHold}, {Reason: WalletFrozen}, {Reason: SetOff}}, Journal: 5, PreparedBy: b.ann,
		number: 1, Manifest: d.Manifest, Files: d.Files, PreparedAt: d.PreparedAt}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v\nwant %+v", d, want)
	}
	b.checkLedger()
}

func TestEqualLedgersGiveEqualTables(t *testing.T) {
	t.Parallel()
	var tables [2]string
	for i := range tables {
		b := setup(t)
		if i == 1 { // another past: other persons, other journals, wallets in another order and changed
			b.ann, b.bob = b.bob, b.ann
			b.prove(4, 77)
		}
		b.addWallets(5)
		b.seal("s1", 1, 5, 4, 3, 2, 1)
		b.seal("s2", 1, 1, 1, 1, 1, 1)
		d := b.prepare("k")
		tables[i] = b.file(d.ID, PayoutsFile) + b.file(d.ID, PayoutLinesFile)
	}
	if tables[0] != tables[1] {
		t.Errorf("the tables differ:\n%s\n%s", tables[0], tables[1])
	}
}

func TestWhatIsCarriedForwardIsPaidLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(3)
	b.seal("s1", 100, 100, 60, 99, 70)
	first := b.prepare("first")
	if first.Total != 100 || first.Payees != 1 || !reflect.DeepEqual(nonzero(first.Carried), []CarriedTotal{{BelowMinimum, 3, 229}}) {
		t.Fatalf("first: %+v", first)
	}
	// Season 2 lifts supplier 1 over the minimum, supplier 3 too, who has no wallet.
	b.seal("s2", 80, 7, 40, 0, 30)
	second := b.prepare("second")
	if want := []CarriedTotal{{BelowMinimum, 2, 106}, {NoWallet, 1, 100}}; second.Total != 100 || !reflect.DeepEqual(nonzero(second.Carried), want) {
		t.Fatalf("second: %+v", second)
	}
	if got, want := b.file("d2", PayoutLinesFile), "payout_id,season,revision,amount\nd2-1,s1,1,60\nd2-1,s2,1,40\n"; got != want {
		t.Errorf("second: got %s, want %s", got, want)
	}
	third, err := b.tryPrepare(Request{Key: "third", Actor: b.ann, Reason: "the small ones", Minimum: new(ledger.Amount(0))})
	if err != nil || third.Total != 106 || third.Minimum != 0 || third.Carried[1].Amount != 100 {
		t.Fatalf("third: %+v, %v", third, err)
	}
	if got, want := b.file("d3", PayoutLinesFile), "payout_id,season,revision,amount\nd3-1,s2,1,7\nd3-2,s1,1,99\n"; got != want {
		t.Errorf("third: got %s, want %s", got, want)
	}
	for i, want := range []ledger.Amount{107, 100, 99} {
		if earned, transit := b.balance(ledger.SupplierEarned(supplier(i))), b.balance(ledger.SupplierTransit(supplier(i))); earned != 0 || transit != want {
			t.Errorf("supplier %d has %s earned and %s in transit, want 0 and %s", i, earned, transit, want)
		}
	}
	if got := b.balance(ledger.SupplierEarned(supplier(3))); got != 100 {
		t.Errorf("supplier 3 has %s earned, want 100", got)
	}
	b.checkLedger()
}

// nonzero leaves out what nothing was carried forward for.
func nonzero(all []CarriedTotal) []CarriedTotal {
	return slices.DeleteFunc(all, func(c CarriedTotal) bool { return c.Suppliers == 0 })
}

func TestPrepareAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 100)
	first := b.prepare("k")
	b.seal("s2", 1, 50) // what came since does not matter
	if again := b.prepare("k"); !reflect.DeepEqual(again, first) {
		t.Errorf("got %+v, want %+v", again, first)
	}
	for name, request := range map[string]Request{
		"actor":   {Key: "k", Actor: b.bob, Reason: "pay"},
		"reason":  {Key: "k", Actor: b.ann, Reason: "pay them"},
		"minimum": {Key: "k", Actor: b.ann, Reason: "pay", Minimum: new(ledger.Amount(1))},
	} {
		if _, err := b.tryPrepare(request); !errors.Is(err, ErrConflict) {
			t.Errorf("another %s: got %v, want ErrConflict", name, err)
		}
	}
	for name, request := range map[string]Request{
		"no key": {Actor: b.ann, Reason: "pay"}, "no reason": {Key: "x", Actor: b.ann},
		"negative minimum": {Key: "x", Actor: b.ann, Reason: "pay", Minimum: new(ledger.Amount(-1))},
	} {
		if _, err := b.tryPrepare(request); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestNothingToPay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.tryPrepare(Request{Key: "k", Actor: b.ann, Reason: "pay"})
	if !errors.Is(err, ErrNothingToPay) || !strings.Contains(err.Error(), "seal a season first") {
		t.Errorf("before any season: %v", err)
	}
	b.seal("s1", 10, 9, 100)
	_, err = b.tryPrepare(Request{Key: "k", Actor: b.ann, Reason: "pay"})
	if !errors.Is(err, ErrNothingToPay) || !strings.Contains(err.Error(), "1 suppliers are below the minimum of 10 base units, 1 have no proven wallet") {
		t.Errorf("without wallets: %v", err)
	}
	b.addWallets(2)
	if d := b.prepare("k"); d.ID != "d1" || d.Total != 100 {
		t.Errorf("a refused request left its mark: %+v", d)
	}
}

func TestANewWalletDoesNotTouchWhatIsPrepared(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 100)
	b.prepare("k")
	b.prove(0, 5)
	if got := b.file("d1", PayoutsFile); !strings.Contains(got, address(0)) || strings.Contains(got, address(5)) {
		t.Errorf("payouts.csv pays another wallet:\n%s", got)
	}
	b.seal("s2", 1, 100)
	b.prepare("k2")
	if got := b.file("d2", PayoutsFile); !strings.Contains(got, address(5)) {
		t.Errorf("the next payouts.csv does not pay the new wallet:\n%s", got)
	}
}

func TestManyAtOnceHaveOneEffect(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(3)
	b.seal("s1", 1, 100, 200, 300)
	keys, errs := make([]string, 32), make([]error, 32)
	b.atOnce(len(keys), func(i int, tx pgx.Tx) error {
		keys[i] = fmt.Sprint("key ", i/8) // eight ask for the same, four times
		d, err := Prepare(context.Background(), tx, Request{Key: keys[i], Actor: b.ann, Reason: "pay"})
		if err == nil && d.ID != "d1" {
			t.Errorf("got %s", d.ID)
		}
		errs[i] = err
		return err
	})
	all := b.list()
	if len(all) != 1 || all[0].Total != 600 {
		t.Fatalf("got %+v, want one distribution of 600", all)
	}
	for i, key := range keys {
		if won := key == all[0].Key; won && errs[i] != nil || !won && !errors.Is(errs[i], ErrNothingToPay) {
			t.Errorf("%s, with %s the first: got %v", key, all[0].Key, errs[i])
		}
	}
	b.atOnce(32, func(_ int, tx pgx.Tx) error {
		_, err := Approve(context.Background(), tx, "d1", b.bob)
		if err != nil {
			t.Error(err)
		}
		return err
	})
	if d := b.list()[0]; d.State != Approved || d.ApprovedBy != b.bob {
		t.Errorf("got %+v, want it approved by %d", d, b.bob)
	}
	b.checkLedger()
}

// atOnce runs f for 0 to n-1, each in a transaction of its own connection. None
// begins before all are connected. A transaction is committed unless f fails.
func (b *bundle) atOnce(n int, f func(i int, tx pgx.Tx) error) {
	b.t.Helper()
	ctx := context.Background()
	var connected, done sync.WaitGroup
	connected.Add(n)
	for i := range n {
		done.Go(func() {
			conn, err := pgx.Connect(ctx, b.AppURL)
			connected.Done()
			if err != nil {
				b.t.Error(err)
				return
			}
			defer conn.Close(ctx)
			connected.Wait()
			var failure error
			err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
				failure = f(i, tx)
				return failure
			})
			if failure == nil && err != nil {
				b.t.Errorf("committing: %v", err)
			}
		})
	}
	done.Wait()
}

func (b *bundle) list() (all []Distribution) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = List(ctx, tx)
		return err
	})
	return all
}

func TestApproval(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 100)
	d := b.prepare("k")
	if _, err := b.tryApprove("d1", b.ann); !errors.Is(err, ErrSelfApproval) {
		t.Errorf("by the preparer: got %v, want ErrSelfApproval", err)
	}
	if _, err := b.tryApprove("d9", b.bob); !errors.Is(err, ErrUnknown) {
		t.Errorf("of an unknown distribution: got %v, want ErrUnknown", err)
	}
	const insert = `INSERT INTO distribution_approval (distribution, prepared_by, manifest_sha256, approved_by) `
	for name, statement := range map[string]string{
		"the preparer's own":           insert + `SELECT number, prepared_by, manifest_sha256, prepared_by FROM distribution`,
		"one that names another maker": insert + `SELECT number, 2, manifest_sha256, prepared_by FROM distribution`,
		"one of another manifest":      insert + `SELECT number, prepared_by, sha256(''), 2 FROM distribution`,
		"one by nobody":                insert + `SELECT number, prepared_by, manifest_sha256, 999 FROM distribution`,
	} {
		if _, err := b.App.Exec(t.Context(), statement); err == nil {
			t.Errorf("the database takes an approval: %s", name)
		}
	}
	approved := b.approve("d1")
	if approved.State != Approved || approved.ApprovedBy != b.bob || approved.ApprovedAt.IsZero() || approved.Manifest != d.Manifest {
		t.Errorf("got %+v", approved)
	}
	if again := b.approve("d1"); !reflect.DeepEqual(again, approved) {
		t.Errorf("the same approval again: got %+v, want %+v", again, approved)
	}
	var carol int64
	if err := b.Owner.QueryRow(t.Context(), `INSERT INTO person DEFAULT VALUES RETURNING id`).Scan(&carol); err != nil {
		t.Fatal(err)
	}
	if _, err := b.tryApprove("d1", carol); !errors.Is(err, ErrConflict) {
		t.Errorf("by a third person: got %v, want ErrConflict", err)
	}
}

func TestTheDatabaseRefusesToChangeADistribution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 100)
	b.seal("s2", 1, 0, 50)
	b.prepare("k")
	b.approve("d1")
	for _, table := range []string{
		"distribution", "distribution_approval", "distribution_payout",
		"distribution_payout_line", "distribution_carried", "distribution_file",
	} {
		for role, pool := range map[string]*pgxpool.Pool{"app": b.App, "owner": b.Owner} {
			for _, statement := range []string{`DELETE FROM ` + table, `TRUNCATE ` + table + ` CASCADE`, `UPDATE ` + table + ` SET ` + changeable[table]} {
				if _, err := pool.Exec(t.Context(), statement); err == nil {
					t.Errorf("the %s may %s", role, statement)
				}
			}
		}
	}
}

// changeable is a harmless-looking change of each table.
var changeable = map[string]string{
	"distribution":             "total = total",
	"distribution_approval":    "approved_by = approved_by",
	"distribution_payout":      "amount = amount",
	"distribution_payout_line": "amount = amount",
	"distribution_carried":     "amount = amount",
	"distribution_file":        "contents = contents",
}
