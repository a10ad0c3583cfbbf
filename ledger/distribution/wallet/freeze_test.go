package wallet

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

const vault = "GThUX1Atko4tqhN2NaiTazWSeFWMuiUvfFnyJyUghFMJ" // the address Solana's documentation derives

func (b *bundle) freeze(i int, reason string, actor int64) error {
	return b.try(func(ctx context.Context, tx pgx.Tx) error { return Freeze(ctx, tx, supplier(i), reason, actor) })
}

func (b *bundle) askRelease(i int, reason string, actor int64) error {
	return b.try(func(ctx context.Context, tx pgx.Tx) error { return AskRelease(ctx, tx, supplier(i), reason, actor) })
}

func (b *bundle) approveRelease(i int, actor int64) error {
	return b.try(func(ctx context.Context, tx pgx.Tx) error { return ApproveRelease(ctx, tx, supplier(i), actor) })
}

// must fails the test unless the errors are as wanted.
func must(t *testing.T, step string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", step, got, want)
	}
}

func TestAFreezeActsAtOnceAndTakesTwoToLift(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.prove(0, 0, start, 0)
	b.prove(1, 1, start, 0)
	paid, frozen := Standing{Wallet: Wallet(address(0))}, Standing{Why: WalletFrozen}
	check := func(step string, want Standing) {
		t.Helper()
		if got := b.standing(0, start); got != want {
			t.Errorf("%s: got %+v, want %+v", step, got, want)
		}
	}
	must(t, "ask for what is not frozen", b.askRelease(0, "why not", b.ann), ErrNotFrozen)
	must(t, "freeze without a reason", b.freeze(0, "", b.ann), ErrReason)
	check("nothing done", paid)
	must(t, "freeze", b.freeze(0, "the account was taken over", b.ann), nil)
	check("frozen", frozen)
	must(t, "approve what nobody asked for", b.approveRelease(0, b.bob), ErrNotAsked)
	must(t, "ask without a reason", b.askRelease(0, "", b.ann), ErrReason)
	must(t, "ask", b.askRelease(0, "the holder called", b.ann), nil)
	check("asked", frozen)
	must(t, "approve one's own", b.approveRelease(0, b.ann), ErrSelfApproval)
	check("one's own", frozen)
	must(t, "approve", b.approveRelease(0, b.bob), nil)
	check("approved", paid)
	must(t, "approve again", b.approveRelease(0, b.bob), ErrNotAsked)
	must(t, "ask for what is released", b.askRelease(0, "again", b.ann), ErrNotFrozen)

	// A freeze that comes after the request is not lifted by it.
	must(t, "freeze", b.freeze(0, "once more", b.bob), nil)
	must(t, "ask", b.askRelease(0, "looked at it", b.ann), nil)
	must(t, "freeze", b.freeze(0, "and something new", b.bob), nil)
	must(t, "approve", b.approveRelease(0, b.bob), nil)
	check("frozen since", frozen)
	must(t, "ask", b.askRelease(0, "looked at that too", b.bob), nil)
	must(t, "approve", b.approveRelease(0, b.ann), nil)
	check("lifted", paid)

	if got := b.standing(1, start); got.Wallet != Wallet(address(1)) {
		t.Errorf("another supplier: %+v", got)
	}
	if got, want := b.kinds(0), []EventKind{EventProved, EventActivated, EventFrozen, EventReleaseAsked, EventReleased,
		EventFrozen, EventReleaseAsked, EventFrozen, EventReleased, EventReleaseAsked, EventReleased}; !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestAFreezeIsOfTheSupplier(t *testing.T) {
	t.Parallel()
	b := setup(t)
	must(t, "freeze who has no wallet", b.freeze(0, "a warning", TheProgram), nil)
	if got := b.list(start); len(got) != 1 || got[0].State != Frozen || got[0].Wallet != "" || got[0].RecordedBy != TheProgram {
		t.Errorf("listed as %+v", got)
	}
	if r := b.prove(0, 0, start, 0); r.State != Frozen {
		t.Errorf("a new wallet of a frozen supplier: %+v", r)
	}
	if got := b.standing(0, after(100)); got != (Standing{Why: WalletFrozen}) {
		t.Errorf("got %+v", got)
	}
	if got := b.list(start); len(got) != 1 || got[0].State != Frozen || got[0].Wallet != Wallet(address(0)) {
		t.Errorf("listed as %+v", got)
	}
}

func TestAVaultIsAllowedByTwo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ask := func(address, reason string, actor int64) error {
		return b.try(func(ctx context.Context, tx pgx.Tx) error { return Allow(ctx, tx, supplier(0), address, reason, actor) })
	}
	approve := func(address string, actor int64) (r Record, err error) {
		err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			r, err = ApproveAllowance(ctx, tx, supplier(0), address, Proof{Hold: hold, Now: start, Actor: actor})
			return err
		})
		return r, err
	}
	must(t, "ask for a wallet with a key", ask(address(0), "ours", b.ann), ErrWallet)
	must(t, "ask for a mint", ask("So11111111111111111111111111111111111111112", "ours", b.ann), ErrWallet)
	must(t, "ask without a reason", ask(vault, "", b.ann), ErrReason)
	_, err := approve(vault, b.bob)
	must(t, "approve what nobody asked for", err, ErrNotAsked)
	must(t, "ask", ask(vault, "Squads vault, seen on a call", b.ann), nil)
	_, err = approve(vault, b.ann)
	must(t, "approve one's own", err, ErrSelfApproval)
	_, err = approve(address(0), b.bob)
	must(t, "approve another", err, ErrWallet)
	_, err = approve(encoded(t, strings.Repeat("02", 32)), b.bob)
	must(t, "approve another vault", err, ErrNotAsked)
	if got := b.standing(0, after(1000)); got != (Standing{}) {
		t.Fatalf("before it is approved: %+v", got)
	}
	r, err := approve(vault, b.bob)
	must(t, "approve", err, nil)
	if r.Wallet != vault || r.State != Pending || r.How != ByAllowance || r.RecordedBy != b.bob || !r.ActiveFrom.Equal(after(72)) {
		t.Errorf("got %+v", r)
	}
	_, err = approve(vault, b.bob)
	must(t, "approve again", err, ErrNotAsked)
	if got := b.standing(0, after(71)); got != (Standing{Why: OnHold}) {
		t.Errorf("within the hold: %+v", got)
	}
	if got := b.standing(0, after(72)); got != (Standing{Wallet: vault}) {
		t.Errorf("after the hold: %+v", got)
	}
	if got, want := b.kinds(0), []EventKind{EventAllowAsked, EventAllowed, EventPending}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	must(t, "ask once more", ask(vault, "again", b.bob), nil)
	r, err = approve(vault, b.ann) // it waits already: nothing begins anew
	must(t, "approve once more", err, nil)
	if !r.ActiveFrom.Equal(after(72)) || len(b.list(start)) != 1 {
		t.Errorf("got %+v", r)
	}
}

func TestTheDatabaseHoldsTwoPersonsApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	must(t, "freeze", b.freeze(0, "x", b.ann), nil)
	must(t, "ask", b.askRelease(0, "x", b.ann), nil)
	b.do(func(ctx context.Context, tx pgx.Tx) error { return Allow(ctx, tx, supplier(0), vault, "x", b.ann) })
	const checkViolation, foreignKeyViolation, uniqueViolation = "23514", "23503", "23505"

	const release = `INSERT INTO wallet_release_approval (release, asked_by, approved_by, recorded_at) VALUES ($1, $2, $3, now())`
	b.refused(checkViolation, release, 1, b.ann, b.ann)
	b.refused(foreignKeyViolation, release, 1, b.bob, b.ann) // as if another had asked
	b.refused(foreignKeyViolation, release, 2, b.ann, b.bob)

	const allow = `INSERT INTO wallet_allowance_approval (allowance, asked_by, approved_by, recorded_at) VALUES ($1, $2, $3, now())`
	b.refused(checkViolation, allow, 1, b.ann, b.ann)
	b.refused(foreignKeyViolation, allow, 1, b.bob, b.ann)
	const wallet = `INSERT INTO wallet (supplier_id, address, allowance, active_from, recorded_at) VALUES ($1, $2, $3, now(), now())`
	b.refused(foreignKeyViolation, wallet, supplier(0), vault, 1) // it is not approved
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ApproveAllowance(ctx, tx, supplier(0), vault, Proof{Now: start, Actor: b.bob})
		return err
	})
	b.refused(uniqueViolation, wallet, supplier(0), vault, 1)
	b.do(func(ctx context.Context, tx pgx.Tx) error { return Allow(ctx, tx, supplier(0), vault, "x", b.ann) })
	b.do(func(ctx context.Context, tx pgx.Tx) error { // approved, but for another supplier and address
		_, err := tx.Exec(ctx, allow, 2, b.ann, b.bob)
		return err
	})
	b.refused(foreignKeyViolation, wallet, supplier(1), vault, 2)
	b.refused(foreignKeyViolation, wallet, supplier(0), address(0), 2)

	// Nor is a wallet recorded without a proof of its own, or before its hold begins.
	c := b.issue(0, 0, start)
	if _, err := b.tryProve(c.ID, sign(0, c.String()), start, 0); err != nil {
		t.Fatal(err)
	}
	b.refused(checkViolation, `INSERT INTO wallet (supplier_id, address, active_from, recorded_at) VALUES ($1, $2, now(), now())`, supplier(0), address(0))
	const proved = `INSERT INTO wallet (supplier_id, address, nonce, active_from, recorded_at) VALUES ($1, $2, $3, now(), now())`
	b.refused(uniqueViolation, proved, supplier(0), address(0), c.Nonce.String())
	d := b.issue(0, 0, start)
	if _, err := b.tryProve(d.ID, sign(0, d.String()), start, 0); err != nil { // changes nothing: its nonce stands in no wallet
		t.Fatal(err)
	}
	b.refused(foreignKeyViolation, proved, supplier(1), address(0), d.Nonce.String())
	b.refused(foreignKeyViolation, proved, supplier(0), address(1), d.Nonce.String())
	b.refused(checkViolation, `INSERT INTO wallet (supplier_id, address, nonce, active_from, recorded_at) VALUES ($1, $2, $3, now(), now() + interval '1 second')`,
		supplier(0), address(0), d.Nonce.String())
	b.refused(foreignKeyViolation, `INSERT INTO wallet_proof (nonce, supplier_id, address, challenge, text, form, signature, recorded_by, recorded_at)
		SELECT md5('x'), supplier_id, address, number, md5('x') || address, 'raw', decode(repeat('00', 64), 'hex'), issued_by, now() FROM wallet_challenge WHERE number = $1`, b.issue(0, 0, start).number)
}

func TestTheDatabaseRefusesToChangeWhatHappened(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, table := range []string{"supplier_wallet", "wallet_challenge", "wallet_proof", "wallet", "wallet_allowance", "wallet_allowance_approval",
		"wallet_freeze", "wallet_release", "wallet_release_approval", "wallet_event", "wallet_delivery"} {
		b.refused("42501", `DELETE FROM `+table)
		b.refused("42501", `TRUNCATE `+table+` CASCADE`)
		if _, err := b.Owner.Exec(t.Context(), `DELETE FROM `+table); err == nil {
			t.Errorf("the owner may delete from %s", table)
		}
	}
}
