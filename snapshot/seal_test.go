package snapshot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

func (o *office) reject(person int64, s snapshot.Snapshot, reason string) error {
	return o.try(func(ctx context.Context, tx pgx.Tx) error { return snapshot.Reject(ctx, tx, s.ID, person, reason) })
}

func (o *office) trySeal(s snapshot.Snapshot) error {
	_, err := o.seal(s)
	return err
}

// books is every journal and balance.
func (o *office) books() []string {
	o.t.Helper()
	return o.texts(`SELECT 'journal ' || number || ' ' || act || ' ' || encode(digest, 'hex') FROM ledger_journal
		UNION ALL SELECT path || ' ' || balance FROM ledger_account ORDER BY 1`)
}

// edits are statements that change what a revision is, or its figures.
func edits(s snapshot.Snapshot, person int64) (statements []string) {
	for _, set := range []string{
		fmt.Sprintf("taken_by = %d", person), "season = 'another'", "revision = revision + 100", "as_of = as_of + interval '1 microsecond'",
		"estimate = NOT estimate", "reopenings = reopenings + 1", "points = points + 1", "allocated = allocated - 1, residual = residual + 1",
		"residual = residual + 1", "lines = lines + 1", "suppliers = suppliers + 1", "observed_slots = observed_slots - 1",
		"season_slots = season_slots - 1", "digest = sha256(digest)",
		"points = NULL, allocated = NULL, residual = NULL, lines = NULL, suppliers = NULL, observed_slots = NULL, season_slots = NULL, digest = NULL",
	} {
		statements = append(statements, fmt.Sprintf("UPDATE snapshot SET %s WHERE id = %d", set, s.ID))
	}
	return statements
}

// finished are statements that change the state of a final revision.
func finished(s snapshot.Snapshot) (statements []string) {
	for _, state := range []snapshot.State{
		snapshot.Taking, snapshot.Draft, snapshot.Approved, snapshot.Sealed, snapshot.Rejected, snapshot.Superseded, snapshot.Failed,
	} {
		statements = append(statements, fmt.Sprintf("UPDATE snapshot SET state = '%s' WHERE id = %d", state, s.ID))
	}
	return append(statements, fmt.Sprintf("UPDATE snapshot SET decision = 'another' WHERE id = %d", s.ID))
}

