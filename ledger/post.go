package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Errors of posting.
var (
	ErrConflict     = errors.New("conflict")
	ErrInsufficient = errors.New("insufficient balance")
)

// Lock takes the one lock under which journals are written, until the
// transaction ends. Post takes it itself, before anything else; who reads balances
// to decide what to post takes it first.
func Lock(ctx context.Context, tx pgx.Tx) error {
	if err := lockJournals(ctx, tx); err != nil {
		return fmt.Errorf("ledger: lock: %w", err)
	}
	return nil
}

// Post writes the entry as one journal: the accounts that are missing, the
// journal, its transfers, and the balances. It takes a handful of statements
// whatever the number of transfers; 600,000 take seconds.
//
// An entry whose key is on record is not posted again: if it is the same in all
// its parts, Post returns the first journal, otherwise ErrConflict. An account
// other than the treasury that would fall below 0 is ErrInsufficient; within a
// journal only the end counts. An entry that breaks a rule by itself is ErrInvalid,
// ErrAccountSyntax or ErrAmountRange. After an error nothing is written, provided
// that the caller rolls back.
func Post(ctx context.Context, tx pgx.Tx, entry Entry) (Journal, error) {
	p, err := newPosting(entry)
	if err != nil {
		return Journal{}, fmt.Errorf("ledger: %s %q: %w", entry.Act, entry.Key, err)
	}
	journal, err := p.post(ctx, tx)
	if err != nil {
		return Journal{}, fmt.Errorf("ledger: %s %q: %w", entry.Act, entry.Key, err)
	}
	return journal, nil
}

// Fund moves the amount from the treasury to a season's pool or reserve.
func Fund(ctx context.Context, tx pgx.Tx, account Account, amount Amount, actor int64, reason, key string) (Journal, error) {
	return Post(ctx, tx, Entry{
		Act: ActFund, Key: key, Actor: actor, Reason: reason, Season: account.Season(),
		Transfers: []Transfer{{Debit: Treasury(), Credit: account, Amount: amount}},
	})
}

func (p *posting) post(ctx context.Context, tx pgx.Tx) (Journal, error) {
	if err := lockJournals(ctx, tx); err != nil {
		return Journal{}, err
	}
	earlier, found, err := journalByKey(ctx, tx, p.Key)
	if err != nil {
		return Journal{}, err
	}
	if found {
		return earlier, p.sameAs(earlier)
	}
	ids, err := p.openAccounts(ctx, tx)
	if err != nil {
		return Journal{}, err
	}
	return p.write(ctx, tx, ids)
}

// sameAs returns ErrConflict unless the journal records this very posting.
func (p *posting) sameAs(j Journal) error {
	if difference := p.differs(j); difference != "" {
		return fmt.Errorf("%w: the key stands for journal %d, which has %s: repeat it unchanged, or use another key",
			ErrConflict, j.Number, difference)
	}
	return nil
}

// openAccounts opens the accounts that are missing and returns the ids of all, in
// their order. It refuses the posting if one of them cannot bear it.
func (p *posting) openAccounts(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	rows, err := accountsByPath(ctx, tx, p.paths)
	if err != nil {
		return nil, err
	}
	if err := p.openMissing(ctx, tx, rows); err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.id
		if err := p.bears(i, row.balance); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// openMissing opens the accounts whose rows are none, and fills in their ids.
func (p *posting) openMissing(ctx context.Context, tx pgx.Tx, rows []accountRow) error {
	var places []int
	var missing []Account
	for i, row := range rows {
		if row.id == 0 {
			places, missing = append(places, i), append(missing, p.accounts[i])
		}
	}
	if len(missing) == 0 {
		return nil
	}
	opened, err := insertAccounts(ctx, tx, missing)
	if err != nil {
		return err
	}
	if len(opened) != len(missing) {
		return fmt.Errorf("%d of %d accounts were opened", len(opened), len(missing))
	}
	for i, place := range places {
		rows[place].id = opened[i]
	}
	return nil
}

// bears checks that account i can take its change.
func (p *posting) bears(i int, balance Amount) error {
	after, err := balance.Add(p.change[i])
	if err != nil {
		return fmt.Errorf("%s: %w", p.paths[i], err)
	}
	if after < 0 && p.accounts[i].kind != KindTreasury {
		return fmt.Errorf("%w: %s has %s base units and needs %s: fund it with %s more first",
			ErrInsufficient, p.paths[i], balance, -p.change[i], -after)
	}
	return nil
}

// write stores the journal, its transfers and the balances, and asks the database
// for the digest of the rows that it now has.
func (p *posting) write(ctx context.Context, tx pgx.Tx, ids []int64) (Journal, error) {
	previous, _, err := newestJournal(ctx, tx)
	if err != nil {
		return Journal{}, err
	}
	now, err := clock(ctx, tx)
	if err != nil {
		return Journal{}, err
	}
	journal := p.follow(previous, now)
	if err := insertJournal(ctx, tx, journal); err != nil {
		return Journal{}, err
	}
	if err := p.move(ctx, tx, journal.Number, ids); err != nil {
		return Journal{}, err
	}
	stored, err := transferSums(ctx, tx, journal.Number, journal.Number)
	if err != nil {
		return Journal{}, err
	}
	if difference := stored[journal.Number].differs(journal); difference != "" {
		return Journal{}, fmt.Errorf("journal %d was not stored as it was asked for: %s", journal.Number, difference)
	}
	return journal, nil
}

func (p *posting) move(ctx context.Context, tx pgx.Tx, number int64, ids []int64) error {
	if len(p.rows) == 0 {
		return nil
	}
	debits, credits, amounts := make([]int64, len(p.rows)), make([]int64, len(p.rows)), make([]int64, len(p.rows))
	for i, r := range p.rows {
		debits[i], credits[i], amounts[i] = ids[r.debit], ids[r.credit], int64(r.amount)
	}
	added, err := insertTransfers(ctx, tx, number, debits, credits, amounts)
	if err != nil {
		return err
	}
	moved, err := addToBalances(ctx, tx, ids, p.change)
	if err != nil {
		return err
	}
	if added != int64(len(p.rows)) || moved != int64(len(ids)) {
		return fmt.Errorf("%d of %d transfers and %d of %d balances were written", added, len(p.rows), moved, len(ids))
	}
	return nil
}
