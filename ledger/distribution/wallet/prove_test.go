package wallet

import (
	"context"
	"encoding/base64"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const hold = 72 * time.Hour

// after returns the moment some hours after the tests' start.
func after(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }

func TestAFirstWalletWaitsToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.prove(0, 0, start, hold)
	want := Record{Supplier: supplier(0), Wallet: Wallet(address(0)), State: Pending, How: ByChallenge,
		ActiveFrom: after(72), RecordedBy: b.ann, RecordedAt: start}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for hours, want := range map[int]Standing{
		0: {Why: OnHold}, 71: {Why: OnHold}, 72: {Wallet: Wallet(address(0))}, 1000: {Wallet: Wallet(address(0))},
	} {
		if got := b.standing(0, after(hours)); got != want {
			t.Errorf("after %d hours: got %+v, want %+v", hours, got, want)
		}
	}
	if got := b.standing(1, start); got != (Standing{}) {
		t.Errorf("a supplier without a wallet: %+v", got)
	}
}

func TestTheOldWalletStaysUntilTheHoldIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.prove(0, 0, start, 0)
	if got := b.standing(0, start); got != (Standing{Wallet: Wallet(address(0))}) {
		t.Errorf("without a hold: %+v", got)
	}
	b.prove(0, 1, after(1), hold)
	if got := b.standing(0, after(72)); got.Wallet != Wallet(address(0)) {
		t.Errorf("within the hold: %+v", got)
	}
	if got := b.standing(0, after(73)); got.Wallet != Wallet(address(1)) {
		t.Errorf("after the hold: %+v", got)
	}
	states := []State{}
	for _, r := range b.list(after(2)) {
		states = append(states, r.State)
	}
	if !slices.Equal(states, []State{Active, Pending}) {
		t.Errorf("listed as %v", states)
	}
}

// TestWhatAProofChanges tells stories of one supplier: each proof is a wallet at an
// hour, with a hold of 72 hours; then who is paid when.
func TestWhatAProofChanges(t *testing.T) {
	t.Parallel()
	type proof struct{ wallet, hour int }
	for name, c := range map[string]struct {
		proofs []proof
		paid   map[int]int // hour -> wallet; -1: on hold
		kinds  []EventKind
	}{
		"the pending one again does not wait anew": {
			[]proof{{0, 0}, {0, 50}}, map[int]int{71: -1, 72: 0},
			[]EventKind{EventProved, EventPending, EventProved}},
		"a newer one takes the place of the pending one": {
			[]proof{{0, 0}, {1, 50}}, map[int]int{72: -1, 121: -1, 122: 1},
			[]EventKind{EventProved, EventPending, EventProved, EventPending}},
		"the current one again changes nothing": {
			[]proof{{0, 0}, {0, 80}}, map[int]int{72: 0, 81: 0, 200: 0},
			[]EventKind{EventProved, EventPending, EventProved}},
		"the current one again ends the wait of another": {
			[]proof{{0, 0}, {1, 80}, {0, 90}}, map[int]int{81: 0, 91: 0, 152: 0, 300: 0},
			[]EventKind{EventProved, EventPending, EventProved, EventPending, EventProved, EventActivated}},
		"the one before comes back": {
			[]proof{{0, 0}, {1, 80}, {0, 160}}, map[int]int{151: 0, 152: 1, 231: 1, 232: 0},
			[]EventKind{EventProved, EventPending, EventProved, EventPending, EventProved, EventPending}},
		"the third takes the place of the second for good": {
			[]proof{{0, 0}, {1, 80}, {2, 151}}, map[int]int{152: 0, 222: 0, 223: 2},
			[]EventKind{EventProved, EventPending, EventProved, EventPending, EventProved, EventPending}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.prove(1, 7, start, 0) // another supplier is not touched
			for _, p := range c.proofs {
				b.prove(0, p.wallet, after(p.hour), hold)
			}
			for hour, w := range c.paid {
				want := Standing{Why: OnHold}
				if w >= 0 {
					want = Standing{Wallet: Wallet(address(w))}
				}
				if got := b.standing(0, after(hour)); got != want {
					t.Errorf("after %d hours: got %+v, want %+v", hour, got, want)
				}
			}
			if got := b.kinds(0); !slices.Equal(got, c.kinds) {
				t.Errorf("got %v, want %v", got, c.kinds)
			}
			if got := b.standing(1, start); got.Wallet != Wallet(address(7)) {
				t.Errorf("the other: %+v", got)
			}
		})
	}
}

func TestProveRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, other := b.issue(0, 0, start), b.issue(0, 1, start)
	signature := sign(0, c.String())
	for name, r := range map[string]struct {
		challenge, signature string
		at                   time.Time
		hold                 time.Duration
		want                 error
	}{
		"an unknown challenge":               {"c99", signature, start, 0, ErrUnknownChallenge},
		"no challenge":                       {"", signature, start, 0, ErrUnknownChallenge},
		"an expired one":                     {c.ID, signature, after(1), 0, ErrExpired},
		"one that comes":                     {c.ID, signature, after(-1), 0, ErrText},
		"another key":                        {c.ID, sign(1, c.String()), start, 0, ErrSignature},
		"another text":                       {c.ID, sign(0, c.String()+" "), start, 0, ErrSignature},
		"the signature of another challenge": {other.ID, signature, start, 0, ErrSignature},
		"another wallet's for its own":       {c.ID, sign(1, other.String()), start, 0, ErrSignature},
		"half a signature":                   {c.ID, signature[:40], start, 0, ErrSignatureSyntax},
		"a hold that is none":                {c.ID, signature, start, -1, ErrHold},
		"a hold beyond 90 days":              {c.ID, signature, start, HoldMax + 1, ErrHold},
	} {
		if got, err := b.tryProve(r.challenge, r.signature, r.at, r.hold); got != (Record{}) || !errors.Is(err, r.want) {
			t.Errorf("%s: got %+v, %v, want %v", name, got, err, r.want)
		}
	}
	if got := b.kinds(0); got != nil {
		t.Fatalf("a refusal left %v", got)
	}
	if _, err := b.tryProve(c.ID, signature, start, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.tryProve(c.ID, signature, start, 0); !errors.Is(err, ErrUsed) {
		t.Errorf("a second time: got %v, want ErrUsed", err)
	}
	if _, err := b.tryProve(c.ID, signature, after(5), 0); !errors.Is(err, ErrUsed) {
		t.Errorf("a second time, late: got %v, want ErrUsed", err)
	}
}

func TestManyProveOnceAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.issue(0, 0, start)
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			_, err := b.tryProve(c.ID, sign(0, c.String()), start, 0)
			errs <- err
		}()
	}
	done := 0
	for range cap(errs) {
		if err := <-errs; err == nil {
			done++
		} else if !errors.Is(err, ErrUsed) {
			t.Error(err)
		}
	}
	if done != 1 || len(b.history(0)) != 2 {
		t.Errorf("%d proved: %v", done, b.kinds(0))
	}
}

func TestProveInEveryForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, form := range []Form{Raw, Offchain, OffchainV0, OffchainV1} {
		c := b.issue(i, 0, start)
		at := slices.IndexFunc(c.candidates(), func(c candidate) bool { return c.form == form })
		signature := []byte(sign(0, string(c.candidates()[at].bytes)))
		decoded, err := ParseSignature(string(signature))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.tryProve(c.ID, base64.StdEncoding.EncodeToString(decoded[:]), start, 0); err != nil {
			t.Errorf("%s: %v", form, err)
		}
		var got Form
		if err := b.Owner.QueryRow(t.Context(), `SELECT form FROM wallet_proof WHERE challenge = $1`, c.number).Scan(&got); err != nil || got != form {
			t.Errorf("got %q, %v, want %q", got, err, form)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := Terms{Domain: "test.example", Expires: time.Hour, Nonce: Nonce{1}, Now: start, Actor: b.ann}
	issue := func(address string, o Terms) error {
		return b.try(func(ctx context.Context, tx pgx.Tx) error {
			c, err := Issue(ctx, tx, supplier(0), address, o)
			if err == nil {
				var found Challenge
				if found, err = Lookup(ctx, tx, c.ID); found != c {
					t.Errorf("got %+v\nwant %+v", found, c)
				}
			}
			return err
		})
	}
	if err := issue(address(0), good); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Terms)) Terms {
		terms := good
		terms.Nonce[1]++
		change(&terms)
		return terms
	}
	for name, c := range map[string]struct {
		address string
		terms   Terms
		want    error
	}{
		"no wallet":         {strings.Repeat("1", 32), with(func(*Terms) {}), ErrWallet},
		"the nonce again":   {address(0), good, ErrUsed},
		"no domain":         {address(0), with(func(o *Terms) { o.Domain = "" }), ErrTerms},
		"a domain of two":   {address(0), with(func(o *Terms) { o.Domain = "a b" }), ErrTerms},
		"30 seconds":        {address(0), with(func(o *Terms) { o.Expires = 30 * time.Second }), ErrTerms},
		"91 days":           {address(0), with(func(o *Terms) { o.Expires = 91 * 24 * time.Hour }), ErrTerms},
		"parts of a second": {address(0), with(func(o *Terms) { o.Expires = time.Hour + 1 }), ErrTerms},
	} {
		if err := issue(c.address, c.terms); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// TestOldWalletsArePaidNoMore: what was recorded before proofs were asked for stays
// on record.
func TestOldWalletsArePaidNoMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, w := range []int{0, 1} {
		if _, err := b.Owner.Exec(t.Context(), `INSERT INTO supplier_wallet (supplier_id, address, recorded_by, recorded_at) VALUES ($1, $2, $3, $4)`,
			supplier(0), address(w), b.bob, after(i-50)); err != nil {
			t.Fatal(err)
		}
	}
	b.refused("42501", `INSERT INTO supplier_wallet (supplier_id, address, recorded_by) VALUES ($1, $2, $3)`, supplier(0), address(2), b.ann)
	if got := b.standing(0, start); got != (Standing{Why: NoWallet}) {
		t.Errorf("got %+v", got)
	}
	want := []Record{{Supplier: supplier(0), Wallet: Wallet(address(1)), State: Unproven, How: ByNothing, RecordedBy: b.bob, RecordedAt: after(-49)}}
	if got := b.list(start); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	b.prove(0, 1, start, hold)
	if got := b.standing(0, start); got != (Standing{Why: OnHold}) {
		t.Errorf("proved: %+v", got)
	}
	if got, want := b.kinds(0), []EventKind{EventRecorded, EventRecorded, EventProved, EventPending}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