// The life of a season's revisions, told in order.
func TestRevisions(t *testing.T) {
	t.Parallel()
	v := newVillage()
	shared, season := v.settle(t), v.season
	mallory := shared.grace // whoever took nothing

	t.Run("nobody decides on what is being taken", func(t *testing.T) {
		o := shared.in(t)
		s, groups := o.begin(season.Code) // r1
		wantError(t, "approving", o.approveAs(o.grace, s, nil), snapshot.ErrConflict)
		wantError(t, "rejecting", o.reject(o.grace, s, "why"), snapshot.ErrConflict)
		wantError(t, "sealing", o.trySeal(s), snapshot.ErrConflict)
		o.score(s.ID, groups)
		o.check(o.complete(s.ID))
	})
	t.Run("whoever took it cannot decide on it", func(t *testing.T) {
		o := shared.in(t)
		s := o.find(season.Code, snapshot.Draft)
		wantError(t, "approving", o.approveAs(o.ada, s, s.Digest), snapshot.ErrSelfCheck)
		wantError(t, "rejecting", o.reject(o.ada, s, "why"), snapshot.ErrSelfCheck)
		const decide = `UPDATE snapshot SET state = '%s', decided_by = %s, decided_at = now(), approved_digest = digest WHERE id = $1`
		o.refused(checkViolation, fmt.Sprintf(decide, "approved", "taken_by"), s.ID)
		o.refused(checkViolation, fmt.Sprintf(decide, "rejected", "taken_by"), s.ID)
		o.refused(checkViolation, fmt.Sprintf(decide, "approved", "NULL"), s.ID)
		o.refused(integrityViolation, fmt.Sprintf(decide, "draft", "taken_by"), s.ID)
		o.refused(integrityViolation, `UPDATE snapshot SET taken_by = $2 WHERE id = $1`, s.ID, mallory)
		o.refused(integrityViolation, `UPDATE snapshot SET taken_by = $2, state = 'approved', decided_by = taken_by, decided_at = now(),
			approved_digest = digest WHERE id = $1`, s.ID, mallory)
	})
	t.Run("a draft is never edited", func(t *testing.T) {
		o := shared.in(t)
		s := o.find(season.Code, snapshot.Draft)
		for _, statement := range edits(s, mallory) {
			o.refused(integrityViolation, statement)
			o.refusedToOwner(integrityViolation, statement)
		}
		o.refused(notAllowed, `DELETE FROM snapshot WHERE id = $1`, s.ID)
		o.refused(notAllowed, `DELETE FROM snapshot_line`)
		o.refused(notAllowed, `UPDATE snapshot_line SET amount = 0`)
		o.refused(notAllowed, `DELETE FROM snapshot_group`)
		o.refused(notAllowed, `TRUNCATE snapshot_line`)
		o.refusedToOwner(integrityViolation, `DELETE FROM snapshot WHERE id = $1`, s.ID)
		o.refused(integrityViolation, `UPDATE snapshot SET state = 'sealed', sealed_by = taken_by, sealed_at = now() WHERE id = $1`, s.ID)
	})
	t.Run("an approval binds the digest that was seen", func(t *testing.T) {
		o := shared.in(t)
		s := o.find(season.Code, snapshot.Draft)
		other := slices.Clone(s.Digest)
		other[31]++
		for _, digest := range [][]byte{other, nil, s.Digest[:31]} {
			wantError(t, "approving another digest", o.approveAs(o.grace, s, digest), snapshot.ErrConflict)
		}
		o.refused(checkViolation, `UPDATE snapshot SET state = 'approved', decided_by = $2, decided_at = now(), approved_digest = sha256(digest)
			WHERE id = $1`, s.ID, mallory)
		wantError(t, "sealing a draft", o.trySeal(s), snapshot.ErrConflict)
		if err := o.reject(o.grace, s, ""); err == nil {
			t.Error("rejected without a reason")
		}
		o.approve(s)
		approved := o.at(s.ID, snapshot.Approved)
		if *approved.DecidedBy != o.grace || approved.DecidedAt == nil || approved.Decision != "figures checked" {
			t.Errorf("approved: %+v", approved)
		}
		wantError(t, "approving twice", o.approveAs(o.grace, s, s.Digest), snapshot.ErrConflict)
		wantError(t, "rejecting what is approved", o.reject(o.grace, s, "why"), snapshot.ErrConflict)
		for _, statement := range edits(s, mallory) {
			o.refused(integrityViolation, statement)
		}
		o.refused(integrityViolation, `UPDATE snapshot SET approved_digest = sha256(digest) WHERE id = $1`, s.ID)
		o.refused(integrityViolation, `UPDATE snapshot SET decided_by = taken_by WHERE id = $1`, s.ID)
		o.refused(integrityViolation, `UPDATE snapshot SET decided_by = $2 WHERE id = $1`, s.ID, mallory)
		o.refused(integrityViolation, `UPDATE snapshot SET decision = 'another' WHERE id = $1`, s.ID)
		o.refused(integrityViolation, `UPDATE snapshot SET state = 'draft', decided_by = NULL, decided_at = NULL WHERE id = $1`, s.ID)
	})
	t.Run("taking again supersedes what was approved, and a draft", func(t *testing.T) {
		o := shared.in(t)
		r1 := o.find(season.Code, snapshot.Approved)
		r2 := o.take(season.Code)
		r3 := o.take(season.Code)
		for _, s := range []snapshot.Snapshot{o.at(r1.ID, snapshot.Superseded), o.at(r2.ID, snapshot.Superseded)} {
			wantError(t, "approving", o.approveAs(o.grace, s, s.Digest), snapshot.ErrConflict)
			wantError(t, "rejecting", o.reject(o.grace, s, "why"), snapshot.ErrConflict)
			wantError(t, "sealing", o.trySeal(s), snapshot.ErrConflict)
			for _, statement := range finished(s) {
				o.refused(integrityViolation, statement)
			}
		}
		if r3.Revision != 3 || r3.Name() != season.Code+"/r3" || string(r3.Digest) != string(r2.Digest) {
			t.Errorf("revision %s, digest %x after %x", r3.Name(), r3.Digest, r2.Digest)
		}
		o.refused("23505", `INSERT INTO snapshot (season, revision, state, as_of, estimate, reopenings, taken_by)
			SELECT season, 99, 'taking', as_of, false, 0, taken_by FROM snapshot WHERE id = $1`, r3.ID) // a second one under way
	})
	t.Run("what is rejected stays so", func(t *testing.T) {
		o := shared.in(t)
		s := o.find(season.Code, snapshot.Draft)
		o.check(o.reject(o.grace, s, "the hold is missing"))
		if rejected := o.at(s.ID, snapshot.Rejected); rejected.Decision != "the hold is missing" || *rejected.DecidedBy != o.grace {
			t.Errorf("rejected: %+v", rejected)
		}
		wantError(t, "approving", o.approveAs(o.grace, s, s.Digest), snapshot.ErrConflict)
		wantError(t, "sealing", o.trySeal(s), snapshot.ErrConflict)
		for _, statement := range finished(s) {
			o.refused(integrityViolation, statement)
		}
	})
	t.Run("a pool without funds is not paid out of", func(t *testing.T) {
		o := shared.in(t)
		s := o.take(season.Code)
		o.approve(s)
		before := o.books()
		wantError(t, "sealing without funds", o.trySeal(s), snapshot.ErrGuard)
		o.fund(season, season.Pool-1)
		funded := o.books()
		wantError(t, "sealing with one unit too little", o.trySeal(s), snapshot.ErrGuard)
		o.at(s.ID, snapshot.Approved)
		if len(before) != 0 || !slices.Equal(o.books(), funded) {
			t.Errorf("books: %v, then %v", before, o.books())
		}
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season.Code), 1, o.ada, "the rest", "the rest")
			return err
		})
	})
	t.Run("an hour reopened since keeps it from being sealed", func(t *testing.T) {
		o := shared.in(t)
		s := o.find(season.Code, snapshot.Approved)
		o.whatIf(func(ctx context.Context, tx pgx.Tx) {
			seal := func() error {
				_, err := snapshot.Seal(ctx, tx, s.ID, o.grace)
				return err
			}
			_, err := tx.Exec(ctx, reopen)
			o.check(err)
			wantError(t, "sealing over an open hour", seal(), snapshot.ErrGuard)
			_, err = tx.Exec(ctx, `UPDATE uptime_coverage SET closed_at = now(), observed = ~ observed, final = ~ final WHERE reopened > 0`)
			o.check(err)
			wantError(t, "sealing over an hour that was open", seal(), snapshot.ErrGuard)
		})
	})
	t.Run("a revision is sealed once", func(t *testing.T) {
		o := shared.in(t)
		s := o.find(season.Code, snapshot.Approved)
		if sealed := o.sealAtOnce(s, 4); sealed != 1 {
			t.Errorf("sealed %d times", sealed)
		}
		sealed := o.at(s.ID, snapshot.Sealed)
		if *sealed.SealedBy != o.grace || sealed.SealedAt == nil {
			t.Errorf("sealed: %+v", sealed)
		}
		books := o.books()
		wantError(t, "sealing twice", o.trySeal(s), snapshot.ErrConflict)
		for _, statement := range append(edits(s, mallory), finished(s)...) {
			o.refused(integrityViolation, statement)
		}
		next := o.take(season.Code)
		o.approve(next)
		o.check(o.trySeal(next))
		if again := o.at(next.ID, snapshot.Sealed); *again.Corrects != s.ID || again.Drawn != 0 || again.Residual != sealed.Residual {
			t.Errorf("a correction without a difference: %+v", again)
		}
		after := slices.DeleteFunc(o.books(), func(entry string) bool { return strings.HasPrefix(entry, "journal 4 correct ") })
		if !slices.Equal(books, after) {
			t.Errorf("books\n%v\nwere\n%v", o.books(), books)
		}
		o.checkSeal(s, season)
	})
	t.Run("nobody decides on what is not there", func(t *testing.T) {
		o := shared.in(t)
		nothing := snapshot.Snapshot{ID: 1000}
		wantError(t, "approving", o.approveAs(o.grace, nothing, nil), snapshot.ErrNotFound)
		wantError(t, "rejecting", o.reject(o.grace, nothing, "why"), snapshot.ErrNotFound)
		wantError(t, "sealing", o.trySeal(nothing), snapshot.ErrNotFound)
		wantError(t, "completing", o.complete(nothing.ID), snapshot.ErrNotFound)
		_, err := snapshot.ScoreGroup(t.Context(), o.App, nothing.ID, 0)
		wantError(t, "scoring", err, snapshot.ErrNotFound)
		wantError(t, "reading", o.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.ByID(ctx, tx, nothing.ID)
			return err
		}), snapshot.ErrNotFound)
	})
}

