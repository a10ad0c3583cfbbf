package distribution

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/google/uuid"
	"github.com/uptally/uptally/ledger"
)

func TestZZ(t *testing.T) {
	b := setup(t)
	n := 600_000
	amounts := make([]ledger.Amount, n)
	for i := range amounts {
		amounts[i] = ledger.Amount(i + 1000)
	}
	start := time.Now()
	lap := func(what string) { t.Logf("%s %s", what, time.Since(start)); start = time.Now() }
	b.seal("s1", 1, amounts...)
	lap("seal 1")
	b.seal("s2", 1, amounts...)
	lap("seal 2")
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		s, w := make([]uuid.UUID, n), make([]Wallet, n)
		for i := range s {
			s[i], w[i] = supplier(i), Wallet(wallet(i%1000))
		}
		_, err := insertWallets(ctx, tx, s, w, b.ann)
		return err
	})
	lap("wallets")
	d := b.prepare("k")
	lap("prepare")
	t.Logf("%+v", d)
	b.approve("d1")
	if err := b.tryExport("d1", t.TempDir()+"/x"); err != nil {
		t.Fatal(err)
	}
	lap("export")
	b.checkLedger()
	lap("verify")
}
