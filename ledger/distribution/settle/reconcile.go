package settle

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Statement says on one page what was earned, taken back, paid, and is owed still,
// distribution by distribution, and what does not fit.
type Statement struct {
	At       time.Time     `json:"at"`       // of the state of the database that it was read from
	Supplier *uuid.UUID    `json:"supplier"` // whose it is; null: everybody's
	Runs     []Run         `json:"distributions"`
	Owed     ledger.Amount `json:"owed"`     // Σ earned + transit - owing, by the balances; the last closing
	Open     []Open        `json:"attempts"` // that may land still, landed and are not settled, or were proven never to land
	Chain    *Chain        `json:"chain"`    // null: the chain was not asked
	Misfits  []Misfit      `json:"misfits"`
}

// Err returns an ErrMisfit if anything does not fit.
func (s Statement) Err() error {
	if len(s.Misfits) == 0 {
		return nil
	}
	return &Misfits{s.Misfits, "see what does not fit, each by its name"}
}

// Open is an attempt that is not simply settled.
type Open struct {
	Batch     string    `json:"batch"`     // such as "d1-b3"
	State     string    `json:"state"`     // live, landed, expired
	Signature string    `json:"signature"` // "": not signed yet
	Since     time.Time `json:"since"`
	Detail    string    `json:"detail"` // what proved its end; "" if it is live
	Tally
}

// Asked is what a statement is asked of.
type Asked struct {
	Supplier uuid.UUID          // uuid.Nil: everybody
	Each     func(SupplierLine) // called with every supplier's lines, in the order of their ids; may be nil
	Payer    Payer              // what pays where a distribution does not say it
}

// Reconcile returns the statement. With a client it asks the chain about every
// payout that is settled, and about everything that left the treasury's account
// since the first distribution was prepared. It writes nothing.
func Reconcile(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, asked Asked) (Statement, error) {
	s, err := reconcile(ctx, pool, client, asked)
	if err != nil {
		return Statement{}, fmt.Errorf("settle: reconcile: %w", err)
	}
	return s, nil
}

func reconcile(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, asked Asked) (Statement, error) {
	// The chain's history first: whatever it holds of ours was on record before it was
	// sent, and so is in the state that is read after it.
	history, err := readHistory(ctx, pool, client, asked)
	if err != nil {
		return Statement{}, err
	}
	var l *books
	if err := reading(ctx, pool, func(tx pgx.Tx) (err error) {
		l, err = readBooks(ctx, tx, asked)
		return err
	}); err != nil {
		return Statement{}, err
	}
	if client != nil {
		if err := l.ask(ctx, client, history); err != nil {
			return Statement{}, err
		}
	}
	return l.Statement, nil
}

// books is everything that a statement is made of.
type books struct {
	Statement
	asked         Asked
	distributions []distribution.Distribution
	parts         []Part // of all payouts, by supplier
	fundings      []treeFunding
	attempts      map[string]signedAttempt // by signature
}

// readBooks reads one state of the database.
func readBooks(ctx context.Context, tx pgx.Tx, asked Asked) (l *books, err error) {
	l = &books{asked: asked}
	if asked.Supplier != uuid.Nil {
		l.Supplier = &asked.Supplier
	}
	if l.At, err = clock(ctx, tx); err != nil {
		return nil, err
	}
	if l.distributions, err = distribution.List(ctx, tx); err != nil {
		return nil, err
	}
	if l.parts, err = readParts(ctx, tx, asked.Supplier); err != nil {
		return nil, err
	}
	if err := l.addUp(ctx, tx); err != nil {
		return nil, err
	}
	if l.Open, err = openAttempts(ctx, tx, asked.Supplier); err != nil {
		return nil, err
	}
	if l.fundings, err = allFundings(ctx, tx); err != nil {
		return nil, err
	}
	l.attempts, err = signedAttempts(ctx, tx)
	return l, err
}

// addUp makes the lines of every distribution.
func (l *books) addUp(ctx context.Context, tx pgx.Tx) error {
	owed, err := ledger.Owed(ctx, tx, l.asked.Supplier)
	if err != nil {
		return err
	}
	for _, amount := range owed {
		l.Owed += amount // as the whole supply fits
	}
	spans, ends := map[string]int{}, make([]int64, len(l.distributions))
	for i, d := range l.distributions {
		spans[d.ID], ends[i] = i, d.Journal
	}
	perSupplier := map[uuid.UUID][]Part{}
	for i, p := range l.parts {
		l.parts[i].span = spans[p.distribution()]
		perSupplier[p.Supplier] = append(perSupplier[p.Supplier], l.parts[i])
	}
	b := newBook(l.distributions, owed, l.asked.Each)
	if err := eachSupplier(ctx, tx, l.asked.Supplier, ends, func(supplier uuid.UUID, movements []ledger.Movement) {
		b.add(supplier, movements, perSupplier[supplier])
		delete(perSupplier, supplier)
	}); err != nil {
		return err
	}
	for _, supplier := range slices.SortedFunc(maps.Keys(perSupplier), compareIDs) {
		b.add(supplier, nil, perSupplier[supplier]) // paid, and never earned
	}
	b.finish()
	l.Runs, l.Misfits = b.runs, append([]Misfit{}, b.misfits...)
	if last := l.Runs[len(l.Runs)-1]; last.Closing != l.Owed {
		l.Misfits = append(l.Misfits, Misfit{"statement", fmt.Sprintf("it closes with %s base units, but the balances say %s", last.Closing, l.Owed)})
	}
	return nil
}

// eachSupplier calls f with the movements of each supplier that has any.
func eachSupplier(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, ends []int64, f func(uuid.UUID, []ledger.Movement)) error {
	var movements []ledger.Movement
	if err := ledger.EachMovement(ctx, tx, supplier, ends, func(m ledger.Movement) {
		if len(movements) > 0 && movements[0].Supplier != m.Supplier {
			f(movements[0].Supplier, movements)
			movements = movements[:0]
		}
		movements = append(movements, m)
	}); err != nil {
		return err
	}
	if len(movements) > 0 {
		f(movements[0].Supplier, movements)
	}
	return nil
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
