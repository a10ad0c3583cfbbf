package distribution

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// contentsOf returns the folder's files by name, and those beside it.
func contentsOf(t *testing.T, dir string) (files map[string]string, beside []string) {
	t.Helper()
	files = map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(data)
	}
	siblings, err := os.ReadDir(filepath.Dir(dir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, sibling := range siblings {
		if sibling.Name() != filepath.Base(dir) {
			beside = append(beside, sibling.Name())
		}
	}
	return files, beside
}

func exportable(t *testing.T) *bundle {
	b := setup(t)
	b.addWallets(3)
	b.seal("s1", 1, 100, 200, 300)
	b.prepare("k")
	return b
}

func TestWhoWasGivenTheFilesLast(t *testing.T) {
	t.Parallel()
	b := exportable(t)
	d := b.approve("d1")
	if d.Exports != 0 || d.ExportedBy != 0 || !d.ExportedAt.IsZero() {
		t.Errorf("given to nobody yet: %+v", d)
	}
	before := d.ApprovedAt
	for i, person := range []int64{b.bob, b.ann} {
		b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
			d, err = RecordExport(ctx, tx, "d1", person)
			return err
		})
		if d.Exports != int64(i+1) || d.ExportedBy != person || !d.ExportedAt.After(before) || d.State != Approved {
			t.Errorf("given to %d: %+v", person, d)
		}
		before = d.ExportedAt
	}
}

func TestExportWritesTheApprovedFiles(t *testing.T) {
	t.Parallel()
	b := exportable(t)
	dir := filepath.Join(t.TempDir(), "new", "d1")
	if err := b.tryExport("d1", dir); !errors.Is(err, ErrNotApproved) {
		t.Fatalf("before the approval: got %v, want ErrNotApproved", err)
	}
	if err := b.tryExport("d2", dir); !errors.Is(err, ErrUnknown) {
		t.Fatalf("an unknown one: got %v, want ErrUnknown", err)
	}
	b.approve("d1")
	for range 2 { // again changes nothing
		if err := b.tryExport("d1", dir); err != nil {
			t.Fatal(err)
		}
		files, beside := contentsOf(t, dir)
		if len(files) != 5 || len(beside) != 0 {
			t.Fatalf("got %d files, and beside them %v", len(files), beside)
		}
		for _, name := range []string{PayoutsFile, PayoutLinesFile, SolanaTokensFile, ManifestFile, SumsFile} {
			if files[name] != b.file("d1", name) {
				t.Errorf("%s is not what was prepared", name)
			}
		}
		for line := range strings.Lines(files[SumsFile]) {
			sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			if got := fmt.Sprintf("%x", sha256.Sum256([]byte(files[name]))); got != sum {
				t.Errorf("%s says %s of %s, which has %s", SumsFile, sum, name, got)
			}
		}
	}
}

func TestExportIntoAFolderThatIsThere(t *testing.T) {
	t.Parallel()
	b := exportable(t)
	b.approve("d1")
	for name, c := range map[string]struct {
		make func(dir string) error
		want error
	}{
		"an empty one": {func(dir string) error { return os.Mkdir(dir, 0o755) }, nil},
		"one with something": {func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "notes"), nil, 0o644))
		}, ErrConflict},
		"a file": {func(dir string) error { return os.WriteFile(dir, nil, 0o644) }, ErrConflict},
		"one changed since": {func(dir string) error {
			return errors.Join(b.tryExport("d1", dir), os.WriteFile(filepath.Join(dir, PayoutsFile), []byte("mine"), 0o644))
		}, ErrConflict},
		"one with another file": {func(dir string) error {
			return errors.Join(b.tryExport("d1", dir), os.WriteFile(filepath.Join(dir, "notes"), nil, 0o644))
		}, ErrConflict},
		"one with a file renamed": {func(dir string) error {
			return errors.Join(b.tryExport("d1", dir), os.Rename(filepath.Join(dir, PayoutsFile), filepath.Join(dir, "paid.csv")))
		}, ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d1")
			if err := c.make(dir); err != nil {
				t.Fatal(err)
			}
			var before map[string]string
			if info, err := os.Stat(dir); err == nil && info.IsDir() {
				before, _ = contentsOf(t, dir)
			}
			if err := b.tryExport("d1", dir); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want == nil || before == nil {
				return
			}
			after, beside := contentsOf(t, dir)
			if fmt.Sprint(after) != fmt.Sprint(before) || len(beside) != 0 {
				t.Errorf("the folder was touched: %v, beside it %v", after, beside)
			}
		})
	}
}

func TestAChangedByteStopsTheExport(t *testing.T) {
	t.Parallel()
	b := exportable(t)
	b.approve("d1")
	names := []string{PayoutsFile, PayoutLinesFile, ManifestFile, SumsFile}
	for _, c := range []struct{ name, change, back string }{
		{"a byte", `UPDATE distribution_file SET contents = set_byte(contents, 40, get_byte(contents, 40) # 1), sha256 = sha256(set_byte(contents, 40, get_byte(contents, 40) # 1)) WHERE name = $1`,
			`UPDATE distribution_file SET contents = set_byte(contents, 40, get_byte(contents, 40) # 1), sha256 = sha256(set_byte(contents, 40, get_byte(contents, 40) # 1)) WHERE name = $1`},
		{"the name", `UPDATE distribution_file SET name = 'x' || name WHERE name = $1`, `UPDATE distribution_file SET name = $1 WHERE name = 'x' || $1`},
	} {
		for _, name := range names {
			t.Run(c.name+" of "+name, func(t *testing.T) {
				b.forge(t, c.change, name)
				dir := filepath.Join(t.TempDir(), "d1")
				if err := b.tryExport("d1", dir); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), name) {
					t.Errorf("got %v, want ErrCorrupt that names %s", err, name)
				}
				if files, beside := contentsOf(t, dir); len(files) != 0 || len(beside) != 0 {
					t.Errorf("left behind: %v, %v", files, beside)
				}
				b.forge(t, c.back, name)
			})
		}
	}
	if err := b.tryExport("d1", filepath.Join(t.TempDir(), "d1")); err != nil {
		t.Errorf("with everything back: %v", err)
	}
}

// forge changes the database behind the program's back.
func (b *bundle) forge(t *testing.T, statement, name string) {
	t.Helper()
	tx, err := b.Owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	if tag, err := tx.Exec(t.Context(), statement, name); err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("%s: %v, %v", statement, tag, err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}
