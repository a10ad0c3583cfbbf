package snapshot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

func (o *office) review(f snapshot.HeldFilter, asOf time.Time) (held []snapshot.HeldChange) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		held, err = snapshot.Review(ctx, tx, f, asOf)
		return err
	})
	return held
}

// says writes held changes in short, in the order of their seq.
func says(held []snapshot.HeldChange) string {
	held = slices.SortedFunc(slices.Values(held), func(a, b snapshot.HeldChange) int { return int(a.Seq - b.Seq) })
	var words []string
	for _, h := range held {
		words = append(words, fmt.Sprintf("%d %s", h.Seq, h.State))
	}
	return strings.Join(words, ", ")
}

func (o *office) tryRelease(f snapshot.HeldFilter) (n int, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) error {
		held, err := snapshot.ReleaseHeld(ctx, tx, f, "it was ours", o.grace)
		n = len(held)
		return err
	})
	return n, err
}

func (o *office) tryRefuse(f snapshot.HeldFilter) (n int, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) error {
		held, err := snapshot.RefuseHeld(ctx, tx, f, "an attack", o.ada)
		n = len(held)
		return err
	})
	return n, err
}

// The changes of a besieged village, by seq: that of attacked, then these.
const (
	renamedSeq = attackSeq + 1 + iota
	upgradedSeq
	stolenSeq
	movedSeq   // in the second hold too
	trustedSeq // through the trusted channel: never held
	earlierSeq // before the holds
)

// besieged is a village with more changes in its hold, and another hold over its end.
func besieged(t *testing.T) *office {
	v := newVillage()
	v.holds = append(v.holds, snapshot.Hold{From: may(2, 6).Add(30 * time.Minute), To: may(2, 8)})
	v.change(steady, "worker-api", may(2, 6), row{"device_name": "pwned", "status": "down"})
	v.change(steady, "worker-api", may(2, 6).Add(time.Minute), row{"gpu_model": "NVIDIA H100", "gpu_count": 8})
	v.change(outaged, "worker-api", may(2, 6).Add(time.Minute), row{"supplier_id": supplierID(66)})
	v.change(sold, "worker-api", may(2, 6).Add(40*time.Minute), row{"connectivity": "low"})
	v.change(steady, "user", may(2, 6).Add(2*time.Minute), row{"connectivity": "low"})
	v.change(steady, "worker-api", may(2, 5), row{"device_name": "mine"})
	return v.settle(t)
}

func TestReview(t *testing.T) {
	t.Parallel()
	o := besieged(t)
	all := fmt.Sprintf("%d open, %d open, %d open, %d open, %d open", attackSeq, renamedSeq, upgradedSeq, stolenSeq, movedSeq)
	device, supplier, thief := deviceID(steady), supplierID(outaged/2), supplierID(66)
	holds := o.holds(farOff)
	for _, c := range []struct {
		name   string
		filter snapshot.HeldFilter
		want   string
	}{
		{"everything", snapshot.HeldFilter{}, all},
		{"of a hold", snapshot.HeldFilter{Hold: &holds[0].ID}, all},
		{"of another", snapshot.HeldFilter{Hold: &holds[1].ID}, fmt.Sprintf("%d open", movedSeq)},
		{"of a device", snapshot.HeldFilter{Device: &device}, fmt.Sprintf("%d open, %d open", renamedSeq, upgradedSeq)},
		{"of a supplier's devices", snapshot.HeldFilter{Supplier: &supplier}, fmt.Sprintf("%d open, %d open, %d open", renamedSeq, upgradedSeq, stolenSeq)},
		{"that make someone the owner", snapshot.HeldFilter{Supplier: &thief}, fmt.Sprintf("%d open, %d open", attackSeq, stolenSeq)},
		{"that name an owner", snapshot.HeldFilter{Field: snapshot.FieldSupplier}, fmt.Sprintf("%d open, %d open", attackSeq, stolenSeq)},
		{"that name a count", snapshot.HeldFilter{Field: snapshot.FieldGPUCount}, fmt.Sprintf("%d open", upgradedSeq)},
		{"for display", snapshot.HeldFilter{Field: snapshot.FieldDisplay}, fmt.Sprintf("%d open", renamedSeq)},
		{"by seq", snapshot.HeldFilter{Changes: []int64{movedSeq, trustedSeq}}, fmt.Sprintf("%d open", movedSeq)},
		{"released ones", snapshot.HeldFilter{State: snapshot.HeldReleased}, ""},
	} {
		if got := says(o.review(c.filter, farOff)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if before := o.review(snapshot.HeldFilter{}, holds[0].RecordedAt.Add(-time.Microsecond)); len(before) != 0 {
		t.Errorf("before the holds: %+v", before)
	}
	for _, h := range o.review(snapshot.HeldFilter{}, farOff) {
		if h.DeviceID != deviceID(int(h.Device)) || h.SupplierID != supplierID(int(h.Device)/2) {
			t.Errorf("change %d is of device %d of %s", h.Seq, h.Device, h.SupplierID)
		}
	}
	renamed := o.review(snapshot.HeldFilter{Field: snapshot.FieldDisplay}, farOff)[0]
	if f := renamed.Fields; len(f) != 2 || *f[0].Before != "mine" || f[0].After != "pwned" || f[1].Before != nil || f[1].After != "down" {
		t.Errorf("what it would alter, against what is believed: %+v", f)
	}
	err := o.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := snapshot.Review(ctx, tx, snapshot.HeldFilter{Hold: new(int64(77))}, farOff)
		return err
	})
	wantError(t, "of a hold that is not there", err, snapshot.ErrNotFound)
}

