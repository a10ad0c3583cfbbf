package embedpg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestNoProgramsSaysWhatToInstall(t *testing.T) {
	t.Setenv("UPTALLY_POSTGRES_BIN", t.TempDir())
	_, err := Start(t.Context(), Config{DataDir: dataDir(t), Database: "test"})
	if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("got %v, want ErrNoPostgres with what to install", err)
	}
}

func TestProgramsOfAnotherVersionAreNotRun(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(dir, "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{DataDir: dir, Database: "test"})
	if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "needs version 9") {
		t.Errorf("got %v, want ErrNoPostgres naming version 9", err)
	}
	if _, err := os.Stat(version); err != nil {
		t.Errorf("the data directory was touched: %v", err)
	}
}

func TestVersionOfPrograms(t *testing.T) {
	t.Parallel()
	for banner, want := range map[string]int{
		"postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)": 15,
		"postgres (PostgreSQL) 18beta1":                        18,
		"something else 15":                                    0,
	} {
		dir := t.TempDir()
		for program, script := range map[string]string{"initdb": "#!/bin/sh\n", "postgres": "#!/bin/sh\necho '" + banner + "'\n"} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := majorOf(t.Context(), dir); got != want || (err == nil) != (want != 0) {
			t.Errorf("%s: got %d, error %v, want %d", banner, got, err, want)
		}
	}
}

func TestDirectoryOfOtherFilesIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{DataDir: dir, Database: "test"})
	if err == nil || !strings.Contains(err.Error(), "letter.txt") {
		t.Errorf("got %v, want a refusal that names letter.txt", err)
	}
}

func TestEmptyPathIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Start(t.Context(), Config{Database: "test"}); err == nil {
		t.Error("started without a data directory")
	}
}

func TestDirectoryThatTheAccountCannotEnterIsNamed(t *testing.T) {
	t.Parallel()
	closed := filepath.Dir(dataDir(t))
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := &syscall.Credential{Uid: 4294967290, Gid: 4294967290}
	err := enterable(closed, stranger)
	if err == nil || !strings.Contains(err.Error(), closed) {
		t.Errorf("got %v, want a refusal that names %s", err, closed)
	}
	if err := enterable("/usr/lib", stranger); err != nil {
		t.Error(err)
	}
}
