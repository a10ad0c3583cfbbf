package embedpg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Owner is the cluster's superuser: it owns and migrates the databases.
const Owner = "uptally"

const (
	startMax  = 5 * time.Minute       // the longest wait for a start, recovery after a crash included
	stopMax   = time.Minute           // the longest wait for a clean stop, before an immediate one
	pollEvery = 20 * time.Millisecond // between two looks at a server that is coming or going
)

// Config says which cluster to run, and how.
type Config struct {
	DataDir   string // the cluster's directory; made if absent, not itself a mount point
	Database  string // made if absent
	Throwaway bool   // gives up durability for speed: for data that may be lost, such as a test's
}

// Server is a Postgres that answered when Start returned.
type Server struct {
	database string
	address  postmaster
	lock     *flock.Flock // held while we own the server; nil: it is another's
	process  *process     // nil: it is another's
	stopWith syscall.Signal
}

// Start runs the cluster in config.DataDir, making it if absent, or reuses the
// server that already runs there, and makes the database if absent. It returns
// once connections are accepted: after 1 to 2 s for a new cluster, 0.1 s again.
// ctx bounds the start alone. It fails with ErrNoPostgres if there are no server
// programs of the right version; other errors quote the end of the server's log.
func Start(ctx context.Context, config Config) (*Server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startMax, fmt.Errorf("not ready after %s", startMax))
	defer cancel()
	dir, err := resolve(config.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data directory %q: %w", config.DataDir, err)
	}
	config.DataDir = dir
	server, err := startOrReuse(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("starting Postgres in %s: %w", dir, err)
	}
	if err := ensureDatabase(ctx, server.urlOf(Owner, "postgres"), config.Database); err != nil {
		return nil, errors.Join(fmt.Errorf("making database %q in %s: %w", config.Database, dir, err), server.Stop())
	}
	return server, nil
}

// URL returns a connection URL, for pgx and libpq, to the configured database over
// the server's socket. The role "" stands for Owner.
func (s *Server) URL(role string) string {
	if role == "" {
		role = Owner
	}
	return s.urlOf(role, s.database)
}

// Reused reports whether the server was started by another process, which will
// also stop it.
func (s *Server) Reused() bool { return s.process == nil }

// Stop stops the server, and returns when it has ended; of a reused server it only
// lets go. Connections still open are broken. It may be called more than once.
func (s *Server) Stop() error {
	if s.process == nil || !s.lock.Locked() {
		return nil
	}
	return errors.Join(s.end(), s.lock.Unlock())
}

// end stops the server that we own, and keeps the lock.
func (s *Server) end() error {
	if !s.process.stop(s.stopWith) {
		s.process.stop(syscall.SIGQUIT) // immediate: the next start recovers
	}
	return setOwnedPid(s.lock, 0)
}

func (s *Server) urlOf(role, database string) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.User(role),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {s.address.socketDir}, "port": {s.address.port}}.Encode(),
	}
	return address.String()
}

// startOrReuse goes by the table in the package's documentation.
func startOrReuse(ctx context.Context, config Config) (*Server, error) {
	lock := flock.New(config.DataDir + ".lock")
	for {
		held, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("locking: %w", err)
		}
		if held {
			server, err := own(ctx, config, lock)
			if server != nil {
				return server, nil
			}
			if err := errors.Join(err, lock.Unlock()); err != nil {
				return nil, err
			}
		}
		if running, found := findPostmaster(config.DataDir); found {
			server := &Server{database: config.Database, address: running}
			ready, err := answers(ctx, server.urlOf(Owner, "postgres"))
			if ready || err != nil {
				return server, err
			}
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("waiting for the server that another process runs there: %w", err)
		}
	}
}

// own starts the cluster's server under the held lock, once a server that has lost
// its owner is gone. It returns nil and no error if a server runs there that was
// never ours.
func own(ctx context.Context, config Config, lock *flock.Flock) (*Server, error) {
	if err := stopOrphan(ctx, ownedPid(lock), config.DataDir); err != nil {
		return nil, err
	}
	if _, found := findPostmaster(config.DataDir); found {
		return nil, nil
	}
	c, err := openCluster(ctx, config)
	if err != nil {
		return nil, err
	}
	for {
		server, err := c.run(ctx, lock)
		if !errors.Is(err, errMemoryHeld) {
			return server, err
		}
		if stopped := pause(ctx); stopped != nil {
			return nil, errors.Join(err, stopped)
		}
	}
}

// run starts the server under the held lock and returns once it accepts connections.
func (c *cluster) run(ctx context.Context, lock *flock.Flock) (*Server, error) {
	started, err := c.launch()
	if err != nil {
		return nil, err
	}
	server := &Server{database: c.config.Database, address: c.address(), lock: lock, process: started, stopWith: syscall.SIGINT}
	if c.config.Throwaway {
		server.stopWith = syscall.SIGQUIT
	}
	err = setOwnedPid(lock, started.pid)
	if err == nil {
		err = server.awaitReady(ctx, c)
	}
	if err != nil {
		return nil, errors.Join(err, server.end())
	}
	return server, nil
}

// stopOrphan stops the server that an owner started and left behind, and returns
// when it is gone.
func stopOrphan(ctx context.Context, pid int, dir string) error {
	for pid != 0 && isPostmaster(pid, dir) {
		if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping process %d, which its owner left behind: %w", pid, err)
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("waiting for process %d to stop: %w", pid, err)
		}
	}
	return nil
}

// awaitReady returns when the server accepts connections. A server that ends
// instead is an error that quotes its log.
func (s *Server) awaitReady(ctx context.Context, c *cluster) error {
	for {
		ready, err := answers(ctx, s.urlOf(Owner, "postgres"))
		if ready || err != nil {
			return err
		}
		select {
		case <-s.process.ended:
			return ended(s.process.err, tail(c.logPath()))
		default:
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("waiting for connections: %w; the end of its log:\n%s", err, tail(c.logPath()))
		}
	}
}

// errMemoryHeld says that children of a server that was killed still live. They
// notice by themselves, and end.
var errMemoryHeld = errors.New("children of an earlier server are still ending")

// ended makes the error of a server that ended before it was ready.
func ended(cause error, log string) error {
	err := fmt.Errorf("the server ended at once (%w); the end of its log:\n%s", cause, log)
	if strings.Contains(log, "pre-existing shared memory block") {
		return fmt.Errorf("%w: %w", errMemoryHeld, err)
	}
	return err
}

// resolve returns the absolute path of a data directory without symbolic links,
// and makes its parents.
func resolve(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("is empty; name one")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real, nil
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(dir))
	return filepath.Join(parent, filepath.Base(dir)), err
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pollEvery):
		return nil
	}
}
