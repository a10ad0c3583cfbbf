package embedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"
)

func TestDataOutlivesAStop(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	cutOff := dir + ".new-1" // what a first start leaves that was killed half way
	if err := os.MkdirAll(filepath.Join(cutOff, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	var counts []string
	for range 2 {
		server, err := Start(t.Context(), Config{DataDir: dir, Database: "test"})
		if err != nil {
			t.Fatal(err)
		}
		ask(t, server, `SELECT lo_create(0)::text`)
		counts = append(counts, ask(t, server, `SELECT count(*)::text FROM pg_largeobject_metadata`))
		stop(t, server)
		stop(t, server) // again does nothing
	}
	if want := []string{"1", "2"}; !slices.Equal(counts, want) {
		t.Errorf("objects after each start: %q, want %q", counts, want)
	}
	if _, err := os.Stat(cutOff); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", cutOff, err)
	}
}

func TestServerIsPrivateAndPlain(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	server := start(t, dir)
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("data directory has mode %s", info.Mode())
	}
	for setting, want := range map[string]string{
		"listen_addresses": "", "TimeZone": "UTC", "jit": "off", "server_encoding": "UTF8", "lc_collate": "C",
	} {
		if got := ask(t, server, `SHOW `+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := ask(t, server, `SELECT current_user || '@' || current_database()`); got != "uptally@test" {
		t.Errorf("connected as %s", got)
	}
}

func TestRunningServerIsReusedAndLeftRunning(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	owner := start(t, dir)
	guest := start(t, dir)
	if owner.Reused() || !guest.Reused() {
		t.Errorf("owner reused: %t, guest reused: %t", owner.Reused(), guest.Reused())
	}
	if owner.URL("app") != guest.URL("app") {
		t.Errorf("owner at %s, guest at %s", owner.URL("app"), guest.URL("app"))
	}
	stop(t, guest)
	ask(t, owner, `SELECT ''`)
}

func TestOneOfSeveralStarts(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	servers := make([]*Server, 4)
	group, ctx := errgroup.WithContext(t.Context())
	for i := range servers {
		group.Go(func() (err error) {
			servers[i], err = Start(ctx, Config{DataDir: dir, Database: "test", Throwaway: true})
			return err
		})
	}
	err := group.Wait()
	owners := 0
	for _, server := range servers {
		if server == nil {
			continue
		}
		defer stop(t, server)
		ask(t, server, `SELECT ''`)
		if !server.Reused() {
			owners++
		}
	}
	if err != nil || owners != 1 {
		t.Errorf("%d of 4 started the server, want 1; error %v", owners, err)
	}
}

// The file that a killed server leaves behind names a process that is gone, or
// whose number has since gone to another process of the same user.
func TestLeftOverPostmasterFile(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	server := start(t, dir)
	left, err := os.ReadFile(pidPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	server.process.stop(syscall.SIGKILL)
	stop(t, server)
	stop(t, start(t, dir))

	_, rest, _ := strings.Cut(string(left), "\n")
	account, err := accountFor(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(pidPath(dir), fmt.Appendf(nil, "%d\n%s", bystander(t, account), rest), 0o600)
	if err := errors.Join(err, give(pidPath(dir), account)); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

// bystander returns the number of a process that the account runs.
func bystander(t *testing.T, account *syscall.Credential) int {
	t.Helper()
	process, err := launch((&cluster{account: account, binDir: "/bin"}).command("sleep", "/", "3600"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.stop(syscall.SIGKILL) })
	return process.pid
}

func TestChildrenOfAKilledServerAreWaitedFor(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	server := start(t, dir)
	child, err := strconv.Atoi(ask(t, server, `SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'checkpointer'`))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(child, syscall.SIGSTOP); err != nil { // it does not notice the death of its parent
		t.Fatal(err)
	}
	defer syscall.Kill(child, syscall.SIGKILL)
	server.process.stop(syscall.SIGKILL)
	c, err := openCluster(t.Context(), Config{DataDir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.run(t.Context(), server.lock); !errors.Is(err, errMemoryHeld) {
		t.Errorf("beside a child of the old server: %v, want errMemoryHeld", err)
	}
	if err := syscall.Kill(child, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	stop(t, server)
	start(t, dir)
}

// What a killed owner leaves where the kernel does not tell a child of its parent's
// death: a server, and a free lock.
func TestServerLeftBehindIsStopped(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	left := start(t, dir)
	if err := left.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if start(t, dir).Reused() {
		t.Error("reused a server that had lost its owner")
	}
	<-left.process.ended
}

func TestServerOfAnotherProgramIsReused(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	other := start(t, dir)
	if err := errors.Join(setOwnedPid(other.lock, 0), other.lock.Unlock()); err != nil { // as if it had never been ours
		t.Fatal(err)
	}
	guest := start(t, dir)
	if !guest.Reused() {
		t.Error("did not reuse the server")
	}
	stop(t, guest)
	ask(t, guest, `SELECT ''`)
	if err := other.end(); err != nil {
		t.Error(err)
	}
}

func TestPathTooLongForASocket(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	long := filepath.Join(filepath.Dir(dir), strings.Repeat("long ", 20))
	if err := os.Rename(dir, long); err != nil {
		t.Fatal(err)
	}
	server, err := Start(t.Context(), Config{DataDir: long, Database: `an o"dd na?me`, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, server)
	if server.address.socketDir == long {
		t.Errorf("the socket is in the data directory, whose path has %d bytes", len(long))
	}
	t.Cleanup(func() { os.RemoveAll(server.address.socketDir) })
	if got := ask(t, server, `SELECT current_database()`); got != `an o"dd na?me` {
		t.Errorf("connected to database %q", got)
	}
	info, err := os.Stat(server.address.socketDir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("socket directory: %v, error %v", info, err)
	}
}

func TestSocketDirectoryOfAnotherIsRefused(t *testing.T) {
	t.Parallel()
	long := filepath.Join(dataDir(t), strings.Repeat("x", 100))
	dir, err := socketDirFor(long, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if again, err := socketDirFor(long, nil); err != nil || again != dir {
		t.Errorf("again: %s, error %v, want %s", again, err, dir)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := socketDirFor(long, nil); err == nil {
		t.Error("took a directory that everyone may write to")
	}
}

func TestFailedStartQuotesTheLogAndFreesTheLock(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	stop(t, start(t, dir))
	settings := filepath.Join(dir, "postgresql.auto.conf")
	if err := os.WriteFile(settings, []byte("no_such_setting = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := Start(t.Context(), Config{DataDir: dir, Database: "test", Throwaway: true})
	if err == nil {
		stop(t, server)
		t.Fatal("started with a setting that does not exist")
	}
	if !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("the error does not quote the log: %v", err)
	}
	if err := os.Truncate(settings, 0); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}
