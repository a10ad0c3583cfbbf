package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ErrKey is a key that cannot be used.
var ErrKey = errors.New("not a usable key of webhooks")

// KeyLength is the number of bytes of a key.
const KeyLength = 32

// Key is the server's: every secret follows from it. Who changes it changes them all.
type Key [KeyLength]byte

// String hides the key from logs and messages.
func (Key) String() string { return "key of webhooks" }

// GoString is String.
func (k Key) GoString() string { return k.String() }

// ParseKey reads a key: 32 bytes in standard base64, on one line. What was given is in
// no error.
func ParseKey(text string) (key Key, err error) {
	data, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(data) != KeyLength {
		return key, fmt.Errorf("webhook: %w: give %d random bytes in base64, such as of: openssl rand -base64 %d", ErrKey, KeyLength, KeyLength)
	}
	return Key(data), nil
}

// LoadKey reads a key from a file. One that others than its owner may read is ErrKey.
func LoadKey(path string) (key Key, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return key, fmt.Errorf("webhook: key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return key, fmt.Errorf("webhook: %w: %s has mode %04o: let only its owner read it: chmod 600 %s", ErrKey, path, mode, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return key, fmt.Errorf("webhook: key: %w", err)
	}
	return ParseKey(string(text))
}

// EnsureKey is LoadKey of a file that is made, with a new key that only its owner can
// read, if it is not there: for installations of one machine. Of several at once, one
// makes it and all read it.
func EnsureKey(path string) (Key, error) {
	key, err := LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	rand.Read(key[:])
	beside, err := os.CreateTemp(filepath.Dir(path), ".webhook-key-") // mode 0600
	if err != nil {
		return key, fmt.Errorf("webhook: new key: %w", err)
	}
	_, err = beside.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	err = errors.Join(err, beside.Sync(), beside.Close())
	if err == nil {
		if err = os.Link(beside.Name(), path); errors.Is(err, fs.ErrExist) {
			err = nil // another was first
		}
	}
	if err = errors.Join(err, os.Remove(beside.Name())); err != nil {
		return key, fmt.Errorf("webhook: new key: %w", err)
	}
	return LoadKey(path)
}

// secretPrefix begins a secret as people copy it.
// Source: Standard Webhooks 1.0, "Secret serialization".
const secretPrefix = "whsec_"

// secret returns the bytes of an endpoint's secret: HMAC-SHA256(key, "uptally webhook
// secret 1" LF id LF number).
func (k Key) secret(webhook uuid.UUID, number int) []byte {
	mac := hmac.New(sha256.New, k[:])
	fmt.Fprintf(mac, "uptally webhook secret 1\n%s\n%d", webhook, number)
	return mac.Sum(nil)
}

// signature returns the header that signs a body with secrets, each signature once.
// Source: Standard Webhooks 1.0, "Signature scheme".
func signature(message uuid.UUID, at time.Time, body []byte, secrets ...[]byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(message.String() + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
