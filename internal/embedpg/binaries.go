package embedpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrNoPostgres says that no server programs of a usable version were found, and
// what to install.
var ErrNoPostgres = errors.New("no usable PostgreSQL server programs (initdb and postgres, version 14 or newer): " +
	"install them with `apt-get install postgresql postgresql-contrib` (Debian, Ubuntu), " +
	"`dnf install postgresql-server postgresql-contrib` (Fedora), `brew install postgresql@17` (macOS), " +
	"or, without being root, with `sh internal/embedpg/install.sh` in the source tree; " +
	"or name the folder of others in UPTALLY_POSTGRES_BIN")

// oldestMajor is the first version with bit_count.
const oldestMajor = 14

// BinDir returns the folder of the server programs that Start would run: the one
// named by UPTALLY_POSTGRES_BIN, else the first of the system's that fits. A major
// other than 0 is the version that they must have, as a data directory can only be
// read by the version that made it. It fails with ErrNoPostgres.
func BinDir(ctx context.Context, major int) (string, error) {
	var seen []string
	for _, dir := range candidates(ctx) {
		version, err := majorOf(ctx, dir)
		if err != nil {
			continue
		}
		if version == major || major == 0 && version >= oldestMajor {
			return dir, nil
		}
		seen = append(seen, fmt.Sprintf("%s (version %d)", dir, version))
	}
	switch {
	case len(seen) > 0 && major != 0:
		return "", fmt.Errorf("the data directory needs version %d, found only %s: %w", major, strings.Join(seen, ", "), ErrNoPostgres)
	case len(seen) > 0:
		return "", fmt.Errorf("found only %s: %w", strings.Join(seen, ", "), ErrNoPostgres)
	case os.Getenv("UPTALLY_POSTGRES_BIN") != "":
		return "", fmt.Errorf("UPTALLY_POSTGRES_BIN=%s holds none: %w", os.Getenv("UPTALLY_POSTGRES_BIN"), ErrNoPostgres)
	}
	return "", ErrNoPostgres
}

// candidates returns the folders that may hold server programs, the likeliest first.
func candidates(ctx context.Context) []string {
	if named := os.Getenv("UPTALLY_POSTGRES_BIN"); named != "" {
		return []string{named}
	}
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	dirs = append(dirs, filepath.SplitList(os.Getenv("PATH"))...)
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian
		"/usr/pgsql-*/bin",                   // Fedora, from PostgreSQL's own repository
		"/opt/homebrew/opt/postgresql@*/bin", // macOS, Apple silicon
		"/usr/local/opt/postgresql@*/bin",    // macOS, Intel
	} {
		found, _ := filepath.Glob(pattern) // fails only on a malformed pattern
		slices.Reverse(found)              // the newest first
		dirs = append(dirs, found...)
	}
	return append(dirs, filepath.Join(installed(), "native", "bin"))
}

// installed is the folder that install.sh fills. Root's own cache would be out of
// reach for the user that the server runs as.
func installed() string {
	if os.Geteuid() == 0 {
		return "/var/cache/uptally/postgres"
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	return filepath.Join(cache, "uptally", "postgres")
}

var majorPattern = regexp.MustCompile(`\) (\d+)`) // of "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"

// majorOf returns the version of the server programs in dir.
func majorOf(ctx context.Context, dir string) (int, error) {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	found := majorPattern.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("version %q not understood", out)
	}
	return strconv.Atoi(string(found[1]))
}