func TestHeldChangesAreDecidedOnce(t *testing.T) {
	t.Parallel()
	o := besieged(t)
	holds := o.holds(farOff)
	decide := func(name string, want int, wantErr error, act func(snapshot.HeldFilter) (int, error), f snapshot.HeldFilter) {
		t.Helper()
		n, err := act(f)
		wantError(t, name, err, wantErr)
		if wantErr == nil && n != want {
			t.Errorf("%s: %d decided, want %d", name, n, want)
		}
	}
	seqs := func(seqs ...int64) snapshot.HeldFilter { return snapshot.HeldFilter{Changes: seqs} }
	decide("refusing by field", 1, nil, o.tryRefuse, snapshot.HeldFilter{Field: snapshot.FieldDisplay})
	decide("refusing it again", 0, snapshot.ErrAlreadyRefused, o.tryRefuse, seqs(renamedSeq))
	decide("releasing it", 0, snapshot.ErrAlreadyRefused, o.tryRelease, seqs(renamedSeq))
	wantError(t, "releasing it by its number", o.tryReleaseChange(renamedSeq), snapshot.ErrAlreadyRefused)
	decide("refusing what is left of that", 0, snapshot.ErrNotFound, o.tryRefuse, snapshot.HeldFilter{Field: snapshot.FieldDisplay})
	decide("refusing what was never held", 0, snapshot.ErrNotFound, o.tryRefuse, seqs(trustedSeq))
	decide("nothing of several, if one is decided", 0, snapshot.ErrAlreadyRefused, o.tryRefuse, seqs(attackSeq, renamedSeq))
	supplier := supplierID(66)
	decide("releasing by supplier", 2, nil, o.tryRelease, snapshot.HeldFilter{Supplier: &supplier})
	decide("refusing what is released", 0, snapshot.ErrAlreadyReleased, o.tryRefuse, seqs(stolenSeq))
	if got, want := says(o.review(snapshot.HeldFilter{}, farOff)), fmt.Sprintf("%d released, %d refused, %d open, %d released, %d open",
		attackSeq, renamedSeq, upgradedSeq, stolenSeq, movedSeq); got != want {
		t.Errorf("%s, want %s", got, want)
	}

	err := o.releaseHold(holds[0].ID)
	if wantError(t, "releasing a hold over a refusal", err, snapshot.ErrConflict); err == nil || !strings.Contains(err.Error(), fmt.Sprint(renamedSeq)) {
		t.Errorf("%v does not name it", err)
	}
	o.check(o.releaseHold(holds[1].ID))
	decide("one hold of two is released: the other still sets it aside", 1, nil, o.tryRefuse, seqs(movedSeq))
	for _, act := range []func(context.Context, pgx.Tx, snapshot.HeldFilter, string, int64) ([]snapshot.HeldChange, error){snapshot.ReleaseHeld, snapshot.RefuseHeld} {
		if err := o.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := act(ctx, tx, seqs(upgradedSeq), "", o.ada)
			return err
		}); err == nil || !strings.Contains(err.Error(), "reason") {
			t.Errorf("without a reason: %v", err)
		}
	}

	refused := o.review(snapshot.HeldFilter{State: snapshot.HeldRefused}, farOff)
	if d := refused[0].Decision; len(refused) != 2 || d.Reason != "an attack" || d.PersonID != o.ada || d.Hold != nil {
		t.Fatalf("refused: %+v", refused)
	}
	first := slices.MinFunc(refused, func(a, b snapshot.HeldChange) int { return a.Decision.At.Compare(b.Decision.At) })
	if then := o.review(snapshot.HeldFilter{State: snapshot.HeldOpen}, first.Decision.At.Add(-time.Microsecond)); len(then) != 5 {
		t.Errorf("before the first decision: %s", says(then))
	}
	if then := o.review(snapshot.HeldFilter{State: snapshot.HeldRefused}, first.Decision.At); len(then) != 1 {
		t.Errorf("as of the first decision: %s", says(then))
	}
}

