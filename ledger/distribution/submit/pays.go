package submit

import (
	"fmt"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// payee is a payout of a batch, as the database has it.
type payee struct {
	payout int
	wallet solana.Key
	amount uint64
}

// movement is a transfer as the chain knows it.
type movement struct {
	from, to, mint solana.Key
	amount         uint64
}

// pays returns what a finalized transaction does otherwise than paying exactly the
// payees out of the source, each once.
func pays(source solana.Source, payees []payee, t *solana.Landed) error {
	if t.Failed != "" {
		return fmt.Errorf("it failed: %s", t.Failed)
	}
	open := map[movement]int{}
	for _, p := range payees {
		to, err := solana.AssociatedAccount(p.wallet, source.Mint)
		if err != nil {
			return err
		}
		open[movement{source.Account, to, source.Mint, p.amount}]++
	}
	for _, m := range t.Transfers {
		moved := movement{m.From, m.To, m.Mint, m.Amount}
		if open[moved] == 0 {
			return fmt.Errorf("it moves %d base units from %s to %s, which the batch does not", m.Amount, m.From, m.To)
		}
		open[moved]--
	}
	if len(t.Transfers) != len(payees) {
		return fmt.Errorf("it makes %d transfers, and the batch %d", len(t.Transfers), len(payees))
	}
	return nil
}
