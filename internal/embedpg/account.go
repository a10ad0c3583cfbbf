package embedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// accountFor returns the system user that runs the cluster in dir: nil for
// ourselves; if we are root, the owner of an existing cluster, or for a new one
// the user postgres, else nobody.
func accountFor(dir string) (*syscall.Credential, error) {
	info, err := os.Stat(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if os.Geteuid() != 0 {
		if info != nil && ownerOf(info) != uidOf(nil) {
			return nil, fmt.Errorf("the directory belongs to user %d, and we are user %d; run as that user, or choose another directory", ownerOf(info), uidOf(nil))
		}
		return nil, nil
	}
	if strings.HasPrefix(dir+"/", "/root/") {
		return nil, errors.New("the directory lies under /root, where the user that Postgres runs as cannot go; choose another, such as /var/lib/uptally")
	}
	account := &syscall.Credential{}
	if info != nil && ownerOf(info) != 0 {
		stat := info.Sys().(*syscall.Stat_t)
		account.Uid, account.Gid = stat.Uid, stat.Gid
	} else if err := lookUp(account, "postgres", "nobody"); err != nil {
		return nil, err
	}
	return account, enterable(filepath.Dir(dir), account)
}

// lookUp fills in the ids of the first of the named users that exists.
func lookUp(account *syscall.Credential, names ...string) error {
	for _, name := range names {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUid := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGid := strconv.ParseUint(found.Gid, 10, 32)
		account.Uid, account.Gid = uint32(uid), uint32(gid)
		return errors.Join(errUid, errGid)
	}
	return fmt.Errorf("as root: Postgres runs as an ordinary user only, and there is no user %s to run it as; add one, or be an ordinary user yourself", strings.Join(names, " or "))
}

// enterable checks that the account may pass through dir and every directory above.
func enterable(dir string, account *syscall.Credential) error {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		stat := info.Sys().(*syscall.Stat_t)
		enter := fs.FileMode(0o001)
		switch {
		case stat.Uid == account.Uid:
			enter = 0o100
		case stat.Gid == account.Gid:
			enter = 0o010
		}
		if info.Mode()&enter == 0 {
			return fmt.Errorf("user %d, which Postgres runs as, may not enter %s (mode %s); allow it with `chmod a+x`, or choose another directory", account.Uid, dir, info.Mode())
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// give makes the account the owner of a path that we made.
func give(path string, account *syscall.Credential) error {
	if account == nil {
		return nil
	}
	return os.Chown(path, int(account.Uid), int(account.Gid))
}

func ownerOf(info fs.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid }

func uidOf(account *syscall.Credential) uint32 {
	if account == nil {
		return uint32(os.Geteuid())
	}
	return account.Uid
}
