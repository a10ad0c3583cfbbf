package distribution

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

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

func TestPrepareBuildsTheTables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seal("ignition-s1", 100, 123_456_789, 100, 99, 500)
	b.seal("ignition-s2", 50, 0, 100_000_000, 0, 0, 1)
	b.addWallets(3)
	d := b.prepare("k")
	golden(t, "payouts.csv", b.file(d.ID, PayoutsFile))
	golden(t, "payout_lines.csv", b.file(d.ID, PayoutLinesFile))
	golden(t, "SHA256SUMS.tables", strings.Join(strings.SplitAfter(b.file(d.ID, SumsFile), "\n")[1:], ""))

	var manifest Manifest
	if err := json.Unmarshal([]byte(b.file(d.ID, ManifestFile)), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.LedgerHead.Journal != 5 || manifest.LedgerHead.Digest.IsZero() || manifest.PreparedAt.IsZero() {
		t.Errorf("the manifest's ledger head is %+v at %s", manifest.LedgerHead, manifest.PreparedAt)
	}
	manifest.LedgerHead.Digest, manifest.PreparedAt = ledger.Digest{}, manifest.PreparedAt.AddDate(-10000, 0, 0)
	manifest.PreparedAt = manifest.PreparedAt.Truncate(0).Add(-manifest.PreparedAt.Sub(manifest.PreparedAt))
	b.checkLedger()
	want := Distribution{ID: "d1", Key: "k", Reason: "pay", State: Prepared, Minimum: 100, Payees: 2, Total: 223_456_889,
		Carried: []CarriedTotal{{BelowMinimum, 2, 100}, {NoWallet, 1, 500}}, Journal: 5, PreparedBy: b.ann}
	got := d
	got.Manifest, got.Files, got.PreparedAt, got.number = ledger.Digest{}, nil, want.PreparedAt, 0
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

var _ = errors.Is
var _ sync.Mutex
var _ context.Context
var _ pgx.Tx
