package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrKey is a key that cannot be used.
var ErrKey = errors.New("not a usable key")

// ParseKey reads a signing key: the 32 bytes of an Ed25519 seed in standard base64, on
// one line. What was given is in no error.
func ParseKey(text string) (ed25519.PrivateKey, error) {
	seed, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("ledger: %w: give the %d bytes of an Ed25519 seed in base64; make one with: `uptally ledger head --new-key FILE`",
			ErrKey, ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// LoadKey reads a file that NewKeyFile wrote. One that others than its owner may read
// is ErrKey.
func LoadKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("ledger: %w: %s has mode %04o: let only its owner read it: chmod 600 %s", ErrKey, path, mode, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	return ParseKey(string(text))
}

// NewKeyFile makes a key and writes it to a file that only its owner can read. One that
// exists is left as it is, with fs.ErrExist.
func NewKeyFile(path string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("ledger: new key: %w", err)
	}
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(private.Seed()) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("ledger: new key: %w", err), os.Remove(path))
	}
	return public, nil
}

// PublicKeyOf returns the key's public half.
func PublicKeyOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return ed25519.PublicKey(key[ed25519.SeedSize:])
}

// FormatPublicKey writes a public key in standard base64.
func FormatPublicKey(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

// ParsePublicKey reads what FormatPublicKey writes. The error is ErrKey.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("ledger: %w: public key %q: give its %d bytes in base64, as `uptally ledger head` prints them",
			ErrKey, text, ed25519.PublicKeySize)
	}
	return key, nil
}

// ReadSignedHead reads the file of a signed head. A file that is not there is
// fs.ErrNotExist.
func ReadSignedHead(path string) (SignedHead, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return SignedHead{}, fmt.Errorf("ledger: signed head: %w", err)
	}
	s, err := ParseSignedHead(data)
	if err != nil {
		return SignedHead{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// WriteFile writes the signed head beside its place and moves it there once it is
// whole and on disk: at any moment the file is the former head or this one. A head
// that is older than the one in the file is ErrConflict, and the file stays: a ledger
// that was cut short does not take the proof of it away.
func (s SignedHead) WriteFile(path string) error {
	switch former, err := ReadSignedHead(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case former.Number > s.Number, former.Number == s.Number && former.Digest != s.Digest:
		return fmt.Errorf("ledger: %w: %s holds the head of journal %d, %s, and is not replaced by that of journal %d, %s: "+
			"verify the ledger with it, or write to another file", ErrConflict, path, former.Number, former.Digest, s.Number, s.Digest)
	}
	if err := s.replace(path); err != nil {
		return fmt.Errorf("ledger: signed head: %w", err)
	}
	return nil
}

func (s SignedHead) replace(path string) (err error) {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = file.Write(append(data, '\n'))
	if err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder brings a folder's names to disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
