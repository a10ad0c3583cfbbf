package finance_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/finance"
	"github.com/uptally/uptally/ledger"
)

// Tables are read page by page, as JSON and as CSV, and come to what the whole holds.
func TestTablesComeByPages(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.fund("1000")
	o.seal(100, 200, 300, 400)
	o.prove(0, 1, 3)
	o.approved(o.prepared("solana-tokens"))
	o.done(post(o.ann, "/v1/finance/distributions/d1/settlements", receipts(map[int]ledger.Amount{1: 200}), "paid"))

	for path, want := range map[string]int{
		"/v1/finance/ledger/balances":                         1 + 1 + 4 + 3 + 1, // treasury, pool, earned, transit, paid
		"/v1/finance/ledger/balances?prefix=season/":          1,
		"/v1/finance/ledger/statement?account=season/s1/pool": 5,
		"/v1/finance/ledger/journals":                         4, // fund, seal, prepare, settle
		"/v1/finance/distributions/d1/payouts":                3,
		"/v1/finance/distributions/d1/payouts?state=waiting":  2,
		"/v1/finance/distributions/d1/payouts?state=paid":     1,
		"/v1/finance/wallets":                                 3,
	} {
		if got := len(o.pages(path)); got != want {
			t.Errorf("%s: %d items, want %d", path, got, want)
		}
		rows := o.table(path)
		if path == "/v1/finance/ledger/statement?account=season/s1/pool" {
			want += 2 // opening and closing
		}
		if len(rows) != want+1 {
			t.Errorf("%s: %d rows below the header, want %d", path, len(rows)-1, want)
		}
	}

	sum := 0
	for _, row := range o.table("/v1/finance/ledger/balances")[1:] {
		var amount int
		if _, err := fmt.Sscan(row[1], &amount); err != nil {
			t.Fatal(err)
		}
		sum += amount
	}
	if sum != 0 {
		t.Errorf("the balances sum to %d", sum)
	}
	if rows := o.table("/v1/finance/distributions/d1/payouts?state=paid"); !slices.Equal(rows[1],
		[]string{"d1-2", supplier(1).String(), address(1), "200", "0.00000200", "paid", signature(1), ""}) {
		t.Errorf("payouts: %q", rows)
	}

	// The CSV of a statement is the ledger's own.
	var own bytes.Buffer
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		s, err := ledger.ReadStatement(ctx, tx, ledger.SeasonPool("s1"), ledger.OpenEnd, ledger.OpenEnd)
		if err != nil {
			return err
		}
		return s.WriteCSV(&own)
	})
	got := o.ann.Do(http.MethodGet, "/v1/finance/ledger/statement?account=season/s1/pool", nil, http.Header{"Accept": {"text/csv"}})
	if string(got.Body) != own.String() {
		t.Errorf("the statement:\n%s\nwant:\n%s", got.Body, own.String())
	}
}

// pages reads a list two items at a time.
func (o *office) pages(path string) (items []any) {
	o.t.Helper()
	address, err := url.Parse(path)
	if err != nil {
		o.t.Fatal(err)
	}
	query := address.Query()
	query.Set("limit", "2")
	for range 100 {
		var page struct {
			Items      []any
			NextCursor string `json:"next_cursor"`
		}
		o.ann.Get(address.Path+"?"+query.Encode()).Want(o.t, http.StatusOK).Into(o.t, &page)
		if items = append(items, page.Items...); page.NextCursor == "" {
			return items
		}
		query.Set("cursor", page.NextCursor)
	}
	o.t.Fatal("no last page")
	return nil
}

// table reads a list as CSV.
func (o *office) table(path string) [][]string {
	o.t.Helper()
	answer := o.ann.Do(http.MethodGet, path, nil, http.Header{"Accept": {"text/csv"}}).Want(o.t, http.StatusOK)
	if got := answer.Header.Get("Content-Type"); got != "text/csv" {
		o.t.Fatalf("%s is %q", path, got)
	}
	rows, err := csv.NewReader(bytes.NewReader(answer.Body)).ReadAll()
	if err != nil {
		o.t.Fatal(err)
	}
	return rows
}