// find returns the revision of the season that has come so far.
func (o *office) find(season string, state snapshot.State) (s snapshot.Snapshot) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, err = snapshot.Find(ctx, tx, season)
		return err
	})
	if s.State != state {
		o.t.Fatalf("snapshot %s is %s, not %s", s.Name(), s.State, state)
	}
	return s
}

// sealAtOnce seals by so many people at once, and returns how many succeeded.
func (o *office) sealAtOnce(s snapshot.Snapshot, people int) (sealed int) {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
	)
	for range people {
		group.Go(func() {
			err := o.trySeal(s)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				sealed++
			} else {
				wantError(o.t, "sealing what another seals", err, snapshot.ErrConflict)
			}
		})
	}
	group.Wait()
	return sealed
}

// checkSeal checks the journal of the seal: what each supplier earned, the residual
// back in the treasury, and the pool empty.
func (o *office) checkSeal(s snapshot.Snapshot, season snapshot.Season) {
	o.t.Helper()
	want := o.texts(`SELECT 'supplier/' || supplier_id || '/earned ' || sum(amount) FROM snapshot_line WHERE snapshot_id = $1
		GROUP BY supplier_id HAVING sum(amount) > 0
		UNION ALL SELECT 'treasury ' || $2::bigint ORDER BY 1`, s.ID, s.Residual)
	got := o.texts(`SELECT c.path || ' ' || t.amount FROM ledger_transfer t JOIN ledger_journal j ON j.number = t.journal
		JOIN ledger_account c ON c.id = t.credit WHERE j.act = 'seal' ORDER BY 1`)
	if !slices.Equal(got, want) {
		o.t.Errorf("transfers %v, want %v", got, want)
	}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		left, err := ledger.Balance(ctx, tx, ledger.SeasonPool(season.Code))
		if err != nil || left != 0 {
			o.t.Errorf("%d left in the pool (%v)", left, err)
		}
		report, err := ledger.Verify(ctx, tx)
		if !report.OK() {
			o.t.Errorf("ledger: %v", report.Faults)
		}
		return err
	})
}
