package embedpg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// socketPathMax is the longest path of a unix socket: sockaddr_un holds 108 bytes
// with the closing zero on Linux, and 104 on macOS.
const (
	socketPathMax = 103
	port          = "5432" // names the socket file, and no port of the network
	socketName    = ".s.PGSQL." + port
)

// cluster is a data directory that is ready to be run.
type cluster struct {
	config    Config
	account   *syscall.Credential // nil: our own
	binDir    string
	socketDir string
}

// openCluster finds the programs for the configured data directory, and makes the
// cluster if there is none. The caller holds the lock.
func openCluster(ctx context.Context, config Config) (*cluster, error) {
	account, err := accountFor(config.DataDir)
	if err != nil {
		return nil, err
	}
	major, err := majorOfCluster(config.DataDir)
	if err != nil {
		return nil, err
	}
	binDir, err := BinDir(ctx, major)
	if err != nil {
		return nil, err
	}
	c := &cluster{config: config, account: account, binDir: binDir}
	if major == 0 {
		if err := c.initialise(); err != nil {
			return nil, err
		}
	}
	c.socketDir, err = socketDirFor(config.DataDir, account)
	return c, err
}

// majorOfCluster returns the version that made a data directory, 0 if it is absent
// or empty.
func majorOfCluster(dir string) (int, error) {
	version, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err == nil {
		return strconv.Atoi(strings.TrimSpace(string(version)))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	entries, err := os.ReadDir(dir)
	if len(entries) > 0 {
		return 0, fmt.Errorf("the directory holds %s but no PG_VERSION, so it is no Postgres cluster; choose another, or an empty one", entries[0].Name())
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	return 0, nil
}

// initialise makes the cluster beside its place and moves it there when whole, so
// that a start killed half way leaves nothing that looks like a cluster.
func (c *cluster) initialise() error {
	leftovers, _ := filepath.Glob(c.config.DataDir + ".new-*") // fails only on a malformed pattern
	for _, leftover := range leftovers {
		if err := os.RemoveAll(leftover); err != nil {
			return err
		}
	}
	fresh, err := os.MkdirTemp(filepath.Dir(c.config.DataDir), filepath.Base(c.config.DataDir)+".new-*")
	if err != nil {
		return err
	}
	if err := give(fresh, c.account); err != nil {
		return err
	}
	arguments := []string{
		"-D", fresh, "--username=" + Owner, "--auth-local=trust", "--auth-host=reject",
		"--encoding=UTF8", "--no-locale", "--no-instructions",
	}
	if c.config.Throwaway {
		arguments = append(arguments, "--no-sync")
	}
	var output bytes.Buffer
	command := c.command("initdb", fresh, arguments...)
	command.Stdout, command.Stderr = &output, &output
	initdb, err := launch(command)
	if err != nil {
		return err
	}
	if <-initdb.ended; initdb.err != nil {
		return errors.Join(fmt.Errorf("initdb failed (%w):\n%s", initdb.err, output.String()), os.RemoveAll(fresh))
	}
	return os.Rename(fresh, c.config.DataDir)
}

// launch starts the server, its output going to a log of its own.
func (c *cluster) launch() (*process, error) {
	if err := retirePostmaster(c.config.DataDir); err != nil {
		return nil, err
	}
	if err := os.Rename(c.logPath(), c.logPath()+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	log, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := c.command("postgres", c.config.DataDir, c.settings()...)
	command.Stdout, command.Stderr = log, log
	return launch(command)
}

// settings are for a small machine of 2 cores. They are given on the command line,
// so that every start has those of the program that starts.
func (c *cluster) settings() []string {
	settings := []string{
		"listen_addresses=",
		`unix_socket_directories="` + c.socketDir + `"`,
		"unix_socket_permissions=0700",
		"port=" + port,
		"max_connections=100",
		"timezone=UTC",
		"log_timezone=UTC",
		"jit=off",              // compiling costs more than our short queries
		"shared_buffers=512MB", // a season of a mid-sized network
		"work_mem=16MB",
		"maintenance_work_mem=128MB",
		"max_wal_size=4GB", // a backfill does not run from checkpoint to checkpoint
		"checkpoint_timeout=15min",
		"random_page_cost=1.1", // not a spinning disk
	}
	if c.config.Throwaway {
		settings = append(settings, "shared_buffers=128MB", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0")
	}
	arguments := []string{"-D", c.config.DataDir}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// command runs one of the server programs as the cluster's account, with nothing
// of our environment that could change its course or tell it a secret.
func (c *cluster) command(program, dir string, arguments ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(c.binDir, program), arguments...)
	command.Dir = dir
	command.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH")}
	// In a process group of its own, Ctrl-C in a terminal reaches us first.
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.account, Setpgid: true}
	dieWithParent(command.SysProcAttr)
	return command
}

func (c *cluster) address() postmaster { return postmaster{socketDir: c.socketDir, port: port} }

func (c *cluster) logPath() string { return filepath.Join(c.config.DataDir, "postgres.log") }

// tail returns the end of a log, for an error.
func tail(path string) string {
	log, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// socketDirFor returns the directory of the server's socket: the data directory,
// or where its path is too long for a socket, a directory of its own named after it.
func socketDirFor(dataDir string, account *syscall.Credential) (string, error) {
	if len(dataDir)+1+len(socketName) <= socketPathMax {
		return dataDir, nil
	}
	dir := fmt.Sprintf("/tmp/uptally-%d-%.6x", os.Geteuid(), sha256.Sum256([]byte(dataDir)))
	if err := os.Mkdir(dir, 0o700); err == nil {
		return dir, give(dir, account)
	} else if !errors.Is(err, os.ErrExist) {
		return "", err
	}
	// It was there: it must be ours alone, or another user could listen in it.
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || info.Mode().Perm() != 0o700 || ownerOf(info) != uidOf(account) {
		return "", fmt.Errorf("socket directory %s is not private to user %d; remove it", dir, uidOf(account))
	}
	return dir, nil
}