// What the nightly job put on record, the head, and what was sealed against the ledger.
func TestTheLedgerIsHeldAgainstItself(t *testing.T) {
	t.Parallel()
	o := open(t)
	if head := get[finance.LedgerHead](o, o.ann, "/v1/finance/ledger/head"); head.Number != 0 || head.PostedAt != nil {
		t.Errorf("the head of nothing: %+v", head)
	}
	if r := get[finance.LedgerReconciliation](o, o.ann, "/v1/finance/reconciliation/ledger"); !r.Fits {
		t.Errorf("nothing sealed, and yet: %+v", r)
	}
	o.fund("1000")
	o.seal(100, 200)
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		report, err := ledger.Verify(ctx, tx)
		if err != nil {
			return err
		}
		return ledger.Record(ctx, tx, report)
	})
	v := get[finance.LedgerVerification](o, o.ann, "/v1/finance/ledger/verification")
	head := get[finance.LedgerHead](o, o.ann, "/v1/finance/ledger/head")
	if !v.OK || v.Journals != 2 || v.Head != 2 || v.Digest != head.Digest || head.Number != 2 {
		t.Errorf("verified %+v, head %+v", v, head)
	}
	// The journal was posted by hand: no snapshot explains it.
	r := get[finance.LedgerReconciliation](o, o.ann, "/v1/finance/reconciliation/ledger")
	if r.Fits || len(r.Balances) != 2 || r.Balances[1].SupplierID != supplier(1) || r.Balances[1].Should.Amount != "0" || r.Balances[1].Has.Amount != "200" {
		t.Errorf("reconciled: %+v", r)
	}
	ingest := get[finance.IngestReconciliation](o, o.ann, "/v1/finance/reconciliation/ingest?season=s1")
	if ingest.Slots != 2*288 || ingest.Unobserved != 2*288 || ingest.All != len(ingest.Differences) {
		t.Errorf("ingest: %+v", ingest)
	}
}

const vaultAddress = "GThUX1Atko4tqhN2NaiTazWSeFWMuiUvfFnyJyUghFMJ" // the address that Solana's documentation derives

// A table of signed texts is recorded whole, and a vault by two people.
func TestWalletsAreImportedAndAllowed(t *testing.T) {
	t.Parallel()
	o := open(t)
	text, signed := o.signed(1)
	table := fmt.Sprintf("supplier_id,wallet,text,signature\n%s,%s,%s,%s\n", supplier(1), address(1), text, signed)
	if w := o.done(post(o.ann, "/v1/finance/wallets/imports", table, "import")).Wallets; w.Proofs != 1 || w.Changes != 1 {
		t.Errorf("imported: %+v", w)
	}
	o.failed(post(o.ann, "/v1/finance/wallets/imports", table, "again"), "invalid-request", "used already")

	path := "/v1/finance/wallets/" + supplier(2).String() + "/allowances"
	vault := map[string]any{"wallet": vaultAddress}
	o.bob.Post(path+"/approval", vault).Problem(t, 404, "not-found")
	o.ann.Post(path, map[string]any{"wallet": vaultAddress, "reason": "their multisig, seen by video"}).Want(t, 200)
	o.ann.Post(path+"/approval", vault).Problem(t, 403, "own-work")
	var allowed finance.WalletsOfSupplier
	o.bob.Post(path+"/approval", vault).Want(t, 200).Into(t, &allowed)
	if w := allowed.Wallets[0]; w.Wallet != vaultAddress || w.State != "pending" || w.How != "allowance" || w.RecordedBy != "bob" || w.ActiveFrom.Sub(w.RecordedAt).Hours() != 72 {
		t.Errorf("allowed: %+v", allowed.Wallets)
	}
}
