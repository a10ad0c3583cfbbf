package wallet

import (
	"context"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// told is a supplier's story as one would tell it: what counts, and what waits until
// when. It knows nothing of rows.
type told struct {
	active, pending Wallet
	from            time.Time // of pending
}

// pass lets time pass.
func (s *told) pass(now time.Time) {
	if s.pending != "" && !s.from.After(now) {
		s.active, s.pending = s.pending, ""
	}
}

func (s *told) prove(w Wallet, now time.Time, hold time.Duration) {
	s.pass(now)
	switch {
	case w == s.active:
		s.pending = ""
	case w != s.pending:
		s.pending, s.from = w, now.Add(hold)
	}
	s.pass(now)
}

func (s *told) standing(frozen bool) Standing {
	switch {
	case frozen:
		return Standing{Why: WalletFrozen}
	case s.active != "":
		return Standing{Wallet: s.active}
	}
	return Standing{Why: OnHold}
}

// TestPayableIsWhatTheStorySays proves random wallets of 40 suppliers in 15 rounds,
// with random holds and freezes, and asks after each round, and for hours to come, who
// is paid where.
func TestPayableIsWhatTheStorySays(t *testing.T) {
	t.Parallel()
	b, chance := setup(t), rand.New(rand.NewPCG(4, 13))
	stories, frozen := map[uuid.UUID]*told{}, map[uuid.UUID]bool{}
	for round := range 15 {
		now, hold := after(20*round), []time.Duration{0, 24 * time.Hour, 72 * time.Hour}[chance.IntN(3)]
		table := tableHeader
		for i := range 40 {
			if chance.IntN(3) > 0 {
				continue
			}
			text := anyText(i, chance.IntN(3))
			text.Wallet, text.Nonce = Wallet(address(int(text.Nonce[1]))), Nonce{byte(i), text.Nonce[1], byte(round)}
			text.Issued, text.Expires = now, now.Add(time.Hour)
			table += rowWith(text, int(text.Nonce[1]))
			if stories[text.Supplier] == nil {
				stories[text.Supplier] = &told{}
			}
			stories[text.Supplier].prove(text.Wallet, now, hold)
		}
		if _, err := b.tryImport(table, now, hold); err != nil {
			t.Fatal(err)
		}
		i := chance.IntN(40)
		if frozen[supplier(i)] {
			must(t, "ask", b.askRelease(i, "looked at it", b.ann), nil)
			must(t, "approve", b.approveRelease(i, b.bob), nil)
			delete(frozen, supplier(i))
		} else {
			must(t, "freeze", b.freeze(i, "a drill", b.ann), nil)
			frozen[supplier(i)] = true
		}
		b.comparePayable(round, now.Add(time.Duration(chance.IntN(80))*time.Hour), stories, frozen)
	}
}

func (b *bundle) comparePayable(round int, at time.Time, stories map[uuid.UUID]*told, frozen map[uuid.UUID]bool) {
	b.t.Helper()
	want := map[uuid.UUID]Standing{}
	for supplier := range frozen {
		want[supplier] = Standing{Why: WalletFrozen}
	}
	for supplier, story := range stories {
		then := *story
		then.pass(at)
		want[supplier] = then.standing(frozen[supplier])
	}
	var got map[uuid.UUID]Standing
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		got, err = Payable(ctx, tx, at)
		return err
	})
	if !maps.Equal(got, want) {
		for supplier := range want {
			if got[supplier] != want[supplier] {
				b.t.Errorf("round %d, %s: got %+v, want %+v", round, supplier, got[supplier], want[supplier])
			}
		}
	}
	if len(got) != len(want) {
		b.t.Errorf("round %d: %d suppliers, want %d", round, len(got), len(want))
	}
	// The list says the same.
	listed := map[uuid.UUID]Standing{}
	for _, r := range b.list(at) {
		switch r.State {
		case Frozen:
			listed[r.Supplier] = Standing{Why: WalletFrozen}
		case Active:
			listed[r.Supplier] = Standing{Wallet: r.Wallet}
		default:
			if _, found := listed[r.Supplier]; !found {
				listed[r.Supplier] = Standing{Why: OnHold}
			}
		}
	}
	if !maps.Equal(listed, got) {
		b.t.Errorf("round %d: listed %v\nwant %v", round, listed, got)
	}
}
