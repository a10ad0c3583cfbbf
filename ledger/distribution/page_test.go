package distribution

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// Payouts read page by page are the payouts, all or those in one state, and progress
// counts them.
func TestPayoutsComeByPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(7)
	b.seal("s1", 1, 1, 2, 3, 4, 5, 6, 7)
	b.prepare("k")
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		return SetAside(ctx, tx, "d1", []int{2, 5, 7}, AsideRefused, "closed", b.ann)
	})
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		whole, err := ReadPayouts(ctx, tx, "d1")
		if err != nil {
			return err
		}
		for _, state := range []PayoutState{"", Waiting, Aside, Paid} {
			for _, limit := range []int{1, 2, 7, 100} {
				want := slices.DeleteFunc(slices.Clone(whole), func(p PayoutStatus) bool { return state != "" && p.State != state })
				got, after := []PayoutStatus{}, 0
				for page, err := ReadPayoutsAfter(ctx, tx, "d1", state, after, limit); len(page) > 0 || err != nil; page, err = ReadPayoutsAfter(ctx, tx, "d1", state, after, limit) {
					if err != nil || len(page) > limit {
						t.Fatalf("a page of %d, error %v", len(page), err)
					}
					got, after = append(got, page...), page[len(page)-1].Number
				}
				if len(got) != len(want) || len(want) > 0 && got[len(got)-1].Number != want[len(want)-1].Number {
					t.Errorf("state %q by %d: %d payouts, want %d", state, limit, len(got), len(want))
				}
			}
		}
		progress, err := ReadProgress(ctx, tx, "d1")
		if want := []Progress{{Waiting, 4, sum(whole, Waiting)}, {Aside, 3, sum(whole, Aside)}}; err != nil || !slices.Equal(progress, want) {
			t.Errorf("progress %v, error %v, want %v", progress, err, want)
		}
		_, err = ReadPayoutsAfter(ctx, tx, "d9", "", 0, 1)
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("of none: %v", err)
		}
		return nil
	})
}

func sum(payouts []PayoutStatus, state PayoutState) (total ledger.Amount) {
	for _, p := range payouts {
		if p.State == state {
			total += p.Amount
		}
	}
	return total
}

// A file is read as it was prepared, by nobody before somebody is on record for it.
func TestOneFileIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 5)
	d := b.prepare("k")
	read := func(name string) (text []byte, err error) {
		err = b.try(func(ctx context.Context, tx pgx.Tx) error {
			_, text, err = ReadFile(ctx, tx, d.ID, name)
			return err
		})
		return text, err
	}
	if _, err := read(PayoutsFile); !errors.Is(err, ErrNotApproved) {
		t.Errorf("before the approval: %v", err)
	}
	if text, err := read(ManifestFile); err != nil || string(text) != b.file(d.ID, ManifestFile) {
		t.Errorf("the manifest: %d bytes, error %v", len(text), err)
	}
	b.approve(d.ID)
	if _, err := read(PayoutsFile); !errors.Is(err, ErrConflict) {
		t.Errorf("before the export: %v", err)
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := RecordExport(ctx, tx, d.ID, b.bob)
		return err
	})
	for _, f := range d.Files {
		if text, err := read(f.Name); err != nil || string(text) != b.file(d.ID, f.Name) {
			t.Errorf("%s: %d bytes, error %v", f.Name, len(text), err)
		}
	}
	if _, err := read("nothing.csv"); !errors.Is(err, ErrNoFile) {
		t.Errorf("a file that is none: %v", err)
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		for person, want := range map[int64]bool{b.ann: false, b.bob: true} {
			if given, err := ExportedTo(ctx, tx, d.ID, person); err != nil || given != want {
				t.Errorf("person %d: %t, error %v", person, given, err)
			}
		}
		return nil
	})
	for _, name := range []string{PayoutsFile, ManifestFile} {
		b.ownerDo(`ALTER TABLE distribution_file DISABLE TRIGGER append_only`)
		b.ownerDo(`UPDATE distribution_file SET contents = set_byte(contents, 40, get_byte(contents, 40) # 1), sha256 = sha256(set_byte(contents, 40, get_byte(contents, 40) # 1)) WHERE name = $1`, name)
		if _, err := read(name); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}

func (b *bundle) ownerDo(statement string, arguments ...any) {
	b.t.Helper()
	if _, err := b.Owner.Exec(context.Background(), statement, arguments...); err != nil {
		b.t.Fatal(err)
	}
}
