package solana

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keyFile writes text into a file with a mode.
func keyFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

// numbers is a key as solana-keygen writes it.
func numbers(key []byte) string {
	list := make([]int, len(key))
	for i, b := range key {
		list[i] = int(b)
	}
	text, _ := json.Marshal(list)
	return string(text)
}

func TestLoadKey(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o600, 0o400} {
		key, err := LoadKey(keyFile(t, numbers(keyOf("owner"))+"\n", mode))
		if err != nil || PublicKey(key) != addressOf("owner") {
			t.Errorf("mode %o: key %v, error %v", mode, PublicKey(key), err)
		}
	}
}

func TestLoadKeyRefuses(t *testing.T) {
	t.Parallel()
	secret := numbers(keyOf("owner"))
	swapped := numbers(append(keyOf("owner")[:32:32], keyOf("payer")[32:]...))
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		says       string
	}{
		{"the group reads it", secret, 0o640, "chmod 600"},
		{"others read it", secret, 0o604, "chmod 600"},
		{"the group writes it", secret, 0o620, "chmod 600"},
		{"halves of two keys", swapped, 0o600, "public half"},
		{"a seed", numbers(keyOf("owner")[:32]), 0o600, "32 numbers, not 64"},
		{"one too many", numbers(append(keyOf("owner"), 1)), 0o600, "65 numbers, not 64"},
		{"a number above 255", strings.Replace(secret, "[", "[256,", 1), 0o600, "65 numbers"},
		{"a large number", "[" + strings.Repeat("300,", 63) + "300]", 0o600, "above 255"},
		{"a negative number", "[-1]", 0o600, "not a JSON array"},
		{"base58", `"4wBqpZM9xaSheZzJSMawUKKwhdpChKbZ5eu5ky4Vigw"`, 0o600, "not a JSON array"},
		{"nothing", "", 0o600, "not a JSON array"},
		{"two arrays", secret + secret, 0o600, "not a JSON array"},
	} {
		path := keyFile(t, test.text, test.mode)
		_, err := LoadKey(path)
		if !errors.Is(err, ErrKeyFile) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want ErrKeyFile with %q and the path", test.name, err, test.says)
		}
		rest := strings.ReplaceAll(fmt.Sprint(err), path, "")
		if strings.Contains(rest, "4wBq") || strings.Contains(rest, "300") || strings.Contains(rest, "-1") {
			t.Errorf("%s: the error shows what the file holds: %v", test.name, err)
		}
	}
	if _, err := LoadKey(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: error %v, want os.ErrNotExist", err)
	}
	if _, err := LoadKey(t.TempDir()); !errors.Is(err, ErrKeyFile) {
		t.Errorf("a folder: error %v, want ErrKeyFile", err)
	}
}
