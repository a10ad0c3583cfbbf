package distribution

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// RecordExport records that a person is given the files of an approved distribution.
// It is committed before Export writes them: what may be out is on record. If a payout
// was set aside since the approval, the files would pay it still, and the error is
// ErrAside.
func RecordExport(ctx context.Context, tx pgx.Tx, id string, actor int64) (Distribution, error) {
	d, err := recordExport(ctx, tx, id, actor)
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: export %s: %w", id, err)
	}
	return d, nil
}

func recordExport(ctx context.Context, tx pgx.Tx, id string, actor int64) (Distribution, error) {
	d, err := LockPaying(ctx, tx, id)
	if err != nil {
		return d, err
	}
	if err := d.payable(); err != nil {
		return d, err
	}
	aside, err := countAside(ctx, tx, d.number)
	if err != nil {
		return d, err
	}
	if aside > 0 {
		return d, fmt.Errorf("%w: %d of its payouts were set aside, and the files would pay them: cancel it, and prepare another", ErrAside, aside)
	}
	if err := insertExport(ctx, tx, d.number, actor); err != nil {
		return d, err
	}
	return distributionByID(ctx, tx, id)
}

// ExportedTo reports whether the person is on record to be given the files.
func ExportedTo(ctx context.Context, tx pgx.Tx, id string, person int64) (bool, error) {
	given, err := exportedTo(ctx, tx, id, person)
	if err != nil {
		return false, fmt.Errorf("distribution: exports of %s: %w", id, err)
	}
	return given, nil
}

// Export writes the files of an approved distribution into the folder dir, which
// it makes, once RecordExport said for whom. The folder appears whole or not at all. It is written with the same
// bytes every time: if it holds them already, nothing happens; if it holds
// anything else, the error is ErrConflict. Before a file is written its digest is
// checked against the manifest, and the manifest's against the approval: if one
// differs, the error is ErrCorrupt and nothing is left behind.
func Export(ctx context.Context, tx pgx.Tx, id, dir string) (Distribution, error) {
	d, err := distributionByID(ctx, tx, id)
	if err == nil {
		err = export(ctx, tx, d, dir)
	}
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: export %s to %s: %w", id, dir, err)
	}
	return d, nil
}

func export(ctx context.Context, tx pgx.Tx, d Distribution, dir string) error {
	if err := d.exported(); err != nil {
		return err
	}
	files, err := approvedFiles(ctx, tx, d)
	if err != nil {
		return err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	written, err := isWritten(dir, files)
	if err != nil || written {
		return err
	}
	return writeFolder(dir, files, func(f File) ([]byte, error) { return readFile(ctx, tx, d, f) })
}

// ErrNoFile means that a distribution has no file of a name.
var ErrNoFile = errors.New("no such file")

// ReadFile returns one file of an approved distribution, byte by byte as Export writes
// it and with the same checks, once RecordExport said for whom. The manifest names no
// wallet and pays nobody: who approves it may read it before. The error for a name that
// is none of its files is ErrNoFile.
func ReadFile(ctx context.Context, tx pgx.Tx, id, name string) (File, []byte, error) {
	d, err := distributionByID(ctx, tx, id)
	if err == nil {
		var f File
		var data []byte
		if f, data, err = readOne(ctx, tx, d, name); err == nil {
			return f, data, nil
		}
	}
	return File{}, nil, fmt.Errorf("distribution: file %q of %s: %w", name, id, err)
}

func readOne(ctx context.Context, tx pgx.Tx, d Distribution, name string) (File, []byte, error) {
	if name == ManifestFile {
		text, err := readFile(ctx, tx, d, File{Name: name, SHA256: d.Manifest})
		return fileOf(name, 0, text).File, text, err
	}
	if err := d.exported(); err != nil {
		return File{}, nil, err
	}
	files, err := approvedFiles(ctx, tx, d)
	if err != nil {
		return File{}, nil, err
	}
	i := slices.IndexFunc(files, func(f File) bool { return f.Name == name })
	if i < 0 {
		return File{}, nil, fmt.Errorf("%w: list the files to see which there are", ErrNoFile)
	}
	data, err := readFile(ctx, tx, d, files[i])
	return files[i], data, err
}

// exported refuses a distribution whose files nobody may have.
func (d Distribution) exported() error {
	if err := d.payable(); err != nil {
		return err
	}
	if d.Exports == 0 {
		return fmt.Errorf("%w: nobody is on record to be given the files: record the export first", ErrConflict)
	}
	return nil
}

// approvedFiles returns the files that the approval binds: the manifest by its
// digest, the tables through the manifest, and the sums of all of them.
func approvedFiles(ctx context.Context, tx pgx.Tx, d Distribution) ([]File, error) {
	approved, err := approvedManifest(ctx, tx, d.number)
	if err != nil {
		return nil, err
	}
	text, err := readFile(ctx, tx, d, File{Name: ManifestFile, SHA256: approved})
	if err != nil {
		return nil, err
	}
	var manifest Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrCorrupt, ManifestFile, err)
	}
	files := append(slices.Clone(manifest.Files), fileOf(ManifestFile, 0, text).File)
	return append(files, sumsFile(files).File), nil
}

// readFile returns the stored bytes of the file, if they have its digest.
func readFile(ctx context.Context, tx pgx.Tx, d Distribution, f File) ([]byte, error) {
	data, err := fileContents(ctx, tx, d.number, f.Name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if found := ledger.Digest(sha256.Sum256(data)); found != f.SHA256 {
		return nil, fmt.Errorf("%w: %s has digest %s, but %s was approved: restore the database, and pay nothing from it",
			ErrCorrupt, f.Name, found, f.SHA256)
	}
	return data, nil
}

// isWritten reports whether the folder holds exactly the files. It is not written
// if it does not exist or is empty; with anything else in it it is ErrConflict.
func isWritten(dir string, files []File) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return false, fmt.Errorf("%w: it is a file: name a folder", ErrConflict)
	}
	if err != nil || len(entries) == 0 {
		return false, err
	}
	if len(entries) != len(files) {
		return false, fmt.Errorf("%w: the folder has %d entries, not the %d files: name a new folder", ErrConflict, len(entries), len(files))
	}
	for _, f := range files {
		found, err := digestOf(filepath.Join(dir, f.Name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if found != f.SHA256 {
			return false, fmt.Errorf("%w: %s is missing there or another: name a new folder", ErrConflict, f.Name)
		}
	}
	return true, nil
}

func digestOf(path string) (ledger.Digest, error) {
	file, err := os.Open(path)
	if err != nil {
		return ledger.Digest{}, err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return ledger.Digest{}, err
	}
	return ledger.Digest(digest.Sum(nil)), nil
}

// writeFolder fills a folder beside dir, brings it to the disk, and then gives it
// its name.
func writeFolder(dir string, files []File, read func(File) ([]byte, error)) (err error) {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	partial, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".partial-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(partial))
		}
	}()
	for _, f := range files {
		data, err := read(f)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(partial, f.Name), data); err != nil {
			return err
		}
	}
	if err := errors.Join(os.Chmod(partial, 0o755), syncFolder(partial)); err != nil {
		return err
	}
	// Unlike os.Rename, this takes the place of an empty folder, and only of one.
	if err := syscall.Rename(partial, dir); err != nil {
		return &os.LinkError{Op: "rename", Old: partial, New: dir, Err: err}
	}
	return syncFolder(parent)
}

func writeFile(path string, data []byte) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Sync()
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