// A hold released as a whole takes with it what was not refused by itself.
func TestAWholeHoldIsReleased(t *testing.T) {
	t.Parallel()
	o := besieged(t)
	holds := o.holds(farOff)
	o.check(o.releaseHold(holds[0].ID))
	if got, want := says(o.review(snapshot.HeldFilter{Hold: &holds[0].ID}, farOff)), fmt.Sprintf("%d released, %d released, %d released, %d released, %d open",
		attackSeq, renamedSeq, upgradedSeq, stolenSeq, movedSeq); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if d := o.review(snapshot.HeldFilter{Changes: []int64{attackSeq}}, farOff)[0].Decision; d == nil || d.Hold == nil || *d.Hold != holds[0].ID {
		t.Errorf("decided by %+v", d)
	}
	_, err := o.tryRefuse(snapshot.HeldFilter{Changes: []int64{attackSeq}})
	wantError(t, "refusing one of it", err, snapshot.ErrAlreadyReleased)
}

// A refusal alters nothing that is paid, and its database keeps to the rules alone.
func TestRefusals(t *testing.T) {
	t.Parallel()
	o := besieged(t)
	before := o.lines(o.take(villageSeason.Code))
	if _, err := o.tryRefuse(snapshot.HeldFilter{Changes: []int64{attackSeq, stolenSeq}}); err != nil {
		t.Fatal(err)
	}
	s := o.take(villageSeason.Code)
	if after := o.lines(s); after != before {
		t.Errorf("after refusals\n%s\nbefore\n%s", after, before)
	}
	const (
		refuse  = `INSERT INTO metadata_refusal (change_seq, reason, person_id, recorded_at) SELECT $1::bigint, 'why', max(id), clock_timestamp() FROM person`
		release = `INSERT INTO metadata_release (change_seq, reason, person_id, recorded_at) SELECT $1::bigint, 'why', max(id), clock_timestamp() FROM person`
		whole   = `INSERT INTO metadata_release (hold_id, reason, person_id, recorded_at) SELECT $1::bigint, 'why', max(id), clock_timestamp() FROM person`
	)
	o.releaseChange(upgradedSeq)
	for what, statement := range map[string]string{"its release": release, "the release of its hold": whole} {
		argument := int64(attackSeq)
		if statement == whole {
			argument = o.holds(farOff)[0].ID
		}
		t.Log(what)
		o.refusedToOwner(integrityViolation, statement, argument)
	}
	for _, seq := range []int64{upgradedSeq, trustedSeq, earlierSeq} {
		o.refusedToOwner(integrityViolation, refuse, seq)
	}
	o.refused(foreignKeyViolation, refuse, int64(1)) // a registration
	o.refusedToOwner(integrityViolation, `DELETE FROM metadata_refusal`)
	o.refused(notAllowed, `UPDATE metadata_refusal SET reason = 'another'`)

	// A refusal is a fact: no moment is fixed below it.
	o.owner(`UPDATE fact_horizon SET as_of = $1`, farOff.AddDate(-1, 0, 0))
	if _, err := o.tryRefuse(snapshot.HeldFilter{Changes: []int64{movedSeq}}); err != nil {
		t.Fatal(err)
	}
	o.pastTriggers(`UPDATE fact_horizon SET as_of = '-infinity'`)
	if late := o.take(villageSeason.Code); late.AsOf.Before(farOff.AddDate(-1, 0, 0)) {
		t.Errorf("taken as of %s, before a refusal on record", late.AsOf)
	}
}

// Of a refusal and a release at once, one is told that it came second.
func TestDecisionsAtOnce(t *testing.T) {
	t.Parallel()
	o := besieged(t)
	hold := o.holds(farOff)[0].ID
	for _, seq := range []int64{attackSeq, renamedSeq, upgradedSeq, stolenSeq} {
		acts := []func() error{
			func() error { _, err := o.tryRefuse(snapshot.HeldFilter{Changes: []int64{seq}}); return err },
			func() error { return o.tryReleaseChange(seq) },
			func() error { _, err := o.tryRelease(snapshot.HeldFilter{Changes: []int64{seq}}); return err },
		}
		errs := make([]error, len(acts))
		var all sync.WaitGroup
		for i, act := range acts {
			all.Go(func() { errs[i] = act() })
		}
		all.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			}
		}
		if done != 1 {
			t.Errorf("change %d: %d of the three went through: %v", seq, done, errs)
		}
	}
	refused := len(o.review(snapshot.HeldFilter{State: snapshot.HeldRefused}, farOff))
	if err := o.releaseHold(hold); (err == nil) != (refused == 0) {
		t.Errorf("with %d refused, releasing the hold: %v", refused, err)
	}
}
